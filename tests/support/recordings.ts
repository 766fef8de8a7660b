/** The tests that every provider's parser has to pass with its recordings. */
import type { Event } from "../../src/events/event.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import { LineSplitter } from "../../src/processes/lines.ts";
import type { Parser, ParserOptions, ParserSink } from "../../src/providers/parser.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { assert, assertEquals } from "./assert.ts";
import { PLAIN_PARSER } from "./plan_request.ts";
import { sizeOf } from "./size.ts";

const FIXTURES = new URL("../fixtures/", import.meta.url);

/** What a parser made of some bytes. */
export interface Read {
  events: Event[];
  notes: LogKind[];
  state: Parser["state"];
}

/** Settings of a case, in `case.json` beside its recording; every property may be missing. */
interface Case {
  /** Changes of what the parser is told of the launch. */
  options?: Partial<ParserOptions>;
  /** Name of the file beside it that holds the CLI's report. */
  report?: string;
}

/** Reads bytes in pieces of a size, as a pipe might deliver them. */
export function readBytes(
  parser: Parser,
  bytes: Uint8Array,
  pieceSize = bytes.length,
  report?: string,
): Read {
  const splitter = new LineSplitter();
  const events: Event[] = [];
  const notes: LogKind[] = [];
  const sink: ParserSink = {
    event: (event) => events.push(event),
    note: (kind) => notes.push(kind),
  };
  for (let at = 0; at < bytes.length; at += pieceSize) {
    for (const line of splitter.push(bytes.slice(at, at + pieceSize))) parser.line(line, sink);
  }
  const last = splitter.end();
  if (last !== undefined) parser.line(last, sink);
  if (report !== undefined) parser.report?.(report);
  parser.end(sink);
  return { events, notes, state: parser.state };
}

/** What a case's expected.json holds: a digest that a person can check against the recording. */
function digest({ events, notes, state }: Read) {
  return {
    events: events.map((event) =>
      event.type === "init" ? { ...event, tools: event.tools.length, metadata: undefined } : event
    ),
    notes: notes.map((note) => "message" in note ? `${note.type}: ${note.message}` : note.type),
    state,
  };
}

/**
 * Registers the tests of all cases in `tests/fixtures/<name>/<case>/`: `stdout.ndjson`, its
 * `expected.json`, and where needed `case.json`. `ZAG_UPDATE_EXPECTED=1` writes `expected.json`
 * anew; read the difference before you believe it.
 */
export function testRecordings(provider: Provider): void {
  const root = new URL(`${provider.name}/`, FIXTURES);
  const name = provider.name;
  for (const entry of Deno.readDirSync(root)) {
    if (entry.name === "transcripts") continue;
    const folder = new URL(`${entry.name}/`, root);
    const open = async () => {
      const settings = await readCase(folder);
      const bytes = await Deno.readFile(new URL("stdout.ndjson", folder));
      const report = settings.report === undefined
        ? undefined
        : await Deno.readTextFile(new URL(settings.report, folder));
      const options = { ...PLAIN_PARSER, partialMessages: true, ...settings.options };
      const read = (part = bytes, size = part.length) =>
        readBytes(provider.parser(options), part, size, report);
      return { bytes, read };
    };

    Deno.test(`${name} parser reads the recording ${entry.name}`, async () => {
      const { bytes, read } = await open();
      const whole = read();
      const url = new URL("expected.json", folder);
      const made = JSON.parse(JSON.stringify(digest(whole)));
      if (Deno.env.get("ZAG_UPDATE_EXPECTED") === "1") {
        await Deno.writeTextFile(url, JSON.stringify(made, null, 2) + "\n");
      }
      assertEquals(made, JSON.parse(await Deno.readTextFile(url)));
      for (const size of [1, 7]) {
        assertEquals(digest(read(bytes, size)), digest(whole), `in pieces of ${size}`);
      }
    });

    Deno.test(`${name} parser keeps the order of events in ${entry.name}`, async () => {
      const { events, state } = (await open()).read();
      assert(events.findIndex((event) => event.type === "init") <= 0, "init comes first");
      assertPairs(events);
      const results = events.filter((event) => event.type === "result").length;
      assertEquals(state.results, results);
    });

    Deno.test(`${name} parser loses nothing before a cut in ${entry.name}`, async () => {
      const { bytes, read } = await open();
      const all = read().events;
      for (const share of [0.2, 0.5, 0.8, 0.97]) {
        const cut = bytes.slice(0, Math.floor(bytes.length * share));
        const wholeLines = cut.slice(0, cut.lastIndexOf(10) + 1);
        // What a parser holds back comes out at the end, where the cut is.
        const before = withoutEnd(read(wholeLines, 64).events, all);
        assertEquals(before, all.slice(0, before.length));
        assertEquals(read(cut, 64).events.slice(0, before.length), before);
      }
    });
  }

  Deno.test(`${name} parser never throws at broken output`, async () => {
    const recordings: Uint8Array[] = [];
    for (const entry of Deno.readDirSync(root)) {
      if (entry.name === "transcripts") continue;
      recordings.push(await Deno.readFile(new URL(`${entry.name}/stdout.ndjson`, root)));
    }
    const random = randomOf(sizeOf("ZAG_TEST_SEED", 20_251));
    for (let round = 0; round < sizeOf("ZAG_TEST_FUZZ", 300); round++) {
      const broken = breakBytes(recordings[Math.floor(random() * recordings.length)]!, random);
      const parser = provider.parser({ ...PLAIN_PARSER, partialMessages: random() < 0.5 });
      assertPairs(readBytes(parser, broken, 1 + Math.floor(random() * 4096)).events);
    }
  });

  Deno.test(`${name} parser turns what it cannot read into a parse_warning`, () => {
    const huge = `{"type":"x","text":"${"y".repeat(10 << 20)}`;
    for (const line of ["not json", "{", '"text"', "[1]", "null", huge, "{}\u0000", "\ufffd"]) {
      const { events, notes } = readBytes(
        provider.parser(PLAIN_PARSER),
        new TextEncoder().encode(line + "\n"),
      );
      assertEquals(events, [], line.slice(0, 20));
      assertEquals(notes.map((note) => note.type), ["parse_warning"], line.slice(0, 20));
    }
    const { events, notes } = readBytes(
      provider.parser(PLAIN_PARSER),
      new Uint8Array([10, 32, 10]),
    );
    assertEquals([events, notes], [[], []]);
  });

  Deno.test(`${name} parser survives any shape in the place of any value`, async () => {
    const odd = [null, 1, -1.5, "x", "", [], [null], {}, { content: 1 }, [[{}]], true, "\u0000"];
    for (const entry of Deno.readDirSync(root)) {
      if (entry.name === "transcripts") continue;
      const text = await Deno.readTextFile(new URL(`${entry.name}/stdout.ndjson`, root));
      for (const line of text.split("\n").filter((line) => line.trim() !== "")) {
        for (const changed of changes(JSON.parse(line), odd)) {
          const parser = provider.parser({ ...PLAIN_PARSER, partialMessages: true });
          readBytes(parser, new TextEncoder().encode(JSON.stringify(changed) + "\n"));
        }
      }
    }
  });

  Deno.test(`${name} parser ends a turn that zag stops as a failure`, async () => {
    // A provider without tools has nothing better to be stopped in.
    const cases = Array.from(Deno.readDirSync(root), (entry) => entry.name);
    const stopped = cases.includes("tool_calls") ? "tool_calls" : "simple";
    const bytes = await Deno.readFile(new URL(`${stopped}/stdout.ndjson`, root));
    const lines = new TextDecoder().decode(bytes).trim().split("\n");
    const parser = provider.parser(PLAIN_PARSER);
    const events: Event[] = [];
    const sink: ParserSink = { event: (event) => events.push(event), note: () => {} };
    for (const line of lines.slice(0, Math.floor(lines.length / 2))) parser.line(line, sink);
    parser.stop("Reached the limit", sink);
    const last = events.at(-1);
    assert(last?.type === "result");
    assertEquals([last.success, last.message], [false, "Reached the limit"]);
    assertEquals([parser.state.isError, parser.state.results], [true, 1]);
    assertPairs(events);
  });
}

