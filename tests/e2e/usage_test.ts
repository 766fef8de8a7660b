import { dirname } from "node:path";
import { zagPaths } from "../../src/config/paths.ts";
import type { AgentOutput } from "../../src/events/event.ts";
import type { Step } from "../../src/providers/mock/script.ts";
import type { UsageRecord } from "../../src/sessions/records.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { claude, inHome, jsonLines, mock, onlyLog, replay, script, standIn } from "./support.ts";

type Line = Record<string, unknown>;

/** A turn that uses so much and answers. */
function turn(input: number, cost?: number, more: Line = {}): Step[] {
  const used = { input_tokens: input, output_tokens: 1, ...more };
  return [
    { do: "usage", ...used, ...(cost === undefined ? {} : { cost_usd: cost }) },
    { do: "say", text: `used ${input}` },
  ];
}

function messages(...texts: string[]): string {
  return texts.map((content) => JSON.stringify({ type: "user_message", content }) + "\n").join("");
}

/** The rows of table `usage`, by session and number of their line. */
function rows(home: TestHome): UsageRecord[] {
  using store = SessionStore.open(`${home.path}/.zag/zag.db`);
  return store.listSessions().flatMap(({ sessionId }) => store.usageOf(sessionId));
}

/** The row that a line of the log has to have. */
function rowOf(line: Line): unknown {
  return {
    sessionId: line.wrapper_session_id,
    seq: line.seq,
    at: line.ts,
    provider: line.provider,
    model: line.model,
    project: null,
    inputTokens: line.input_tokens,
    outputTokens: line.output_tokens,
    cacheReadTokens: line.cache_read_tokens ?? null,
    cacheCreationTokens: line.cache_creation_tokens ?? null,
    costUsd: line.total_cost_usd ?? null,
  };
}

function usageLines(log: Line[]): Line[] {
  return log.filter(({ type }) => type === "usage");
}

function sum(lines: Line[], field: string): number {
  return lines.reduce((total, line) => total + Number(line[field] ?? 0), 0);
}

/** Every `usage` line stands behind the end of its turn. */
function assertBehindTurns(log: Line[], turns: number): void {
  const marks = log.flatMap(({ type, message }) =>
    type === "usage" ? ["usage"] : /^Turn \d+ complete$/.test(String(message)) ? ["turn"] : []
  );
  assertEquals(marks, Array(turns).fill(["turn", "usage"]).flat());
}

Deno.test(
  "exec -i stream-json records what each turn used, and its sum as the invocation's",
  inHome(async (home) => {
    const env = script(
      turn(100, 0.25, { cache_read_tokens: 7 }),
      turn(20, 0.5, { cache_read_tokens: 0, cache_creation_tokens: 3 }),
      turn(3, 0.125),
    );
    const { code, stdout } = await home.zag(
      ["-p", "mock", "exec", "-i", "stream-json", "-o", "json"],
      { stdin: messages("a", "b", "c"), env },
    );
    assertEquals(code, 0);
    const output: AgentOutput = JSON.parse(stdout);
    const log = await onlyLog(home);
    const lines = usageLines(log);
    assertEquals(
      lines.map((line) => [
        line.input_tokens,
        line.cache_read_tokens,
        line.cache_creation_tokens,
        line.total_cost_usd,
        line.model,
      ]),
      [
        [100, 7, undefined, 0.25, "mock-medium"],
        [20, 0, 3, 0.5, "mock-medium"],
        [3, 0, 0, 0.125, "mock-medium"],
      ],
    );
    assertBehindTurns(log, 3);
    for (
      const field of [
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "cache_creation_tokens",
      ] as const
    ) assertEquals(sum(lines, field), output.usage?.[field], field);
    assertEquals(sum(lines, "total_cost_usd"), output.total_cost_usd);
    assertEquals<unknown>(rows(home), lines.map(rowOf));
    const [session] = home.rows("sessions");
    assertEquals([session?.input_tokens, session?.cost_usd], [123, 0.875]);
  }),
);

Deno.test(
  "exec keeps turns apart whose ends come in one read, and costs that are stated as totals",
  inHome(async (home) => {
    await standIn(home, replay("stream_input_two_turns"));
    const { code, stdout } = await claude(home, ["-i", "stream-json", "-o", "stream-json"], {
      stdin: messages("a", "b"),
    });
    assertEquals(code, 0);
    const log = await onlyLog(home);
    const lines = usageLines(log);
    assertBehindTurns(log, 2);
    assertEquals(
      lines.map((line) => [line.input_tokens, line.output_tokens, line.total_cost_usd]),
      [[12, 5, 0.000185], [12, 5, 0.000185]],
    );
    assertEquals<unknown>(rows(home), lines.map(rowOf));
    const turns = jsonLines(stdout).filter(({ type }) => type === "turn_complete");
    const told = turns.map(({ usage }) => (usage as Line).input_tokens);
    assertEquals(told, lines.map(({ input_tokens }) => input_tokens));
  }),
);

