import type { Host } from "../host.ts";
import { hasAllPermissions } from "../processes/permissions.ts";
import { findProgram } from "../processes/which.ts";
import type { Provider } from "../providers/provider.ts";
import { type ProviderAttempt, ProviderUnavailableError } from "./errors.ts";

/** What a provider's program is needed for. */
export type Mode = "exec" | "run";

/** Whether a session of this mode starts the provider's program. */
export function needsProgram({ binary }: Provider, mode: Mode): boolean {
  return binary !== undefined && !(binary.interactiveOnly === true && mode === "exec");
}

/**
 * The program of a provider that was asked for by name; undefined where none is needed.
 *
 * @throws {ProviderUnavailableError} when it is not installed.
 */
export async function locate(
  provider: Provider,
  mode: Mode,
  host: Host,
): Promise<string | undefined> {
  if (needsProgram(provider, mode) && !hasAllPermissions() && await isNowhere(provider, host)) {
    throw new ProviderUnavailableError(provider.name, [missing(provider)]);
  }
  await demandAgent(provider, mode, host);
  if (!needsProgram(provider, mode)) return undefined;
  const program = await findBinary(provider, host);
  if (program === undefined) throw new ProviderUnavailableError(provider.name, [missing(provider)]);
  return program;
}

/**
 * Refuses before anything is recorded what Deno would refuse in the middle of it.
 *
 * @throws {Deno.errors.NotCapable} when the agent may not be started, or its files not be read
 */
async function demandAgent(provider: Provider, mode: Mode, host: Host): Promise<void> {
  if (hasAllPermissions()) return;
  const [{ isMet, needsOf, flagsFor }, { AGENTS }] = await Promise.all([
    import("../processes/permission_needs.ts"),
    import("../permissions.ts"),
  ]);
  const grants = !needsProgram(provider, mode)
    ? { run: ["RUNTIME"] }
    : AGENTS[provider.name] === undefined
    ? {}
    : { run: ["AGENT"], read: ["AGENT_FILES"] };
  const place = { env: host.env, cwd: host.cwd, provider: provider.name };
  const missing = needsOf(grants, place).filter((need) => !isMet(need));
  if (missing.length === 0) return;
  throw new Deno.errors.NotCapable(
    `${provider.displayName} cannot be started, run again with ${flagsFor(missing).join(" ")}`,
  );
}

/** No permission helps against a program that is not there. */
async function isNowhere(provider: Provider, host: Host): Promise<boolean> {
  try {
    return await findBinary(provider, host) === undefined;
  } catch {
    return false;
  }
}

/** Where the program of a provider is, absolute; undefined when it is not on PATH. */
export async function findBinary(
  { binary }: Provider,
  host: Host,
): Promise<string | undefined> {
  return binary && await findProgram(binary.name, {
    path: host.env.get("PATH") ?? "",
    pathExt: host.env.get("PATHEXT"),
    cwd: host.cwd,
  });
}

/** What is said of a provider that is not installed. */
export function missing({ name, displayName, binary }: Provider): ProviderAttempt {
  return {
    provider: name,
    displayName,
    reason: `there is no program "${binary?.name}" on PATH`,
    install: binary?.install,
  };
}
