/** A name that the command line takes after `-w` or `--sandbox`: at most 100 characters. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const NAME_WITH_SLASH = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/;

/** Whether a text is a complete UUID, in any case. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/**
 * Whether a text can name a worktree or a sandbox: a letter or digit, then letters, digits, `.`, `_`
 * and `-`, and `/` where `slash` allows it; nowhere `..`.
 */
export function isName(text: string, slash: boolean): boolean {
  return (slash ? NAME_WITH_SLASH : NAME).test(text) && !text.includes("..");
}
