/**
 * The configuration: `zag.jsonc` of the project over the global one over what is built in, merged
 * key by key. Reading never writes, and nothing is read from the repository itself: a repository
 * that somebody cloned must not be able to approve anything.
 */
import { dirname, join } from "node:path";
import type { Node, ParseError } from "jsonc-parser";
import { ZagError } from "../errors.ts";
import {
  checkValue,
  type Config,
  holdsSettings,
  listedKeys,
  SECTIONS,
  settingOf,
  SETTINGS,
  shortKey,
} from "./keys.ts";
import type { ZagPaths } from "./paths.ts";
import { type Project, projectOwner } from "./project.ts";

export type { Config } from "./keys.ts";

/** A configuration that cannot be used; says where and why. */
export class ConfigError extends ZagError {
  /** Name of the class. */
  override name = "ConfigError";

  /**
   * Makes the error.
   *
   * @param path The file.
   * @param line From 1.
   * @param column From 1.
   * @param reason What is wrong there.
   * @param hint What the person can do about it.
   */
  constructor(
    readonly path: string,
    readonly line: number,
    readonly column: number,
    reason: string,
    hint?: string,
  ) {
    super(`Cannot use the configuration ${path}:${line}:${column}: ${reason}`, { hint });
  }
}

/** One file of settings. */
export interface ConfigFile {
  /** For whom it holds. */
  readonly scope: "project" | "global";
  /** The `zag.jsonc`. */
  readonly path: string;
  /** The original's `zag.toml`, which counts as long as there is no file at `path`. */
  readonly original: string;
}

/** The settings of one file. */
export interface ConfigLayer {
  readonly file: ConfigFile;
  /** What was read: `path`, `original`, or undefined when neither is there. */
  readonly source: string | undefined;
  readonly config: Config;
  /** What the original's file says that this program does not know. */
  readonly leftOut: readonly string[];
}

/** The files of a project, the one that wins first; outside of any project only the global one. */
export async function configFiles(
  paths: ZagPaths,
  project: Pick<Project, "key" | "repoRoot" | "workspace"> | undefined,
): Promise<ConfigFile[]> {
  const { globalConfig: path } = paths;
  const files: ConfigFile[] = [{ scope: "global", path, original: paths.originalConfig() }];
  if (project?.key !== undefined) {
    files.unshift({
      scope: "project",
      path: paths.projectConfig(project.key),
      original: paths.originalConfig(await projectOwner(project)),
    });
  }
  return files;
}

/**
 * The configuration of a project over the global one, and the global one alone.
 *
 * @throws {ConfigError} as {@linkcode readLayer}
 */
export async function loadProjectConfig(
  paths: ZagPaths,
  project: Pick<Project, "key" | "repoRoot" | "workspace">,
): Promise<{ config: Config; globalConfig: Config }> {
  const layers = await Promise.all((await configFiles(paths, project)).map(readLayer));
  return { config: mergeLayers(layers), globalConfig: layers.at(-1)!.config };
}

/** What the files say together, the first one winning. */
export function mergeLayers(layers: readonly ConfigLayer[]): Config {
  return Object.assign({}, ...layers.map(({ config }) => config).reverse());
}

/**
 * Reads and merges configuration files, the first one winning. A missing file is an empty one, or
 * what the original has left beside it.
 *
 * @throws {ConfigError} as {@linkcode readLayer}
 */
export async function loadConfig(paths: readonly string[]): Promise<Config> {
  const layers = paths.map((path) =>
    readLayer({ scope: "global", path, original: join(dirname(path), "zag.toml") })
  );
  return mergeLayers(await Promise.all(layers));
}

/**
 * Reads one file; a missing one is empty.
 *
 * @throws {ConfigError} when it is no JSONC, or holds an unknown key or a wrong value
 */
export async function readLayer(file: ConfigFile): Promise<ConfigLayer> {
  const { path, original } = file;
  const text = await readIfPresent(path);
  if (text !== undefined) {
    return { file, source: path, config: await parseConfig(path, text), leftOut: [] };
  }
  const old = await readIfPresent(original);
  if (old === undefined) return { file, source: undefined, config: {}, leftOut: [] };
  const { parseOriginal } = await import("./original_config.ts");
  return { file, source: original, ...await parseOriginal(file, old) };
}

