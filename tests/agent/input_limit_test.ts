import { InvalidOptionError } from "../../src/agent/errors.ts";
import { checkInput } from "../../src/agent/input_limit.ts";
import { provider } from "../../src/providers/claude/mod.ts";
import type { InputLimit, LaunchPlan } from "../../src/providers/launch_plan.ts";
import { PLAIN_REQUEST } from "../support/plan_request.ts";
import { assertThrows } from "../support/assert.ts";

const rows: [string, InputLimit | undefined, LaunchPlan["stdin"], boolean][] = [
  ["no limit", undefined, { text: "x".repeat(100) }, true],
  ["a text of just the size", { count: 10, unit: "bytes" }, { text: "x".repeat(10) }, true],
  ["a text that is one byte longer", { count: 10, unit: "bytes" }, { text: "x".repeat(11) }, false],
  ["bytes, not characters", { count: 10, unit: "bytes" }, { text: "\u00e9".repeat(6) }, false],
  [
    "characters, not bytes",
    { count: 6, unit: "characters" },
    { text: "\u{1f600}".repeat(6) },
    true,
  ],
  ["one character too many", { count: 6, unit: "characters" }, { text: "\u00e9".repeat(7) }, false],
  ["a stream", { count: 1, unit: "bytes" }, "stream", true],
];

for (const [title, inputLimit, stdin, fits] of rows) {
  Deno.test(`checkInput() takes ${title}`.replace("takes", fits ? "takes" : "refuses"), () => {
    const plan = { ...provider.plan(PLAIN_REQUEST), stdin };
    const limited = { ...provider, ...(inputLimit === undefined ? {} : { inputLimit }) };
    if (fits) checkInput(plan, limited);
    else assertThrows(() => checkInput(plan, limited), InvalidOptionError, "takes at most");
  });
}
