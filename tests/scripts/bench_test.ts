import { join } from "node:path";
import {
  countByte,
  countByteInFile,
  FailedRunError,
  measure,
  parseMemory,
  parsePeak,
  type Program,
} from "../../scripts/bench/measure.ts";
import { zagCommand } from "../../scripts/bench/options.ts";
import { renderRows, type Row } from "../../scripts/bench/row.ts";
import { makeStandIn, MARK, streamPieces, writeStream } from "../../scripts/bench/stand_in.ts";
import { differenceOf, measurePairs, ratioOf, spreadOf } from "../../scripts/bench/statistics.ts";
import type { Event } from "../../src/events/event.ts";
import { ClaudeParser } from "../../src/providers/claude/events.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../support/assert.ts";
import { rewriteProgram } from "../support/program_file.ts";
import { MAIN } from "../support/zag.ts";

async function withDirectory(test: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await test(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** A program of this runtime, for it exists everywhere. */
function program(code: string, stdin?: string): Program {
  return {
    command: Deno.execPath(),
    args: ["eval", code],
    env: Deno.env.toObject(),
    cwd: Deno.cwd(),
    ...(stdin === undefined ? {} : { stdin }),
  };
}

Deno.test("spreadOf() finds the middle of an odd and of an even number of values", () => {
  assertEquals(spreadOf([30, 9, 100]), { median: 30, min: 9, max: 100 });
  assertEquals(spreadOf([4, 1, 3, 2]), { median: 2.5, min: 1, max: 4 });
  assertEquals(spreadOf([7]), { median: 7, min: 7, max: 7 });
  assertThrows(() => spreadOf([]), RangeError);
});

Deno.test("ratioOf() and differenceOf() compare within each pair", () => {
  const pairs = [{ subject: 20, baseline: 10 }, { subject: 300, baseline: 100 }, {
    subject: 4,
    baseline: 4,
  }];
  const value = (run: number) => run;
  assertEquals(ratioOf(pairs, value), { median: 2, min: 1, max: 3 });
  assertEquals(differenceOf(pairs, value), { median: 10, min: 0, max: 200 });
});

Deno.test("measurePairs() alternates and does not count the warm-up", async () => {
  const order: string[] = [];
  const run = (name: string) => () => Promise.resolve(order.push(name));
  const pairs = await measurePairs(2, 1, run("subject"), run("baseline"));
  assertEquals(order.join(" "), "subject baseline subject baseline subject baseline");
  assertEquals(pairs, [{ subject: 3, baseline: 4 }, { subject: 5, baseline: 6 }]);
});

Deno.test("measure() counts what comes out and feeds what goes in", async () => {
  const echo = "await Deno.stdin.readable.pipeTo(Deno.stdout.writable)";
  const run = await measure(program(echo, "one|two|three|"), { mark: MARK, memory: true });
  assertEquals({ bytes: run.bytes, marks: run.marks }, { bytes: 14, marks: 3 });
  assert(run.firstByteMs !== undefined && run.firstByteMs > 0);
  assertEquals(run.peakBytes !== undefined, Deno.build.os === "linux");
});

Deno.test("measure() knows of no first byte where nothing came out", async () => {
  const run = await measure(program("0"));
  assertEquals([run.bytes, run.firstByteMs, run.peakBytes], [0, undefined, undefined]);
});

Deno.test("measure() refuses to take the time of a failure", async () => {
  const error = await assertRejects(
    () => measure(program("console.error('no luck'); Deno.exit(3)")),
    FailedRunError,
  );
  assert(/ended with 3: no luck/.test(error.message), error.message);
});

Deno.test("parseMemory() tells shared from own memory, of which a zombie has none", () => {
  const status = "Name:\tx\nVmRSS:\t   60 kB\nRssAnon:\t   20 kB\nRssFile:\t   40 kB\n";
  assertEquals(parseMemory(status), { residentBytes: 60 * 1024, anonymousBytes: 20 * 1024 });
  const nothing = { residentBytes: 0, anonymousBytes: 0 };
  assertEquals(parseMemory("Name:\tx\nState:\tZ (zombie)\n"), nothing);
});

Deno.test("parsePeak() reads the high-water mark, which a zombie has not", () => {
  assertEquals(parsePeak("Name:\tx\nVmPeak:\t  900 kB\nVmHWM:\t   12 kB\n"), 12 * 1024);
  assertEquals(parsePeak("Name:\tx\nState:\tZ (zombie)\n"), undefined);
});

Deno.test("countByteInFile() counts across the borders of its buffer", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "file");
    const bytes = new Uint8Array(3_000_000).map((_, index) => index % 1000 === 0 ? MARK : 65);
    await Deno.writeFile(path, bytes);
    assertEquals(countByte(bytes, MARK), 3000);
    assertEquals(await countByteInFile(path, MARK), 3000);
  });
});

