/** Skills: instructions for agents, one directory each, that every provider can be given. */
import { basename, join } from "node:path";
import { ensurePrivateDir } from "../config/paths.ts";
import { record, str } from "../providers/json.ts";
import { ExtensionError, reasonOf } from "./errors.ts";
import { checkName, isName } from "./names.ts";

/** A skill. */
export interface Skill {
  readonly name: string;
  /** Empty where nothing is said. */
  readonly description: string;
  /** What follows the front matter. */
  readonly body: string;
  /** Its directory, absolute. */
  readonly dir: string;
}

/** A directory that holds no usable skill. */
export interface BadSkill {
  readonly dir: string;
  readonly error: ExtensionError;
}

/** The file that makes a directory a skill. */
export const SKILL_FILE = "SKILL.md";

/** All skills by name, and the directories that hold none that could be used. */
export async function listSkills(
  directory: string,
): Promise<{ skills: Skill[]; bad: BadSkill[] }> {
  const skills: Skill[] = [];
  const bad: BadSkill[] = [];
  for (const name of directoriesIn(directory)) {
    const dir = join(directory, name);
    try {
      skills.push(await readSkill(dir));
    } catch (error) {
      if (!(error instanceof ExtensionError)) throw error;
      bad.push({ dir, error });
    }
  }
  return { skills, bad };
}

/** Names of the directories in one, sorted; none where it is not there. */
export function directoriesIn(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)]
      .filter(({ name, isDirectory }) => isDirectory && !name.startsWith("."))
      .map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/**
 * One skill by its name.
 *
 * @throws {ExtensionError} when there is none, when it cannot be read, or when the name is no name
 */
export async function findSkill(directory: string, name: string): Promise<Skill> {
  const dir = join(directory, checkName("skill", name));
  if (!isDirectory(dir)) {
    throw new ExtensionError(`Cannot find skill ${JSON.stringify(name)}: there is none`, {
      hint: '"zag skills list" shows all',
    });
  }
  return await readSkill(dir);
}

/**
 * Reads the skill in a directory. Its front matter must name it as the directory does.
 *
 * @throws {ExtensionError} when there is no skill that could be used
 */
export async function readSkill(dir: string): Promise<Skill> {
  const name = basename(dir);
  const fail = (reason: string) =>
    new ExtensionError(`Cannot use the skill ${JSON.stringify(dir)}: ${reason}`);
  if (!isName(name)) throw fail("its directory has no name that a skill can have");
  let text: string;
  try {
    text = await Deno.readTextFile(join(dir, SKILL_FILE));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    const missing = error instanceof Deno.errors.NotFound;
    throw fail(
      missing ? `it has no ${SKILL_FILE}` : `its ${SKILL_FILE} cannot be read: ${reasonOf(error)}`,
    );
  }
  const { data, body } = await readFrontMatter(text).catch((error) => {
    throw fail(`the front matter of its ${SKILL_FILE} ${(error as Error).message}`);
  });
  const { name: given, description } = data;
  if (str(given) === undefined) throw fail(`its ${SKILL_FILE} says no name`);
  if (given !== name) {
    throw fail(
      `its ${SKILL_FILE} says the name ${JSON.stringify(given)}, its directory ` +
        JSON.stringify(name),
    );
  }
  if (description !== undefined && description !== null && str(description) === undefined) {
    throw fail(`the description in its ${SKILL_FILE} is no text`);
  }
  return { name, description: str(description)?.trim() ?? "", body, dir };
}

/**
 * Splits a text into its YAML front matter and what follows.
 *
 * @throws {Error} where there is no front matter; the message continues "The front matter ..."
 */
export async function readFrontMatter(
  text: string,
): Promise<{ data: Record<string, unknown>; body: string }> {
  const match = /^\ufeff?---[ \t]*\r?\n([\s\S]*?)(?<=\n)---[ \t]*(?:\r?\n|$)/.exec(text);
  if (!match) throw new Error('is missing: it stands between two lines "---" at the top');
  const { parseYaml } = await import("./yaml.ts");
  let data: unknown;
  try {
    data = parseYaml(match[1]!);
  } catch (error) {
    throw new Error(`is no YAML: ${yamlReason(error as Error)}`);
  }
  const fields = record(data);
  if (!fields) throw new Error("holds no fields");
  return { data: fields, body: text.slice(match[0].length).replace(/^(?:[ \t]*\r?\n)+/, "") };
}

/** Why a text is no YAML, on one line; lines are counted as in the file, where `---` is before it. */
function yamlReason({ message }: Error): string {
  return message.split("\n")[0]!.replace(/:$/, "")
    .replace(/ at line (\d+), column (\d+)$/, (_, line, column) => {
      return ` (line ${Number(line) + 1}, column ${column})`;
    });
}

/**
 * Makes the skeleton of a skill.
 *
 * @returns the path of the file to edit
 * @throws {ExtensionError} when there is one of the name
 */
export async function addSkill(
  directory: string,
  name: string,
  description: string,
): Promise<string> {
  const dir = join(directory, checkName("skill", name));
  const { stringifyYaml } = await import("./yaml.ts");
  ensurePrivateDir(directory);
  try {
    await Deno.mkdir(dir, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    throw new ExtensionError(`Cannot add skill ${JSON.stringify(name)}: it exists`, {
      hint: `Edit ${join(dir, SKILL_FILE)}, or remove it first: zag skills remove ${name}`,
      cause: error,
    });
  }
  const path = join(dir, SKILL_FILE);
  const front = stringifyYaml({ name, description }, { lineWidth: -1 });
  const body = `# ${name}\n\nSay here what the agent shall do, step by step.\n`;
  await Deno.writeTextFile(path, `---\n${front}---\n\n${body}`, { mode: 0o600 });
  return path;
}

/**
 * Removes the directory of a skill, whatever is in it.
 *
 * @param withdraw takes the skill from the agents first
 * @returns what `withdraw` returned
 * @throws {ExtensionError} when there is no such skill
 */
export async function removeSkill<T>(
  directory: string,
  name: string,
  withdraw: () => Promise<T>,
): Promise<T> {
  const dir = join(directory, checkName("skill", name));
  if (!isDirectory(dir)) {
    throw new ExtensionError(`Cannot remove skill ${JSON.stringify(name)}: there is none`, {
      hint: '"zag skills list" shows all',
    });
  }
  const report = await withdraw();
  await Deno.remove(dir, { recursive: true });
  return report;
}

/** Whether there is a directory, not a link to one. */
export function isDirectory(path: string): boolean {
  try {
    return Deno.lstatSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

/** Skills as a part of a system prompt, for models that cannot be given them otherwise. */
export function skillsPrompt(skills: readonly Skill[]): string | undefined {
  if (skills.length === 0) return undefined;
  const texts = skills.map(({ name, description, body }) =>
    [`## ${name}`, description, body.trim()].filter((part) => part !== "").join("\n\n")
  );
  return [
    "# Skills",
    "Each of the following sections says how to do one kind of work. Follow a section when the " +
    "task is of its kind.",
    ...texts,
  ].join("\n\n");
}
