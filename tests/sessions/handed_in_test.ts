import type { LogKind } from "../../src/events/log_event.ts";
import { handedIn } from "../../src/sessions/handed_in.ts";
import { LogAppender } from "../../src/sessions/log.ts";
import { assertEquals } from "../support/assert.ts";
import { inTemp, message } from "./support.ts";

const FIRST = "2026-01-01T00:00:01.000Z";
const SECOND = "2026-01-01T00:00:02.000Z";
const THIRD = "2026-01-01T00:00:03.000Z";

const STARTED: LogKind = {
  type: "session_started",
  command: "exec",
  model: null,
  cwd: null,
  resumed: false,
  backfilled: false,
};
const ENDED: LogKind = { type: "session_ended", success: true, error: null, outcome: "success" };
const RESULT: LogKind = { type: "session_result", result: "42" };

function write(path: string, at: string, ...kinds: LogKind[]): void {
  const now = () => new Date(at);
  using log = LogAppender.reopen({ path, provider: "mock", sessionId: "s", now });
  log.append(kinds);
}

Deno.test("handedIn() finds the result of the newest run only", () =>
  inTemp(async (dir) => {
    const path = `${dir}/s.jsonl`;
    write(path, FIRST, STARTED, message("words"));
    assertEquals(await handedIn(path), undefined);
    write(path, FIRST, RESULT, ENDED);
    assertEquals([await handedIn(path), await handedIn(path, FIRST)], ["42", "42"]);
    write(path, SECOND, STARTED);
    assertEquals([await handedIn(path), await handedIn(path, SECOND)], [undefined, undefined]);
  }));

Deno.test("handedIn() does not count the result of an earlier run for one whose log has not begun", () =>
  inTemp(async (dir) => {
    const path = `${dir}/s.jsonl`;
    write(path, FIRST, STARTED, RESULT, ENDED);
    assertEquals(await handedIn(path, SECOND), undefined);
    write(path, THIRD, STARTED, RESULT);
    assertEquals(await handedIn(path, THIRD), "42");
  }));

Deno.test("handedIn() finds nothing where there is no log, or no beginning of a run", () =>
  inTemp(async (dir) => {
    const path = `${dir}/s.jsonl`;
    for (const none of [undefined, null, path, dir]) assertEquals(await handedIn(none), undefined);
    write(path, FIRST, RESULT);
    assertEquals([await handedIn(path), await handedIn(path, FIRST)], ["42", undefined]);
  }));
