import type { LogEvent } from "../../src/events/log_event.ts";
import { compileQuery, InvalidRegexError, type Query } from "../../src/search/query.ts";
import { rawPattern } from "../../src/search/raw_pattern.ts";
import { requiredTexts } from "../../src/search/regex_literals.ts";
import { snippetOf, snippetText } from "../../src/search/snippet.ts";
import { fold, SEARCHED_TYPES, textsOf } from "../../src/search/text.ts";
import { LOG_TYPES } from "../../src/events/log_types.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { entry } from "./support.ts";

const event = (fields: Record<string, unknown>, seq = 1) =>
  entry(seq, fields) as unknown as LogEvent;
const message = (content: string) =>
  event({ type: "assistant_message", content, message_id: null });

function matched(query: Query, what: LogEvent): string | undefined {
  const hit = compileQuery(query).find(what);
  return hit?.text.slice(hit.start, hit.end);
}

Deno.test("compileQuery() finds a text in any case, and says where it stands", () => {
  const rows: [query: string, text: string, found: string | undefined][] = [
    ["needle", "a NEEDLE here", "NEEDLE"],
    ["NEEDLE", "a needle here", "needle"],
    ["edl", "needle", "edl"],
    ["straße", "STRAßE", "STRAßE"],
    ["ΟΔΟΣ", "η οδος και", "οδος"],
    ["οδοσ", "Η ΟΔΟΣΑ", "ΟΔΟΣ"],
    ["istanbul", "in ISTANBUL", "ISTANBUL"],
    ["x", "İİİ x", "x"],
    ["i\u0307 x", "ab İ X", "İ X"],
    ["kelvin", "\u212aelvin", "\u212aelvin"],
    ["line\nbreak", "a LINE\nBREAK", "LINE\nBREAK"],
    ['say "hi"', 'SAY "HI"', 'SAY "HI"'],
    ["needle", "ne edle", undefined],
  ];
  for (const [text, content, found] of rows) {
    assertEquals(matched({ text }, message(content)), found, text);
  }
  assertEquals(
    matched({ text: "Needle", caseSensitive: true }, message("needle Needle")),
    "Needle",
  );
  assertEquals(matched({ text: "Needle", caseSensitive: true }, message("NEEDLE")), undefined);
});

Deno.test("compileQuery() takes regular expressions, line by line", () => {
  const regex = (text: string, content: string, caseSensitive = false) =>
    matched({ text, regex: true, caseSensitive }, message(content));
  assertEquals(regex("^err(or)?:", "fine\nERROR: bad"), "ERROR:");
  assertEquals(regex("^err(or)?:", "fine\nERROR: bad", true), undefined);
  assertEquals(regex("a\\-b", "A-B"), "A-B");
  assertEquals(regex("\\p{Lu}x", "éx Éx", true), "Éx");
  assertThrows(() => compileQuery({ text: "z(", regex: true }), InvalidRegexError, "Unterminated");
});

Deno.test("textsOf() gives what the log says, and not what is kept beside it", () => {
  const rows: [Record<string, unknown>, string[]][] = [
    [{ type: "user_message", role: "user", content: "a" }, ["a"]],
    [{ type: "reasoning", content: "a" }, ["a"]],
    [
      { type: "tool_call", tool_name: "Bash", input: { command: "ls", list: [1, true, null] } },
      ["Bash", "command", "ls", "list"],
    ],
    [{ type: "tool_call", tool_name: "t", input: "text" }, ["t", "text"]],
    [
      { type: "tool_result", tool_name: "Bash", output: "out", error: null, data: { x: "hidden" } },
      ["Bash", "out"],
    ],
    [{ type: "permission", tool_name: "Bash", description: "d", granted: false }, ["Bash", "d"]],
    [{ type: "provider_status", message: "m", data: { x: "hidden" } }, ["m"]],
    [{ type: "provider_status", message: "m", data: { success: true, num_turns: null } }, []],
    [{ type: "provider_status", message: "m", data: { success: false, num_turns: 1 } }, ["m"]],
    [{ type: "provider_status", message: "m", data: { success: true } }, ["m"]],
    [{ type: "provider_status", message: "m", data: null }, ["m"]],
    [{ type: "stderr", message: "m" }, ["m"]],
    [{ type: "parse_warning", message: "m", raw: "r" }, ["m", "r"]],
    [{ type: "session_result", result: "r" }, ["r"]],
    [{ type: "session_ended", success: false, error: "e" }, ["e"]],
    [{ type: "user_event", level: "info", message: "m" }, ["m"]],
    [{ type: "usage_limit_hit", scope: "daily", raw: "r" }, ["daily", "r"]],
    [{ type: "usage_limit_resumed", resume_message: "Continue" }, ["Continue"]],
    [{ type: "usage_limit_resume_failed", error: "e" }, ["e"]],
    [{ type: "usage", input_tokens: 1, output_tokens: 2 }, []],
    [{ type: "session_started", command: "exec" }, []],
    [{ type: "assistant_message", content: { no: "text" } }, []],
    [{ type: "of_the_future", content: "a" }, []],
  ];
  for (const [fields, texts] of rows) assertEquals(textsOf(event(fields)), texts);
  for (const type of SEARCHED_TYPES) assert(LOG_TYPES.includes(type), type);
});

