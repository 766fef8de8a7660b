import type { LogKind } from "../../src/events/log_event.ts";
import { firstPrompt } from "../../src/sessions/first_prompt.ts";
import { assertEquals } from "../support/assert.ts";
import { record } from "../support/recorded.ts";
import { TestHome } from "../support/zag.ts";

function asked(content: string): LogKind {
  return { type: "user_message", role: "user", content, message_id: null };
}

const ANSWER: LogKind = { type: "assistant_message", content: "done", message_id: null };
const LAUNCH: LogKind = { type: "session_meta", meta: { launch: {} } };
const META: LogKind = { type: "session_meta", meta: { name: "n" } };

const LOGS: readonly [string, LogKind[], string | undefined][] = [
  ["the first of several messages", [asked("a"), ANSWER, asked("b")], "a"],
  ["the first one also where more is said later", [LAUNCH, asked("a"), META, asked("b")], "a"],
  ["the one of the last launch before an answer", [LAUNCH, asked("a"), LAUNCH, asked("b")], "b"],
  ["none of a launch after an answer", [LAUNCH, asked("a"), ANSWER, LAUNCH, asked("b")], "a"],
  ["nothing where nothing was asked", [LAUNCH, ANSWER], undefined],
];

for (const [what, kinds, expected] of LOGS) {
  Deno.test(`firstPrompt() is ${what}`, async () => {
    await using home = await TestHome.create();
    const path = record(home, "s-1", { kinds });
    const text = expected;
    assertEquals(await firstPrompt(path), text === undefined ? undefined : { text, cut: false });
  });
}

Deno.test("firstPrompt() is whole, and cut only where the rest of it is gone", async () => {
  await using home = await TestHome.create();
  const text = "x".repeat(1_000_000);
  const path = record(home, "s-1", { kinds: [asked(text)] });
  assertEquals(await firstPrompt(path), { text, cut: false });
  await Deno.remove(path.replace(/\.jsonl$/, ".overflow"));
  const found = await firstPrompt(path);
  assertEquals([found?.cut, text.startsWith(found!.text)], [true, true]);
});

Deno.test("firstPrompt() of a log that is gone is undefined", async () => {
  await using home = await TestHome.create();
  assertEquals(await firstPrompt(record(home, "s-1", { kinds: null })), undefined);
});