/** The text of a file; undefined when there is none. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const { NotFound, NotADirectory, NotCapable } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotADirectory) return undefined;
    if (error instanceof NotCapable) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ZagError(`Cannot read the configuration ${path}: ${reason}`, { cause: error });
  }
}

/**
 * The tree of a configuration; undefined when there is nothing in it but comments. Offsets count from
 * the start of the text, a byte order mark included.
 *
 * @throws {ConfigError} when it is no JSONC, or no object
 */
export async function parseJsonc(path: string, text: string): Promise<Node | undefined> {
  const jsonc = await import("jsonc-parser");
  const errors: ParseError[] = [];
  // The parser knows no byte order mark, but blanks.
  const tree = jsonc.parseTree(text.replace(/^\ufeff/, " "), errors, {
    allowTrailingComma: true,
    allowEmptyContent: true,
  });
  const [first] = errors;
  if (first) throw errorAt(path, text, first.offset, words(jsonc.printParseErrorCode(first.error)));
  if (tree && tree.type !== "object") {
    throw errorAt(path, text, tree.offset, "it must hold one JSON object");
  }
  return tree;
}

/** `PropertyNameExpected` as it is said. */
function words(code: string): string {
  return code.replace(/(?!^)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
}

/** An error that points into a text. */
export function errorAt(
  path: string,
  text: string,
  offset: number,
  reason: string,
  hint?: string,
): ConfigError {
  const before = text.slice(0, offset).split("\n");
  return new ConfigError(path, before.length, before.at(-1)!.length + 1, reason, hint);
}

/** The names and values of an object, with where each begins. */
export function properties(
  object: Node,
): { name: string; at: number; value: Node | undefined }[] {
  return (object.children ?? []).map(({ offset, children }) => ({
    name: String(children?.[0]?.value),
    at: offset,
    value: children?.[1],
  }));
}

async function parseConfig(path: string, text: string): Promise<Config> {
  const tree = await parseJsonc(path, text);
  if (tree === undefined) return {};
  const { getNodeValue } = await import("jsonc-parser");
  const config: Record<string, unknown> = {};
  const sections = properties(tree);
  for (const { name, at, value } of sections) {
    refuseTwice(path, text, name, at, sections);
    if (name === "$schema") continue;
    if (!SECTIONS.includes(name)) throw await unknown(path, text, at, name);
    await readSection(name, at, value);
  }
  return config as Config;

  async function readSection(section: string, at: number, object: Node | undefined): Promise<void> {
    if (object?.type !== "object") {
      const place = object?.offset ?? at;
      throw errorAt(path, text, place, `${section}: it must be an object of settings`);
    }
    const entries = properties(object);
    for (const { name, at, value } of entries) {
      const key = `${section}.${name}`;
      refuseTwice(path, text, name, at, entries);
      // A name with a dot in it is none of the objects that a key means.
      if (name.includes(".") && !settingOf(key)?.open) throw await unknown(path, text, at, key);
      if (holdsSettings(key)) {
        await readSection(key, at, value);
        continue;
      }
      const setting = settingOf(key);
      if (!setting || !value) throw await unknown(path, text, at, key);
      try {
        config[key] = checkValue(setting, getNodeValue(value));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw errorAt(path, text, value.offset, `${key}: ${error.message}`);
      }
    }
  }
}

/** Of two equal names a reader would take one, and an editor may change the other. */
function refuseTwice(
  path: string,
  text: string,
  name: string,
  at: number,
  all: readonly { name: string; at: number }[],
): void {
  if (all.some((other) => other.name === name && other.at < at)) {
    throw errorAt(path, text, at, `"${name}" stands here for the second time`);
  }
}

async function unknown(
  path: string,
  text: string,
  at: number,
  name: string,
): Promise<ConfigError> {
  return errorAt(path, text, at, `unknown key "${name}"`, await keyAdvice(name));
}

/** What to write instead of an unknown key of a file. */
export async function keyAdvice(name: string): Promise<string> {
  const { didYouMean } = await import("../suggest.ts");
  const isSection = !name.includes(".");
  const keys = [...SETTINGS.keys()];
  const full = isSection ? keys.find((key) => shortKey(key) === name) : undefined;
  if (full !== undefined) {
    const [section, rest] = full.split(".");
    return `Write it as {"${section}": {"${rest}": ...}}`;
  }
  const candidates = isSection ? SECTIONS : keys;
  const list = isSection
    ? `The sections are ${SECTIONS.join(", ")}`
    : `The keys are ${listedKeys().join(", ")}`;
  return [didYouMean(name, candidates), list].filter(Boolean).join("\n");
}
