import {
  EXIT_REMINDER,
  exitInstructions,
  ExitResultError,
  validateExitResult,
} from "../../src/agent/exit_mode.ts";
import type { ExitConstraints } from "../../src/sessions/records.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";

const BARE: ExitConstraints = { hint: "", jsonMode: false };
const HINT: ExitConstraints = { hint: "the sum", jsonMode: false };
const JSON_ONLY: ExitConstraints = { hint: "", jsonMode: true };
const SCHEMA: ExitConstraints = {
  hint: "the count",
  jsonMode: true,
  schema: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] },
};

Deno.test("exitInstructions() tell how to hand in, and what", () => {
  for (const exit of [BARE, HINT, JSON_ONLY, SCHEMA]) {
    const text = exitInstructions(exit);
    for (const part of ['zag ps kill self "<result>"', "--file PATH", "stderr"]) {
      assertStringIncludes(text, part);
    }
    assertEquals(text.includes("the sum"), exit === HINT);
    assertEquals(text.includes("must be JSON"), exit.jsonMode);
    assertEquals(text.includes('"required"'), exit === SCHEMA);
  }
  assertStringIncludes(EXIT_REMINDER, "zag ps kill self");
});

const accepted: [ExitConstraints | null, given: string, recorded: string][] = [
  [null, "", ""],
  [null, "  anything\n", "  anything\n"],
  [BARE, "", ""],
  [BARE, "```\nx\n```", "```\nx\n```"],
  [HINT, " 5 ", " 5 "],
  [JSON_ONLY, '{"a": 1}', '{"a": 1}'],
  [JSON_ONLY, '```json\n{"a": 1}\n```\n', '{"a": 1}'],
  [JSON_ONLY, '\ufeff"text"\r\n', '"text"'],
  [SCHEMA, '{"n": 3}', '{"n": 3}'],
  [{ ...SCHEMA, jsonMode: false }, '```\n{"n":3}\n```', '{"n":3}'],
];

for (const [exit, given, recorded] of accepted) {
  Deno.test(`validateExitResult() takes ${JSON.stringify(given)} for ${JSON.stringify(exit)}`, async () => {
    assertEquals(await validateExitResult(given, exit), recorded);
  });
}

const refused: [ExitConstraints, string, ExitResultError["kind"], says: string[]][] = [
  [HINT, "", "EmptyResult", ["the sum"]],
  [HINT, " \n\t", "EmptyResult", ["the sum"]],
  [SCHEMA, "", "EmptyResult", ["the count"]],
  [JSON_ONLY, "", "InvalidJson", ["must be JSON"]],
  [JSON_ONLY, "{'a': 1}", "InvalidJson", ["must be JSON", "line 1"]],
  [JSON_ONLY, 'The result: {"a": 1}', "InvalidJson", []],
  [JSON_ONLY, '```\n{"a": 1}\n```\n```\n{"b": 1}\n```', "InvalidJson", []],
  [SCHEMA, "{n: 3}", "InvalidJson", []],
  [SCHEMA, '{"n":"x"}', "SchemaViolations", ["\n  - /n", "(type)", '"x"']],
  [SCHEMA, "[]", "SchemaViolations", ["(type)"]],
];

for (const [exit, given, kind, says] of refused) {
  Deno.test(`validateExitResult() refuses ${JSON.stringify(given)}: ${kind}`, async () => {
    const error = await assertRejects(() => validateExitResult(given, exit), ExitResultError);
    assertEquals(error.kind, kind);
    for (const part of says) assertStringIncludes(error.message, part);
    assert(error.hint?.includes("zag ps kill self"));
  });
}
