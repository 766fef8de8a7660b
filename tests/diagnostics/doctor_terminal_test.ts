import { examineTerminal, type TerminalFacts } from "../../src/diagnostics/doctor_terminal.ts";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";

const TERMINAL: TerminalFacts = {
  stdin: true,
  stdout: true,
  stderr: true,
  colors: true,
  size: { columns: 80, rows: 24 },
};
const GOOD = { TERM: "xterm", LANG: "de_AT.UTF-8" };

function look(facts: Partial<TerminalFacts>, env: Record<string, string>) {
  const findings = examineTerminal(
    { get: (name) => env[name], toObject: () => env },
    { ...TERMINAL, ...facts },
  );
  return findings.filter(({ level }) => level !== "ok")
    .map(({ id, level, fix }) => [id, level, fix]);
}

Deno.test("examineTerminal finds nothing wrong with a common terminal", () => {
  assertEquals(look({}, GOOD), []);
});

Deno.test("examineTerminal names what is missing, and what sets it", () => {
  assertEquals(look({}, { LANG: "C" }), [
    ["terminal.term", "warning", "export TERM=xterm-256color"],
    ["terminal.locale", "warning", "export LANG=C.UTF-8"],
  ]);
  assertEquals(look({ colors: false }, { ...GOOD, TERM: "dumb", LC_ALL: "POSIX" }), [
    ["terminal.term", "warning", "export TERM=xterm-256color"],
    ["terminal.colors", "info", undefined],
    ["terminal.locale", "warning", "export LC_ALL=C.UTF-8"],
  ]);
  const [[id, level, fix]] = look({ size: { columns: 40, rows: 24 } }, GOOD) as [string[]];
  assertEquals([id, level], ["terminal.size", "warning"]);
  assertStringIncludes(fix!, "60 columns");
  assertEquals(look({ size: undefined }, GOOD), [[
    "terminal.size",
    "warning",
    "stty cols 80 rows 24",
  ]]);
});

Deno.test("examineTerminal takes no terminal for no mistake", () => {
  assertEquals(look({ stdin: false, stdout: false, stderr: false, size: undefined }, GOOD), [
    ["terminal.streams", "info", undefined],
  ]);
});
