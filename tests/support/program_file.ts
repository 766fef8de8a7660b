/** Files that tests write and then run. */

/**
 * Writes an executable file. Another process does it: whatever this one has open is for a moment also
 * open in every program that any of its tests starts, and Linux runs no file that somebody can
 * still write ("Text file busy").
 *
 * @param text At most 128 KiB, without NUL.
 */
export async function writeProgram(path: string, text: string, mode = 0o755): Promise<void> {
  if (Deno.build.os === "windows") return await Deno.writeTextFile(path, text);
  check(path, await writer(path, text, mode).output());
}

/** Copies an executable file, as {@linkcode writeProgram} writes one. */
export async function copyProgram(from: string, to: string): Promise<void> {
  if (Deno.build.os === "windows") return await Deno.copyFile(from, to);
  check(to, await new Deno.Command("cp", { args: [from, to], stdin: "null" }).output());
}

/** Puts a copy that {@linkcode writeProgram} has made in the place of a script of this process. */
export async function rewriteProgram(path: string): Promise<void> {
  const text = await Deno.readTextFile(path);
  await Deno.remove(path);
  await writeProgram(path, text);
}

/** Like {@linkcode writeProgram}, but holds up the whole program. */
export function writeProgramSync(path: string, text: string, mode = 0o755): void {
  if (Deno.build.os === "windows") return Deno.writeTextFileSync(path, text);
  check(path, writer(path, text, mode).outputSync());
}

function writer(path: string, text: string, mode: number): Deno.Command {
  const script = 'printf %s "$2" > "$1" && chmod "$3" "$1"';
  return new Deno.Command("/bin/sh", {
    args: ["-c", script, "sh", path, text, mode.toString(8)],
    stdin: "null",
    stdout: "null",
  });
}

function check(path: string, { success, stderr }: Deno.CommandOutput): void {
  if (!success) throw new Error(`Cannot write ${path}: ${new TextDecoder().decode(stderr)}`);
}
