import type { Host } from "../host.ts";
import { findProgram } from "../processes/which.ts";
import type { Provider } from "../providers/provider.ts";
import { loadProvider, TIERS } from "../providers/registry.ts";
import { type ProviderAttempt, ProviderUnavailableError } from "./errors.ts";

/**
 * The program of a provider; undefined for one that is built in.
 *
 * @param pinned Only this provider was asked for; else the message names the others as well.
 * @throws {ProviderUnavailableError} when it is not installed.
 */
export async function locate(
  provider: Provider,
  pinned: boolean,
  host: Host,
): Promise<string | undefined> {
  if (!provider.binary) return undefined;
  const find = (name: string) =>
    findProgram(name, {
      path: host.env.get("PATH") ?? "",
      pathExt: host.env.get("PATHEXT"),
      cwd: host.cwd,
    });
  const program = await find(provider.binary.name);
  if (program !== undefined) return program;
  const attempts: ProviderAttempt[] = [];
  const names = pinned ? [provider.name] : [...new Set([provider.name, ...TIERS])];
  for (const name of names) {
    const candidate = name === provider.name ? provider : await loadProvider(name);
    if (!candidate?.binary) continue;
    attempts.push({
      provider: candidate.name,
      displayName: candidate.displayName,
      reason: `there is no program "${candidate.binary.name}" on PATH`,
      install: candidate.binary.install,
    });
  }
  throw new ProviderUnavailableError(provider.name, attempts);
}
