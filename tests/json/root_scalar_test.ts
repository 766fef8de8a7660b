import { wantedScalar } from "../../src/json/root_scalar.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("wantedScalar() names what a schema wants that admits no object and no array", () => {
  for (
    const [schema, wanted] of [
      [{ type: "integer" }, "an integer"],
      [{ type: "number", minimum: 1 }, "a number"],
      [{ type: ["string", "boolean", "null"] }, "a string in double quotes, true or false or null"],
      [{ const: null }, "null"],
      [{ const: "a\u202e" }, '"a"'],
      [{ enum: ["red", "blue"] }, '"red" or "blue"'],
      [{ enum: [1, 2, true], type: "integer" }, "1, 2 or true"],
      [{ enum: Array.from({ length: 11 }, (_, i) => i) }, 'one of the 11 values of its "enum"'],
      [{ enum: [1, {}], type: "integer" }, "an integer"],
      [{ enum: [1, []] }, undefined],
      [{ const: {} }, undefined],
      [{ type: ["integer", "object"] }, undefined],
      [{ type: "array" }, undefined],
      [{ type: [] }, undefined],
      [{ type: "toString" }, undefined],
      [{ minimum: 1 }, undefined],
      [{}, undefined],
      [true, undefined],
      [undefined, undefined],
    ] as const
  ) {
    assertEquals(wantedScalar(schema), wanted, JSON.stringify(schema));
  }
});
