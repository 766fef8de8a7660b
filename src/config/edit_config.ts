/**
 * Changes configuration files. One process at a time does it, a file is replaced as a whole or not
 * at all, and one that cannot be parsed is left as it is.
 */
import { dirname, relative, sep } from "node:path";
import { ZagError } from "../errors.ts";
import { exclusively } from "../sessions/exclusive.ts";
import {
  type ConfigFile,
  type ConfigLayer,
  parseJsonc,
  readIfPresent,
  readLayer,
} from "./config.ts";
import { editText } from "./edit_text.ts";
import { type ConfigValue, SECTIONS, SETTINGS } from "./keys.ts";
import { ensurePrivateDir, type ZagPaths } from "./paths.ts";
import { schemaText } from "./schema.ts";
import { throughLinks, writeWhole } from "../write_whole.ts";

/** What an edit needs besides the file. */
export interface EditOptions {
  /** Is called once when another process edits for longer than a moment. */
  waiting?(): void;
}

/** What came of an edit. */
export interface Edited {
  /** The file was not there before. */
  readonly created: boolean;
  /** The original's file whose settings were taken over; undefined when there was none. */
  readonly takenOver: ConfigLayer | undefined;
}

/**
 * Sets one setting, or takes it out with undefined. A missing file is made, with what the original's
 * file says; there is nothing to take out of one that is missing.
 *
 * @param key Dotted, in full.
 * @param value As {@linkcode readValue} gives it.
 * @throws {ConfigError} when the file cannot be parsed; it stays as it is
 */
export async function setConfigValue(
  paths: ZagPaths,
  file: ConfigFile,
  key: string,
  value: ConfigValue | undefined,
  options: EditOptions = {},
): Promise<Edited> {
  const hasNothing = async () => {
    const { text, takenOver } = await startOf(paths, file);
    return value === undefined && text === undefined &&
      !Object.hasOwn(takenOver?.config ?? {}, key);
  };
  if (await hasNothing()) return { created: false, takenOver: undefined };
  return await locked(paths, file, options, async () => {
    const { text, fresh, takenOver } = await startOf(paths, file);
    const before = text ?? fresh;
    const after = await editText(file.path, before, key, value);
    await checkEdit(file.path, before, after, key, value);
    if (after !== text) await writeWhole(file.path, after);
    await writeSchema(paths);
    return { created: text === undefined, takenOver };
  });
}

/**
 * Writes a file that says which settings there are, all of them in comments but those that the
 * original's file sets.
 *
 * @returns undefined when there is a file already; it is left alone
 */
export async function initConfig(
  paths: ZagPaths,
  file: ConfigFile,
  options: EditOptions = {},
): Promise<Edited | undefined> {
  return await locked(paths, file, options, async () => {
    if (await exists(file.path)) {
      const info = await Deno.stat(file.path).catch(() => undefined);
      if (info?.isDirectory) throw new Error("it is a directory");
      return undefined;
    }
    const { takenOver } = await startOf(paths, file);
    await writeWhole(file.path, await withSettings(file, template(paths, file), takenOver));
    await writeSchema(paths);
    return { created: true, takenOver };
  });
}

/**
 * Puts the file of {@linkcode initConfig} in place of what is there, without the original's settings.
 *
 * @returns Where the old file is kept; undefined when there was none.
 */
export async function resetConfig(
  paths: ZagPaths,
  file: ConfigFile,
  now: Date,
  options: EditOptions = {},
): Promise<string | undefined> {
  return await locked(paths, file, options, async () => {
    const backup = await exists(file.path) ? await keepCopy(file.path, now) : undefined;
    await writeWhole(file.path, template(paths, file));
    await writeSchema(paths);
    return backup;
  });
}

async function locked<T>(
  paths: ZagPaths,
  file: ConfigFile,
  options: EditOptions,
  work: () => Promise<T>,
): Promise<T> {
  ensurePrivateDir(paths.home);
  ensurePrivateDir(dirname(file.path));
  try {
    return await exclusively(paths.configLock, () => options.waiting?.(), work);
  } catch (error) {
    if (error instanceof ZagError || error instanceof Deno.errors.NotCapable) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ZagError(`Cannot write the configuration ${file.path}: ${reason}`, { cause: error });
  }
}

/** Where an edit begins. */
interface Start {
  /** What the file holds; undefined when there is none. */
  readonly text: string | undefined;
  /** What a new file would hold before the edit. */
  readonly fresh: string;
  readonly takenOver: ConfigLayer | undefined;
}

