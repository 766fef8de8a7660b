import { amountText, spentText } from "../../src/agent/budget_reached.ts";
import { costOf, countedTokens, pricesOf, readPrice } from "../../src/agent/prices.ts";
import { checkValue, readValue, settingOf } from "../../src/config/keys.ts";
import { provider as claude } from "../../src/providers/claude/mod.ts";
import { provider as codex } from "../../src/providers/codex/mod.ts";
import { provider as ollama } from "../../src/providers/ollama/mod.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";

const PRICE = "input=1 output=10 cached=0.1 cache_write=2";

Deno.test("readPrice() takes what the setting takes, and nothing else", () => {
  const good = [PRICE, "output=10 input=1", "input=0, output=0", "input=1.25,output=10"];
  const bad = [
    "",
    "1 2",
    "input=1",
    "output=1",
    "input=1 output=",
    "input=-1 output=1",
    "input=1 output=2 other=3",
    "input=1e3 output=1",
  ];
  const setting = settingOf("prices.gpt-6.1-sol")!;
  for (const text of good) {
    readPrice(text);
    assertEquals(readValue(setting, text), text);
    assertEquals(checkValue(setting, text), text);
  }
  for (const text of bad) {
    assertThrows(() => readPrice(text), RangeError, "it must");
    assertThrows(() => readValue(setting, text), RangeError, "it must");
    assertThrows(() => checkValue(setting, text), RangeError, "it must");
  }
  assertThrows(() => readPrice("input=1 output=2 input=1"), RangeError);
});

Deno.test("pricesOf() finds a model in any case, and what a provider knows of its own", () => {
  const prices = pricesOf({ "prices.GPT-6.1-sol": PRICE });
  assertEquals(prices(codex, "gpt-6.1-SOL")?.cached, 0.1);
  assertEquals([prices(codex, "other"), prices(codex, null)], [undefined, undefined]);
  assertEquals(prices(ollama, "qwen3.5:9b"), { input: 0, output: 0 });
  assertEquals(prices(ollama, "big:480b-cloud"), undefined);
});

Deno.test("costOf() and countedTokens() know whether what was read holds what was cached", () => {
  const tokens = { input: 1000, output: 100, cacheRead: 600, cacheCreation: 50 };
  const price = readPrice(PRICE);
  const micro = (provider: typeof codex) => Math.round(costOf(tokens, price, provider) * 1e6);
  assertEquals(micro(codex), 350 + 1000 + 60 + 100);
  assertEquals(micro(claude), 1000 + 1000 + 60 + 100);
  assertEquals(countedTokens(tokens, codex), 500);
  assertEquals(countedTokens(tokens, claude), 1150);
});

Deno.test("amountText() tells small amounts apart", () => {
  const dollars = [0, 0.000185, 0.0003, 0.01, 0.0123456, 0.5, 2.6, 1234.5678];
  assertEquals(dollars.map((usd) => amountText("cost", usd)), [
    "$0.00",
    "$0.000185",
    "$0.0003",
    "$0.01",
    "$0.0123",
    "$0.50",
    "$2.60",
    "$1234.5678",
  ]);
  assertEquals(amountText("tokens", 1234567), "1,234,567");
});

Deno.test("spentText() says whose budget, how much below, and by whose numbers", () => {
  const passed = { unit: "cost", spent: 0.5, cap: 0.25, by: "prices", below: 0.1 } as const;
  assertEquals(
    spentText(passed),
    "$0.50 of the $0.25 in the budget is spent, $0.10 of it by sessions that it started " +
      "(by the configured prices)",
  );
  assertEquals(
    spentText({
      ...passed,
      unit: "tokens",
      spent: 5,
      cap: 4,
      by: "agent",
      below: 0,
      sessionId: "s",
    }),
    "5 of the 4 tokens in the budget of session s are spent (by the agent's own numbers)",
  );
});
