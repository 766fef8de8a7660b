/** Sessions in the background, which go on when the program has ended. */
import type { AgentOptions } from "../agent/agent_options.ts";
import { checkArguments, FLAG, FUNCTION, parts, TEXT, TEXTS } from "../agent/argument_check.ts";
import { checkTypes } from "../agent/option_types.ts";
import type { SpawnedSession, SpawnRequest } from "../orchestration/spawn_session.ts";
import { hasAllPermissions } from "../processes/permissions.ts";
import { findSessions, openRecords } from "./records.ts";
import { hostWithZag } from "./zag_program.ts";

/** What a session in the background does. */
export interface SpawnOptions extends
  Omit<
    AgentOptions,
    | "sessionId"
    | "jsonRetries"
    | "exit"
    | "headless"
    | "outputFormat"
    | "inputFormat"
    | "replayUserMessages"
    | "includePartialMessages"
    | "verbose"
    | "quiet"
    | "showUsage"
    | "debug"
    | "onProgress"
    | "sessionLog"
    | "onLogEvent"
    | "streamEventsToStderr"
    | "streamShowThinking"
    | "onSpawn"
    | "registerProcess"
  > {
  /** What to do. It may be absent with `plan`, and with `interactive`. */
  prompt?: string;
  /** Sessions, by id or name, that have to complete before this one starts. */
  dependsOn?: readonly string[];
  /** The results of those stand before the prompt. Default: false. */
  injectContext?: boolean;
  /** It takes messages until it is closed or cancelled. Default: false. */
  interactive?: boolean;
  /**
   * The program zag that looks after the session: a path, or a name on PATH. Default: what `ZAG_BIN`
   * names, else `zag` on PATH, else the one that this library is a part of.
   */
  zag?: string;
  /** Hears what does not keep the session from being started. */
  onWarning?: (message: string) => void;
}

export type { SpawnedSession };

const SPAWN = parts<Omit<SpawnOptions, keyof AgentOptions>>({
  prompt: TEXT,
  dependsOn: TEXTS,
  injectContext: FLAG,
  interactive: FLAG,
  zag: TEXT,
  onWarning: FUNCTION,
});

/**
 * Starts a session in the background. It is recorded when this returns, and goes on by itself.
 *
 * @example
 * ```ts ignore
 * const { sessionId } = await spawnSession({ provider: "claude", prompt: "Update the changelog" });
 * const [{ status }] = await waitForSessions([sessionId]);
 * ```
 * @throws {ZagError} when it cannot be started, or the options contradict each other
 */
export async function spawnSession(options: SpawnOptions): Promise<SpawnedSession> {
  checkArguments("spawnSession()", [options, "options", SPAWN]);
  checkTypes(options);
  const { hearsSetterNames, inLibrary } = await import("../agent/setter_names.ts");
  const onWarning = hearsSetterNames(options.onWarning);
  return await inLibrary(() => spawn({ ...options, onWarning }));
}

async function spawn(options: SpawnOptions): Promise<SpawnedSession> {
  const {
    prompt,
    dependsOn = [],
    injectContext = false,
    interactive = false,
    zag,
    onWarning,
    json,
    jsonSchema,
    ...agent
  } = options;
  const [{ spawnSession }, { launchOptions }] = await Promise.all([
    import("../orchestration/spawn_session.ts"),
    import("../agent/call_agent.ts"),
  ]);
  if (!hasAllPermissions()) {
    const { demandPermissions } = await import("../agent/demand_permissions.ts");
    demandPermissions("spawn", agent);
  }
  let demand: SpawnRequest["json"];
  if (jsonSchema !== undefined) {
    const { compileSchema } = await import("../json/schema.ts");
    demand = { schema: (await compileSchema(jsonSchema)).schema };
  } else if (json) demand = { schema: undefined };
  const host = await hostWithZag(zag);
  using records = await openRecords({ root: options.root });
  const request: SpawnRequest = {
    options: launchOptions(agent),
    prompt,
    dependencies: await findSessions(records, dependsOn),
    injectContext,
    interactive,
    json: demand,
  };
  return await spawnSession(records.store, request, host, {
    warning: (message) => onWarning?.(message),
  });
}
