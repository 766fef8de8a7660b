import {
  matchesPrompt,
  MockScriptError,
  parseMockScript,
  STEP_FIELDS,
} from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";

function refusal(script: unknown): MockScriptError {
  const json = typeof script === "string" ? script : JSON.stringify(script);
  return assertThrows(() => parseMockScript(json, '"s.json"'), MockScriptError);
}

function refusalOf(...steps: unknown[]): MockScriptError {
  return refusal({ turns: [{ steps: [] }, { steps }] });
}

const SCRIPTS: [string, unknown, string, string[]][] = [
  ["text that is no JSON", '{"turns": [', "", ["it is not JSON"]],
  ["a list", [], "", ["the script must be an object: got []"]],
  ["null", null, "", ["the script must be an object: got null"]],
  ["no turns", {}, "", ['needs "turns": an array']],
  ["turns that are no list", { turns: {} }, "turns", ["turns must be an array: got {}"]],
  ["an unknown key", { turn: [] }, "", ['unknown key "turn": did you mean "turns"?']],
  ["an unknown key, far off", { turns: [], colour: 1 }, "", [
    'unknown key "colour"; a script takes $schema, model, turns, after',
  ]],
  ["a model that is no string", { turns: [], model: 3 }, "model", ["must be a string: got 3"]],
  ["an unknown after", { turns: [], after: "stop" }, "after", [
    'must be "echo" or "repeat-last" or "error": got "stop"',
  ]],
  ["a turn that is no object", { turns: [3] }, "turns[0]", ["turns[0] must be an object: got 3"]],
  ["a turn without steps", { turns: [{}] }, "turns[0]", ['turns[0] needs "steps"']],
  ["an unknown key of a turn", { turns: [{ steps: [], matches: "x" }] }, "turns[0]", [
    'did you mean "match"?',
    "a turn takes match, init, steps",
  ]],
  ["a match that is a number", { turns: [{ steps: [], match: 1 }] }, "turns[0].match", [
    '{"regex": "^fix "}',
  ]],
  ["a broken regex", { turns: [{ steps: [], match: { regex: "(" } }] }, "turns[0].match", [
    "valid regular expression",
  ]],
  [
    "a match with more keys",
    {
      turns: [{ steps: [], match: { regex: "a", flags: "i" } }],
    },
    "turns[0].match",
    ["must be a string, or an object"],
  ],
];

for (const [title, script, path, parts] of SCRIPTS) {
  Deno.test(`parseMockScript() refuses ${title}`, () => {
    const error = refusal(script);
    assertEquals(error.path, path);
    assertEquals(error.source, '"s.json"');
    assert(error.message.startsWith('Cannot use the mock script "s.json": '), error.message);
    for (const part of parts) assertStringIncludes(error.message, part);
  });
}

