import type { SessionRecord } from "../../src/sessions/records.ts";
import { completeSession } from "../../src/sessions/columns.ts";
import { LogAppender } from "../../src/sessions/log.ts";
import { appendUserEvent, UserEventError } from "../../src/sessions/user_event.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";
import { inTemp, message, session, wholeLines } from "./support.ts";

function recordAt(logPath: string | null): SessionRecord {
  return completeSession(session("s-1", { logPath, provider: "codex" }));
}

Deno.test("appendUserEvent() adds a numbered line while another writes", async () => {
  await inTemp((dir) => {
    const path = `${dir}/s-1.jsonl`;
    using log = LogAppender.create({ path, provider: "codex", sessionId: "s-1", nativeId: "n-1" });
    log.append([message("one")]);
    const event = { type: "user_event", level: "warn", message: "hm", data: [1] } as const;
    appendUserEvent(recordAt(path), event);
    log.append([message("two")]);
    const lines = wholeLines(path);
    assertEquals(lines.map(({ seq }) => seq), [1, 2, 3]);
    assertEquals(lines.map(({ type }) => type), [
      "assistant_message",
      "user_event",
      "assistant_message",
    ]);
    const { ts: _, ...added } = lines[1]!;
    assertEquals<unknown>(added, {
      seq: 2,
      provider: "codex",
      wrapper_session_id: "s-1",
      provider_session_id: "n-1",
      source_kind: "wrapper",
      completeness: "full",
      ...event,
    });
  });
});

Deno.test("appendUserEvent() makes no log where there is none", async () => {
  await inTemp((dir) => {
    const event = { type: "user_event", level: "info", message: "m" } as const;
    for (const path of [null, `${dir}/gone.jsonl`, dir]) {
      const error = assertThrows(() => appendUserEvent(recordAt(path), event), UserEventError);
      assertStringIncludes(error.message, 'Cannot log to session "s-1": it has no log');
      if (path !== null) assertStringIncludes(error.hint!, path);
    }
    assertEquals([...Deno.readDirSync(dir)], []);
  });
});
