/** What the providers say of a login, from files and variables alone. */
import type { LoginRequest, LoginState } from "../../src/providers/login.ts";
import { loadProvider } from "../../src/providers/registry.ts";
import { AGENTS } from "../../scripts/install_agents.ts";
import { assert, assertEquals } from "../support/assert.ts";

type Row = readonly [
  provider: string,
  env: Record<string, string>,
  texts: Record<string, string>,
  state: LoginState["state"],
  by?: string,
];

const ROWS: readonly Row[] = [
  ["claude", {}, {}, "no"],
  ["claude", { ANTHROPIC_API_KEY: "secret" }, {}, "yes", "ANTHROPIC_API_KEY"],
  ["claude", { ANTHROPIC_API_KEY: "" }, {}, "no"],
  ["claude", {}, { credentials: '{"claudeAiOauth":{"accessToken":"secret"}}' }, "yes"],
  ["claude", {}, { credentials: '{"mcpOAuth":{}}' }, "no"],
  ["claude", {}, { settings: '{"apiKeyHelper":"secret"}' }, "yes", "apiKeyHelper"],
  [
    "claude",
    {},
    { settings: '{"env":{"ANTHROPIC_AUTH_TOKEN":"secret"}}' },
    "yes",
    "ANTHROPIC_AUTH_TOKEN in settings.json",
  ],
  ["claude", {}, { state: '{"primaryApiKey":"secret"}' }, "yes", ".claude.json"],
  ["claude", {}, { state: "no JSON" }, "no"],
  ["codex", {}, {}, "no"],
  ["codex", { CODEX_API_KEY: "secret" }, {}, "yes", "CODEX_API_KEY"],
  ["codex", {}, { auth: '{"OPENAI_API_KEY":null,"tokens":{"access_token":"secret"}}' }, "yes"],
  ["codex", {}, { auth: '{"OPENAI_API_KEY":null}' }, "no"],
  ["codex", {}, { config: 'model_provider = "secret"' }, "unknown"],
  ["codex", {}, { config: "cli_auth_credentials_store = 'keyring'" }, "unknown"],
  ["gemini", {}, {}, "no"],
  ["gemini", { GEMINI_API_KEY: "secret" }, {}, "yes", "GEMINI_API_KEY"],
  ["gemini", {}, { oauth: '{"refresh_token":"secret"}' }, "yes", "oauth_creds.json"],
  ["gemini", {}, { variables: "A=1\nGEMINI_API_KEY=secret\n" }, "yes", ".env"],
  ["gemini", {}, { variables: "GEMINI_API_KEY=\n" }, "no"],
  ["gemini", {}, { settings: '{"security":{"auth":{"selectedType":"secret"}}}' }, "unknown"],
  ["copilot", {}, {}, "unknown"],
  ["copilot", { GH_TOKEN: "secret" }, {}, "yes", "GH_TOKEN"],
  ["copilot", {}, { config: '// kept by it\n{"loggedInUsers":[{"login":"secret"}]}' }, "yes"],
  ["copilot", {}, { config: '{"loggedInUsers":[]}' }, "unknown"],
];

for (const [name, env, texts, state, by] of ROWS) {
  Deno.test(`login of ${name} is ${state} with ${JSON.stringify({ ...env, ...texts })}`, async () => {
    const provider = await loadProvider(name);
    const { login } = await provider!.login!();
    const request: LoginRequest = { env, home: "/home/me", os: "linux" };
    const known = Object.keys(login.files(request));
    assertEquals(Object.keys(texts).filter((file) => !known.includes(file)), []);
    const found = login.read(request, texts);
    assertEquals(found.state, state);
    if (by !== undefined) assertEquals(found, { state: "yes", by });
    assert(!JSON.stringify(found).includes("secret"));
  });
}

Deno.test("login files lie where the variables of the CLIs say", async () => {
  const places = {
    claude: { CLAUDE_CONFIG_DIR: "/elsewhere" },
    codex: { CODEX_HOME: "/elsewhere" },
    gemini: { GEMINI_CLI_HOME: "/elsewhere" },
    copilot: { COPILOT_HOME: "/elsewhere" },
  };
  for (const [name, env] of Object.entries(places)) {
    const { login } = await (await loadProvider(name))!.login!();
    for (const [where, variables] of [["/home/me", {}], ["/elsewhere", env]] as const) {
      const files = login.files({ env: variables, home: "/home/me", os: "linux" });
      for (const path of Object.values(files)) assert(path.startsWith(`${where}/`), path);
    }
  }
});

Deno.test("login on a Mac is not read from Claude's keychain", async () => {
  const { login } = await (await loadProvider("claude"))!.login!();
  assertEquals(login.read({ env: {}, home: "/h", os: "darwin" }, {}).state, "unknown");
});

Deno.test("binary.tested is the version that the tests of a provider install", async () => {
  for (const [name, { version }] of Object.entries(AGENTS)) {
    assertEquals((await loadProvider(name))!.binary!.tested, version, name);
  }
});
