import { assertEquals } from "../assert.ts";
import {
  locateScript,
  type Message,
  readContents,
  readInput,
  readMessages,
  visibleText,
} from "./conversation.ts";

const user = (text: string): Message => ({ role: "user", text });
const model: Message = { role: "model", text: "" };

const PLACES: [criterion: string, messages: Message[], text: string, step: number][] = [
  ["finds nothing in silence", [], "", 0],
  ["takes the only prompt", [user("a")], "a", 0],
  ["takes the last prompt", [user("[[say:a]]"), model, user("b")], "b", 0],
  ["counts the answers since", [user("a"), model, user(""), model, user("")], "a", 2],
  ["starts anew with a new script", [user("[[say:a]]"), model, user("[[say:b]]")], "[[say:b]]", 0],
  [
    "passes over a tagged note",
    [user("[[bash:a]][[say:b]]"), model, user("<note>\nthink\n</note>\n")],
    "[[bash:a]][[say:b]]",
    1,
  ],
  [
    "passes over a note of the system",
    [user("[[bash:a]][[say:b]]"), model, user("[SYSTEM NOTIFICATION] x"), user("System: go on.")],
    "[[bash:a]][[say:b]]",
    1,
  ],
  [
    "takes a prompt that stands beside a tagged note",
    [user("[[say:a]]"), model, user("<time>12:00</time>\n\nsecond turn")],
    "<time>12:00</time>\n\nsecond turn",
    0,
  ],
  ["takes a note when there is nothing else", [user("<note>x</note>")], "<note>x</note>", 0],
];

for (const [criterion, messages, text, step] of PLACES) {
  Deno.test(`locateScript() ${criterion}`, () => {
    assertEquals(locateScript(messages), { text, step });
  });
}

Deno.test("visibleText() leaves out tagged blocks and nothing else", () => {
  const rows = [
    ["<a>x</a>", ""],
    ["<a>\nx\n</a>\n\nhello", "hello"],
    ["<a b='c'>x</a>\nhello\n<d>y</d>", "hello"],
    ["is 1 < 2 or <b>?", "is 1 < 2 or <b>?"],
    ["keep <b>this</b> word", "keep <b>this</b> word"],
    ["<a>never closed", "<a>never closed"],
  ] as const;
  for (const [text, visible] of rows) assertEquals(visibleText(text), visible);
});

Deno.test("readMessages() takes the part that a person wrote", () => {
  const read = (content: unknown) =>
    readMessages({ messages: [{ role: "user", content }] })[0]?.text;
  const text = (text: string) => ({ type: "text", text });
  assertEquals(read("plain"), "plain");
  assertEquals(read([text("<context>x</context>"), text("prompt")]), "prompt");
  assertEquals(read([text("prompt"), text("<reminder>x</reminder>")]), "prompt");
  assertEquals(read([text("[[err:500]]"), text("next prompt")]), "next prompt");
  assertEquals(read([{ type: "tool_result", content: "[[say:x]]" }]), "");
  assertEquals(read([{ type: "image" }]), "");
  assertEquals(read(undefined), "");
});

Deno.test("readMessages() hears only the user and the model", () => {
  const roles = ["system", "developer", "user", "assistant", "tool"];
  const messages = roles.map((role) => ({ role, content: role }));
  assertEquals(readMessages({ messages }), [user("user"), model]);
  assertEquals(readMessages({}), []);
});

Deno.test("readInput() takes the items of one answer for one message", () => {
  const input = [
    { role: "developer", content: "rules" },
    { role: "user", content: [{ type: "input_text", text: "go" }] },
    { type: "reasoning" },
    { role: "assistant", content: [] },
    { type: "function_call" },
    { type: "custom_tool_call" },
    { type: "function_call_output", output: "[[say:x]]" },
    { type: "custom_tool_call_output", output: "x" },
    { type: "reasoning" },
    { type: "local_shell_call" },
  ];
  assertEquals(readInput({ input }), [user("go"), model, model]);
  assertEquals(readInput({ input: "go" }), [user("go")]);
  assertEquals(readInput({}), []);
});

Deno.test("readContents() reads users, models and messages without a role", () => {
  const contents = [
    { parts: [{ text: "a" }] },
    { role: "model", parts: [{ functionCall: {} }] },
    { role: "user", parts: [{ functionResponse: { text: "b" } }] },
  ];
  assertEquals(readContents({ contents }), [user("a"), model, user("")]);
});
