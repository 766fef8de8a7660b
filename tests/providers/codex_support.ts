/** What the tests of Codex share: how its home is made ready, and what the model was told. */
import { assert, assertEquals } from "../support/assert.ts";
import { type AgentHome, type AgentSetup, agentTest, parseLines } from "./agent_home.ts";

/** How Codex reaches the model server, and nothing else. */
export const CODEX: AgentSetup = {
  name: "codex",
  async prepare(home, server) {
    await Deno.mkdir(`${home.path}/.codex`);
    await Deno.writeTextFile(
      `${home.path}/.codex/config.toml`,
      `
        model_provider = "stub"
        model = "gpt-5.5"
        check_for_update_on_startup = false
        [analytics]
        enabled = false
        [features]
        plugins = false
        [model_providers.stub]
        name = "stub"
        base_url = "${server.url}/v1"
        wire_api = "responses"
        env_key = "STUB_KEY"
        request_max_retries = 0
        stream_max_retries = 1
        [notice.model_migrations]
        "gpt-5.5" = "gpt-6-sol"
      `,
    );
    // The terminal interface asks the world for news, whatever it is told.
    return {
      STUB_KEY: "test-key",
      HTTPS_PROXY: "http://127.0.0.1:9",
      NO_PROXY: "127.0.0.1",
    };
  },
};

/** Registers a test with a home of its own; see {@linkcode agentTest}. */
export function codexTest(
  proves: readonly string[],
  name: string,
  test: (codex: AgentHome) => Promise<void>,
): void {
  agentTest(CODEX, proves, name, test);
}

/** Adds settings to the end of the CLI's own configuration. */
export async function configure(codex: AgentHome, toml: string): Promise<void> {
  await Deno.writeTextFile(`${codex.path}/.codex/config.toml`, `\n${toml}\n`, { append: true });
}

/** Lets Codex write into the directory in which it is started. */
export async function trust(codex: AgentHome): Promise<void> {
  await configure(codex, `[projects."${codex.work}"]\ntrust_level = "trusted"`);
}

/** The body of a request for an answer. */
interface ResponsesBody {
  model: string;
  input: { type: string; role?: string; content?: { text?: string }[] }[];
  text?: { format?: { type: string; schema: unknown } };
}

/** The body of the last request for an answer. */
export function lastBody(codex: AgentHome): ResponsesBody {
  const last = codex.asked.at(-1);
  assert(last, "the model was not asked");
  return last.body as ResponsesBody;
}

/** What somebody said to the model, as of the last request. */
export function said(codex: AgentHome, role: "user" | "developer" | "assistant"): string[] {
  return lastBody(codex).input.filter((item) => item.type === "message" && item.role === role)
    .flatMap(({ content }) => (content ?? []).flatMap(({ text }) => text ?? []));
}

/** What the person said and was answered, without what the CLI puts around it. */
export function conversation(codex: AgentHome): string[] {
  const prompts = said(codex, "user").filter((text) => !/^<environment_context>/.test(text));
  return [...prompts, ...said(codex, "assistant")];
}

/** The payloads in the CLI's own file of its only session. */
export async function rollout(codex: AgentHome): Promise<Record<string, unknown>[]> {
  const paths = await rolloutPaths(codex);
  assertEquals(paths.length, 1, "there must be one session of Codex");
  return parseLines(await Deno.readTextFile(paths[0]!)).map(({ payload }) => payload);
}

/** The CLI's own files of sessions, oldest first. */
export async function rolloutPaths(codex: AgentHome): Promise<string[]> {
  const paths: string[] = [];
  const visit = async (directory: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(directory)) {
      if (isDirectory) await visit(`${directory}/${name}`);
      else paths.push(`${directory}/${name}`);
    }
  };
  await visit(`${codex.path}/.codex/sessions`).catch(() => {});
  return paths.sort();
}
