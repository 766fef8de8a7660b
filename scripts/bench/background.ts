/** What sessions in the background cost: to start, to wait for, and while they are idle. */
import { TestHome } from "../../tests/support/zag.ts";
import { FailedRunError, measure, parseMemory, type Program } from "./measure.ts";
import type { BenchOptions, ZagCommand } from "./options.ts";
import type { Row } from "./row.ts";
import { measurePairs, ratioOf, type Spread, spreadOf } from "./statistics.ts";

const MOST_SPAWN_MS = 80;
const MOST_WAIT_MS = 30;
const MOST_IDLE_MIB = 60;
const MANY = 50;

/** Measures `spawn`, `wait`, an idle session, and many sessions at once. */
export async function benchBackground(options: BenchOptions): Promise<Row[]> {
  return [
    await spawnRow(options),
    await waitRow(options),
    ...await idleRows(options),
    await manyRow(options),
  ];
}

/** From the start of the command to the id on the screen. */
async function spawnRow({ zag, quick }: BenchOptions): Promise<Row> {
  await using home = await TestHome.create();
  const pairs = await measurePairs(
    quick ? 5 : 20,
    1,
    async () => {
      const run = await measure(program(zag, home, ["spawn", "-p", "mock", "hi"]));
      // What it has started would slow down what comes next.
      await measure(program(zag, home, ["wait", "--latest"]));
      return run;
    },
    () => measure(program(zag, home, ["--version"])),
  );
  const value = spreadOf(pairs.map(({ subject }) => subject.firstByteMs ?? NaN));
  return {
    what: "zag spawn, to the id",
    value,
    unit: "ms",
    ratio: ratioOf(pairs, ({ firstByteMs }) => firstByteMs ?? NaN),
    baseline: "zag --version",
    aim: aim(value, MOST_SPAWN_MS, "ms"),
  };
}

/** From the end of a session, as its log says it, to the end of the `zag wait` that waits for it. */
async function waitRow({ zag, quick }: BenchOptions): Promise<Row> {
  await using home = await TestHome.create();
  const delays: number[] = [];
  for (let index = 0; index < (quick ? 5 : 20); index++) {
    const gate = `${home.work}/gate-${index}`;
    const steps = [{
      do: "run",
      command: ["sh", "-c", `until [ -e ${gate} ]; do sleep 0.01; done`],
    }];
    const env = { ZAG_MOCK_SCRIPT: JSON.stringify({ turns: [{ steps }] }) };
    await measure(program(zag, home, ["spawn", "-p", "mock", "hi"], env));
    const { command, args, env: own, cwd } = program(zag, home, ["wait", "--latest", "--debug"]);
    const child = new Deno.Command(command, {
      args: [...args],
      env: { ...own },
      clearEnv: true,
      cwd,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const ended = child.status.then(() => Date.now());
    await said(child.stderr, "are polled every");
    await Deno.writeTextFile(gate, "");
    const at = await ended;
    const end = home.rows("sessions").at(-1)?.ended_at;
    delays.push(at - Date.parse(String(end)));
  }
  const value = spreadOf(delays);
  return {
    what: "zag wait: from the end of a session to its own",
    value,
    unit: "ms",
    aim: aim(value, MOST_WAIT_MS, "ms"),
  };
}

/** Reads until a text has come, and drops what follows. */
async function said(stream: ReadableStream<Uint8Array>, text: string): Promise<void> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  for (let seen = ""; !seen.includes(text);) {
    const { value, done } = await reader.read();
    if (done) throw new FailedRunError(`zag ended before it said ${text}`);
    seen += value;
  }
  void (async () => {
    while (!(await reader.read()).done);
  })();
}

/** The zag of a session that waits for messages; its agent is another process. */
async function idleRows({ zag, quick }: BenchOptions): Promise<Row[]> {
  await using home = await TestHome.create();
  const resident: number[] = [];
  const own: number[] = [];
  for (let index = 0; index < (quick ? 1 : 5); index++) {
    const { pid } = await spawnedSession(zag, home, ["-I", "-p", "mock", "hi"]);
    // Until the first message is answered and what was needed for that is given back.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const memory = parseMemory(await Deno.readTextFile(`/proc/${pid}/status`));
    resident.push(memory.residentBytes / 2 ** 20);
    own.push(memory.anonymousBytes / 2 ** 20);
    await measure(program(zag, home, ["cancel", "--tag", "bench"]));
  }
  const value = spreadOf(resident);
  return [{
    what: "memory of an idle session in the background, beside its agent",
    value,
    unit: "MiB",
    aim: aim(value, MOST_IDLE_MIB, "MiB"),
    note: "resident; the pages of the runtime's program, which all zags share, are a part of it",
  }, {
    what: "  of that, what no other process shares",
    value: spreadOf(own),
    unit: "MiB",
  }];
}

async function spawnedSession(
  zag: ZagCommand,
  home: TestHome,
  args: readonly string[],
): Promise<{ pid: number }> {
  const { command, args: own, env, cwd } = program(zag, home, [
    "spawn",
    "--json",
    "--tag",
    "bench",
  ]);
  const { stdout } = await new Deno.Command(command, {
    args: [...own, ...args],
    env: { ...env },
    clearEnv: true,
    cwd,
    stdin: "null",
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** All of them at once, until the last one has ended; against their agents alone, without any zag. */
async function manyRow({ zag, quick }: BenchOptions): Promise<Row> {
  await using home = await TestHome.create();
  await home.program("zag", `#!/bin/sh\nexec ${quoted([zag.command, ...zag.args])} "$@"\n`);
  const shell = (script: string) => () =>
    measure({ command: "sh", args: ["-c", script], env: home.env(), cwd: home.work });
  const loop = (command: string) => `for i in $(seq ${MANY}); do { ${command}; }; done`;
  const spawned = `${loop('zag spawn -p mock --tag many "hi" >/dev/null')}; zag wait -q --tag many`;
  const bare = `${
    loop("echo hi | ZAG_MOCK_STATE=$PWD/bare zag mock-agent -- --output=events >/dev/null & :")
  }; wait`;
  const pairs = await measurePairs(quick ? 1 : 3, 0, shell(spawned), shell(bare));
  return {
    what: `${MANY} sessions in the background, from the first start to the last end`,
    value: spreadOf(pairs.map(({ subject }) => subject.wallMs)),
    unit: "ms",
    ratio: ratioOf(pairs, ({ wallMs }) => wallMs),
    baseline: `${MANY} mock agents without zag`,
  };
}

function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(" ");
}

function aim(value: Spread, most: number, unit: string): Row["aim"] & object {
  return { text: `<= ${most} ${unit}`, met: value.median <= most };
}

function program(
  zag: ZagCommand,
  home: TestHome,
  args: readonly string[],
  env: Record<string, string> = {},
): Program {
  return { command: zag.command, args: [...zag.args, ...args], env: home.env(env), cwd: home.work };
}