const AT = "turns[1].steps[0]";
const STEPS: [string, unknown, string, string][] = [
  ["no object", "say", AT, 'needs "do" with a known step'],
  ["null", null, AT, 'needs "do" with a known step'],
  ["no do", { text: "x" }, AT, 'needs "do" with a known step; the steps are say, think'],
  ["an unknown do", { do: "sya", text: "x" }, AT, 'not "sya": did you mean "say"?'],
  ["a do from the prototype", { do: "toString" }, AT, 'not "toString"'],
  ["a missing key", { do: "say" }, AT, 'needs "text": a string'],
  ["an unknown key", { do: "say", txt: "x" }, AT, 'unknown key "txt": did you mean "text"?'],
  ["the keys of another step", { do: "echo", text: "x" }, AT, 'step "echo" takes do'],
  ["a wrong type", { do: "say", text: 5 }, `${AT}.text`, "must be a string: got 5"],
  ["a negative delay", { do: "say", text: "", delay: -1 }, `${AT}.delay`, "milliseconds from 0"],
  ["half a fragment", { do: "say", text: "", deltas: 1.5 }, `${AT}.deltas`, "whole number from 0"],
  ["a delay no timer can hold", { do: "sleep", ms: 2 ** 31 }, `${AT}.ms`, "to 2147483647"],
  ["a size no string can hold", { do: "big", bytes: 2 ** 30 }, `${AT}.bytes`, "to 268435456"],
  ["an empty command", { do: "run", command: [] }, `${AT}.command`, "the program first: got []"],
  ["a command line", { do: "run", command: "ls -l" }, `${AT}.command`, "an array of strings"],
  ["an exit code of 256", { do: "exit", code: 256 }, `${AT}.code`, "from 0 to 255"],
  ["an unknown result", { do: "exit", code: 0, result: "yes" }, `${AT}.result`, '"transcript"'],
  ["an unknown mode", { do: "fork", mode: "x" }, `${AT}.mode`, '"child" or "new_session"'],
  ["an unknown scope", { do: "limit", scope: "hourly" }, `${AT}.scope`, '"weekly"'],
  ["a time without a date", { do: "limit", reset_at: "9:00" }, `${AT}.reset_at`, "a time such as"],
  [
    "two reset times",
    { do: "limit", reset_in: 1, reset_at: "2030-01-31T09:00:00Z" },
    AT,
    [
      'takes only one of "reset_in" and "reset_at"',
    ].join(),
  ],
  ["two outcomes of a tool", { do: "tool", name: "t", output: "", error: "" }, AT, "only one of"],
  ["garbage that is nothing", { do: "garbage" }, AT, 'needs one of "line" and "bytes"'],
  ["garbage that is both", { do: "garbage", line: "", bytes: [] }, AT, "takes only one of"],
  ["a byte of 256", { do: "garbage", bytes: [1, 256] }, `${AT}.bytes`, "numbers from 0 to 255"],
  ["a negative cost", { do: "usage", cost_usd: -1 }, `${AT}.cost_usd`, "a number from 0"],
  ["a long value, cut short", { do: "say", text: ["x".repeat(500)] }, `${AT}.text`, "xxx..."],
];

for (const [title, step, path, part] of STEPS) {
  Deno.test(`parseMockScript() refuses a step with ${title}`, () => {
    const error = refusalOf(step);
    assertEquals(error.path, path);
    assertStringIncludes(error.message, part);
    assert(error.message.length < 400, error.message);
  });
}

Deno.test("parseMockScript() names the step that is wrong, not another", () => {
  assertEquals(refusalOf({ do: "echo" }, { do: "hang" }, { do: "what" }).path, "turns[1].steps[2]");
});

Deno.test("parseMockScript() lists every step when it knows none of that name", () => {
  const { message } = refusalOf({ do: "xyzzy" });
  for (const name of Object.keys(STEP_FIELDS)) assertStringIncludes(message, name);
});

Deno.test("parseMockScript() takes every optional key", () => {
  const script = {
    $schema: "x",
    model: "m",
    after: "error",
    turns: [{
      match: { regex: "^a" },
      init: false,
      steps: [
        { do: "say", text: "", deltas: 0, delay: 0 },
        {
          do: "tool",
          name: "t",
          input: null,
          error: "e",
          data: [1],
          ms: 1,
          needs_permission: true,
        },
        { do: "limit", scope: "daily", reset_at: "2030-01-31T09:00:00+01:00", message: "m" },
        { do: "exit", code: 255, result: "transcript" },
        { do: "garbage", bytes: [0, 255], newline: false },
      ],
    }],
  };
  assertEquals(parseMockScript(JSON.stringify(script), "s"), script as never);
});

const MATCHES: [string | { regex: string } | undefined, string, boolean][] = [
  [undefined, "", true],
  ["b", "abc", true],
  ["B", "abc", false],
  ["", "abc", true],
  [{ regex: "^b" }, "abc", false],
  [{ regex: "^a.c$" }, "a😀c", true],
];

for (const [match, prompt, expected] of MATCHES) {
  Deno.test(`matchesPrompt() gives ${expected} for ${JSON.stringify(match)} in ${prompt}`, () => {
    const turn = match === undefined ? { steps: [] } : { steps: [], match };
    assertEquals(matchesPrompt(turn, prompt), expected);
  });
}
