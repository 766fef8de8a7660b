/** How fast a long session passes through zag, log included, and how much memory that takes. */
import { join } from "node:path";
import { TestHome } from "../../tests/support/zag.ts";
import { countByteInFile, FailedRunError, measure, type Run } from "./measure.ts";
import type { BenchOptions } from "./options.ts";
import type { Row } from "./row.ts";
import { makeStandIn, MARK, writeStream } from "./stand_in.ts";
import { measurePairs, type Pair, ratioOf, type Spread, spreadOf } from "./statistics.ts";

/** A form of output, and whether the log then has each message by itself. */
interface Format {
  readonly name: string;
  readonly args: readonly string[];
  readonly logged: boolean;
}

const FORMATS: readonly Format[] = [
  { name: "-o text", args: ["-o", "text"], logged: false },
  { name: "default view", args: [], logged: true },
  { name: "-o stream-json", args: ["-o", "stream-json"], logged: true },
];

/** What is aimed at for a length of line: events where they are short, bytes where they are long. */
interface Load {
  readonly lineBytes: number;
  readonly unit: "events/s" | "MB/s";
  readonly least: number;
}

const LOADS: readonly Load[] = [
  { lineBytes: 250, unit: "events/s", least: 60_000 },
  { lineBytes: 1000, unit: "MB/s", least: 100 },
];

/**
 * Twice the length may take this many times the memory. The collector allows itself more room, up to
 * a limit, the longer a program runs; a program that kept the stream would go on to double.
 */
const MOST_GROWTH = 1.5;

/** A stream on disk. */
interface Stream {
  readonly path: string;
  readonly messages: number;
  readonly bytes: number;
}

/** Measures streams of two lengths of line in three forms of output. */
export async function benchStreams(options: BenchOptions): Promise<Row[]> {
  if (Deno.build.os === "windows") {
    const note = "the stand-in for an agent needs a POSIX shell";
    return [{ what: "stream", value: null, unit: "MB/s", note }];
  }
  const rows: Row[] = [];
  for (const load of LOADS) rows.push(...await benchLoad(load, options));
  return rows;
}

async function benchLoad(load: Load, options: BenchOptions): Promise<Row[]> {
  const directory = await Deno.makeTempDir({ prefix: "zag-bench-" });
  try {
    const messages = options.quick ? 100_000 : 400_000;
    const whole = await makeStream(join(directory, "whole"), messages, load.lineBytes);
    const half = await makeStream(join(directory, "half"), messages / 2, load.lineBytes);
    const rows: Row[] = [];
    for (const format of FORMATS) {
      rows.push(...await benchFormat(format, load, whole, half, options));
    }
    return rows;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function makeStream(path: string, messages: number, lineBytes: number): Promise<Stream> {
  return { path, messages, bytes: await writeStream(path, { messages, lineBytes }) };
}

async function benchFormat(
  format: Format,
  load: Load,
  whole: Stream,
  half: Stream,
  options: BenchOptions,
): Promise<Row[]> {
  const pairs = await measurePairs(
    options.quick ? 1 : 3,
    0,
    () => runThrough(format, whole, options),
    () => runCat(whole),
  );
  const shorter: Run[] = [];
  for (let run = 0; run < (options.quick ? 1 : 2); run++) {
    shorter.push(await runThrough(format, half, options));
  }
  const name = `${whole.messages.toLocaleString("en")} × ${load.lineBytes} bytes, ${format.name}`;
  return [speedRow(name, load, whole, pairs), memoryRow(pairs, shorter)];
}

function speedRow(name: string, load: Load, stream: Stream, pairs: Pair<Run>[]): Row {
  const rate = (amount: number) =>
    spreadOf(pairs.map(({ subject }) => amount / (subject.wallMs / 1000)));
  const events = rate(stream.messages);
  const megabytes = rate(stream.bytes / 1e6);
  const value = load.unit === "MB/s" ? megabytes : events;
  return {
    what: name,
    value,
    unit: load.unit,
    ratio: ratioOf(pairs, ({ wallMs }) => wallMs),
    baseline: "the time of cat",
    aim: {
      text: `>= ${load.least.toLocaleString("en")} ${load.unit}`,
      met: value.median >= load.least,
    },
    note: load.unit === "MB/s"
      ? `${Math.round(events.median).toLocaleString("en")} events/s`
      : `${Math.round(megabytes.median)} MB/s`,
  };
}

function memoryRow(pairs: Pair<Run>[], shorter: Run[]): Row {
  const row = { what: "  its peak memory", unit: "MiB" } as const;
  const full = peaksOf(pairs.map(({ subject }) => subject));
  const half = peaksOf(shorter);
  if (full === undefined || half === undefined) {
    return { ...row, value: null, note: "read from /proc, which this system lacks" };
  }
  const growth = full.median / half.median;
  return {
    ...row,
    value: full,
    ratio: { median: growth, min: full.min / half.max, max: full.max / half.min },
    baseline: "that of half the length",
    aim: { text: `<= ${MOST_GROWTH} ×`, met: growth <= MOST_GROWTH },
  };
}

function peaksOf(runs: readonly Run[]): Spread | undefined {
  const peaks = runs.map(({ peakBytes }) => peakBytes).filter((peak) => peak !== undefined);
  return peaks.length === 0 ? undefined : spreadOf(peaks.map((bytes) => bytes / 1024 ** 2));
}

/** Runs a stream through zag, and makes sure that all of it came out and into the log. */
async function runThrough(
  { name, args, logged }: Format,
  stream: Stream,
  { zag }: BenchOptions,
): Promise<Run> {
  await using home = await TestHome.create();
  const bin = await makeStandIn(join(home.path, "bin"), stream.path);
  const run = await measure({
    command: zag.command,
    args: [...zag.args, "exec", "-p", "claude", ...args, "go"],
    env: home.env({ PATH: `${bin}:${home.env().PATH ?? ""}`, ANTHROPIC_API_KEY: "sk-ant-test" }),
    cwd: home.work,
  }, { memory: true, mark: MARK });
  expectCount(`messages on stdout with ${name}`, run.marks, stream.messages);
  const [log, ...others] = await home.logPaths();
  expectCount("session logs", (log === undefined ? 0 : 1) + others.length, 1);
  if (logged) {
    const messages = await countByteInFile(log!, MARK);
    expectCount(`messages in the log with ${name}`, messages, stream.messages);
  } else {
    expectCount(`bytes on stdout with ${name}`, run.bytes, stream.bytes);
  }
  return run;
}

async function runCat(stream: Stream): Promise<Run> {
  const run = await measure({ command: "cat", args: [stream.path], env: {}, cwd: "/" }, {
    mark: MARK,
  });
  expectCount("bytes from cat", run.bytes, stream.bytes);
  return run;
}

function expectCount(what: string, found: number, expected: number): void {
  if (found !== expected) throw new FailedRunError(`${found} ${what} instead of ${expected}`);
}
