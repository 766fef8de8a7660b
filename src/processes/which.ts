/** Finds programs the way a shell does. */
import { posix, win32 } from "node:path";
import { isGranted } from "./permissions.ts";

/** Where and how a program is looked for. */
export interface FindProgramOptions {
  /** The value of `PATH`. */
  readonly path: string;
  /** The value of `PATHEXT`; Windows only. @default ".COM;.EXE;.BAT;.CMD" */
  readonly pathExt?: string | undefined;
  /** What relative paths start from, absolute. */
  readonly cwd: string;
  /** @default true on Windows */
  readonly windows?: boolean;
  /** Tells whether a path is a file that may be executed. @default looks at the file system */
  readonly isExecutable?: (path: string) => Promise<boolean>;
}

/**
 * Finds the first executable file of a name on `PATH`. A name with a slash is that file itself.
 * Empty entries of `PATH` are skipped, although a shell takes them for the current directory: a
 * cloned repository must not be able to provide programs.
 *
 * @returns An absolute path, symbolic links left as they are; undefined when there is none.
 * @throws {Deno.errors.NotCapable} When it was not found where Deno allows neither a look at all
 * places nor to run it.
 */
export async function findProgram(
  name: string,
  options: FindProgramOptions,
): Promise<string | undefined> {
  if (name === "") return undefined;
  const windows = options.windows ?? Deno.build.os === "windows";
  const { delimiter, isAbsolute, resolve } = windows ? win32 : posix;
  const isExecutable = options.isExecutable ?? (windows ? isFile : isExecutableFile);
  const isPath = isAbsolute(name) || name.includes("/") || (windows && name.includes("\\"));
  const dirs = isPath ? [""] : options.path.split(delimiter).filter((dir) => dir !== "");
  const names = windows ? windowsNames(name, options.pathExt) : [name];
  let hidden = false;
  for (const dir of dirs) {
    for (const candidate of names) {
      // Windows allows quotes around an entry.
      const path = resolve(options.cwd, windows ? dir.replaceAll('"', "") : dir, candidate);
      if (await isExecutable(path)) return path;
      hidden ||= options.isExecutable === undefined && isListed(path) === false;
    }
  }
  if (hidden && (isPath || windows || !isNowhere(name, options.path))) {
    throw new Deno.errors.NotCapable(
      `Cannot use "${name}": it is not among the programs that may be run, ` +
        `run again with --allow-run=${name}`,
    );
  }
  return undefined;
}

/**
 * Whether there is no such program, where Deno lets nobody look: it looks itself, at `PATH`, before it
 * says what it does not allow. The start cannot succeed.
 */
function isNowhere(name: string, path: string): boolean {
  try {
    new Deno.Command(name, { cwd: "\0", env: { PATH: path } }).outputSync();
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
  return false;
}

/** A name that already ends in one of the extensions is tried first as it is. */
function windowsNames(name: string, pathExt: string | undefined): string[] {
  const extensions = (pathExt || ".COM;.EXE;.BAT;.CMD").split(";").filter((ext) => ext !== "");
  const names = extensions.map((extension) => name + extension.toLowerCase());
  const own = win32.extname(name).toLowerCase();
  return extensions.some((ext) => ext.toLowerCase() === own) ? [name, ...names] : names;
}

async function isExecutableFile(path: string): Promise<boolean> {
  const listed = isListed(path);
  if (listed !== undefined) return listed;
  const info = await statOrUndefined(path);
  return info !== undefined && info.isFile && ((info.mode ?? 0) & 0o111) !== 0;
}

async function isFile(path: string): Promise<boolean> {
  return isListed(path) ?? (await statOrUndefined(path))?.isFile ?? false;
}

/**
 * Whether a file that may not be looked at is on the list of allowed programs: Deno has then found it
 * itself. Undefined where it may be looked at, and where there is no list.
 */
function isListed(path: string): boolean | undefined {
  if (isGranted({ name: "read", path }) || isGranted({ name: "run" })) return undefined;
  return isGranted({ name: "run", command: path });
}

async function statOrUndefined(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}
