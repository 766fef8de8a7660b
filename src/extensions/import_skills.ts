/** Takes over the skills that an agent's CLI has, as copies. */
import { join } from "node:path";
import { ensurePrivateDir } from "../config/paths.ts";
import { ExtensionError, reasonOf } from "./errors.ts";
import { isName } from "./names.ts";
import { OWN_PREFIX } from "./settings_text.ts";
import { hashOf, IMPORT_FILE } from "./skill_links.ts";
import { directoriesIn, readSkill, SKILL_FILE } from "./skills.ts";

/** What came of one of them. */
export interface Imported {
  readonly name: string;
  readonly status: "imported" | "skipped";
  /** Why it was skipped. */
  readonly reason?: string;
  /** What the agent's settings say of it that zag cannot keep; by key, at least one. */
  readonly dropped?: readonly string[];
}

/**
 * Copies all skills of a directory that zag does not have yet. Links and `zag-...` are none of them.
 *
 * @param target the directory of zag's skills
 */
export async function importSkills(
  source: string,
  target: string,
  provider: string,
  now: Date,
): Promise<Imported[]> {
  const imported: Imported[] = [];
  for (const name of directoriesIn(source)) {
    if (name.startsWith(OWN_PREFIX)) continue;
    const reason = await importSkill(join(source, name), name, target, provider, now);
    imported.push(
      reason === undefined ? { name, status: "imported" } : { name, status: "skipped", reason },
    );
  }
  return imported;
}

/** Copies one; says why it cannot. */
async function importSkill(
  from: string,
  name: string,
  target: string,
  provider: string,
  now: Date,
): Promise<string | undefined> {
  if (!isName(name)) return "its name is none that a skill of zag can have";
  const to = join(target, name);
  if (await Deno.lstat(to).catch(() => undefined)) return "zag has a skill of this name";
  // It gets its name when it is whole.
  const temporary = join(target, `.${name}.${crypto.randomUUID().slice(0, 8)}.tmp`);
  try {
    await readSkill(from);
    ensurePrivateDir(target);
    await copyDirectory(from, temporary);
    const metadata = {
      source_provider: provider,
      source_hash: await hashOf(join(from, SKILL_FILE)),
      imported_at: now.toISOString(),
    };
    await Deno.writeTextFile(join(temporary, IMPORT_FILE), JSON.stringify(metadata) + "\n");
    await Deno.rename(temporary, to);
    return undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    await Deno.remove(temporary, { recursive: true }).catch(() => {});
    return error instanceof ExtensionError
      ? error.message.slice(error.message.indexOf(": ") + 2)
      : reasonOf(error);
  }
}

async function copyDirectory(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { mode: 0o700 });
  for await (const { name, isDirectory, isSymlink, isFile } of Deno.readDir(from)) {
    const [source, copy] = [join(from, name), join(to, name)];
    if (isDirectory) await copyDirectory(source, copy);
    // A link may lead anywhere; what it says is kept as it is.
    else if (isSymlink) await Deno.symlink(await Deno.readLink(source), copy);
    else if (isFile) await Deno.copyFile(source, copy);
  }
}
