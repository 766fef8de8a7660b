/**
 * Many processes at the same moment, on one store and on one log. `ZAG_TEST_PROCESSES` sets how
 * many; the aim is 100.
 */
import type { LogEvent } from "../../src/events/log_event.ts";
import { zagPaths } from "../../src/config/paths.ts";
import { LogAppender } from "../../src/sessions/log.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { runAtOnce } from "../sessions/support.ts";
import { sizeOf } from "../support/size.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { soundLog } from "./faults_support.ts";
import { inHome, script } from "./support.ts";

const PROCESSES = sizeOf("ZAG_TEST_PROCESSES", 100);
const EVENTS = 40;

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** The events of this one writer, in their order. */
function indexesOf(lines: readonly LogEvent[], name: string): number[] {
  return lines.flatMap((line) => {
    if (line.type !== "user_event") return [];
    const data = line.data as { name: string; index: number };
    return data.name === name ? [data.index] : [];
  });
}

Deno.test(
  `the books hold every event of ${PROCESSES} processes that begin and end at the same moment`,
  inHome(async (home) => {
    const state = `${home.path}/.zag`;
    const paths = zagPaths({ get: (name) => name === "ZAG_HOME" ? state : undefined });
    const shared = `${home.path}/shared.jsonl`;
    LogAppender.create({ path: shared, provider: "mock", sessionId: "shared" }).close();
    const names = range(PROCESSES).map((index) => `s-${index}`);
    // A child that is warned of anything, such as a database that is locked, fails.
    await runAtOnce("books", names.map((name) => [state, shared, name, String(EVENTS)]));

    using store = SessionStore.open(paths.database);
    const sessions = store.listSessions();
    assertEquals(sessions.map(({ sessionId }) => sessionId).sort(), [...names].sort());
    const together = await soundLog(shared);
    assertEquals(together.length, PROCESSES * EVENTS);
    for (const session of sessions) {
      const { sessionId: id, outcome, endedAt, logCompleteness } = session;
      assertEquals([outcome, logCompleteness], ["success", "full"]);
      assertEquals([session.name, session.tags], [`name of ${id}`, ["many"]]);
      assertEquals(session.providerSessionId, `native ${id}`);
      const [run, ...others] = store.processesOf(id);
      assertEquals([run?.status, others], ["exited", []]);
      const lines = await soundLog(session.logPath!);
      assertEquals(indexesOf(lines, id), range(EVENTS));
      assertEquals(indexesOf(together, id), range(EVENTS));
      assertEquals(lines[0]?.type, "session_started");
      assertEquals([lines.at(-1)?.type, lines.at(-1)?.ts], ["session_ended", endedAt]);
      const used = lines.filter(({ type }) => type === "usage");
      assertEquals(store.usageOf(id).map(({ seq }) => seq), used.map(({ seq }) => seq));
      assertEquals(session.outputTokens, EVENTS / 5);
      for (const marker of [paths.started(id), paths.ended(id)]) {
        assertEquals(JSON.parse(await Deno.readTextFile(marker)).session_id, id);
      }
    }
    assertEquals(store.runningProcesses(), []);
  }),
);

Deno.test(
  "exec answers 12 times at the same moment, and all of it is in the books",
  inHome(async (home) => {
    const script12 = script([
      { do: "think", text: "I should look first." },
      { do: "tool", name: "read", input: { path: "a" }, output: "b" },
      { do: "usage", input_tokens: 7, output_tokens: 5, cost_usd: 0.25 },
      { do: "echo" },
    ]);
    const prompts = range(12).map((index) => `prompt ${index}`);
    const runs = await Promise.all(
      prompts.map((prompt) =>
        home.zag(["-p", "mock", "exec", prompt, "--name", prompt], { env: script12 })
      ),
    );
    assertEquals(
      runs.map(({ code, stdout, stderr }) => [code, stdout, stderr]),
      prompts.map((prompt) => [0, `${prompt}\n`, ""]),
    );
    const rows = home.rows("sessions");
    assertEquals(rows.map(({ name }) => String(name)).sort(), [...prompts].sort());
    for (const row of rows) {
      assertEquals([row.outcome, row.output_tokens, row.cost_usd], ["success", 5, 0.25]);
      const lines = await soundLog(String(row.log_path));
      const answer = lines.find(({ type }) => type === "assistant_message");
      assert(answer?.type === "assistant_message");
      assertEquals(answer.content, row.name);
      assertEquals(lines.at(-1)?.type, "session_ended");
    }
    assertEquals(home.rows("processes").map(({ status }) => status), prompts.map(() => "exited"));
  }),
);
