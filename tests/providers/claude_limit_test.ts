import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { type AgentHome, entries, eventsOf, only } from "./agent_home.ts";
import { CLAUDE, type MessagesBody } from "./claude_support.ts";
import { ask, cancel, spawnInteractive } from "./interactive_support.ts";
import { limited, resumed, testLimits } from "./limit_support.ts";

/** All prompts and answers that the model was told last. */
function conversation(claude: AgentHome): string[] {
  const { messages } = claude.asked.at(-1)!.body as MessagesBody;
  return messages.map(({ content }) =>
    typeof content === "string" ? content : content.map(({ text }) => text ?? "").join("\n")
  );
}

testLimits(CLAUDE, { tries: 1, says: /exceed your account's rate limit/, conversation });

Deno.test("claude exec -i stream-json goes on with a message that hit a limit, then takes the next", () =>
  limited(CLAUDE, 1, 1, async (claude) => {
    const line = (text: string) => JSON.stringify({ type: "user_message", content: text }) + "\n";
    const running = claude.spawn(["exec", "-i", "stream-json", "-o", "stream-json"], {
      stdin: "open",
    });
    await running.write(line("what is it?"));
    await running.untilPrints("forty-two");
    await running.write(line("[[say:well]]"));
    await running.child.stdin.close();
    const ran = await running.finished();
    assertEquals(ran.code, 0, ran.stderr);
    const results = only(eventsOf(ran), "result");
    assertEquals(results.map(({ success, message }) => success && message), [
      false,
      "forty-two",
      "well",
    ]);
    const log = await claude.log();
    assertEquals(resumed(log).length, 1);
    assertEquals(entries(log, "usage_limit_hit").length, 1);
    const said = conversation(claude);
    assertEquals(said.filter((text) => text.includes("what is it?")).length, 1, `${said}`);
    assertEquals((await claude.session()).outcome, "success");
  }));

Deno.test("claude spawn --interactive answers a message that hit a limit when that is over", () =>
  limited(CLAUDE, 1, 1, async (claude) => {
    const id = await spawnInteractive(claude);
    assertEquals(await ask(claude, id, "what is it?", "[[say:well]]"), ["forty-two", "well"]);
    assertEquals(resumed(await claude.log()).length, 1);
    assertStringIncludes(conversation(claude).join(), "what is it?");
    await cancel(claude, id);
  }));