async function readCase(folder: URL): Promise<Case> {
  try {
    return JSON.parse(await Deno.readTextFile(new URL("case.json", folder)));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return {};
  }
}

/** Every turn_complete is followed by its result, and turns count from 0. */
function assertPairs(events: readonly Event[]): void {
  events.forEach((event, index) => {
    if (event.type === "turn_complete") assertEquals(events[index + 1]?.type, "result");
    if (event.type === "result") assertEquals(events[index - 1]?.type, "turn_complete");
  });
  const turns = events.filter((event) => event.type === "turn_complete");
  assertEquals(turns.map((turn) => turn.turn_index), turns.map((_, index) => index));
}

/** Leaves off what came only because the output was over. */
function withoutEnd(events: readonly Event[], all: readonly Event[]): Event[] {
  let kept = events.length;
  while (kept > 0 && JSON.stringify(events[kept - 1]) !== JSON.stringify(all[kept - 1])) kept--;
  return events.length - kept > 3 ? [...events] : events.slice(0, kept);
}

/** A small generator of numbers from 0 to 1, the same ones for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** Truncates, reorders, repeats or damages output, in one to four ways. */
function breakBytes(bytes: Uint8Array, random: () => number): Uint8Array {
  let broken = bytes.slice();
  const lines = () => new TextDecoder("latin1").decode(broken).split("\n");
  const join = (parts: string[]) => {
    broken = Uint8Array.from(parts.join("\n"), (character) => character.charCodeAt(0) & 0xff);
  };
  for (let change = 0; change < 1 + random() * 3; change++) {
    const at = Math.floor(random() * broken.length);
    switch (Math.floor(random() * 6)) {
      case 0:
        broken = broken.slice(0, at);
        break;
      case 1:
        join(lines().sort(() => random() - 0.5));
        break;
      case 2:
        for (let i = 0; i < 20 && broken.length > 0; i++) {
          broken[Math.floor(random() * broken.length)] = Math.floor(random() * 256);
        }
        break;
      case 3:
        join(lines().flatMap((line) => random() < 0.3 ? [line, line] : [line]));
        break;
      case 4:
        join(lines().filter(() => random() < 0.7));
        break;
      default:
        broken = new Uint8Array([...broken.slice(0, at), 0xff, 0xc0, 10, ...broken.slice(at)]);
    }
  }
  return broken;
}

/** Copies of a JSON value in which one inner value is another one. */
function* changes(value: unknown, others: readonly unknown[]): Generator<unknown> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const replaced = (other: unknown) =>
      Array.isArray(value)
        ? value.map((item, index) => String(index) === key ? other : item)
        : { ...value, [key]: other };
    for (const other of others) yield replaced(other);
    for (const changed of changes(inner, others)) yield replaced(changed);
  }
}
