import { join } from "node:path";
import { objectIn, variableAmong } from "../login_facts.ts";
import type { Login } from "../login.ts";

/** Where Copilot keeps what it logs in with; the token itself is mostly in the system's keychain. */
export const login: Login = {
  command: "copilot login",
  files({ env, home }) {
    return { config: join(env.COPILOT_HOME || join(home, ".copilot"), "config.json") };
  },
  read({ env }, texts) {
    const given = variableAmong(env, [
      "COPILOT_GITHUB_TOKEN",
      "GH_TOKEN",
      "GITHUB_TOKEN",
      "COPILOT_PROVIDER_BASE_URL",
    ]);
    if (given) return given;
    // The file begins with comments.
    const config = objectIn(texts.config?.replace(/^\s*\/\/.*$/gm, ""));
    const users = config?.loggedInUsers ?? config?.logged_in_users;
    if (Array.isArray(users) && users.length > 0) return { state: "yes", by: "config.json" };
    return { state: "unknown", reason: "a login may be kept in the keychain, which is not read" };
  },
};
