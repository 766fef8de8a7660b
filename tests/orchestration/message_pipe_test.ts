import type { Capabilities } from "../../src/providers/provider.ts";
import {
  checkTakesMessages,
  closeLine,
  fileLine,
  makePipe,
  MAX_LINE_BYTES,
  parsePipeLine,
  PipeError,
  type PipeLine,
  PipeReader,
  PipeWriter,
} from "../../src/orchestration/message_pipe.ts";
import { removePipe } from "../../src/processes/named_pipe.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../support/assert.ts";
import { inTemp } from "../sessions/support.ts";

const ID = "01234567-89ab-4cde-8f01-23456789abcd";
const FROM = { pid: 7, startTime: "proc:1" };

Deno.test("parsePipeLine takes an object's content, any other line as it is, and refuses the rest", () => {
  const text = (text: string) => ({ kind: "text", text });
  const cases: [string, unknown][] = [
    ["", undefined],
    [" \t", "refused"],
    ["hello", text("hello")],
    ["  spaced ", text("  spaced ")],
    ['{"type":"user_message","content":"a\\nb"}', text("a\nb")],
    ['  {"content":"x","other":[]}', text("x")],
    ['"a string"', text('"a string"')],
    ["12", text("12")],
    ["[1]", text("[1]")],
    ["{no JSON", text("{no JSON")],
    ["{}", "refused"],
    ['{"content":["x"]}', "refused"],
    ['{"content":"  "}', "refused"],
    ['{"content":"a\\u0000b"}', "refused"],
    ["a\0b", "refused"],
    ['{"message_id":"../../etc/passwd"}', "refused"],
    [`{"message_id":"${ID}"}`, { kind: "file", id: ID, wantsAnswer: false, from: undefined }],
    [
      fileLine(ID, true, FROM).trim(),
      { kind: "file", id: ID, wantsAnswer: true, from: FROM },
    ],
    [`{"message_id":"${ID}","content":"wins"}`, text("wins")],
    [closeLine(ID).trim(), { kind: "close", id: ID }],
    ['{"type":"close"}', { kind: "close", id: undefined }],
    ['{"type":"close","content":"wins"}', text("wins")],
  ];
  for (const [line, expected] of cases) {
    const said: unknown = parsePipeLine(line);
    const refused = parsePipeLine(line)?.kind === "refused";
    assertEquals(refused ? "refused" : said, expected, line);
  }
  assert(fileLine(ID, true, { pid: 2 ** 22, startTime: "proc:".padEnd(60, "9") }).length < 512);
});

Deno.test("parsePipeLine never throws, and loses no text that is no object", () => {
  let state = 20260101;
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  const pieces = [
    "{",
    "}",
    '"',
    "content",
    ":",
    ",",
    "\\",
    "\u{1f600}",
    "é",
    "[",
    "]",
    " ",
    "null",
  ];
  pieces.push('{"content":"x"}', "message_id", ID, "\0", "1e9", "\ud800", "user_message", "\t");
  for (let round = 0; round < 20_000; round++) {
    const line = Array.from({ length: random(12) }, () => pieces[random(pieces.length)]).join("");
    const said = parsePipeLine(line);
    if (line === "") assertEquals(said, undefined);
    else if (line.trim() === "") assertEquals(said?.kind, "refused");
    else if (!line.trim().startsWith("{") && !line.includes("\0")) {
      assertEquals(said, { kind: "text", text: line });
    } else assert(said !== undefined, line);
  }
});

Deno.test("PipeReader reads every line of several writers once, and ends while it waits", () =>
  inTemp(async (dir) => {
    const path = `${dir}/fifos/s`;
    await makePipe(path);
    const reader = await PipeReader.open(path);
    const read: string[] = [];
    const reading = (async () => {
      for await (const line of reader.lines()) read.push(line.kind === "text" ? line.text : "");
    })();
    const expected: string[] = [];
    {
      using one = new PipeWriter(path);
      using two = new PipeWriter(path);
      for (let n = 0; n < 300; n++) {
        const line = `${n} `.padEnd(1 + n % 4000, "x");
        while (!(n % 2 === 0 ? one : two).write(`\n${line}\n`)) await letRead(read);
        expected.push(line);
      }
      assertThrows(() => one.write("x".repeat(MAX_LINE_BYTES + 1)), RangeError);
    }
    while (read.length < expected.length) await letRead(read);
    assertEquals(read, expected);
    await reader.close();
    await reading;
    await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
    await reader.close();
  }));

