/**
 * Programs on Windows that are batch files. npm installs every command as one, and starting a batch
 * file means `cmd.exe` and its quoting rules, which no argument from a person should ever meet.
 *
 * @module
 */
import { win32 } from "node:path";
import { isFile } from "../is_file.ts";

/** A program and the arguments that come before all others. */
export interface ProgramCall {
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * Reads what npm's batch file for a command would start, so that it can be started without the
 * batch file: a program beside it, or `node` with a script.
 *
 * @param path Absolute path of the batch file.
 * @param text Its content.
 * @param exists Tells whether a file exists.
 * @returns Undefined for a batch file of another make.
 */
export function unwrapBatchFile(
  path: string,
  text: string,
  exists: (path: string) => boolean,
): ProgramCall | undefined {
  // The line that passes its own arguments on; npm puts it behind other commands with "&".
  const line = /^.*%\*\s*$/m.exec(text)?.[0].trimStart().replace(/^@/, "");
  const words = [...(line ?? "").matchAll(/"([^"]*)"|[^\s"]+/g)].map((word) => word[1] ?? word[0]);
  const [first, ...rest] = words.slice(words.lastIndexOf("&") + 1, -1);
  if (first === undefined) return undefined;
  const dir = win32.dirname(path);
  const expand = (word: string) =>
    /%(~dp0|dp0%)/i.test(word)
      ? win32.normalize(word.replace(/%(~dp0|dp0%)\\?/gi, () => `${dir}\\`))
      : word;
  const own = win32.join(dir, "node.exe");
  const program = first === "%_prog%" ? (exists(own) ? own : "node.exe") : expand(first);
  const args = rest.map(expand);
  const isKnown = first === "%_prog%" || program.toLowerCase().endsWith(".exe");
  return isKnown && ![program, ...args].some((word) => word.includes("%"))
    ? { program, args }
    : undefined;
}

/** What is really started for a program on Windows; anything but npm's batch files stays. */
export function windowsProgram(program: string): ProgramCall {
  const asIs = { program, args: [] };
  if (!/\.(cmd|bat)$/i.test(program)) return asIs;
  try {
    return unwrapBatchFile(program, Deno.readTextFileSync(program), isFile) ?? asIs;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return asIs;
  }
}
