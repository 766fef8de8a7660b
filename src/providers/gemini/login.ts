import { join } from "node:path";
import { record } from "../json.ts";
import { expiring, objectIn, variableAmong } from "../login_facts.ts";
import type { Login } from "../login.ts";

/** Where Gemini CLI keeps what it logs in with. */
export const login: Login = {
  command: "gemini",
  files({ env, home }) {
    const config = join(env.GEMINI_CLI_HOME || home, ".gemini");
    return {
      oauth: join(config, "oauth_creds.json"),
      settings: join(config, "settings.json"),
      variables: join(config, ".env"),
    };
  },
  read({ env }, texts) {
    const given = variableAmong(env, [
      "GEMINI_API_KEY",
      "GOOGLE_API_KEY",
      "GOOGLE_GENAI_USE_VERTEXAI",
    ]);
    if (given) return given;
    const tokens = objectIn(texts.oauth);
    if (tokens?.access_token || tokens?.refresh_token) {
      const ends = expiring(tokens.expiry_date, tokens.refresh_token);
      return { state: "yes", by: "oauth_creds.json", ...ends };
    }
    if (/^\s*(export\s+)?(GEMINI|GOOGLE)_API_KEY\s*=\s*\S/m.test(texts.variables ?? "")) {
      return { state: "yes", by: ".env" };
    }
    const auth = record(record(objectIn(texts.settings)?.security)?.auth);
    if (auth?.selectedType) {
      return { state: "unknown", reason: "what was chosen to log in with may be in the keychain" };
    }
    return { state: "no", reason: "there are no credentials" };
  },
};
