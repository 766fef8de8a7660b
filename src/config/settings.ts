/** What every setting is at some place, and who says so. */
import type { ConfigLayer } from "./config.ts";
import { type Config, type ConfigValue, type Setting, SETTINGS } from "./keys.ts";
import type { EnvReader } from "./paths.ts";

/** Who says what a setting is; `unset` when nobody does. */
export type SettingSource = "environment" | "project" | "global" | "built in" | "unset";

/** A setting and what it is. */
export interface EffectiveSetting {
  /** Dotted, in full. */
  readonly key: string;
  readonly setting: Setting;
  readonly value: ConfigValue | undefined;
  readonly source: SettingSource;
  /** The file, or the variable, that says it; undefined for what is built in, and unset. */
  readonly from: string | undefined;
}

/** Every setting, in the order of the table. The first layer wins; the environment beats them all. */
export function effectiveSettings(
  layers: readonly ConfigLayer[],
  env: EnvReader,
): EffectiveSetting[] {
  const settings = [...SETTINGS].flatMap(([key, setting]): [string, Setting][] =>
    setting.open ? openKeys(key).map((each) => [each, setting]) : [[key, setting]]
  );
  return settings.map(([key, setting]) => ({ key, setting, ...decide(key, setting) }));

  /** What somebody has set where any name will do; none of them: the word for it. */
  function openKeys(key: string): string[] {
    const section = key.slice(0, key.indexOf(".") + 1);
    const keys = layers.flatMap(({ config }) => Object.keys(config));
    const set = [...new Set(keys.filter((each) => each.startsWith(section)))].sort();
    return set.length === 0 ? [key] : set;
  }

  function decide(key: string, { variable, globalOnly, builtIn }: Setting) {
    const text = variable && env.get(variable.name);
    const said = text === undefined ? undefined : variable?.read(text);
    if (said !== undefined) {
      return { value: said, source: "environment" as const, from: variable!.name };
    }
    for (const { file, config, source } of layers) {
      const value = config[key as keyof Config];
      if (value === undefined || (globalOnly && file.scope !== "global")) continue;
      return { value, source: file.scope, from: source };
    }
    const source = builtIn === undefined ? "unset" as const : "built in" as const;
    return { value: builtIn, source, from: undefined };
  }
}
