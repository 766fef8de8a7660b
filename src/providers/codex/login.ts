import { join } from "node:path";
import { record } from "../json.ts";
import { endOfToken, expiring, objectIn, variableAmong } from "../login_facts.ts";
import type { Login } from "../login.ts";

/** Where Codex keeps what it logs in with. */
export const login: Login = {
  command: "codex login",
  files({ env, home }) {
    const config = env.CODEX_HOME || join(home, ".codex");
    return { auth: join(config, "auth.json"), config: join(config, "config.toml") };
  },
  read({ env }, texts) {
    const given = variableAmong(env, ["CODEX_API_KEY", "CODEX_ACCESS_TOKEN"]);
    if (given) return given;
    const auth = objectIn(texts.auth);
    const tokens = record(auth?.tokens);
    if (auth?.OPENAI_API_KEY || tokens?.access_token || tokens?.refresh_token) {
      const token = auth?.OPENAI_API_KEY ? undefined : tokens?.access_token;
      return {
        state: "yes",
        by: "auth.json",
        ...expiring(endOfToken(token), tokens?.refresh_token),
      };
    }
    const config = texts.config ?? "";
    if (/^\s*model_provider\s*=/m.test(config)) {
      return { state: "unknown", reason: "config.toml names a provider of models of its own" };
    }
    if (/^\s*cli_auth_credentials_store\s*=\s*["'](keyring|auto)["']/m.test(config)) {
      return { state: "unknown", reason: "a login is kept in the keyring, which is not read" };
    }
    return { state: "no", reason: "there are no credentials" };
  },
};
