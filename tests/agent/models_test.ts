import { InvalidModelError } from "../../src/agent/errors.ts";
import { resolveModel } from "../../src/agent/models.ts";
import { provider as claude } from "../../src/providers/claude/mod.ts";
import { provider as mock } from "../../src/providers/mock/mod.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";

const claudeRows: [string | undefined, string | undefined][] = [
  [undefined, undefined],
  ["small", "haiku"],
  ["s", "haiku"],
  ["SMALL", "haiku"],
  ["medium", "sonnet"],
  ["m", "sonnet"],
  ["large", undefined],
  ["l", undefined],
  ["max", undefined],
  ["default", undefined],
  ["Default", undefined],
  ["opus", "opus"],
  ["claude-next-9", "claude-next-9"],
  // An open catalogue passes a name on as it was typed.
  ["Opus", "Opus"],
];

for (const [wanted, flag] of claudeRows) {
  Deno.test(`resolveModel() of "${wanted}" for claude is ${flag ?? "no flag"}`, () => {
    assertEquals(resolveModel(wanted, "claude", claude.models), flag);
  });
}

Deno.test("resolveModel() finds a name of a closed catalogue in any case", () => {
  assertEquals(resolveModel("Mock-Small", "mock", mock.models), "mock-small");
  assertEquals(resolveModel("l", "mock", mock.models), "mock-large");
});

Deno.test("resolveModel() refuses a name that a closed catalogue lacks, and lists it", () => {
  const error = assertThrows(() => resolveModel("opus", "mock", mock.models), InvalidModelError);
  assertEquals(
    error.message,
    'Unknown model "opus" for mock: it must be one of mock-small, mock-medium, mock-large',
  );
  assertEquals([error.model, error.provider], ["opus", "mock"]);
});

Deno.test("resolveModel() resolves what it gave to the same again", () => {
  for (const wanted of ["small", "medium", "opus"]) {
    const once = resolveModel(wanted, "claude", claude.models);
    assertEquals(resolveModel(once, "claude", claude.models), once);
  }
});
