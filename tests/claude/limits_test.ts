import { claudeLimit } from "../../src/providers/claude/limits.ts";
import { assertEquals } from "../support/assert.ts";

function limit(text: string, status?: number, tag?: string) {
  return claudeLimit({ text, status, tag });
}

Deno.test("claudeLimit() reads scope and time from the CLI's own line", () => {
  const found = limit("Claude AI weekly usage limit reached|1767225600");
  assertEquals([found?.scope, found?.reset_at], ["weekly", "2026-01-01T00:00:00.000Z"]);
  assertEquals(limit("Claude AI usage limit reached|1767225600")?.scope, "session");
});

Deno.test("claudeLimit() takes a 429 and the rate_limit tag without a time", () => {
  assertEquals(limit("API Error: 429", 429)?.reset_at, undefined);
  assertEquals(limit("slow down", undefined, "rate_limit")?.scope, "unknown");
});

Deno.test("claudeLimit() is not fooled by other failures and by prose", () => {
  assertEquals(limit("API Error: 500", 500, "server_error"), null);
  assertEquals(limit('It said "Claude AI usage limit reached|1767225600" to me'), null);
});
