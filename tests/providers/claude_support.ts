/**
 * What the tests of Claude Code share: a home of its own with the real CLI on its PATH, a scripted
 * model server behind it, and the demand that nothing is alive when a test is over.
 */
import { installAgent } from "../../scripts/install_agents.ts";
import { assert } from "../support/assert.ts";
import { startModelServer } from "../support/model_server/mod.ts";
import { type Finished, TestHome } from "../support/zag.ts";
import { AgentHome, type AgentSetup, noteProof, runAndDispose } from "./agent_home.ts";

export {
  entries,
  eventsOf,
  type NativeEvent,
  type NativeRun,
  only,
  outputOf,
  parseLines,
  RunningZag,
} from "./agent_home.ts";

/** A key that looks like one; the model server takes any. */
export const API_KEY = "sk-ant-api03-test-0123456789";

/** The body of a request to the Messages API. */
export interface MessagesBody {
  model: string;
  messages: { role: string; content: string | { type: string; text?: string }[] }[];
  system: string | { text: string }[];
  tools: { name: string }[];
}

/** How Claude Code reaches the model server. */
export const CLAUDE: AgentSetup = {
  name: "claude",
  prepare: (home, server) =>
    Promise.resolve({
      ANTHROPIC_BASE_URL: server.url,
      ANTHROPIC_API_KEY: API_KEY,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      CLAUDE_CODE_MAX_RETRIES: "1",
      CLAUDE_CODE_TMPDIR: home.path,
    }),
};

/** A home in which `claude` is the real one and its model is scripted. */
export class ClaudeHome extends AgentHome {
  static override async create(): Promise<ClaudeHome> {
    const agent = await installAgent("claude");
    const home = await TestHome.create();
    const server = startModelServer();
    return new ClaudeHome(CLAUDE, home, server, agent, await CLAUDE.prepare(home, server));
  }

  /** Runs the CLI without zag. */
  override async bare(args: readonly string[], stdin = ""): Promise<Finished> {
    // Without the second one root may not skip permissions.
    return await super.bare(args, stdin, { DISABLE_AUTOUPDATER: "1", IS_SANDBOX: "1" });
  }

  /** The path of a transcript of the CLI's own. */
  transcriptPath(id: string): string {
    const folder = this.work.replaceAll(/[^A-Za-z0-9]/g, "-");
    return `${this.path}/.claude/projects/${folder}/${id}.jsonl`;
  }

  /** The body of the last request for an answer. */
  get lastBody(): MessagesBody {
    const last = this.asked.at(-1);
    assert(last, "the model was not asked");
    return last.body as MessagesBody;
  }
}

/** Runs a test in a home of its own. */
export async function withClaude(test: (claude: ClaudeHome) => Promise<void>): Promise<void> {
  await runAndDispose(await ClaudeHome.create(), test);
}

/** Runs a test that proves features of `zag capability`; see {@linkcode noteProof}. */
export async function claudeProves(
  features: readonly string[],
  test: (claude: ClaudeHome) => Promise<void>,
): Promise<void> {
  await withClaude(test);
  await noteProof(CLAUDE.name, features);
}

/** Answers the questions that Claude asks a person who starts it for the first time. */
export async function settleIn(claude: ClaudeHome): Promise<void> {
  await onboard(claude, { projects: { [claude.work]: { hasTrustDialogAccepted: true } } });
  await Deno.writeTextFile(
    `${claude.path}/.claude/settings.json`,
    JSON.stringify({ skipDangerousModePermissionPrompt: true }),
  );
}

/** Answers what it asks on its first start, and leaves what it asks in each directory. */
export async function onboard(claude: ClaudeHome, more: object = {}): Promise<void> {
  await Deno.mkdir(`${claude.path}/.claude`);
  await Deno.writeTextFile(
    `${claude.path}/.claude.json`,
    JSON.stringify({
      hasCompletedOnboarding: true,
      lastOnboardingVersion: claude.version,
      theme: "dark",
      customApiKeyResponses: { approved: [API_KEY.slice(-20)], rejected: [] },
      ...more,
    }),
  );
}

/** What the user said in a request, without what the CLI puts around it. */
export function userTexts(body: MessagesBody): string[] {
  return body.messages.filter(({ role }) => role === "user").flatMap(({ content }) =>
    typeof content === "string" ? [content] : content.flatMap(({ text }) => text ?? [])
  ).filter((text) => !/^\s*<system-reminder>/.test(text));
}

/** The system prompt of a request. */
export function systemText({ system }: MessagesBody): string {
  return typeof system === "string" ? system : system.map(({ text }) => text).join("\n");
}
