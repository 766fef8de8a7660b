/** The settings of the original, a `zag.toml`. It is read and never written. */
import { type Config, ConfigError, type ConfigFile } from "./config.ts";
import { checkValue, SECTIONS, SETTINGS } from "./keys.ts";

/** What a `zag.toml` says. */
export interface OriginalConfig {
  readonly config: Config;
  /** Keys that mean nothing here, in their order; of the usage limits only the section. */
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
    if (!SECTIONS.includes(section) || !isTable(body)) {
      leftOut.push(section);
      continue;
    }
    for (const [name, value] of Object.entries(body)) {
      const key = `${section}.${name}`;
      const setting = SETTINGS.get(key);
      if (!setting) {
        leftOut.push(key);
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
  const [only, second] = Object.keys(config);
  const isGenerated = second === undefined && only === "defaults.model" &&
    config[only] === "medium";
  return { config: isGenerated ? {} : config as Config, leftOut };
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
    current = /^\s*\[\s*"?([\w-]+)"?\s*\]/.exec(line)?.[1] ?? current;
    const key = /^\s*(?:([\w-]+)\s*\.\s*)?"?([\w-]+)"?\s*=/.exec(line);
    if (key?.[2] === name && (key[1] ?? current) === section) {
      return [index + 1, line.length - line.trimStart().length + 1];
    }
  }
  return [1, 1];
}
