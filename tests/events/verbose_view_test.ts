import type { Event } from "../../src/events/event.ts";
import { VerboseView } from "../../src/events/render/verbose_view.ts";
import { assert, assertEquals } from "../support/assert.ts";

function plain(event: Event, text = true): string {
  return new VerboseView({ color: false, text }).render(event);
}

function call(name: string, input: unknown, id = "toolu_abcd"): Event {
  return {
    type: "assistant_message",
    content: [{ type: "tool_use", id, name, input }],
    usage: null,
  };
}

function execution(success: boolean, output: string | null, error: string | null): Event {
  return {
    type: "tool_execution",
    tool_name: "Bash",
    tool_id: "toolu_abcd",
    input: null,
    result: { success, output, error, data: null },
  };
}

const said: Event = {
  type: "assistant_message",
  content: [{ type: "text", text: "\none\ntwo\n" }],
  usage: null,
};

const rows: [string, Event, string][] = [
  [
    "init",
    { type: "init", model: "m", tools: [], working_directory: null, metadata: {} },
    "✓ Initialized with model m\n",
  ],
  [
    "init of an agent that does not say which model it uses",
    { type: "init", model: "", tools: [], working_directory: null, metadata: {} },
    "✓ Initialized\n",
  ],
  [
    "a user's message",
    { type: "user_message", content: [{ type: "text", text: "do it" }] },
    "> do it\n",
  ],
  ["a message", said, "    ⏺ one\n      two\n\n"],
  [
    "reasoning",
    { type: "reasoning", content: "first\nthen" },
    "    … first\n    … then\n",
  ],
  [
    "a command",
    call("Bash", { command: "ls -l", description: "List" }),
    "    ⏺ List [abcd]\n      └── ls -l\n\n",
  ],
  [
    "a command without a description",
    call("Bash", { command: "ls" }),
    "    ⏺ Run command [abcd]\n      └── ls\n\n",
  ],
  [
    "a command of several lines within its frame",
    call("Bash", { command: "cat <<E\n  a\n\nE\n", description: "Two\nlines" }),
    "    ⏺ Two\\nlines [abcd]\n      └── cat <<E\n            a\n          \n          E\n\n",
  ],
  [
    "a call without the sequences that are for a terminal",
    call("re\x1b[31mad\n", { "pa\x1b[0mth": "\x1b]0;t\x07a\n\x1b[1mb" }, "x\x1b[31mabcd"),
    '    ⏺ read\\n(path="a\\nb") [abcd]\n\n',
  ],
  [
    "a command without the sequences that are for a terminal",
    call("Bash", { command: "\x1b[31mls\x1b[0m\r\n-l", description: "\x1b[1mList" }),
    "    ⏺ List [abcd]\n      └── ls\n          -l\n\n",
  ],
  [
    "a call with parameters of every kind",
    call("read", { path: "a", n: 1, on: true, none: null, list: [1], map: {} }),
    '    ⏺ read(path="a", n=1, on=true, none=null, list=..., map=...) [abcd]\n\n',
  ],
  ["a call without parameters", call("read", {}), "    ⏺ read() [abcd]\n\n"],
  ["a call with something else", call("read", [1]), "    ⏺ read(...) [abcd]\n\n"],
  ["output", execution(true, "a\nb\n", null), "    ← [abcd]\n      a\n      b\n\n"],
  ["no output", execution(true, "", null), "    ← [abcd]\n      success\n\n"],
  ["an error", execution(false, null, "no"), "    ← [abcd]\n      no\n\n"],
  ["a failure without words", execution(false, null, null), "    ← [abcd]\n      failed\n\n"],
  ["an error event", { type: "error", message: "boom", details: null }, "Error: boom\n"],
  [
    "a granted permission",
    { type: "permission_request", tool_name: "Bash", description: "", granted: true },
    "✓ Permission granted for tool 'Bash'\n",
  ],
  [
    "a denied permission",
    { type: "permission_request", tool_name: "Bash", description: "", granted: false },
    "! Permission denied for tool 'Bash'\n",
  ],
  [
    "a usage limit",
    {
      type: "usage_limit_detected",
      provider: "claude",
      scope: "weekly",
      reset_at: "2030-01-01T00:00:00Z",
    },
    "! claude usage limit (weekly) — resets 2030-01-01T00:00:00Z\n",
  ],
  ["no delta", { type: "assistant_delta", text: "x" }, ""],
  [
    "no end of a turn",
    { type: "turn_complete", stop_reason: null, turn_index: 0, usage: null },
    "",
  ],
  [
    "no result",
    { type: "result", success: true, message: "x", duration_ms: null, num_turns: null },
    "",
  ],
];

for (const [title, event, expected] of rows) {
  Deno.test(`VerboseView shows ${title}`, () => assertEquals(plain(event), expected));
}

Deno.test("VerboseView leaves the text out where it stands on the same terminal", () => {
  assertEquals(plain(said, false), "");
  assertEquals(plain(call("read", {}), false), "    ⏺ read() [abcd]\n\n");
});

Deno.test("VerboseView gives call and result of one id the same colour", () => {
  const view = new VerboseView({ color: true, text: true });
  const colors = [call("read", {}), execution(true, "x", null)].map((event) =>
    /([\d;]+)m\[abcd\]/.exec(view.render(event))?.[1]
  );
  assertEquals(colors, ["38;5;213", "38;5;213"]);
});

Deno.test("VerboseView cuts long parameters between characters that a person sees", () => {
  const family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
  const shown = plain(call("write", { content: family.repeat(61) }));
  assertEquals(shown, `    ⏺ write(content="${family.repeat(57)}...") [abcd]\n\n`);
  const whole = plain(call("write", { content: family.repeat(60) }));
  assertEquals(whole, `    ⏺ write(content="${family.repeat(60)}") [abcd]\n\n`);
  assertEquals(plain(call("read", {}, `ab${family}cde`)), `    ⏺ read() [${family}cde]\n\n`);
});

Deno.test("VerboseView lets nothing that an agent says drive the terminal", () => {
  const evil = "\x1b]0;title\x07\x9b2J\x00";
  const events: Event[] = [
    { type: "init", model: evil, tools: [], working_directory: null, metadata: {} },
    call(evil, { [evil]: evil }, evil),
    call("Bash", { command: evil, description: evil }),
    execution(false, null, evil),
    { type: "reasoning", content: evil },
    { type: "error", message: evil, details: null },
    { type: "permission_request", tool_name: evil, description: evil, granted: false },
    { type: "usage_limit_detected", provider: evil, scope: "daily", reset_at: evil },
    { ...said, content: [{ type: "text", text: evil }] } as Event,
    { type: "user_message", content: [{ type: "text", text: evil }] },
  ];
  for (const event of events) {
    const shown = plain(event);
    assert(shown !== "");
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(shown), JSON.stringify(shown));
  }
});
