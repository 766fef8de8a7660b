import { limitInError, limitPatterns } from "../../src/agent/limit_patterns.ts";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";

const KEY = "usage_limits.providers.codex.extra_patterns";

Deno.test("limitPatterns() takes those of its provider, and leaves out what is no expression", () => {
  const warnings: string[] = [];
  const config = {
    [KEY]: ["come back", "(", "(?i)TOO MUCH"],
    "usage_limits.providers.claude.extra_patterns": ["other"],
  };
  const patterns = limitPatterns(config, "codex", (message) => void warnings.push(message));
  assertEquals(patterns, [/come back/, /TOO MUCH/i]);
  assertEquals(warnings.length, 1);
  assertStringIncludes(warnings[0]!, `${KEY} in the configuration: a pattern is left out`);
  assertEquals(limitPatterns({}, "codex", () => {}), []);
});

Deno.test("limitInError() gives the line in which an expression is found, of the first such text", () => {
  const patterns = [/come back/, /too much/i];
  const find = (...errors: (string | undefined)[]) => limitInError(patterns, errors);
  assertEquals(find("it failed"), undefined);
  assertEquals(find(undefined, "one\n  Please come back at 5.\nthree"), "Please come back at 5.");
  assertEquals(find("TOO MUCH", "come back"), "TOO MUCH");
  assertEquals(limitInError([], ["come back"]), undefined);
  // Only the end of what is very long is looked at.
  assertEquals(find("come back" + "x".repeat(20_000)), undefined);
  assertEquals(find("x".repeat(20_000) + "\ncome back"), "come back");
});
