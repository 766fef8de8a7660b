import { inSetterNames, inSetterWords } from "../../src/agent/setter_names.ts";
import {
  AgentBuilder,
  AgentTimeoutError,
  UnsupportedOptionError,
  ZagError,
} from "../../src/mod.ts";
import * as library from "../../src/mod.ts";
import { toAgentOutput } from "../../src/events/output.ts";
import { emptyState } from "../../src/providers/parsing.ts";
import { assert, assertEquals } from "../support/assert.ts";

const SOURCE = await Deno.readTextFile(new URL("../../src/agent/setter_names.ts", import.meta.url));

Deno.test("inSetterWords() speaks of setters, and leaves what is quoted as it is", () => {
  const cases: [given: string, expected: string][] = [
    ["--size has no effect with Mock agent", "size() has no effect with Mock agent"],
    ["it was ended (--timeout)", "it was ended (timeout())"],
    ["it was ended (--first-byte-timeout)", "it was ended (firstByteTimeout())"],
    ['Cannot use --max-turns in "zag run" with X', "Cannot use maxTurns() in run() with X"],
    ['Cannot use --resume in "zag run" with X', "Cannot use resume() with X"],
    ['use "zag exec --json"', "use exec() with json()"],
    ["leave out -o text", "leave out outputFormat() text"],
    ['the file "a --size b" is gone', 'the file "a --size b" is gone'],
    ["Go on with it: zag exec --resume abc", "Go on with it: zag exec --resume abc"],
  ];
  for (const [given, expected] of cases) assertEquals(inSetterWords(given), expected);
});

Deno.test("inSetterNames() changes errors in zag's own words alone", () => {
  const output = toAgentOutput({
    provider: "mock",
    events: [],
    state: emptyState(),
    exitCode: 0,
    failure: undefined,
    logPath: undefined,
  });
  const late = new AgentTimeoutError("Mock agent", "timeout", 1, "late (--timeout)", output);
  assertEquals(inSetterNames(late), late);
  assertEquals(late.message, "late (timeout())");
  assert(late.stack?.includes("late (timeout())"));
  const feature = new UnsupportedOptionError("--add-dir", "mock", "Cannot use --add-dir");
  inSetterNames(feature);
  assertEquals([feature.message, feature.feature], ["Cannot use addDir()", "addDir"]);
  class ForeignError extends ZagError {
    override name = "ForeignError";
  }
  const foreign = new ForeignError("the agent said: --add-dir");
  inSetterNames(foreign);
  assertEquals(foreign.message, "the agent said: --add-dir");
});

Deno.test("inSetterWords() names methods and functions that there are", () => {
  const calls = [...SOURCE.matchAll(/": "([\w.]+)\(\)/g)].map(([, name]) => name!);
  assert(calls.length > 40);
  for (const call of calls) {
    const [first = "", second] = call.split(".");
    const owner: unknown = Reflect.get(library, first);
    const isThere = second === undefined
      ? first in AgentBuilder.prototype || typeof owner === "function"
      : owner instanceof Object &&
        (second in owner || second in (Reflect.get(owner, "prototype") ?? {}));
    assert(isThere, call);
  }
});
