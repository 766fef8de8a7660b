import { LOG_TYPES, logTypeOf } from "../../src/events/log_types.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("logTypeOf reads every type, in any case and with either dash", () => {
  for (const type of LOG_TYPES) {
    for (const name of [type, type.toUpperCase(), type.replaceAll("_", "-")]) {
      assertEquals(logTypeOf(name), type);
    }
  }
});

for (const name of ["", "tool", "toolcall", "constructor"]) {
  Deno.test(`logTypeOf knows no type ${JSON.stringify(name)}`, () => {
    assertEquals(logTypeOf(name), undefined);
  });
}
