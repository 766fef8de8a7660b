import { assertEquals } from "../assert.ts";
import { hasScript, parseScript } from "./script.ts";

const ROWS: [criterion: string, text: string, directives: [string, string][]][] = [
  ["finds nothing in plain text", "fix [the] bug [[ -f x ]]", []],
  ["keeps the order", "do [[bash:a]] then [[say:b]]", [["bash", "a"], ["say", "b"]]],
  ["takes a directive without an argument", "[[cut]][[hang]]", [["cut", ""], ["hang", ""]]],
  ["takes an empty argument", "[[say:]]", [["say", ""]]],
  ["takes several lines", "[[say:a\nb]]", [["say", "a\nb"]]],
  ["takes a name that begins with a digit", "[[2bash:a|b]]", [["2bash", "a|b"]]],
  ["ends a text at the first brackets", "[[say:a]]]", [["say", "a"]]],
  ["ends JSON where it is whole", '[[json:{"a":[[1]]}]]!', [["json", '{"a":[[1]]}']]],
  ["ends JSON at its last brackets", "[[json:[[1]]]]", [["json", "[[1]]"]]],
  ["ends bad JSON at the first brackets", "[[json:{]][[say:x]]", [["json", "{"], ["say", "x"]]],
  ["ends a call where its JSON is whole", '[[call:f {"a":[[]]}]]', [["call", 'f {"a":[[]]}']]],
  ["takes a call without arguments", "[[call:f]][[say:x]]", [["call", "f"], ["say", "x"]]],
  ["skips what is never closed", "[[say:a]] [[bash:echo", [["say", "a"]]],
];

for (const [criterion, text, directives] of ROWS) {
  Deno.test(`parseScript() ${criterion}`, () => {
    const found = parseScript(text);
    assertEquals(found.map(({ name, argument }) => [name, argument]), directives);
    for (const { source } of found) assertEquals(text.includes(source), true);
    assertEquals(hasScript(text), directives.length > 0);
  });
}

Deno.test("parseScript() gives the source of a directive", () => {
  const text = 'a [[json:{"b":[[1]]}]] c [[cut]]';
  assertEquals(parseScript(text).map(({ source }) => source), ['[[json:{"b":[[1]]}]]', "[[cut]]"]);
});
