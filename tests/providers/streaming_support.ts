/** What the tests share of agents that are started for each message of a conversation. */
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { type AgentHome, entries, eventsOf, only } from "./agent_home.ts";

const STREAM = ["exec", "-i", "stream-json", "-o", "stream-json", "--include-partial-messages"];

function message(text: string): string {
  return JSON.stringify({ type: "user_message", content: text }) + "\n";
}

/**
 * Talks with an agent by `exec -i stream-json`, sends a message in the middle of a turn, and goes on
 * with the session when it is over.
 *
 * @param told What the person said and was answered, as of the last request.
 */
export async function assertConverses(
  agent: AgentHome,
  told: (agent: AgentHome) => string[],
): Promise<void> {
  const prompts = ["[[say:one]]", "[[say:two]]", "[[say:three]]"];
  const zag = agent.spawn([...STREAM, "--replay-user-messages", "-s", "be brief", prompts[0]!], {
    stdin: "open",
  });
  // Both wait while the first turn begins.
  await zag.write(message(prompts[1]!) + message(prompts[2]!));
  await zag.untilPrints('"message":"three"');
  await zag.child.stdin.close();
  const ran = await zag.finished();
  assertEquals(ran.code, 0, ran.stderr);
  const events = eventsOf(ran);
  const ends = ["init", "user_message", "turn_complete", "result"];
  assertEquals(
    events.map(({ type }) => type).filter((type) => ends.includes(type)),
    [...ends, ...ends, ...ends],
  );
  for (const [index, { type }] of events.entries()) {
    if (type === "init") assertEquals(events[index + 1]?.type, "user_message");
    if (type === "turn_complete") assertEquals(events[index + 1]?.type, "result");
  }
  assertEquals(only(events, "turn_complete").map(({ turn_index }) => turn_index), [0, 1, 2]);
  assertEquals(only(events, "result").map(({ message }) => message), ["one", "two", "three"]);
  const ids = only(events, "init").map(({ metadata }) => metadata.session_id);
  assertEquals(new Set(ids).size, 1);
  assertEquals(
    only(events, "user_message").flatMap(({ content }) => content),
    prompts.map((text) => ({ type: "text" as const, text })),
  );
  const log = await agent.log();
  assertEquals(entries(log, "user_message").map(({ content }) => content), prompts);
  assertEquals(entries(log, "assistant_message").map(({ content }) => content), [
    "one",
    "two",
    "three",
  ]);
  assertEquals(entries(log, "session_ended").map(({ success }) => success), [true]);
  const session = await agent.session();
  assertEquals([session.outcome, session.providerSessionId], ["success", ids[0]]);
  const again = await agent.zag(["exec", "--resume", session.sessionId, "[[say:four]]"]);
  assertEquals([again.code, again.stdout], [0, "four\n"], again.stderr);
  const whole = told(agent).join("\n");
  for (const text of [...prompts, "[[say:four]]"]) assertStringIncludes(whole, text);
  // The first turn is told once how to behave, and every other one knows it.
  assert(whole.split("be brief").length <= 2, whole);
}

/** A turn that fails ends no conversation, not even one that its CLI has not begun to keep. */
export async function assertOutlivesFailure(agent: AgentHome): Promise<void> {
  const texts = ["[[err:500]]", "[[say:well]]", "[[say:again]]"];
  const ran = await agent.zag(STREAM, { stdin: texts.map(message).join("") });
  assertEquals(ran.code, 0, ran.stderr);
  assertEquals(only(eventsOf(ran), "result").map(({ success }) => success), [false, true, true]);
  assertEquals(entries(await agent.log(), "user_message").map(({ content }) => content), texts);
  assertEquals((await agent.session()).outcome, "success");
}

/** A signal in the middle of the second turn ends the agent, and the books say so. */
export async function assertEndsInTurn(agent: AgentHome): Promise<void> {
  const zag = agent.spawn(STREAM, { stdin: "open" });
  await zag.write(message("[[say:one]]") + message("[[slow:600,50]]"));
  await agent.server.until(({ directive }) => directive.includes("slow"), 60_000);
  zag.child.kill("SIGTERM");
  const ran = await zag.finished();
  assertEquals(ran.code, 143, ran.stderr);
  assertEquals(only(eventsOf(ran), "result").at(0)?.message, "one");
  assertEquals((await agent.session()).outcome, "interrupted");
  assertEquals(entries(await agent.log(), "session_ended").length, 1);
}
