/**
 * The configuration: `zag.jsonc` of the project over the global one over what is built in, merged
 * key by key. Reading never writes, and nothing is read from the repository itself: a repository
 * that somebody cloned must not be able to approve anything.
 */
import type { ParseError } from "jsonc-parser";
import { ZagError } from "../errors.ts";
import { PROVIDER_NAMES } from "../providers/registry.ts";

/** A configuration that cannot be used; says where and why. */
export class ConfigError extends ZagError {
  /** Name of the class. */
  override name = "ConfigError";

  /**
   * Makes the error.
   *
   * @param reason What is wrong there.
   */
  constructor(
    readonly path: string,
    readonly line: number,
    readonly column: number,
    reason: string,
  ) {
    super(`Cannot use the configuration ${path}:${line}:${column}: ${reason}`);
  }
}

/** The settings, by dotted key. */
export interface Config {
  "defaults.provider"?: string;
  "defaults.model"?: string;
  "defaults.auto_approve"?: boolean;
  "defaults.max_turns"?: number;
  "defaults.system_prompt"?: string;
  /** The model of one provider; beats `defaults.model`. */
  [model: `models.${string}`]: string;
  /** Who chooses for `auto`. */
  "auto.provider"?: string;
  "auto.model"?: string;
  "ollama.model"?: string;
  "ollama.size"?: string;
  "ollama.size_small"?: string;
  "ollama.size_medium"?: string;
  "ollama.size_large"?: string;
  "claude.allow_print"?: boolean;
  /** How `listen` shows events. */
  "listen.format"?: "text" | "json" | "rich-text";
  /** The times of `listen --timestamps`, as strftime writes them. */
  "listen.timestamp_format"?: string;
}

type Check = (value: unknown) => string | undefined;

const text: Check = (value) => typeof value === "string" ? undefined : "it must be a string";
const flag: Check = (value) => typeof value === "boolean" ? undefined : "it must be true or false";
const positive: Check = (value) =>
  Number.isInteger(value) && (value as number) > 0
    ? undefined
    : "it must be a whole number above 0";
const oneOf = (names: readonly string[]): Check => (value) =>
  typeof value === "string" && names.includes(value.toLowerCase())
    ? undefined
    : `it must be one of ${names.join(", ")}`;

/** Every key and the check of its value. */
const KEYS: Readonly<Record<string, Check>> = {
  "defaults.provider": oneOf([...PROVIDER_NAMES, "auto"]),
  "defaults.model": text,
  "defaults.auto_approve": flag,
  "defaults.max_turns": positive,
  "defaults.system_prompt": text,
  ...Object.fromEntries(PROVIDER_NAMES.map((name) => [`models.${name}`, text])),
  "auto.provider": oneOf(PROVIDER_NAMES),
  "auto.model": text,
  "ollama.model": text,
  "ollama.size": text,
  "ollama.size_small": text,
  "ollama.size_medium": text,
  "ollama.size_large": text,
  "claude.allow_print": flag,
  "listen.format": oneOf(["text", "json", "rich-text"]),
  "listen.timestamp_format": text,
} satisfies Readonly<Record<keyof Config, Check>>;

/** The keys that a configuration file may hold. */
export const CONFIG_KEYS: readonly string[] = Object.keys(KEYS);

/**
 * Reads and merges configuration files, the first one winning. A missing file is an empty one.
 *
 * @throws {ConfigError} when a file is no JSONC, or holds an unknown key or a wrong value.
 */
export async function loadConfig(paths: readonly string[]): Promise<Config> {
  const merged: Config = {};
  for (const path of [...paths].reverse()) Object.assign(merged, await readConfig(path));
  return merged;
}

async function readConfig(path: string): Promise<Config> {
  let source: string;
  try {
    source = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return {};
    }
    throw error;
  }
  const jsonc = await import("jsonc-parser");
  const at = (offset: number): [number, number] => {
    const before = source.slice(0, offset).split("\n");
    return [before.length, (before.at(-1)?.length ?? 0) + 1];
  };
  const errors: ParseError[] = [];
  const tree = jsonc.parseTree(source, errors, { allowTrailingComma: true });
  const first = errors[0];
  if (first) {
    throw new ConfigError(path, ...at(first.offset), jsonc.printParseErrorCode(first.error));
  }
  const config: Record<string, unknown> = {};
  if (tree === undefined) return {};
  if (tree.type !== "object") throw new ConfigError(path, 1, 1, "it must hold one JSON object");
  for (const section of tree.children ?? []) {
    const [nameNode, body] = section.children ?? [];
    const name = String(nameNode?.value);
    if (name === "$schema") continue;
    const known = CONFIG_KEYS.some((key) => key.startsWith(`${name}.`));
    if (!known || body?.type !== "object") {
      throw new ConfigError(path, ...at(section.offset), unknownKey(name));
    }
    for (const entry of body.children ?? []) {
      const [keyNode, value] = entry.children ?? [];
      const key = `${name}.${keyNode?.value}`;
      const check = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
      if (!check || !value) throw new ConfigError(path, ...at(entry.offset), unknownKey(key));
      const plain = jsonc.getNodeValue(value);
      const problem = check(plain);
      if (problem) throw new ConfigError(path, ...at(value.offset), `${key}: ${problem}`);
      config[key] = plain;
    }
  }
  return config as Config;
}

function unknownKey(key: string): string {
  return `unknown key "${key}"; the keys are ${CONFIG_KEYS.join(", ")}`;
}

/**
 * Sets one key of a configuration file and keeps everything else in it, comments included. The file
 * and its directory are created when missing.
 */
export async function setConfigValue(
  path: string,
  key: keyof Config,
  value: string | number | boolean,
): Promise<void> {
  const jsonc = await import("jsonc-parser");
  const { dirname } = await import("node:path");
  let source = "{}\n";
  try {
    source = await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const edits = jsonc.modify(source, key.split("."), value, {
    formattingOptions: { insertSpaces: true, tabSize: 2 },
  });
  await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  await Deno.writeTextFile(temporary, jsonc.applyEdits(source, edits), { mode: 0o600 });
  await Deno.rename(temporary, path);
}
