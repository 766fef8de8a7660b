/** What the faces of skills and MCP servers share. */
import { ZagError } from "../errors.ts";
import { type ZagPaths, zagPaths } from "../config/paths.ts";
import { resolveProject } from "../config/project.ts";
import type { ProviderReport, SyncPart } from "../extensions/sync_provider.ts";
import { realHost } from "../host.ts";
import type { ProviderExtensions } from "../providers/extensions.ts";
import { TIERS } from "../providers/registry.ts";

/** Where skills and servers are, and for whom. */
export interface ExtensionPlace {
  readonly paths: ZagPaths;
  readonly env: Record<string, string>;
  /** Key of the project; undefined outside of any. */
  readonly project: string | undefined;
  /** The directory in which the agents' CLIs keep their files; undefined when nobody says it. */
  readonly home: string | undefined;
  waiting(): void;
}

/** The place of a directory. */
export async function extensionPlace(root?: string): Promise<ExtensionPlace> {
  const { env, cwd } = realHost();
  const paths = zagPaths(env);
  const { key } = await resolveProject({ root, cwd });
  return { paths, env: env.toObject(), project: key, home: paths.userHome, waiting: () => {} };
}

/**
 * Gives one kind of things to one provider, or to all that are used here.
 *
 * @throws {InvalidProviderError} when there is no such provider
 */
export async function syncWith(
  part: "syncSkills" | "syncServers",
  name: string | undefined,
  root?: string,
): Promise<ProviderReport[]> {
  const [sync, { configuredProvider }] = await Promise.all([
    import("../extensions/sync_provider.ts"),
    import("../agent/configured_provider.ts"),
  ]);
  const place = await extensionPlace(root);
  const home = homeOf(place);
  const reports: ProviderReport[] = [];
  for (const each of name === undefined ? TIERS : [name]) {
    const provider = await configuredProvider(each, {});
    reports.push(
      provider.extensions
        ? await sync.syncPart(
          sync[part] as SyncPart,
          { ...place, provider, home },
          name !== undefined,
        )
        : {
          provider: provider.name,
          report: { skipped: "zag has nothing to give to it" },
          warnings: [],
        },
    );
  }
  return reports;
}

/**
 * What a provider keeps itself, from which can be imported.
 *
 * @throws {InvalidProviderError} when there is no such provider
 */
export async function sourceOf(
  name: string,
): Promise<{ provider: string; extensions: ProviderExtensions | undefined }> {
  const { configuredProvider } = await import("../agent/configured_provider.ts");
  const provider = await configuredProvider(name, {});
  return { provider: provider.name, extensions: (await provider.extensions?.())?.extensions };
}

/** The home directory. */
export function homeOf({ home }: ExtensionPlace): string {
  if (home !== undefined) return home;
  throw new ZagError("Cannot find the agents' files: HOME is not set", { hint: "Set HOME" });
}

/** There is nothing of the kind to import. */
export function nothingToImport(provider: string, what: string): ZagError {
  return new ZagError(`Cannot import from "${provider}": it has no ${what} of its own`);
}
