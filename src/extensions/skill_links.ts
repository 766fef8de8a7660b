/** Gives skills to an agent's CLI: as links in the directory in which it looks for them. */
import { dirname, join, resolve } from "node:path";
import { record, str } from "../providers/json.ts";
import { OWN_PREFIX } from "./settings_text.ts";
import { type Skill, SKILL_FILE } from "./skills.ts";

/** Where a skill came from; lies beside its `SKILL.md`. */
export const IMPORT_FILE = ".import-metadata.json";

/** What came of it. */
export interface LinkReport {
  /** What the links in the directory lead to now, by their names. */
  readonly links: Readonly<Record<string, string>>;
  /** So many skills the CLI has itself. */
  readonly own: number;
  /** What the person should know. */
  readonly warnings: string[];
  /** The directory was made. */
  readonly created: boolean;
}

/**
 * Makes the links in a directory be those of the skills. A skill of the CLI's own of that name, and
 * whatever else has the name of a link, stays as it is.
 *
 * @param source the directory of all skills
 * @param known what zag's links led to the last time, by their names
 */
export async function linkSkills(
  skills: readonly Skill[],
  source: string,
  directory: string,
  provider: string,
  known: Readonly<Record<string, string>> = {},
): Promise<LinkReport> {
  const warnings: string[] = [];
  const created = skills.length > 0 && !await isThere(directory);
  if (created) await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
  const wanted = new Map<string, Skill>();
  for (const skill of skills) {
    const native = join(directory, skill.name);
    if (!leadsToDirectory(native)) wanted.set(OWN_PREFIX + skill.name, skill);
    else if (await hasChanged(skill, native, provider)) {
      warnings.push(
        `the skill ${JSON.stringify(native)} has changed since it was imported; ${provider} uses ` +
          "it, the others the older copy",
      );
    }
  }
  for (const name of ownLinks(source, directory, known)) {
    const path = join(directory, name);
    if (linkTarget(path) !== wanted.get(name)?.dir) await Deno.remove(path);
  }
  const links: Record<string, string> = {};
  for (const [name, skill] of wanted) {
    const path = join(directory, name);
    const target = linkTarget(path);
    if (target === undefined && !await isThere(path)) {
      await Deno.symlink(skill.dir, path, { type: "dir" });
    } else if (target !== skill.dir) {
      warnings.push(`${JSON.stringify(path)} is not zag's: the skill is not given to ${provider}`);
      continue;
    }
    links[name] = skill.dir;
  }
  return { links, own: skills.length - wanted.size, warnings, created };
}

/**
 * Removes the links to skills from a directory.
 *
 * @param known what zag's links led to the last time, by their names
 * @param skill only the links to this one
 * @returns how many there were
 */
export async function unlinkSkills(
  source: string,
  directory: string,
  known: Readonly<Record<string, string>>,
  skill: string,
): Promise<number> {
  const names = ownLinks(source, directory, known).filter((name) => name === OWN_PREFIX + skill);
  for (const name of names) await Deno.remove(join(directory, name));
  return names.length;
}

/**
 * Removes the links to skills that are gone.
 *
 * @returns what the others lead to, by their names
 */
export async function unlinkDead(
  source: string,
  directory: string,
  known: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const left: Record<string, string> = {};
  for (const name of ownLinks(source, directory, known)) {
    const target = linkTarget(join(directory, name));
    if (target !== undefined && leadsToDirectory(target)) left[name] = target;
    else await Deno.remove(join(directory, name));
  }
  return left;
}

/** Names of the links that lead to skills of zag, whether these are there or not. */
function ownLinks(
  source: string,
  directory: string,
  known: Readonly<Record<string, string>>,
): string[] {
  try {
    return [...Deno.readDirSync(directory)].map(({ name }) => name).filter((name) => {
      const target = name.startsWith(OWN_PREFIX) && linkTarget(join(directory, name));
      if (!target) return false;
      // One that zag has made and that leads nowhere is of a state directory that was moved.
      return dirname(target) === source || target === known[name] && !leadsToDirectory(target);
    });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** What a symbolic link names, absolute; undefined for anything else. */
function linkTarget(path: string): string | undefined {
  try {
    return resolve(dirname(path), Deno.readLinkSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}

function leadsToDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

/** Whether a CLI's own skill is no longer what was imported from it. */
async function hasChanged(skill: Skill, native: string, provider: string): Promise<boolean> {
  try {
    const text = await Deno.readTextFile(join(skill.dir, IMPORT_FILE));
    const imported = record(JSON.parse(text));
    return str(imported?.source_provider) === provider &&
      str(imported?.source_hash) !== await hashOf(join(native, SKILL_FILE));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

/** SHA-256 of a file, in hexadecimal digits. */
export async function hashOf(path: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(path))).toHex();
}
