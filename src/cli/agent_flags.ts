/** From the flags that `exec` and `run` share to the library's options. */
import type { LaunchOptions } from "../agent/launch_options.ts";
import { NotifyTargetError, parseKinds, parseTarget } from "../notify/target.ts";
import { UsageError } from "./errors.ts";

/** The values of the shared flags, as far as both commands have them. */
export interface SharedFlags {
  provider: string | undefined;
  model: string | undefined;
  root: string | undefined;
  autoApprove: boolean;
  permissions: string | undefined;
  askCommand: string | undefined;
  systemPrompt: string | undefined;
  addDir: string[];
  size: string | undefined;
  maxTurns: number | undefined;
  maxCost: number | undefined;
  maxTokens: number | undefined;
  mcpConfig: string | undefined;
  env: string[];
  file: string[];
  timeout: number | undefined;
  firstByteTimeout: number | undefined;
  idleTimeout: number | undefined;
  noAutoResume: boolean;
  fallback: string | undefined;
  notify: string[];
  notifyOn: string | undefined;
  worktree: string | true | undefined;
  sandbox: string | true | undefined;
  session: string | undefined;
  name: string | undefined;
  description: string | undefined;
  tag: string[];
  plan: string | undefined;
  context: string[];
  resume: string | undefined;
  continue: boolean;
}

/** The options that the flags stand for. What was not given is left out. */
export function toOptions(flags: SharedFlags): LaunchOptions {
  const given: Record<string, unknown> = {
    provider: flags.provider,
    model: flags.model,
    root: flags.root,
    autoApprove: flags.autoApprove || undefined,
    permissions: flags.permissions,
    askCommand: flags.askCommand,
    systemPrompt: flags.systemPrompt,
    addDirs: flags.addDir,
    size: flags.size,
    maxTurns: flags.maxTurns,
    maxCostUsd: flags.maxCost,
    maxTokens: flags.maxTokens,
    mcpConfig: flags.mcpConfig,
    env: parseEnv(flags.env),
    files: flags.file,
    timeoutMs: flags.timeout,
    firstByteTimeoutMs: flags.firstByteTimeout,
    idleTimeoutMs: flags.idleTimeout,
    autoResume: !flags.noAutoResume,
    fallback: fallbackOf(flags.fallback),
    sessionId: flags.session,
    name: flags.name,
    description: flags.description,
    tags: flags.tag,
    plan: flags.plan,
    context: flags.context,
    worktree: flags.worktree,
    sandbox: flags.sandbox,
    ...notifyOptions(flags),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => isGiven(value)));
}

/**
 * The options of `--notify` and `--notify-on`.
 *
 * @param cwd From where paths start; absent: from where the session is started.
 */
export function notifyOptions(
  { notify, notifyOn }: Pick<SharedFlags, "notify" | "notifyOn">,
  cwd?: string,
): Pick<LaunchOptions, "notify" | "notifyOn"> {
  try {
    return {
      ...(notify.length > 0 && {
        notify: cwd === undefined ? notify : notify.map((text) => parseTarget(text, cwd)),
      }),
      ...(notifyOn !== undefined && { notifyOn: parseKinds(notifyOn) }),
    };
  } catch (error) {
    if (error instanceof NotifyTargetError) throw new UsageError(error.message);
    throw error;
  }
}

function isGiven(value: unknown): boolean {
  if (value === undefined) return false;
  return typeof value !== "object" || value === null || Object.keys(value).length > 0;
}

/**
 * The variables of `--env`; the last one of a name wins.
 *
 * @throws {UsageError} at an item without `=`, or without a name before it.
 */
export function parseEnv(items: readonly string[]): Record<string, string> {
  const env: Record<string, string> = {};
  for (const item of items) {
    const at = item.indexOf("=");
    if (at < 1 || item.includes("\0")) {
      throw new UsageError(`Cannot use --env "${item}": it must have the form NAME=VALUE`);
    }
    env[item.slice(0, at)] = item.slice(at + 1);
  }
  return env;
}

/** Refuses combinations that mean nothing, naming both flags. */
export function checkCombinations(flags: SharedFlags): void {
  const resumes = flags.resume !== undefined
    ? "--resume"
    : flags.continue
    ? "--continue"
    : undefined;
  if (flags.resume !== undefined && flags.continue) conflict("--resume", "--continue");
  if (flags.worktree !== undefined && flags.sandbox !== undefined) {
    conflict("--worktree", "--sandbox");
  }
  if (resumes !== undefined) {
    if (flags.provider?.toLowerCase() === "auto") conflict("-p auto", resumes);
    if (flags.model?.toLowerCase() === "auto") conflict("-m auto", resumes);
    if (flags.worktree !== undefined) conflict("--worktree", resumes);
    if (flags.sandbox !== undefined) conflict("--sandbox", resumes);
    if (flags.session !== undefined) conflict("--session", resumes);
  }
}

/** The usage error for two flags that exclude each other. */
export function conflict(one: string, other: string): never {
  throw new UsageError(`Cannot use ${one} together with ${other}: they exclude each other`);
}

/** The items of a list with commas, also empty ones: whoever goes on with them refuses those. */
function fallbackOf(list: string | undefined): string[] | undefined {
  return list?.split(",").map((name) => name.trim());
}
