import type { Event } from "../../src/events/event.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import { LineSplitter } from "../../src/processes/lines.ts";
import { ClaudeParser } from "../../src/providers/claude/events.ts";
import type { ParserSink } from "../../src/providers/provider.ts";
import { assert, assertEquals } from "../support/assert.ts";

const FIXTURES = new URL("../fixtures/claude/", import.meta.url);

interface Read {
  events: Event[];
  notes: LogKind[];
  state: ClaudeParser["state"];
}

/** Reads bytes in pieces of a size, as a pipe might deliver them. */
function read(bytes: Uint8Array, pieceSize: number, partialMessages = true): Read {
  const parser = new ClaudeParser({ partialMessages });
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

for (const entry of Deno.readDirSync(FIXTURES)) {
  if (entry.name === "transcripts") continue;
  const folder = new URL(`${entry.name}/`, FIXTURES);
  Deno.test(`ClaudeParser reads the recording ${entry.name}`, async () => {
    const bytes = await Deno.readFile(new URL("stdout.ndjson", folder));
    const expected = JSON.parse(await Deno.readTextFile(new URL("expected.json", folder)));
    const whole = read(bytes, bytes.length);
    assertEquals(JSON.parse(JSON.stringify(digest(whole))), expected);
    for (const size of [1, 7]) {
      assertEquals(digest(read(bytes, size)), digest(whole), `in pieces of ${size}`);
    }
  });

  Deno.test(`ClaudeParser keeps the order of events in ${entry.name}`, async () => {
    const { events } = read(await Deno.readFile(new URL("stdout.ndjson", folder)), 4096);
    const init = events.findIndex((event) => event.type === "init");
    assert(init <= 0, "init comes first");
    events.forEach((event, index) => {
      if (event.type === "turn_complete") assertEquals(events[index + 1]?.type, "result");
      if (event.type === "result") assertEquals(events[index - 1]?.type, "turn_complete");
    });
    const turns = events.filter((event) => event.type === "turn_complete");
    assertEquals(turns.map((turn) => turn.turn_index), turns.map((_, index) => index));
  });

  Deno.test(`ClaudeParser loses nothing before a cut in ${entry.name}`, async () => {
    const bytes = await Deno.readFile(new URL("stdout.ndjson", folder));
    const all = read(bytes, bytes.length).events;
    for (const share of [0.2, 0.5, 0.8, 0.97]) {
      const cut = bytes.slice(0, Math.floor(bytes.length * share));
      const wholeLines = cut.slice(0, cut.lastIndexOf(10) + 1);
      const before = read(wholeLines, 64).events;
      assertEquals(before, all.slice(0, before.length));
      const torn = read(cut, 64);
      assertEquals(torn.events.slice(0, before.length), before);
    }
  });
}

Deno.test("ClaudeParser turns what it cannot read into a parse_warning", () => {
  const parser = new ClaudeParser({ partialMessages: false });
  const events: Event[] = [];
  const notes: LogKind[] = [];
  const sink: ParserSink = {
    event: (event) => events.push(event),
    note: (kind) => notes.push(kind),
  };
  for (const line of ["not json", "{", '"text"', "[1]", "null", "", "   "]) parser.line(line, sink);
  assertEquals(events, []);
  assertEquals(notes.map((note) => note.type), Array(5).fill("parse_warning"));
});

Deno.test("ClaudeParser survives any shape of a known type", () => {
  const values = [null, 1, "x", [], [null], {}, { content: 1 }, { content: [1, null, {}] }, true];
  const fields = ["message", "event", "usage", "errors", "permission_denials", "tools", "subtype"];
  const types = ["assistant", "user", "result", "system", "stream_event", "control_response", "?"];
  const parser = new ClaudeParser({ partialMessages: true });
  const events: Event[] = [];
  const sink: ParserSink = { event: (event) => events.push(event), note: () => {} };
  for (const type of types) {
    for (const field of fields) {
      for (const value of values) parser.line(JSON.stringify({ type, [field]: value }), sink);
    }
    parser.line(JSON.stringify({ type, subtype: "init" }), sink);
  }
  const results = events.filter((event) => event.type === "result").length;
  assertEquals(parser.state.results, results);
});

Deno.test("ClaudeParser emits deltas only when they were asked for", async () => {
  const bytes = await Deno.readFile(new URL("partial_messages/stdout.ndjson", FIXTURES));
  const count = (partial: boolean) =>
    read(bytes, bytes.length, partial).events.filter((event) => event.type === "assistant_delta")
      .length;
  assertEquals(count(true), 3);
  assertEquals(count(false), 0);
});

Deno.test("ClaudeParser reads the document of native JSON as the same events", async () => {
  const bytes = await Deno.readFile(new URL("tool_calls/stdout.ndjson", FIXTURES));
  const lines = new TextDecoder().decode(bytes).trim().split("\n");
  const parser = new ClaudeParser({ partialMessages: true });
  const events: Event[] = [];
  parser.document(`[${lines.join(",")}]\n`, {
    event: (event) => events.push(event),
    note: () => {},
  });
  assertEquals(events, read(bytes, bytes.length).events);
});
