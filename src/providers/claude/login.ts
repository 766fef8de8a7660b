import { join } from "node:path";
import { record } from "../json.ts";
import { expiring, objectIn, variableAmong } from "../login_facts.ts";
import type { Login } from "../login.ts";

const VARIABLES = [
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_AUTH_TOKEN",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "CLAUDE_CODE_USE_BEDROCK",
  "CLAUDE_CODE_USE_VERTEX",
  "CLAUDE_CODE_USE_FOUNDRY",
];

/** Where Claude Code keeps what it logs in with. */
export const login: Login = {
  command: "claude auth login",
  files({ env, home }) {
    const config = env.CLAUDE_CONFIG_DIR || join(home, ".claude");
    return {
      credentials: join(config, ".credentials.json"),
      settings: join(config, "settings.json"),
      state: env.CLAUDE_CONFIG_DIR ? join(config, ".claude.json") : join(home, ".claude.json"),
    };
  },
  read({ env, os }, texts) {
    const given = variableAmong(env, VARIABLES);
    if (given) return given;
    const oauth = record(objectIn(texts.credentials)?.claudeAiOauth);
    if (oauth?.accessToken || oauth?.refreshToken) {
      return {
        state: "yes",
        by: ".credentials.json",
        ...expiring(oauth.expiresAt, oauth.refreshToken),
      };
    }
    const settings = objectIn(texts.settings);
    if (settings?.apiKeyHelper) return { state: "yes", by: "apiKeyHelper" };
    const own = record(settings?.env) ?? {};
    const named = VARIABLES.find((name) => typeof own[name] === "string" && own[name] !== "");
    if (named !== undefined) return { state: "yes", by: `${named} in settings.json` };
    const state = objectIn(texts.state);
    if (state?.primaryApiKey) return { state: "yes", by: ".claude.json" };
    if (os === "darwin") {
      return { state: "unknown", reason: "a login is kept in the keychain, which is not read" };
    }
    return { state: "no", reason: "there are no credentials" };
  },
};