Deno.test("streamPieces() makes lines of the asked length that the parser understands", () => {
  for (const lineBytes of [250, 251, 999, 1000]) {
    const text = [...streamPieces({ messages: 2500, lineBytes })].join("");
    const lines = text.trimEnd().split("\n");
    assertEquals(lines.length, 2502);
    const messages = lines.slice(1, -1);
    const encoder = new TextEncoder();
    assertEquals(messages.filter((line) => encoder.encode(line).length !== lineBytes), []);
    const events: Event[] = [];
    const parser = new ClaudeParser({ partialMessages: false });
    const notes: unknown[] = [];
    for (const line of lines) {
      parser.line(line, { event: (event) => events.push(event), note: (kind) => notes.push(kind) });
    }
    assertEquals(notes, []);
    const shown = events.filter(({ type }) => type === "assistant_message");
    assertEquals(shown.length, 2500);
    assertEquals(new Set(messages).size, 2500);
    assertEquals(parser.state.results, 1);
    assertEquals(countByte(encoder.encode(text), MARK), 2500);
  }
});

Deno.test("streamPieces() refuses a line that is shorter than an empty message", () => {
  assertThrows(() => [...streamPieces({ messages: 1, lineBytes: 50 })], RangeError, "50 bytes");
});

Deno.test({
  name: "makeStandIn() makes a program that swallows its prompt and prints the file",
  ignore: Deno.build.os === "windows",
  async fn() {
    await withDirectory(async (directory) => {
      const stream = join(directory, "it's a stream");
      const size = await writeStream(stream, { messages: 10, lineBytes: 300 });
      assertEquals(size, (await Deno.stat(stream)).size);
      const bin = await makeStandIn(join(directory, "bin"), stream);
      await rewriteProgram(join(bin, "claude"));
      const run = await measure({
        command: join(bin, "claude"),
        args: ["-p"],
        env: { PATH: Deno.env.get("PATH") ?? "" },
        cwd: directory,
        stdin: "x".repeat(300_000),
      }, { mark: MARK });
      assertEquals({ bytes: run.bytes, marks: run.marks }, { bytes: size, marks: 10 });
    });
  },
});

Deno.test("zagCommand() tells a module from a program", () => {
  assertEquals(zagCommand("dist/zag"), { command: "dist/zag", args: [] });
  assertEquals(zagCommand("dist/zag.js").command, Deno.execPath());
  assertEquals(zagCommand().args.at(-1), MAIN);
});

Deno.test("renderRows() says of each row whether its aim is met", () => {
  const spread = { median: 1234.56, min: 1, max: 2000 };
  const rows: Row[] = [
    {
      what: "fast",
      value: spread,
      unit: "ms",
      ratio: { median: 1.5, min: 1, max: 2 },
      baseline: "nothing",
      aim: { text: "<= 2 ×", met: true },
    },
    { what: "slow", value: spread, unit: "MB/s", aim: { text: ">= 1", met: false }, note: "why" },
    { what: "none", value: null, unit: "ms", aim: { text: "<= 1", met: false }, note: "missing" },
    { what: "free", value: { median: -0.01, min: -3, max: 0.04 }, unit: "MiB" },
  ];
  assertEquals(renderRows(rows).split("\n").map((line) => line.split(/ {2,}/)), [
    ["what", "value", "ratio", "aim", "met"],
    ["fast", "1,235 ms (1 to 2,000)", "1.50 (1.00 to 2.00) × nothing", "<= 2 ×", "yes"],
    ["slow", "1,235 MB/s (1 to 2,000)", ">= 1", "no"],
    ["none", "n/a", "<= 1", "not measured"],
    ["free", "0 MiB (-3 to 0)"],
    [""],
    ["slow: why"],
    ["none: missing"],
    [""],
  ]);
});