Deno.test(
  "exec --resume adds to what the session used, and says of itself what it used alone",
  inHome(async (home) => {
    const env = script(turn(100, 0.5), turn(20, 0.25), turn(3));
    const id = crypto.randomUUID();
    const outputs: AgentOutput[] = [];
    for (const how of ["--session", "--resume", "--resume"]) {
      const args = ["-p", "mock", "exec", "go", how, id, "-o", "json"];
      outputs.push(JSON.parse((await home.zag(args, { env })).stdout));
    }
    assertEquals(outputs.map(({ usage }) => usage?.input_tokens), [100, 20, 3]);
    const lines = usageLines(await onlyLog(home));
    assertEquals(lines.map(({ input_tokens }) => input_tokens), [100, 20, 3]);
    assertEquals<unknown>(rows(home), lines.map(rowOf));
    const [session] = home.rows("sessions");
    assertEquals([session?.input_tokens, session?.output_tokens], [123, 3]);
    const { stdout } = await home.zag(["cost", "--json"]);
    const { total } = JSON.parse(stdout);
    assertEquals([total.reports, total.sessions, total.input_tokens], [3, 1, 123]);
  }),
);

Deno.test(
  "exec keeps what the turns before a crash used",
  inHome(async (home) => {
    const env = script(turn(100, 0.5), [{ do: "crash" }]);
    await home.zag(["-p", "mock", "exec", "-i", "stream-json"], {
      stdin: messages("a", "b"),
      env,
    });
    const lines = usageLines(await onlyLog(home));
    assertEquals(lines.map(({ input_tokens }) => input_tokens), [100]);
    assertEquals<unknown>(rows(home), lines.map(rowOf));
  }),
);

Deno.test(
  "exec records the usage of a turn that failed, and of an agent that is ended",
  inHome(async (home) => {
    await mock(home, [...turn(7), { do: "error", message: "no", fatal: true }]);
    const slow = script(turn(5), [{ do: "hang" }]);
    const { code } = await home.zag(
      ["-p", "mock", "exec", "-i", "stream-json", "--idle-timeout", "10s"],
      { stdin: messages("a", "b"), env: slow },
    );
    assertEquals(code, 124);
    assertEquals(rows(home).map(({ inputTokens }) => inputTokens).sort(), [5, 7]);
  }),
);

Deno.test(
  "exec records no usage that nobody told",
  inHome(async (home) => {
    await standIn(home, "cat > /dev/null; echo done");
    assertEquals((await claude(home, ["hi", "-o", "text"])).stdout, "done\n");
    assertEquals([usageLines(await onlyLog(home)), rows(home)], [[], []]);
    const { code, stdout } = await home.zag(["cost"]);
    assertEquals(code, 0);
    assertStringIncludes(stdout, "Nothing was used");
  }),
);

Deno.test(
  "exec counts every turn in the index where no log can be kept",
  inHome(async (home) => {
    const paths = zagPaths({ get: (name) => home.env()[name] });
    const directory = dirname(paths.sessionLog(undefined, "x"));
    await Deno.mkdir(dirname(directory), { recursive: true, mode: 0o700 });
    await Deno.writeTextFile(directory, "in the way");
    const env = script(turn(100), turn(20));
    const id = crypto.randomUUID();
    const args = ["-p", "mock", "exec", "-i", "stream-json"];
    const first = await home.zag([...args, "--session", id], { stdin: messages("a", "b"), env });
    assertEquals([first.code, first.stdout], [0, "used 100\n\nused 20\n"]);
    assertStringIncludes(first.stderr, "is not fully recorded");
    const used = rows(home);
    assertEquals(used.map(({ inputTokens }) => inputTokens).sort(), [100, 20]);
    assert(used.every(({ seq }) => seq < 0));
    assertEquals(home.rows("sessions")[0]?.input_tokens, 120);
  }),
);

Deno.test(
  "cost, summary and output agree about a session that was run",
  inHome(async (home) => {
    const steps: Step[] = [
      { do: "tool", name: "write", input: { path: "a.txt" } },
      ...turn(1500, 0.02, { cache_read_tokens: 1000 }),
    ];
    await mock(home, steps, ["hi", "--name", "it"]);
    assertEquals((await home.zag(["output"])).stdout, "used 1500\n");
    const summary = JSON.parse((await home.zag(["summary", "it", "--json"])).stdout);
    assertEquals(
      [summary.status, summary.turns, summary.files_modified, summary.result],
      ["completed", 1, ["a.txt"], "used 1500"],
    );
    assertEquals(
      [summary.input_tokens, summary.output_tokens, summary.total_cost_usd],
      [1500, 1, 0.02],
    );
    const cost = JSON.parse((await home.zag(["cost", "--by", "session", "--json"])).stdout);
    const [row] = cost.rows;
    assertEquals([row.key, row.name], [summary.session_id, "it"]);
    assertEquals(
      [row.input_tokens, row.cache_read_tokens, row.cost_usd, cost.reports_without_cost],
      [1500, 1000, 0.02, 0],
    );
  }),
);
