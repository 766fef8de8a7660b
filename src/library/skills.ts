/**
 * Skills: instructions for agents, a directory each, that zag gives to every provider.
 *
 * @module
 */
import { checkArguments, FUNCTION, parts, TEXT } from "../agent/argument_check.ts";
import type { Imported } from "../extensions/import_skills.ts";
import type { Skill } from "../extensions/skills.ts";
import type { ProviderReport, RemovalReport } from "../extensions/sync_provider.ts";
import { realHost } from "../host.ts";
import { extensionPlace, homeOf, nothingToImport, sourceOf, syncWith } from "./extension_place.ts";

export type { Imported, ProviderReport, RemovalReport, Skill };

/** Who is told of skills that cannot be used. */
export interface SkillListOptions {
  /** Hears of directories that hold no usable skill. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** What a new skill says. */
export interface NewSkill {
  /** What it is for: agents choose it by this. Default: nothing. */
  readonly description?: string | undefined;
}

const LIST = parts<SkillListOptions>({ onWarning: FUNCTION });
const NEW = parts<NewSkill>({ description: TEXT });

/** All skills by name. */
export async function list(options: SkillListOptions = {}): Promise<Skill[]> {
  checkArguments("skills.list()", [options, "options", LIST]);
  const { onWarning } = options;
  const { listSkills } = await import("../extensions/skills.ts");
  const { paths } = await extensionPlace();
  const { skills, bad } = await listSkills(paths.skills);
  for (const { error } of bad) onWarning?.(error.message);
  return skills;
}

/**
 * One skill.
 *
 * @throws {ZagError} when there is none of this name, or it cannot be used
 */
export async function get(name: string): Promise<Skill> {
  checkArguments("skills.get()", [name, "name", TEXT]);
  const { findSkill } = await import("../extensions/skills.ts");
  return await findSkill((await extensionPlace()).paths.skills, name);
}

/**
 * Makes the skeleton of a skill.
 *
 * @returns Path of the file to edit.
 * @throws {ZagError} when there is one of this name, or it can be no name
 */
export async function add(name: string, skill: NewSkill = {}): Promise<string> {
  checkArguments("skills.add()", [name, "name", TEXT], [skill, "skill", NEW]);
  const { description = "" } = skill;
  const { addSkill } = await import("../extensions/skills.ts");
  return await addSkill((await extensionPlace()).paths.skills, name, description);
}

/**
 * Takes a skill from the agents, and removes it with everything in its directory.
 *
 * @throws {ZagError} when there is none of this name
 */
export async function remove(name: string): Promise<RemovalReport> {
  checkArguments("skills.remove()", [name, "name", TEXT]);
  const [{ removeSkill }, { withdrawSkill }] = await Promise.all([
    import("../extensions/skills.ts"),
    import("../extensions/sync_provider.ts"),
  ]);
  const place = await extensionPlace();
  return await removeSkill(place.paths.skills, name, () => withdrawSkill(place, name));
}

/** Gives the skills to all agents that are used here now. This happens before each session anyway. */
export async function sync(): Promise<ProviderReport[]> {
  return await syncWith("syncSkills", undefined);
}

/**
 * Gives the skills to one agent now, even if it was never used here.
 *
 * @throws {InvalidProviderError} when there is no such provider
 */
export async function setup(provider: string): Promise<ProviderReport> {
  checkArguments("skills.setup()", [provider, "provider", TEXT]);
  return (await syncWith("syncSkills", provider))[0]!;
}

/** Copies the skills that a provider's CLI has, for all agents; what zag has of the same name stays. */
async function importSkills(provider = "claude"): Promise<Imported[]> {
  checkArguments("skills.import()", [provider, "provider", TEXT]);
  const { importSkills } = await import("../extensions/import_skills.ts");
  const place = await extensionPlace();
  const source = await sourceOf(provider);
  const directory = source.extensions?.skills?.({ home: homeOf(place), env: place.env });
  if (directory === undefined) throw nothingToImport(source.provider, "skills");
  return await importSkills(directory, place.paths.skills, source.provider, realHost().now());
}

export { importSkills as import };
