/** How git is run where zag only looks: nothing is written, and no program of the repository starts. */
import { dirname } from "node:path";
import type { Git, GitPlace } from "./git.ts";

/** Parts of a filter that are programs, or make it fail without one. */
const PARTS = ["clean", "smudge", "process", "required"];

/**
 * The variables for looking at a checkout. Filters that the repository itself brings are switched off,
 * since an agent can have written them. Those of the person's own settings and of the system run:
 * `git lfs`, mostly.
 *
 * @param top The top of the checkout, absolute. A directory above it is never taken for it.
 */
export async function readingEnvironment(git: Git, top: string): Promise<Record<string, string>> {
  const env = {
    GIT_OPTIONAL_LOCKS: "0",
    // The settings of a submodule can name another directory, or one that was moved.
    GIT_WORK_TREE: top,
    GIT_CEILING_DIRECTORIES: dirname(top),
  };
  return { ...env, ...await withoutFilters(git, { cwd: top }, env) };
}

async function withoutFilters(
  git: Git,
  place: GitPlace,
  env: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const { stdout } = await git.try(
    place,
    ["config", "--null", "--show-scope", "--get-regexp", "^filter\\."],
    env,
  );
  const trusted = new Map<string, string>();
  const foreign = new Set<string>();
  const fields = stdout.split("\0");
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [scope, entry] = [fields[at], fields[at + 1]!];
    const end = entry.indexOf("\n");
    const key = end < 0 ? entry : entry.slice(0, end);
    if (scope === "system" || scope === "global") trusted.set(key, entry.slice(key.length + 1));
    else if (PARTS.some((part) => key.endsWith(`.${part}`))) foreign.add(key);
  }
  const settings = [...foreign].map((key) =>
    [key, trusted.get(key) ?? (key.endsWith(".required") ? "false" : "")] as const
  );
  if (settings.length === 0) return {};
  return Object.fromEntries([
    ["GIT_CONFIG_COUNT", String(settings.length)],
    ...settings.flatMap(([key, value], at) => [
      [`GIT_CONFIG_KEY_${at}`, key],
      [`GIT_CONFIG_VALUE_${at}`, value],
    ]),
  ]);
}
