import { MockArgsError, parseMockArgs } from "../../src/providers/mock/args.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";

Deno.test("parseMockArgs() reads values behind an equals sign and as the next argument", () => {
  const expected = { ...parseMockArgs([]), session: "a=b", addDirs: ["-x", ""], maxTurns: 2 };
  assertEquals(
    parseMockArgs(["--session=a=b", "--add-dir=-x", "--add-dir=", "--max-turns=2"]),
    expected,
  );
  assertEquals(
    parseMockArgs(["--session", "a=b", "--add-dir", "-x", "--add-dir", "", "--max-turns", "2"]),
    expected,
  );
});

Deno.test("parseMockArgs() passes over a leading --", () => {
  assertEquals(parseMockArgs(["--", "--partial"]), parseMockArgs(["--partial"]));
});

const REFUSED: [string[], string][] = [
  [["--sesion=a"], 'unknown argument "--sesion": did you mean "--session"?'],
  [["hello"], 'unknown argument "hello"'],
  [["--partial=1"], 'unknown argument "--partial"'],
  [["--partial", "--"], 'unknown argument "--"'],
  [["--model"], "--model needs a value"],
  [["--output=xml"], '--output must be events or text: got "xml"'],
  [["--max-turns=0"], '--max-turns must be a whole number above 0: got "0"'],
  [["--max-turns=1e3"], '--max-turns must be a whole number above 0: got "1e3"'],
  [["--session=a", "--resume=b"], "--session and --resume exclude each other"],
  [["--interactive", "--stream-input"], "--interactive and --stream-input exclude each other"],
];

for (const [argv, message] of REFUSED) {
  Deno.test(`parseMockArgs() refuses ${argv.join(" ")}`, () => {
    assertThrows(() => parseMockArgs(argv), MockArgsError, message);
  });
}
