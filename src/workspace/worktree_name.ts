/** What worktrees are called, and what their directories and branches are called then. */
import { WorktreeError } from "./errors.ts";

/** Whether a text can name a worktree, and with it a branch: letters, digits, `.`, `_`, `-`, `/`. */
export function isWorktreeName(name: string): boolean {
  if (!/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/.test(name) || name.includes("..")) return false;
  return name.split("/").every((part) =>
    part !== "" && !part.startsWith(".") && !part.endsWith(".") && !/\.lock$/i.test(part)
  );
}

/**
 * Returns the name if it is one.
 *
 * @throws {WorktreeError} `bad-name`
 */
export function checkWorktreeName(name: string): string {
  if (isWorktreeName(name)) return name;
  throw new WorktreeError(
    "bad-name",
    `Cannot use ${JSON.stringify(name.slice(0, 120))} as the name of a worktree: it must be 1 to ` +
      '100 letters, digits, ".", "_", "-" or "/", begin with a letter or digit, and fit a git branch',
    { hint: "For example: -w fix-login, or -w alone for a name of zag's own" },
  );
}

/** A name that nobody has given: `zag-` and 8 hex digits. */
export function generatedName(prefix: "zag" | "sandbox"): string {
  return `${prefix}-${crypto.getRandomValues(new Uint8Array(4)).toHex()}`;
}

/** The branch of a worktree. */
export function branchOf(name: string): string {
  return `zag/${name}`;
}

/**
 * The directory of a worktree among those of its repository. It has no `/`: the worktree `a/b` shall
 * not lie inside of the worktree `a`. No name holds a `+`.
 */
export function folderOf(name: string): string {
  return name.replaceAll("/", "+");
}
