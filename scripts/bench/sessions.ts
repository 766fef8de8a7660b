/** What a store that has grown costs: the commands that find sessions, and the start of a new one. */
import { zagPaths } from "../../src/config/paths.ts";
import { startTimeOf } from "../../src/processes/process_table.ts";
import { LogAppender } from "../../src/sessions/log.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { TestHome } from "../../tests/support/zag.ts";
import { type FilledHome, filledHome } from "./fill_store.ts";
import { FailedRunError, measure, type Program, type Run } from "./measure.ts";
import type { BenchOptions, ZagCommand } from "./options.ts";
import type { Row } from "./row.ts";
import { measurePairs, ratioOf, spreadOf } from "./statistics.ts";

const FEW = 10;
const MOST_RATIO = 1.3;
const MOST_DELAY_MS = 20;

/** Measures commands with few sessions and with many, and how soon `listen` shows a line. */
export async function benchSessions(options: BenchOptions): Promise<Row[]> {
  const many = options.quick ? 1000 : 10_000;
  await using few = await filledHome(FEW);
  await using lots = await filledHome(many);
  return [
    await rebuildRow(options.zag, lots),
    ...await growthRows(options, few, lots),
    await listenRow(options),
  ];
}

/** A store that says nothing of its logs is completed by the first command. */
async function rebuildRow(zag: ZagCommand, lots: FilledHome): Promise<Row> {
  const run = await measure(program(zag, lots.home, ["session", "list", "-n", "1"]));
  return {
    what: `the first command, which looks at ${count(lots)} logs`,
    value: spreadOf([run.wallMs]),
    unit: "ms",
  };
}

interface Command {
  readonly what: string;
  args(id: string): string[];
  readonly value: (run: Run) => number;
}

const wall = ({ wallMs }: Run) => wallMs;

const COMMANDS: readonly Command[] = [
  { what: "session list -n 20", args: () => ["session", "list", "-n", "20"], value: wall },
  { what: "session show", args: (id) => ["session", "show", id], value: wall },
  {
    what: "session show, by a prefix",
    args: (id) => ["session", "show", id.slice(0, 13)],
    value: wall,
  },
  {
    what: "session list --tag",
    args: () => ["session", "list", "--tag", "tag-3", "-n", "5"],
    value: wall,
  },
  { what: "status", args: (id) => ["status", id], value: wall },
  {
    what: "exec, to the first byte of the answer",
    args: () => ["-p", "mock", "exec", "hi"],
    value: ({ firstByteMs }) => firstByteMs ?? NaN,
  },
  { what: "exec, all of it", args: () => ["-p", "mock", "exec", "hi"], value: wall },
];

async function growthRows(
  { zag, quick }: BenchOptions,
  few: FilledHome,
  lots: FilledHome,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { what, args, value } of COMMANDS) {
    const run = ({ home, ids }: FilledHome) =>
      measure(program(zag, home, args(ids[ids.length >> 1]!)));
    const pairs = await measurePairs(quick ? 5 : 20, 1, () => run(lots), () => run(few));
    const ratio = ratioOf(pairs, value);
    rows.push({
      what: `zag ${what}, of ${count(lots)} sessions`,
      value: spreadOf(pairs.map(({ subject }) => value(subject))),
      unit: "ms",
      ratio,
      baseline: `that of ${FEW}`,
      aim: { text: `<= ${MOST_RATIO} ×`, met: ratio.median <= MOST_RATIO },
    });
  }
  return rows;
}

/** From the moment a line is written to the moment it comes out of `zag listen`. */
async function listenRow({ zag, quick }: BenchOptions): Promise<Row> {
  await using home = await TestHome.create();
  const paths = zagPaths({ get: (name) => name === "HOME" ? home.path : undefined });
  using store = SessionStore.open(paths.database);
  const sessionId = crypto.randomUUID();
  const path = paths.sessionLog(undefined, sessionId);
  const base = { sessionId, provider: "mock", command: "exec" } as const;
  const startedAt = new Date().toISOString();
  store.addSession({
    ...base,
    workspacePath: home.work,
    cwd: home.work,
    logPath: path,
    createdAt: startedAt,
    startedAt,
  });
  const owner = { ownerPid: Deno.pid, ownerStart: startTimeOf(Deno.pid) ?? null };
  store.addProcess({ ...base, ...owner, id: "run", startedAt });
  using log = LogAppender.create({ path, provider: "mock", sessionId });
  const start = { command: "exec", model: null, cwd: null, resumed: false, backfilled: false };
  log.append([{ type: "session_started", ...start }, { type: "session_meta", meta: {} }]);
  const { command, args, env, cwd } = program(zag, home, ["listen", sessionId, "--json"]);
  const child = new Deno.Command(command, {
    args: [...args],
    env: { ...env },
    clearEnv: true,
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const until = async (text: string) => {
    for (let seen = ""; !seen.includes(text);) {
      const { value, done } = await lines.read();
      if (done) throw new FailedRunError(`zag listen ended before it showed ${text}`);
      seen += value;
    }
  };
  const say = (content: string) =>
    log.append([{ type: "assistant_message", content, message_id: null }]);
  const delays: number[] = [];
  try {
    say("before");
    await until("before");
    for (let index = 0; index < (quick ? 20 : 200); index++) {
      // At no fixed distance, so that a clock of the reader's would show.
      await new Promise((resolve) => setTimeout(resolve, 20 + (index * 37) % 61));
      const at = performance.now();
      say(`line ${index}.`);
      await until(`line ${index}.`);
      delays.push(performance.now() - at);
    }
    log.append([{ type: "session_ended", success: true, error: null, outcome: "success" }]);
    store.endProcess("run", { status: "exited", exitCode: 0 });
    store.updateSession(sessionId, { outcome: "success" });
    while (!(await lines.read()).done);
  } finally {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended, as it should.
    }
    await child.status;
  }
  const value = spreadOf(delays);
  return {
    what: "zag listen: from write to screen",
    value,
    unit: "ms",
    aim: { text: `<= ${MOST_DELAY_MS} ms`, met: value.median <= MOST_DELAY_MS },
  };
}

function program(zag: ZagCommand, home: TestHome, args: readonly string[]): Program {
  return {
    command: zag.command,
    args: [...zag.args, ...args],
    env: home.env(),
    cwd: home.work,
  };
}

function count({ ids }: FilledHome): string {
  return ids.length.toLocaleString("en");
}
