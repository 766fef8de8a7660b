import { TurnLedger } from "../../src/agent/turn_ledger.ts";
import { assertEquals } from "../support/assert.ts";

/** A ledger after some messages were sent. */
function ledgerOf(...sent: string[]): TurnLedger {
  const ledger = new TurnLedger();
  for (const text of sent) ledger.sent(text);
  return ledger;
}

Deno.test("TurnLedger owes an answer to each message of an agent that repeats none", () => {
  const ledger = ledgerOf();
  assertEquals(ledger.owesAnswer, false);
  ledger.sent("one");
  ledger.sent("two");
  ledger.ended();
  assertEquals(ledger.owesAnswer, true);
  ledger.ended();
  assertEquals(ledger.owesAnswer, false);
});

Deno.test("TurnLedger counts the messages that a turn has taken together", () => {
  const ledger = ledgerOf("one", "two", "three");
  assertEquals(ledger.repeats("one"), true);
  ledger.ended();
  assertEquals(ledger.owesAnswer, true);
  assertEquals([ledger.repeats("two\n"), ledger.repeats("three")], [true, true]);
  assertEquals(ledger.owesAnswer, true);
  ledger.ended();
  assertEquals(ledger.owesAnswer, false);
});

Deno.test("TurnLedger does not count turns that nobody asked for in advance", () => {
  const ledger = ledgerOf("one");
  ledger.ended();
  ledger.ended();
  ledger.sent("two");
  assertEquals(ledger.owesAnswer, true);
});

Deno.test("TurnLedger knows a message as often as it was sent", () => {
  const ledger = ledgerOf("one", "one");
  assertEquals([1, 2, 3].map(() => ledger.repeats("one")), [true, true, false]);
  assertEquals(ledger.repeats("two"), false);
});
