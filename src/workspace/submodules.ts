/**
 * Fills the submodules of a new worktree. They are cloned from the main checkout's own copies: that
 * needs no network, and asks nobody for a password.
 */
import { join } from "node:path";
import type { Git } from "./git.ts";

/** Only copies on this machine. */
const LOCAL_ONLY = { GIT_ALLOW_PROTOCOL: "file" };

/** A submodule as `.gitmodules` names it. */
interface Submodule {
  readonly name: string;
  /** Relative to the top of the checkout. */
  readonly path: string;
}

/** The submodules of a checkout, filled or not. */
export async function submodulesOf(git: Git, top: string): Promise<Submodule[]> {
  const { code, stdout } = await git.try({ cwd: top }, [
    "config",
    "--file",
    ".gitmodules",
    "--null",
    "--get-regexp",
    "^submodule\\..*\\.path$",
  ]);
  if (code !== 0) return [];
  return stdout.split("\0").filter((entry) => entry !== "").map((entry) => {
    const [key = "", path = ""] = entry.split("\n");
    return { name: key.replace(/^submodule\./, "").replace(/\.path$/, ""), path };
  });
}

/**
 * Fills the submodules that the main checkout has filled, and theirs.
 *
 * @param repository The shared git directory of the checkout's repository, absolute.
 * @returns The paths of those that stay empty although the main checkout has them.
 */
export async function fillSubmodules(
  git: Git,
  top: string,
  repository: string,
): Promise<string[]> {
  const empty: string[] = [];
  for (const { name, path } of await submodulesOf(git, top)) {
    const source = join(repository, "modules", name);
    if (name.split("/").includes("..") || !isDirectory(source)) continue;
    const key = `submodule.${name}.url`;
    const url = await git.ask({ gitDir: repository }, ["config", "--get", key]);
    // Not registered: the main checkout does without it, too.
    if (url === undefined) continue;
    // A submodule that was just cloned knows nothing of its own ones.
    if (await git.ask({ cwd: top }, ["config", "--get", key]) === undefined) {
      await git.try({ cwd: top }, ["config", key, url]);
    }
    const { code } = await git.try({ cwd: top }, [
      "-c",
      `submodule.${name}.url=${source}`,
      "-c",
      `submodule.${name}.update=checkout`,
      "submodule",
      "--quiet",
      "update",
      "--",
      path,
    ], LOCAL_ONLY);
    const inside = join(top, path);
    if (code !== 0) {
      empty.push(path);
      continue;
    }
    // What is pushed shall go where the main checkout pushes.
    const origin = await git.ask({ gitDir: source }, ["config", "--get", "remote.origin.url"]);
    await git.try({ cwd: inside }, ["remote", "set-url", "origin", origin ?? url]);
    const nested = await fillSubmodules(git, inside, source);
    empty.push(...nested.map((each) => join(path, each)));
  }
  return empty;
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}
