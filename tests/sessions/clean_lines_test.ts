import { LogAppender } from "../../src/sessions/log.ts";
import { FIELD_CAP } from "../../src/sessions/kind_json.ts";
import { wholeText } from "../../src/sessions/overflow.ts";
import {
  recoverUnfinished,
  unfinishedPath,
  UnfinishedText,
} from "../../src/sessions/unfinished.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { knowSecrets } from "../../src/redact/redact.ts";
import type { LogEvent, LogKind } from "../../src/events/log_event.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { inTemp, message, session, wholeLines } from "./support.ts";

const SECRET = 'cl3an "lines" s3cret';
const PIN = "918273645501";
const NAMED = "[redacted:CLEAN_LINES_TOKEN]";
knowSecrets({ CLEAN_LINES_TOKEN: SECRET, CLEAN_LINES_PIN_SECRET: PIN });

function assertNotMatch(text: string, pattern: RegExp, what = ""): void {
  assert(!pattern.test(text), `${what} ${text.slice(0, 1000)}`);
}

function create(dir: string): LogAppender {
  return LogAppender.create({ path: `${dir}/s.jsonl`, provider: "mock", sessionId: "s" });
}

Deno.test("LogAppender.append() writes no secret, and who listens hears what the line says", () =>
  inTemp((dir) => {
    using log = create(dir);
    const heard: LogEvent[] = [];
    log.listen((event) => heard.push(event));
    log.append([
      message("before"),
      message(`it is ${SECRET}`),
      {
        type: "tool_call",
        tool_name: "read",
        tool_id: "t",
        input: { [SECRET]: [{ x: SECRET }], json: JSON.stringify({ SECRET }), pin: Number(PIN) },
      },
      message("after"),
    ]);
    const lines = wholeLines(log.path);
    assertEquals(heard, lines);
    assertEquals(lines.map(({ seq }) => seq), [1, 2, 3, 4]);
    assertEquals(lines[1], { ...lines[0], seq: 2, content: `it is ${NAMED}` } as LogEvent);
    const call = lines[2] as LogEvent & LogKind & { type: "tool_call" };
    assertEquals(call.input, {
      [NAMED]: [{ x: NAMED }],
      json: `{"SECRET":"${NAMED}"}`,
      pin: "[redacted:CLEAN_LINES_PIN_SECRET]",
    });
  }));

Deno.test("LogAppender.append() keeps what readers need, whatever is a secret", () =>
  inTemp((dir) => {
    knowSecrets({
      ODD_TOKEN: "usage_limit_cancelled",
      ODDER_TOKEN: "wrapper_session_id",
      ODD_SECRET: "x1-workplace",
    });
    using log = create(dir);
    log.append([
      { type: "usage_limit_cancelled", incident_id: "usage_limit_cancelled" },
      message("usage_limit_cancelled"),
      {
        type: "session_meta",
        meta: {
          workspace_path: "/w/x1-workplace",
          description: "in x1-workplace",
          launch: { cwd: "/w/x1-workplace", systemPrompt: "in x1-workplace" },
        },
      },
    ]);
    const [first, said, meta] = wholeLines(log.path);
    assertEquals([first!.type, first!.wrapper_session_id], ["usage_limit_cancelled", "s"]);
    assertEquals((said as { content?: string }).content, "[redacted:ODD_TOKEN]");
    assertEquals((meta as { meta?: unknown }).meta, {
      workspace_path: "/w/x1-workplace",
      description: "in [redacted:ODD_SECRET]",
      launch: { cwd: "/w/x1-workplace", systemPrompt: "in [redacted:ODD_SECRET]" },
    });
  }));

Deno.test("LogAppender.append() cuts no secret in half where a field is cut", () =>
  inTemp(async (dir) => {
    using log = create(dir);
    const long = "x".repeat(FIELD_CAP - 7) + SECRET + "y".repeat(50);
    const result: LogKind = {
      type: "tool_result",
      tool_name: null,
      tool_id: null,
      success: true,
      output: long,
      error: null,
      data: { long, short: SECRET },
    };
    log.append([result]);
    for await (const { name } of Deno.readDir(dir)) {
      const text = await Deno.readTextFile(`${dir}/${name}`);
      assertNotMatch(text, /cl3an|s3cret/, name);
    }
    const [event] = wholeLines(log.path);
    assertEquals(await wholeText(log.path, event!, "output"), long.replace(SECRET, NAMED));
  }));

Deno.test("UnfinishedText.add() keeps no secret that comes in pieces, nor the beginning of one", () =>
  inTemp(async (dir) => {
    using log = create(dir);
    log.append([message("one")]);
    const text = new UnfinishedText(log.path);
    for (
      const piece of [
        "It is cl3an ",
        '"lin',
        `es" s3cret, and`,
        " sk-ant-api0",
        "3-abcdefgh0123456789 and cl3",
        'an "lines',
      ]
    ) {
      text.add(piece, log.seq);
      assertNotMatch(
        await Deno.readTextFile(unfinishedPath(log.path)),
        /cl3an|s3cret|lines|sk-ant/,
      );
    }
    text.add('" or not', log.seq);
    await recoverUnfinished(log);
    assertEquals(
      (wholeLines(log.path)[1] as { content?: string }).content,
      `It is ${NAMED}, and [redacted:api-key] and cl3an "lines" or not`,
    );
    text[Symbol.dispose]();
  }));

Deno.test("SessionStore keeps no secret in what somebody has said", () =>
  inTemp((dir) => {
    using store = SessionStore.open(`${dir}/zag.db`);
    const said = `it is ${SECRET}`;
    store.addSession(session("s", {
      name: said,
      description: said,
      tags: [said],
      error: said,
      exit: { hint: said, jsonMode: false },
      launch: { systemPrompt: said, cwd: "/w" },
    }));
    store.addProcess({
      id: "p",
      provider: "mock",
      command: "exec",
      ownerPid: 1,
      startedAt: "2026-01-02T03:04:05.678Z",
      prompt: "x".repeat(90) + SECRET,
    });
    assertNotMatch(JSON.stringify([store.getSession("s"), store.getProcess("p")]), /cl3an|s3cret/);
    assertEquals(store.getSession("s")!.launch, { systemPrompt: `it is ${NAMED}`, cwd: "/w" });
    store.updateSession("s", { error: `now ${SECRET}` });
    assertEquals(store.getSession("s")!.error, `now ${NAMED}`);
    assert(store.getProcess("p")!.prompt!.endsWith("[redacted:"));
  }));