async function startOf(paths: ZagPaths, file: ConfigFile): Promise<Start> {
  const text = await readIfPresent(file.path);
  const fresh = `{\n  "$schema": ${JSON.stringify(schemaReference(paths, file))}\n}\n`;
  if (text !== undefined) return { text, fresh, takenOver: undefined };
  const layer = await readLayer(file);
  if (layer.source === undefined) return { text, fresh, takenOver: undefined };
  return { text: undefined, fresh: await withSettings(file, fresh, layer), takenOver: layer };
}

async function withSettings(
  file: ConfigFile,
  start: string,
  layer: ConfigLayer | undefined,
): Promise<string> {
  let text = start;
  for (const [key, value] of Object.entries(layer?.config ?? {})) {
    text = await editText(file.path, text, key, value);
  }
  return text;
}

/** Nothing is written that would change more than was asked for. */
async function checkEdit(
  path: string,
  before: string,
  after: string,
  key: string,
  value: ConfigValue | undefined,
): Promise<void> {
  const was = await leaves(path, before);
  const is = await leaves(path, after).catch(() => undefined);
  if (value === undefined) was.delete(key);
  else was.set(key, JSON.stringify(value));
  const same = was.size === is?.size && [...was].every(([key, text]) => is?.get(key) === text);
  if (same) return;
  throw new ZagError(`Cannot change "${key}" in ${path}: its layout is not understood`, {
    hint: "Change it with an editor",
  });
}

async function leaves(path: string, text: string): Promise<Map<string, string>> {
  const tree = await parseJsonc(path, text);
  const { getNodeValue } = await import("jsonc-parser");
  const root = tree ? getNodeValue(tree) as Record<string, unknown> : {};
  return new Map(leavesOf(root));
}

function leavesOf(object: object, section = ""): [string, string][] {
  return Object.entries(object).flatMap(([name, value]): [string, string][] =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? leavesOf(value, `${section}${name}.`)
      : [[section + name, JSON.stringify(value)]]
  );
}

/** Whoever moves the state directory moves the schema with it, so that it is named from the file. */
function schemaReference(paths: ZagPaths, file: ConfigFile): string {
  const path = relative(dirname(file.path), paths.configSchema).replaceAll(sep, "/");
  return path.startsWith(".") ? path : `./${path}`;
}

/** What stands for any name has a value in one form. */
const OPEN_EXAMPLE = "input=1.25 output=10";

/** What holds for one provider alone, in comments, too. */
const PROVIDER_LIMITS =
  `    // What holds for one provider, in place of the above; the patterns tell a limit in its errors
    // "providers": {
    //   "claude": { "fallback_secs": 600, "extra_patterns": ["come back later"] }
    // }
`;

function template(paths: ZagPaths, file: ConfigFile): string {
  const who = file.scope === "project"
    ? "The settings of one project; they win over the global ones."
    : "The settings that hold where a project says nothing.";
  const sections = SECTIONS.map((section) => {
    const settings = [...SETTINGS].filter(([key, { globalOnly, rare }]) =>
      key.startsWith(`${section}.`) && !rare && !(globalOnly && file.scope !== "global")
    );
    if (settings.length === 0) return "";
    const lines = settings.map(([key, { brief, builtIn, type, choices, open }]) => {
      const example = builtIn ?? choices?.[0] ??
        (type === "integer" ? 10 : type === "number" ? 2.5 : open ? OPEN_EXAMPLE : "...");
      return `    // ${brief}\n    // "${key.slice(section.length + 1)}": ${
        JSON.stringify(example)
      }\n`;
    });
    const more = section === "usage_limits" ? PROVIDER_LIMITS : "";
    return `  "${section}": {\n${lines.join("")}${more}  }`;
  });
  return `// ${who} "zag config list" tells what is set.
{
  "$schema": ${JSON.stringify(schemaReference(paths, file))},
${sections.filter((text) => text !== "").join(",\n")}
}
`;
}

async function writeSchema({ configSchema }: ZagPaths): Promise<void> {
  const text = schemaText();
  if (await readIfPresent(configSchema) !== text) await writeWhole(configSchema, text);
}

async function exists(path: string): Promise<boolean> {
  return await infoOf(path) !== undefined;
}

async function infoOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Copies a file to a name beside it that is still free. */
async function keepCopy(path: string, now: Date): Promise<string | undefined> {
  const target = await throughLinks(path);
  if (!await exists(target)) return undefined;
  const time = now.toISOString().slice(0, 19).replaceAll(":", "-");
  const bytes = await Deno.readFile(target);
  for (let count = 1;; count++) {
    const copy = `${path}.${time}${count === 1 ? "" : `-${count}`}.bak`;
    try {
      await Deno.writeFile(copy, bytes, { createNew: true, mode: 0o600 });
      return copy;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}
