import { printGateOpenedBy } from "../../src/agent/gate.ts";
import { assertEquals } from "../support/assert.ts";

function gate(env: Record<string, string>, allow?: boolean): string | undefined {
  const config = allow === undefined ? {} : { "claude.allow_print": allow };
  return printGateOpenedBy({ get: (name) => env[name], toObject: () => env }, config);
}

Deno.test("printGateOpenedBy() is closed by default", () => {
  assertEquals(gate({}), undefined);
  assertEquals(gate({ PATH: "/bin", ANTHROPIC_MODEL: "opus" }), undefined);
  assertEquals(gate({}, false), undefined);
});

Deno.test("printGateOpenedBy() takes any text of the variable but empty, 0 and false", () => {
  for (const value of ["1", "true", "yes", "no", " ", "00"]) {
    assertEquals(gate({ ZAG_CLAUDE_ALLOW_PRINT: value }), "ZAG_CLAUDE_ALLOW_PRINT");
  }
  for (const value of ["", "0", "false", "False", "FALSE"]) {
    assertEquals(gate({ ZAG_CLAUDE_ALLOW_PRINT: value }), undefined);
  }
});

Deno.test("printGateOpenedBy() is opened by the configuration", () => {
  assertEquals(gate({}, true), "claude.allow_print");
  assertEquals(gate({ ZAG_CLAUDE_ALLOW_PRINT: "0" }, true), "claude.allow_print");
});

for (
  const name of [
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_BASE_URL",
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
  ]
) {
  Deno.test(`printGateOpenedBy() is opened by ${name}`, () => {
    assertEquals(gate({ [name]: "x" }), name);
    assertEquals(gate({ [name]: "" }), undefined);
    // Whoever was asked and said no is billed by the token in any case here.
    assertEquals(gate({ [name]: "x" }, false), name);
  });
}