/** Lets the reader go on. */
async function letRead(read: readonly string[]): Promise<void> {
  const { length } = read;
  for (let turn = 0; turn < 100 && read.length === length; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

Deno.test("PipeReader says which line is too long, and reads the next one", () =>
  inTemp(async (dir) => {
    const path = `${dir}/s`;
    await makePipe(path);
    const reader = await PipeReader.open(path);
    const writing = Deno.writeTextFile(path, "x".repeat(1024 * 1024 + 1) + "\nnext\n");
    const read: PipeLine[] = [];
    for await (const line of reader.lines()) {
      read.push(line);
      if (read.length === 2) break;
    }
    await writing;
    await reader.close();
    assertEquals(read.map(({ kind }) => kind).toSorted(), ["refused", "text"]);
  }));

Deno.test("PipeReader.close ends a read although somebody has removed the pipe", () =>
  inTemp(async (dir) => {
    const path = `${dir}/s`;
    await makePipe(path);
    const reader = await PipeReader.open(path);
    const reading = Array.fromAsync(reader.lines());
    await Deno.remove(path);
    await reader.close();
    assertEquals(await reading, []);
  }));

Deno.test("PipeReader.close ends a read although another pipe is in the place of its own", () =>
  inTemp(async (dir) => {
    const path = `${dir}/s`;
    await makePipe(path);
    const reader = await PipeReader.open(path);
    const reading = Array.fromAsync(reader.lines());
    await makePipe(path);
    await reader.close();
    assertEquals(await reading, []);
  }));

Deno.test("PipeReader.close does not wait for room in a pipe that is full", () =>
  inTemp(async (dir) => {
    const path = `${dir}/s`;
    await makePipe(path);
    const reader = await PipeReader.open(path);
    using writer = new PipeWriter(path);
    while (writer.write("x".repeat(MAX_LINE_BYTES)));
    await reader.close();
    assertEquals(await Array.fromAsync(reader.lines()), []);
  }));

Deno.test("PipeWriter writes into nothing but a pipe, and follows no link", () =>
  inTemp(async (dir) => {
    await makePipe(`${dir}/pipe`);
    await Deno.writeTextFile(`${dir}/file`, "precious");
    await Deno.symlink(`${dir}/file`, `${dir}/to-file`);
    await Deno.symlink(`${dir}/pipe`, `${dir}/to-pipe`);
    for (const name of ["file", "to-file", "to-pipe"]) {
      assertThrows(() => new PipeWriter(`${dir}/${name}`), PipeError, "it is no pipe");
      await assertRejects(() => PipeReader.open(`${dir}/${name}`), PipeError, "it is no pipe");
    }
    assertEquals(await Deno.readTextFile(`${dir}/file`), "precious");
  }));

Deno.test("makePipe replaces a pipe that was left behind, and nothing else", () =>
  inTemp(async (dir) => {
    const path = `${dir}/s`;
    await makePipe(path);
    const { ino } = Deno.statSync(path);
    await makePipe(path);
    const { mode, isFifo, ino: other } = Deno.statSync(path);
    assertEquals([isFifo, mode! & 0o777, ino === other && false], [true, 0o600, false]);
    removePipe(path);
    await Deno.writeTextFile(path, "precious");
    await assertRejects(() => makePipe(path), PipeError, "mkfifo failed");
    removePipe(path);
    assertEquals(await Deno.readTextFile(path), "precious");
    await assertRejects(() => PipeReader.open(path), PipeError, "it is no pipe");
  }));

Deno.test("checkTakesMessages refuses a provider that cannot go on, and a system without pipes", () => {
  const provider = (resume: Capabilities["resume"]) => ({
    name: "p",
    displayName: "P",
    capabilities: { resume, streamInput: false } as Capabilities,
  });
  checkTakesMessages(provider("native"), "linux");
  checkTakesMessages(provider("zag"), "darwin");
  assertThrows(() => checkTakesMessages(provider(false), "linux"), Error, "--interactive with P");
  assertThrows(() => checkTakesMessages(provider("native"), "windows"), PipeError, "Windows");
});
