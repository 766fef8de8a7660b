/** The settings of the original, a `zag.toml`. It is read and never written. */
import { type Config, ConfigError, type ConfigFile } from "./config.ts";
import { checkValue, holdsSettings, SECTIONS, settingOf } from "./keys.ts";

/** What a `zag.toml` says. */
export interface OriginalConfig {
  readonly config: Config;
  /** Keys that mean nothing here, in their order; of a section that does, only its name. */
  readonly leftOut: readonly string[];
}

/**
 * Reads the text of a `zag.toml`. One that says nothing but `model = "medium"` is what the original
 * wrote by itself wherever an agent was started: nobody chose that, so that it counts as empty.
 *
 * @throws {ConfigError} when it is no TOML, or holds a wrong value
 */
export async function parseOriginal(
  { original: path, scope }: Pick<ConfigFile, "original" | "scope">,
  text: string,
): Promise<OriginalConfig> {
  const hint = `Mend it, or run "zag config reset${scope === "global" ? " --global" : ""}": ` +
    "zag.jsonc then stands in its place";
  const document = await parseToml(path, text, hint);
  const config: Record<string, unknown> = {};
  const leftOut: string[] = [];
  for (const [section, body] of Object.entries(document)) {
    if (SECTIONS.includes(section) && isTable(body)) read(section, body);
    else leftOut.push(section);
  }
  const [only, second] = Object.keys(config);
  const isGenerated = second === undefined && only === "defaults.model" &&
    config[only] === "medium";
  return { config: isGenerated ? {} : config as Config, leftOut };

  function read(section: string, table: Record<string, unknown>): void {
    for (const [name, value] of Object.entries(table)) {
      const key = `${section}.${name}`;
      const setting = settingOf(key);
      if (!setting) {
        if (holdsSettings(key) && isTable(value)) read(key, value);
        else leftOut.push(key);
        continue;
      }
      try {
        config[key] = checkValue(setting, value);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        const place = placeOf(text, section, name);
        throw new ConfigError(path, ...place, `${key}: ${error.message}`, hint);
      }
    }
  }
}

async function parseToml(
  path: string,
  text: string,
  hint: string,
): Promise<Record<string, unknown>> {
  const { parse } = await import("@std/toml/parse");
  try {
    return parse(text.replace(/^\ufeff/, "")) as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const [, line, column, reason] = /line (\d+), column (\d+): ([^\n]*)/.exec(error.message) ??
      ["", 1, 0, error.message];
    throw new ConfigError(path, Number(line), Number(column) + 1, String(reason), hint);
  }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Date);
}

/** Line and column of a key, as near as can be told without the parser. */
function placeOf(text: string, section: string, name: string): [number, number] {
  const lines = text.split("\n");
  let current = "";
  for (const [index, line] of lines.entries()) {
    current = /^\s*\[\s*([\w\s."-]+)\]/.exec(line)?.[1]?.replace(/[\s"]/g, "") ?? current;
    const key = /^\s*([\w\s."-]+)=/.exec(line)?.[1]?.replace(/[\s"]/g, "");
    const full = `${section}.${name}`;
    if (key !== undefined && (key === full || `${current}.${key}` === full)) {
      return [index + 1, line.length - line.trimStart().length + 1];
    }
  }
  return [1, 1];
}
