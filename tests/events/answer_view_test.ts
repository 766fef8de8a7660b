import type { Event } from "../../src/events/event.ts";
import { AnswerView } from "../../src/events/render/answer_view.ts";
import { VerboseView } from "../../src/events/render/verbose_view.ts";
import { assertEquals } from "../support/assert.ts";

function delta(text: string): Event {
  return { type: "assistant_delta", text };
}

function message(text: string): Event {
  return { type: "assistant_message", content: [{ type: "text", text }], usage: null };
}

/** What stands on stdout when all is said. */
function shown(events: readonly Event[]): string {
  const view = new AnswerView({ indicators: false, shared: false, verbose: undefined });
  const segments = [...events.flatMap((event) => view.render([event])), ...view.end()];
  return segments.filter(({ to }) => to === "stdout").map(({ text }) => text).join("");
}

const rows: [string, Event[], string][] = [
  ["a message without deltas", [message("one"), message("two")], "one\n\ntwo\n"],
  ["a message that its deltas have shown", [delta("on"), delta("e"), message("one")], "one\n"],
  ["the rest of a message", [delta("on"), message("one two")], "one two\n"],
  ["deltas whose message never came", [delta("on")], "on\n"],
  ["a message that was begun anew", [delta("It is"), message("No: that")], "It is\n\nNo: that\n"],
  [
    "a message whose deltas began anew",
    [delta("It is"), delta("No:"), delta(" that"), message("No: that")],
    "It isNo: that\n",
  ],
];

for (const [title, events, expected] of rows) {
  Deno.test(`AnswerView shows ${title} once`, () => assertEquals(shown(events), expected));
}

Deno.test("AnswerView says it when text stands before the answer that is no part of it", () => {
  const options = { indicators: false, shared: false, verbose: undefined };
  const warnings = (warns: boolean, ...events: Event[]) =>
    new AnswerView({ ...options, warns }).render(events).filter(({ to }) => to === "stderr").length;
  const anew = [delta("It is"), delta("No: that"), message("No: that")];
  assertEquals(warnings(true, ...anew), 1);
  assertEquals(warnings(false, ...anew), 0);
  assertEquals(warnings(true, delta("It is"), message("No: that")), 1);
  assertEquals(warnings(true, delta("on"), delta("e"), message("one"), message("two")), 0);
  assertEquals(warnings(true, delta("on"), message("one")), 0);
});

Deno.test("AnswerView shows a message of several texts once, streamed or not", () => {
  const both: Event = {
    type: "assistant_message",
    content: [{ type: "text", text: "one" }, { type: "text", text: "two" }],
    usage: null,
  };
  assertEquals(shown([both]), "one\n\ntwo\n");
  assertEquals(shown([delta("one"), delta("two"), both]), "onetwo\n");
});

const parent = { parent_tool_use_id: "t" };
const use: Event = {
  type: "assistant_message",
  content: [{ type: "tool_use", id: "id-1234", name: "Bash", input: { command: "ls" } }],
  usage: null,
};

Deno.test("AnswerView hides what a sub-agent says and shows what it calls", () => {
  const view = new AnswerView({ indicators: true, shared: false, verbose: undefined });
  const events: Event[] = [
    { ...delta("inner"), ...parent } as Event,
    { ...message("inner"), ...parent } as Event,
    { ...use, ...parent } as Event,
    message("outer"),
  ];
  assertEquals([...view.render(events), ...view.end()], [
    { to: "stderr", text: "⚡ Bash: ls\n" },
    { to: "stdout", text: "outer\n" },
  ]);
});

Deno.test("AnswerView leaves out what would drive a terminal, where one is", () => {
  const shown = (sanitize: boolean) => {
    const view = new AnswerView({ indicators: false, shared: false, verbose: undefined, sanitize });
    return view.render([message("a\x1b]0;title\x07b\n\tc")]).map(({ text }) => text).join("");
  };
  assertEquals(shown(true), "a]0;titleb\n\tc\n");
  assertEquals(shown(false), "a\x1b]0;title\x07b\n\tc\n");
});

Deno.test("AnswerView ends a line on a shared terminal before it writes beside it", () => {
  const events = [delta("begun"), use, use, delta("a\n"), use, message("a\n")];
  const segments = (shared: boolean) => {
    const view = new AnswerView({ indicators: true, shared, verbose: undefined });
    return [...events.flatMap((event) => view.render([event])), ...view.end()]
      .map(({ to, text }) => `${to === "stdout" ? "o" : "e"}:${text}`).join("|");
  };
  const call = "e:⚡ Bash: ls\n";
  assertEquals(segments(true), `o:begun|o:\n|${call}|${call}|o:a\n|${call}`);
  assertEquals(segments(false), `o:begun|${call}|${call}|o:a\n|${call}`);
});

Deno.test("AnswerView shows no indicators where none are wanted, or where the styled view is", () => {
  const plain = new AnswerView({ indicators: false, shared: false, verbose: undefined });
  assertEquals(plain.render([use]), []);
  const verbose = new VerboseView({ color: false, text: false });
  const styled = new AnswerView({ indicators: true, shared: false, verbose });
  assertEquals(styled.render([use]), [{ to: "stderr", text: verbose.render(use) }]);
});

Deno.test("AnswerView lets no tool drive the terminal", () => {
  const view = new AnswerView({ indicators: true, shared: false, verbose: undefined });
  const hostile: Event = {
    type: "assistant_message",
    content: [{ type: "tool_use", id: "x", name: "a\x1b[2J", input: { command: "\x9b1m\rb\x07" } }],
    usage: null,
  };
  assertEquals(view.render([hostile]), [{ to: "stderr", text: "⚡ a: \\nb\n" }]);
});

const result = (message: string | null, success = true): Event => ({
  type: "result",
  success,
  message,
  duration_ms: null,
  num_turns: null,
});

Deno.test("AnswerView shows the text of a result only when nothing else was said", () => {
  assertEquals(shown([result("only here")]), "only here\n");
  assertEquals(shown([message("said"), result("said")]), "said\n");
  assertEquals(shown([result("it failed", false)]), "");
  assertEquals(shown([result(null)]), "");
});

Deno.test("AnswerView begins a new paragraph with each turn", () => {
  const events = [message("one"), result("one"), delta("t"), delta("wo"), message("two")];
  assertEquals(shown(events), "one\n\ntwo\n");
  assertEquals(shown([message("one\n"), result("one"), message("two")]), "one\n\ntwo\n");
});
