/** What the tests of `--json` share. */
import type { Step } from "../../src/providers/mock/script.ts";
import type { Finished, TestHome } from "../support/zag.ts";
import { onlyLog, script } from "./support.ts";

/** A schema of an object with an integer `n`. */
export const SCHEMA =
  '{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"],"additionalProperties":false}';

/** Runs `exec` with an agent that says these texts, one a turn. */
export async function answering(
  home: TestHome,
  texts: readonly string[],
  args: readonly string[] = ["--json"],
): Promise<Finished> {
  return await playing(home, texts.map((text) => [{ do: "say", text }]), args);
}

/** Runs `exec` with an agent that takes these steps, a list for each turn. */
export async function playing(
  home: TestHome,
  turns: Step[][],
  args: readonly string[] = ["--json"],
): Promise<Finished> {
  return await home.zag(["-p", "mock", "exec", "list them", ...args], { env: script(...turns) });
}

/** What the agent was asked in the only session, as the log has it. */
export async function asked(home: TestHome): Promise<string[]> {
  const log = await onlyLog(home);
  return log.filter(({ type }) => type === "user_message").map(({ content }) => String(content));
}

/** What `zag status` says of the newest session. */
export async function statusOf(home: TestHome): Promise<string> {
  return (await home.zag(["status", "--latest"])).stdout.trim();
}
