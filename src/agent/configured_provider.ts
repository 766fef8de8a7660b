/** The provider that a command is about which starts no session. */
import { type Config, loadProjectConfig } from "../config/config.ts";
import { zagPaths } from "../config/paths.ts";
import { resolveProject } from "../config/project.ts";
import type { Host } from "../host.ts";
import type { Provider } from "../providers/provider.ts";
import { loadProvider, PROVIDER_NAMES, TIERS } from "../providers/registry.ts";
import { ALL_PROVIDERS, defaultProvider } from "./choose_provider.ts";
import { InvalidProviderError } from "./errors.ts";

/**
 * The configuration of a project over the global one.
 *
 * @param root As for `--root`; undefined for the project around the caller's directory.
 * @throws {RootNotFoundError} when there is no such directory.
 * @throws {ConfigError} when a configuration cannot be used.
 */
export async function configAt(root: string | undefined, host: Host): Promise<Config> {
  const paths = zagPaths(host.env);
  const project = await resolveProject({ root, cwd: host.cwd });
  return (await loadProjectConfig(paths, project)).config;
}

/**
 * The named provider, else the configured one, else the first of the tiers. Whether it can be used is
 * not asked, and no other stands in for it.
 *
 * @throws {InvalidProviderError} when there is no such provider; `auto` is none before there is a
 * prompt.
 */
export async function configuredProvider(
  name: string | undefined,
  config: Config,
): Promise<Provider> {
  const wanted = name ?? defaultProvider(config, ALL_PROVIDERS);
  const provider = await loadProvider(wanted);
  if (provider) return provider;
  throw new InvalidProviderError(wanted, PROVIDER_NAMES);
}

/** Every provider: in the order in which they stand in for one another, then those that never do. */
export async function allProviders(): Promise<Provider[]> {
  const names = [...new Set([...TIERS, ...PROVIDER_NAMES])];
  const providers = await Promise.all(names.map((name) => loadProvider(name)));
  return providers.filter((provider) => provider !== undefined);
}
