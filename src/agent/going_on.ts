/** With which options a session goes on when only a message is given. */
import { isAbsolute, join } from "node:path";
import type { EnvReader } from "../host.ts";
import type { SessionRecord } from "../sessions/records.ts";
import type { LaunchOptions } from "./launch_options.ts";
import type { PermissionPolicy } from "./policy.ts";

/** The options, and what had to be left out. */
export interface GoingOn {
  readonly options: LaunchOptions;
  /** What the agent will miss, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * The recorded options of a session that concern its agent. Provider, model and directory are in the
 * record itself, and every launch takes them from there.
 *
 * @param env Holds variables that the session was started with, perhaps: their values are not recorded.
 */
export async function optionsToGoOn(session: SessionRecord, env: EnvReader): Promise<GoingOn> {
  const { launch, cwd } = session;
  if (!launch) return { options: {}, warnings: [] };
  const warnings: string[] = [];
  const { mcpConfig, addDirs, env: variables } = launch;
  const options: LaunchOptions = {
    ...(launch.autoApprove === true ? { autoApprove: true } : {}),
    ...(isObject(launch.permissions) ? { permissions: launch.permissions } : {}),
    ...(typeof launch.askCommand === "string" ? { askCommand: launch.askCommand } : {}),
    ...(typeof launch.systemPrompt === "string" ? { systemPrompt: launch.systemPrompt } : {}),
    ...number(launch, "maxTurns"),
    ...number(launch, "maxCostUsd"),
    ...number(launch, "maxTokens"),
    ...number(launch, "timeoutMs"),
    ...number(launch, "firstByteTimeoutMs"),
    ...number(launch, "idleTimeoutMs"),
  };
  const dirs: string[] = [];
  for (const dir of texts(addDirs)) {
    const path = isAbsolute(dir) ? dir : join(cwd, dir);
    if (await exists(path)) dirs.push(path);
    else warnings.push(`the session was started with --add-dir "${dir}", which is gone`);
  }
  if (dirs.length > 0) options.addDirs = dirs;
  if (typeof mcpConfig === "string") {
    const path = isAbsolute(mcpConfig) ? mcpConfig : join(cwd, mcpConfig);
    if (await exists(path)) options.mcpConfig = path;
    else warnings.push(`the session was started with --mcp-config "${mcpConfig}", which is gone`);
  }
  for (const name of texts(variables)) {
    if (env.get(name) !== undefined) continue;
    warnings.push(`the session was started with --env ${name}, whose value is not kept`);
  }
  return { options, warnings };
}

/** The policy as it was read then; whoever reads it again checks it. */
function isObject(value: unknown): value is PermissionPolicy {
  return typeof value === "object" && value !== null;
}

function number(
  launch: Readonly<Record<string, unknown>>,
  key:
    | "maxTurns"
    | "maxCostUsd"
    | "maxTokens"
    | "timeoutMs"
    | "firstByteTimeoutMs"
    | "idleTimeoutMs",
): LaunchOptions {
  const value = launch[key];
  return typeof value === "number" ? { [key]: value } : {};
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
