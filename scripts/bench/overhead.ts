/** What `zag exec` adds to the agent that it runs, and where it goes. */
import { join } from "node:path";
import { type ModelServer, startModelServer } from "../../tests/support/model_server/mod.ts";
import { TestHome } from "../../tests/support/zag.ts";
import { AGENTS, installedAgent } from "../install_agents.ts";
import { FailedRunError, measure, type Program, type Run } from "./measure.ts";
import type { BenchOptions, ZagCommand } from "./options.ts";
import type { Row } from "./row.ts";
import { makeStandIn, writeStream } from "./stand_in.ts";
import { differenceOf, measurePairs, type Pair, ratioOf, spreadOf } from "./statistics.ts";

const MOST_MS = 60;
const PROMPT = "Say hello";

/** What zag passes to Claude Code in its default view, but for the session. */
const STREAM_FLAGS = [
  "-p",
  "--output-format=stream-json",
  "--verbose",
  "--include-partial-messages",
];

const wall = ({ wallMs }: Run) => wallMs;

/** Measures `zag exec` around Claude Code, with a model that answers at once. */
export async function benchOverhead(options: BenchOptions): Promise<Row[]> {
  const rows = await benchClaude(options);
  return Deno.build.os === "windows" ? rows : [...rows, ...await benchAlone(options)];
}

async function benchClaude({ zag, quick }: BenchOptions): Promise<Row[]> {
  const row = { what: "zag exec: added to claude", unit: "ms" } as const;
  const aim = { text: `<= ${MOST_MS} ms`, met: false };
  const bin = (await installedAgent("claude"))?.bin;
  if (bin === undefined) {
    const note = "Claude Code is not installed; run: deno run -A scripts/install_agents.ts";
    return [{ ...row, value: null, aim, note }];
  }
  await using server = startModelServer();
  await using home = await TestHome.create();
  const place = { env: claudeEnv(home, bin, server), cwd: home.work };
  const claude = join(bin, AGENTS.claude.program);
  const bare: Program = { command: claude, args: ["-p", PROMPT], ...place };
  const pairs = await measurePairs(
    quick ? 5 : 20,
    1,
    () => measure(execOf(zag, place)),
    () => measure(bare),
  );
  checkAnswers(pairs);
  const streamed = await measurePairs(
    quick ? 3 : 10,
    1,
    () => measure({ command: claude, args: STREAM_FLAGS, ...place, stdin: PROMPT }),
    () => measure(bare),
  );
  const added = differenceOf(pairs, wall);
  return [{
    ...row,
    value: added,
    ratio: ratioOf(pairs, wall),
    baseline: "claude -p",
    aim: { ...aim, met: added.median <= MOST_MS },
  }, {
    what: "  claude's own share: events instead of text",
    value: differenceOf(streamed, wall),
    unit: "ms",
    ratio: ratioOf(streamed, wall),
    baseline: "claude -p",
  }];
}

/** The same with an agent that answers at once: all that takes time then is zag. */
async function benchAlone({ zag, quick }: BenchOptions): Promise<Row[]> {
  await using home = await TestHome.create();
  const stream = join(home.path, "stream.ndjson");
  await writeStream(stream, { messages: 1, lineBytes: 250 });
  const bin = await makeStandIn(join(home.path, "bin"), stream);
  const place = { env: claudeEnv(home, bin), cwd: home.work };
  const pairs = await measurePairs(
    quick ? 10 : 20,
    2,
    () => measure(execOf(zag, place)),
    () => measure({ command: join(bin, "claude"), args: [], ...place, stdin: PROMPT }),
  );
  const runs = pairs.map(({ subject }) => subject);
  return [{
    what: "zag exec: added to an agent that answers at once",
    value: differenceOf(pairs, wall),
    unit: "ms",
  }, {
    what: "  from zag's start to the answer",
    value: spreadOf(runs.map(({ firstByteMs }) => firstByteMs ?? NaN)),
    unit: "ms",
  }, {
    what: "  from the answer to zag's exit",
    value: spreadOf(runs.map(({ wallMs, firstByteMs }) => wallMs - (firstByteMs ?? NaN))),
    unit: "ms",
  }];
}

function execOf(zag: ZagCommand, place: Pick<Program, "env" | "cwd">): Program {
  return { command: zag.command, args: [...zag.args, "exec", "-p", "claude", PROMPT], ...place };
}

function claudeEnv(home: TestHome, bin: string, server?: ModelServer): Record<string, string> {
  const { PATH = "" } = home.env();
  return home.env({
    PATH: `${bin}${Deno.build.os === "windows" ? ";" : ":"}${PATH}`,
    ANTHROPIC_API_KEY: "sk-ant-test",
    ANTHROPIC_BASE_URL: server?.url,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  });
}

/** Both must have given the same answer, or they did not do the same. */
function checkAnswers(pairs: readonly Pair<Run>[]): void {
  const different = pairs.find(({ subject, baseline }) => subject.bytes !== baseline.bytes);
  if (different === undefined) return;
  const { subject, baseline } = different;
  throw new FailedRunError(
    `zag printed ${subject.bytes} bytes where claude alone printed ${baseline.bytes}`,
  );
}
