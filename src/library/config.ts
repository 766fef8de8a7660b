/** The settings. */
import { checkArguments, FLAG, optional, parts, TEXT } from "../agent/argument_check.ts";
import { ZagError } from "../errors.ts";
import type { ConfigFile } from "../config/config.ts";
import type { ConfigValue } from "../config/keys.ts";
import { type ZagPaths, zagPaths } from "../config/paths.ts";
import { resolveProject } from "../config/project.ts";
import type { EffectiveSetting, SettingSource } from "../config/settings.ts";
import { type Host, realHost } from "../host.ts";

/** Where a setting is written. */
export interface ConfigTarget {
  /** For all projects. Default: the project; outside of any, all projects. */
  readonly global?: boolean | undefined;
}

const TARGET = parts<ConfigTarget>({ global: FLAG });

/**
 * The settings that hold for a project: those of the environment, of the project, of all projects, and
 * what is built in, the first one winning.
 *
 * @example
 * ```ts ignore
 * const config = await Config.load();
 * console.log(config.get("defaults.provider"));
 * await config.set("defaults.model", "small", { global: true });
 * ```
 */
export class Config {
  readonly #host: Host;
  readonly #paths: ZagPaths;
  readonly #files: readonly ConfigFile[];
  readonly #find: (key: string) => string | undefined;
  #settings: ReadonlyMap<string, EffectiveSetting>;

  private constructor(
    host: Host,
    paths: ZagPaths,
    files: readonly ConfigFile[],
    find: (key: string) => string | undefined,
    settings: ReadonlyMap<string, EffectiveSetting>,
  ) {
    this.#host = host;
    this.#paths = paths;
    this.#files = files;
    this.#find = find;
    this.#settings = settings;
  }

  /**
   * Reads the settings.
   *
   * @param root Directory that selects the project. Default: the current directory.
   * @throws {ConfigError} when a file cannot be used
   * @throws {RootNotFoundError} when there is no such directory
   */
  static async load(root?: string): Promise<Config> {
    checkArguments("Config.load()", [root, "root", optional(TEXT)]);
    const [{ configFiles }, { findKey }] = await Promise.all([
      import("../config/config.ts"),
      import("../config/keys.ts"),
    ]);
    const host = realHost();
    const paths = zagPaths(host.env);
    const files = await configFiles(paths, await resolveProject({ root, cwd: host.cwd }));
    return new Config(host, paths, files, findKey, await read(files, host));
  }

  /** Every key, dotted, in full. */
  get keys(): readonly string[] {
    return [...this.#settings.keys()];
  }

  /**
   * What a setting is; undefined when nobody says it.
   *
   * @param key Dotted; `model` stands for `defaults.model`.
   * @throws {ZagError} when there is no such setting
   */
  get(key: string): ConfigValue | undefined {
    return this.#setting(key).value;
  }

  /**
   * Who says what a setting is.
   *
   * @throws {ZagError} when there is no such setting
   */
  source(key: string): SettingSource {
    return this.#setting(key).source;
  }

  /**
   * Writes a setting into its file; comments and layout stay as they are.
   *
   * @param value Undefined takes it out of the file.
   * @throws {ZagError} when there is no such setting, when it cannot have this value, or when it counts
   * for all projects only
   * @throws {ConfigError} when the file cannot be parsed; it stays as it is then
   */
  async set(
    key: string,
    value: ConfigValue | undefined,
    target: ConfigTarget = {},
  ): Promise<void> {
    checkArguments("set()", [target, "target", TARGET]);
    const { global = false } = target;
    const { key: full, setting } = this.#setting(key);
    const [{ checkValue }, { setConfigValue }] = await Promise.all([
      import("../config/keys.ts"),
      import("../config/edit_config.ts"),
    ]);
    const file = global ? this.#files.at(-1)! : this.#files[0]!;
    if (value !== undefined && setting.globalOnly && file.scope !== "global") {
      throw new ZagError(`Cannot set ${full} for a project: it counts for all projects only`, {
        hint: "Set it with { global: true }",
      });
    }
    let checked: ConfigValue | undefined;
    try {
      checked = value === undefined ? undefined : checkValue(setting, value);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const what = setting.isPrivate ? full : `${full} to ${JSON.stringify(value)}`;
      throw new ZagError(`Cannot set ${what}: ${error.message}`);
    }
    await setConfigValue(this.#paths, file, full, checked);
    this.#settings = await read(this.#files, this.#host);
  }

  #setting(key: string): EffectiveSetting {
    TEXT(key, "key");
    const full = this.#find(key);
    const found = full === undefined ? undefined : this.#settings.get(full);
    if (found) return found;
    throw new ZagError(`Unknown setting ${JSON.stringify(key)}`, {
      hint: `It must be one of ${this.keys.join(", ")}`,
    });
  }
}

async function read(
  files: readonly ConfigFile[],
  host: Host,
): Promise<ReadonlyMap<string, EffectiveSetting>> {
  const [{ readLayer }, { effectiveSettings }] = await Promise.all([
    import("../config/config.ts"),
    import("../config/settings.ts"),
  ]);
  const layers = await Promise.all(files.map(readLayer));
  return new Map(effectiveSettings(layers, host.env).map((each) => [each.key, each]));
}