Deno.test("compileQuery() filters by role, tool, kind and time", () => {
  const call = event({ type: "tool_call", tool_name: "run_shell_command", input: { c: "x" } }, 10);
  const result = event(
    { type: "tool_result", tool_name: null, tool_kind: "shell", output: "x", error: null },
    20,
  );
  const user = event({ type: "user_message", role: "user", content: "x" }, 30);
  const answer = event({ type: "assistant_message", content: "x" }, 40);
  const all = [call, result, user, answer];
  const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
  const rows: [Query, LogEvent[]][] = [
    [{ text: "x" }, all],
    [{}, all],
    [{ role: "user" }, [user]],
    [{ role: "assistant", text: "x" }, [answer]],
    [{ tool: "SHELL" }, [call]],
    [{ toolKind: "shell" }, [call, result]],
    [{ toolKind: "web" }, []],
    [{ from: at(20) }, [result, user, answer]],
    [{ to: at(20) }, [call, result]],
    [{ from: at(20), to: at(30), text: "x" }, [result, user]],
  ];
  for (const [query, expected] of rows) {
    const { find, pattern } = compileQuery(query);
    assertEquals(all.filter((each) => find(each) !== undefined), expected, JSON.stringify(query));
    // What is found has to pass the pattern by which lines are chosen.
    for (const each of expected) {
      assert(pattern === undefined || JSON.stringify(each).search(pattern) >= 0);
    }
  }
});

Deno.test("rawPattern() knows every character and everything that folds into it", () => {
  const encoder = new TextEncoder();
  const bytes = (text: string) =>
    Array.from(encoder.encode(text), (byte) => String.fromCharCode(byte)).join("");
  const sources = new Map<string, RegExp>();
  const matches = (text: string, raw: string, caseSensitive: boolean) => {
    const source = rawPattern(text, caseSensitive)!;
    let regex = sources.get(source);
    if (regex === undefined) sources.set(source, regex = new RegExp(`^(?:${source})`));
    return regex.test(raw);
  };
  for (let code = 0; code < 0x1ffff; code++) {
    if (code === 0xd800) code = 0xe000;
    if (code === 0xfffd) continue;
    const char = String.fromCodePoint(code);
    const raw = bytes(JSON.stringify(char).slice(1, -1));
    assert(matches(char, raw, true), `U+${code.toString(16)}`);
    assert(matches(fold(char), raw, false), `U+${code.toString(16)} in any case`);
    for (const part of fold(char)) assert(matches(part, raw, false), `${part} of ${char}`);
  }
  assertEquals(rawPattern("a\ud800", true), undefined);
  assertEquals(rawPattern("a\ufffd", true), undefined);
});

Deno.test("requiredTexts() names only what every match must hold", () => {
  const rows: [source: string, ignoreCase: boolean, texts: string[][] | undefined][] = [
    ["error", true, [["error"]]],
    ["foo|bar", true, [["foo"], ["bar"]]],
    ["foo|b?", true, undefined],
    ["err.*in line", true, [["err", "in line"]]],
    ["colou?r", true, [["colo", "r"]]],
    ["ab+c", true, [["ab", "c"]]],
    ["ab*c{2}d{0,3}e", true, [["a", "e"]]],
    ["^a\\.b\\/c$", true, [["a.b/c"]]],
    ["x(?:y|z)w", true, [["x", "w"]]],
    ["x(?<!y[)]\\))w[|]v", true, [["x", "w", "v"]]],
    ["\\bword\\b\\s\\d+", true, [["word"]]],
    ["straße", true, [["stra", "e"]]],
    ["straße", false, [["straße"]]],
    ["\\x41bc", true, undefined],
    ["\\u0041bc", true, undefined],
    ["\\u{41}bc", true, undefined],
    ["\\p{L}bc", true, undefined],
    ["\\cJbc", true, undefined],
    ["(a)\\1bc", true, undefined],
    ["\\k<n>bc", true, undefined],
    ["a{", true, undefined],
    [".*", true, undefined],
    ["", true, undefined],
  ];
  for (const [source, ignoreCase, texts] of rows) {
    assertEquals(requiredTexts(source, ignoreCase), texts, source);
  }
});

Deno.test("snippetOf() shows the surroundings and cuts between characters", () => {
  const snippet = (text: string, wanted: string) => {
    const start = text.indexOf(wanted);
    return snippetOf({ text, start, end: start + wanted.length });
  };
  assertEquals(snippet("say hello now", "hello"), {
    before: "say ",
    match: "hello",
    after: " now",
  });
  const long = "a".repeat(500) + "NEEDLE" + "b".repeat(500);
  const shown = snippet(long, "NEEDLE");
  assertEquals([shown.match, shown.before.slice(0, 6), shown.after.slice(-6)], [
    "NEEDLE",
    "[...]a",
    "b[...]",
  ]);
  assertEquals(snippetText(shown).length, 210);
  // At an end, the other side gets all the room.
  assertEquals(snippetText(snippet("NEEDLE" + "b".repeat(500), "NEEDLE")).length, 205);
  assertEquals(snippetText(snippet("b".repeat(500) + "NEEDLE", "NEEDLE")).length, 205);
  const wide = snippetOf({ text: "x".repeat(1000), start: 100, end: 900 });
  assertEquals([wide.before, wide.match, wide.after], ["[...]", "x".repeat(200), "[...]"]);
  const family = "👩‍👩‍👧‍👦";
  for (let shift = 0; shift < family.length; shift++) {
    const text = "-".repeat(shift) + family.repeat(60) + "NEEDLE" + family.repeat(60);
    const { before, after } = snippet(text, "NEEDLE");
    assertEquals(before.replaceAll(family, "").replace(/^(\[\.\.\.\])?-*/, ""), "");
    assertEquals(after.replaceAll(family, ""), "[...]");
  }
});
