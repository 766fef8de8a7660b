/** The environment of an agent: the caller's, the provider's additions, and who the session is. */

/** What goes into an agent's environment. */
export interface EnvironmentParts {
  inherited: Readonly<Record<string, string>>;
  /** The provider's additions; undefined removes. */
  provider: Readonly<Record<string, string | undefined>>;
  /** Variables into which the provider has taken what the person says; nothing overrides them. */
  joined?: Readonly<Record<string, string>> | undefined;
  /** The person's additions. They win, except over the identity of the session and the process. */
  user: Readonly<Record<string, string>>;
  sessionId: string;
  sessionName: string | undefined;
  processId: string;
  providerName: string;
  model: string;
  /** The effective workspace. */
  root: string;
  /** Directory that holds the `zag` of this very program; undefined when none could be made. */
  shimDir: string | undefined;
}

/** The complete environment; nothing is inherited beyond it. */
export function agentEnvironment(parts: EnvironmentParts): Record<string, string> {
  const env: Record<string, string> = { ...parts.inherited };
  // A name inherited from a surrounding session would make this one claim to be that one.
  delete env.ZAG_SESSION_NAME;
  for (const [name, value] of Object.entries(parts.provider)) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  env.ZAG_PROVIDER = parts.providerName;
  env.ZAG_MODEL = parts.model;
  env.ZAG_ROOT = parts.root;
  if (parts.sessionName !== undefined) env.ZAG_SESSION_NAME = parts.sessionName;
  Object.assign(env, parts.user, parts.joined);
  env.ZAG_SESSION_ID = parts.sessionId;
  env.ZAG_PROCESS_ID = parts.processId;
  if (parts.shimDir !== undefined) {
    const separator = Deno.build.os === "windows" ? ";" : ":";
    const path = Object.keys(env).find((name) => name.toUpperCase() === "PATH") ?? "PATH";
    env[path] = env[path] ? `${parts.shimDir}${separator}${env[path]}` : parts.shimDir;
  }
  return env;
}
