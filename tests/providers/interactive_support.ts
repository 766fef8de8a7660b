/** What the tests of `zag spawn --interactive` with real agents share. */
import { assertEquals } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";
import { waitFor } from "../support/living.ts";
import { exists } from "../e2e/spawn_support.ts";
import { type AgentHome, entries } from "./agent_home.ts";

/** Starts a session that takes messages; returns its id. */
export async function spawnInteractive(
  agent: AgentHome,
  ...args: readonly string[]
): Promise<string> {
  const { code, stdout, stderr } = await agent.zag(["spawn", "-I", ...args]);
  assertEquals([code, stderr], [0, ""]);
  return stdout.trim();
}

/** Sends messages from a process of its own, one after the other; returns the answers. */
export async function ask(
  agent: AgentHome,
  id: string,
  ...texts: readonly string[]
): Promise<string[]> {
  const client = fromFileUrl(new URL("../e2e/send_client.ts", import.meta.url));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", client, id, ...texts],
    env: agent.env(),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  assertEquals([code, decoder.decode(stderr)], [0, ""]);
  return decoder.decode(stdout).trimEnd().split("\n");
}

/** What was said, message and answer in turn, as the log has it. */
export async function logged(agent: AgentHome): Promise<string[]> {
  const log = await agent.log();
  const kinds = [...entries(log, "user_message"), ...entries(log, "assistant_message")];
  return log.filter((entry) => kinds.some(({ seq }) => seq === entry.seq))
    .map((entry) => "content" in entry ? String(entry.content) : "");
}

/** Cancels the session; nothing of it may be left. */
export async function cancel(agent: AgentHome, id: string): Promise<void> {
  const { code, stderr } = await agent.home.zag(["cancel", id], { env: agent.env() });
  assertEquals([code, stderr], [0, ""]);
  assertEquals((await agent.session()).outcome, "killed");
  const state = `${agent.path}/.zag`;
  assertEquals(exists(`${state}/fifos/${id}`), false);
  const left = () => [...Deno.readDirSync(`${state}/temp`)].length;
  await waitFor("the end of its files", () => left() === 0 || undefined);
}

/**
 * One session that is talked to, message by message, then cancelled, and gone on with by `exec`.
 *
 * @param conversation What the newest request to the model held.
 * @param interleaved Whether the model is sent questions and answers in turn; else all questions first.
 */
export async function assertGoesOn<Agent extends AgentHome>(
  agent: Agent,
  conversation: (agent: Agent) => string[],
  interleaved = true,
): Promise<void> {
  const texts = ["the first answer", "the second", "the third"];
  const said = texts.map((text) => `[[say:${text}]]`);
  const id = await spawnInteractive(agent, said[0]!);
  assertEquals(await ask(agent, id, ...said.slice(1)), texts.slice(1));
  assertEquals(
    conversation(agent),
    interleaved
      ? said.flatMap((text, index) => [text, texts[index]!]).slice(0, -1)
      : [...said, ...texts.slice(0, -1)],
  );
  assertEquals(await logged(agent), texts.flatMap((text) => [`[[say:${text}]]`, text]));
  const [run, ...others] = agent.home.rows("processes");
  assertEquals([run?.status, run?.agent_pid, others.length], ["running", null, 0]);
  await cancel(agent, id);
  const resumed = await agent.zag(["exec", "--resume", id, "[[say:the fourth]]"]);
  assertEquals(resumed.stdout, "the fourth\n", resumed.stderr);
  assertEquals(conversation(agent).includes("the third"), true);
}

/** Messages of which one fails; the others are answered. */
export async function assertOutlives(
  agent: AgentHome,
  messages: readonly string[],
  answers: readonly (string | undefined)[],
): Promise<void> {
  const id = await spawnInteractive(agent);
  const given = await ask(agent, id, ...messages);
  assertEquals(given.map((text) => text.startsWith("failed: ") ? undefined : text), [...answers]);
  await cancel(agent, id);
}
