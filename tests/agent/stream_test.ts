import { pumpEvents } from "../../src/agent/stream.ts";
import { TurnLedger } from "../../src/agent/turn_ledger.ts";
import type { Event } from "../../src/events/event.ts";
import type { LogKind } from "../../src/events/log_event.ts";
import { emptyState } from "../../src/providers/parsing.ts";
import type { Parser } from "../../src/providers/parser.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";

/** A parser whose lines are events. */
const PARSER: Parser = {
  state: emptyState(),
  line: (text, sink) => sink.event(JSON.parse(text)),
  stop: () => {},
  end: () => {},
};

function delta(text: string, parent?: string): Event {
  return {
    type: "assistant_delta",
    text,
    ...(parent === undefined ? {} : { parent_tool_use_id: parent }),
  };
}

function said(text: string): Event {
  return { type: "assistant_message", content: [{ type: "text", text }], usage: null };
}

function told(...texts: string[]): Event {
  return { type: "user_message", content: texts.map((text) => ({ type: "text", text })) };
}

const TURN_END: Event = { type: "turn_complete", stop_reason: null, turn_index: 0, usage: null };

/** Pumps events; returns messages and turn ends as they stand in the log. */
async function pump(events: readonly Event[], sent: readonly string[] = []): Promise<string[]> {
  const kinds: LogKind[] = [];
  const ledger = new TurnLedger();
  for (const text of sent) ledger.sent(text);
  const bytes = events.map((event) => new TextEncoder().encode(JSON.stringify(event) + "\n"));
  await pumpEvents(ReadableStream.from(bytes), PARSER, {
    log: (more) => void kinds.push(...more),
    show: () => Promise.resolve(),
    active: () => {},
    showsRepeated: true,
  }, ledger);
  return kinds.map((kind) => "content" in kind ? `${kind.type} ${kind.content}` : kind.type);
}

const rows: [string, Event[], string[]][] = [
  ["no deltas", [delta("a"), delta("b"), said("ab"), TURN_END], [
    "assistant_message ab",
    "provider_status",
  ]],
  ["text whose message never came", [said("a"), delta("b"), delta("c")], [
    "assistant_message a",
    "assistant_message bc",
  ]],
  ["text that was cut off before the end of its turn", [delta("b"), TURN_END], [
    "assistant_message b",
    "provider_status",
  ]],
  ["no text of a sub-agent that is cut off", [delta("b", "t1"), TURN_END], ["provider_status"]],
  ["a sub-agent's message apart from what is unfinished", [
    delta("a"),
    { ...said("b"), parent_tool_use_id: "t1" } as Event,
  ], ["assistant_message b", "assistant_message a"]],
];

for (const [title, events, expected] of rows) {
  Deno.test(`pumpEvents() logs ${title}`, async () => assertEquals(await pump(events), expected));
}

Deno.test("pumpEvents() logs no message again that was logged when it was sent", async () => {
  const sent = ["one", "two", "three"];
  assertEquals(await pump([told("one"), told("two", "three")], sent), []);
  assertEquals(await pump([told("one"), told("one")], sent), ["user_message one"]);
  assertEquals(await pump([told("two", "[stopped]")], sent), ["user_message [stopped]"]);
  assertEquals(await pump([told("on", "e")], sent), []);
});

Deno.test("pumpEvents() logs what was read although it can be shown to nobody", async () => {
  const kinds: LogKind[] = [];
  const events = [said("whole"), delta("half"), said("half a message")];
  const bytes = events.map((event) => new TextEncoder().encode(JSON.stringify(event) + "\n"));
  const pumping = pumpEvents(ReadableStream.from(bytes), PARSER, {
    log: (more) => void kinds.push(...more),
    show: ([event]) =>
      event?.type === "assistant_delta"
        ? Promise.reject(new Error("the reader is gone"))
        : Promise.resolve(),
    active: () => {},
    showsRepeated: true,
  }, new TurnLedger());
  await assertRejects(() => pumping, Error, "the reader is gone");
  assertEquals(kinds.map((kind) => "content" in kind ? kind.content : kind.type), [
    "whole",
    "half",
  ]);
});

Deno.test("pumpEvents() passes on what the agent says about itself, once and after it is logged", async () => {
  const order: string[] = [];
  const parser: Parser = {
    ...PARSER,
    line: (message, sink) => sink.note({ type: "provider_status", message, data: null }),
  };
  const bytes = ["trying again\n", "and again\n"].map((line) => new TextEncoder().encode(line));
  await pumpEvents(ReadableStream.from(bytes), parser, {
    log: (kinds) => void order.push(...kinds.map(({ type }) => type)),
    show: () => Promise.resolve(),
    status: (message) => void order.push(message),
    active: () => {},
    showsRepeated: true,
  }, new TurnLedger());
  assertEquals(order, ["provider_status", "trying again", "provider_status", "and again"]);
});

Deno.test("pumpEvents() has what it shows of a message kept until the log has the message", async () => {
  const calls: string[] = [];
  const events = [
    [delta("a"), delta("b")],
    [delta("c"), delta("of a sub-agent", "t")],
    [said("abc"), delta("d")],
    [said("de")],
    [said("f")],
  ];
  const chunks = events.map((batch) =>
    new TextEncoder().encode(batch.map((event) => JSON.stringify(event) + "\n").join(""))
  );
  await pumpEvents(ReadableStream.from(chunks), PARSER, {
    log: (kinds) => void calls.push(`log ${kinds.length}`),
    unfinished: (text, anew) => void calls.push(`${anew ? "anew" : "more"} ${text}`),
    show: () => Promise.resolve(void calls.push("show")),
    active: () => {},
    showsRepeated: true,
  }, new TurnLedger());
  assertEquals(calls, [
    ...["more ab", "show"],
    ...["more c", "show"],
    ...["log 1", "anew d", "show"],
    ...["log 1", "anew ", "show"],
    ...["log 1", "show"],
  ]);
});
