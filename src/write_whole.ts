/** Writes files whole or not at all: whoever reads one sees the old text or the new one. */
import { basename, dirname, join, resolve } from "node:path";

/** Links that lead to links; a ring of them ends here. */
const MOST_LINKS = 40;

/** The name of a file may have 255 bytes, and what is put around it has 42 of them. */
const MOST_OF_NAME = 50;

/** How a file is written. */
export interface WriteOptions {
  /** Is asked last of all; where it says no, nothing is replaced, and neither is a file that came meanwhile. */
  isAsRead?(): Promise<boolean>;
  /** Is told the path of the file that gets its name last, before that is made. */
  before?(temporary: string): Promise<void>;
  /** A new file can be read by those to whom the umask gives it; else by its owner only. */
  readonly shared?: boolean;
}

/** A file that its owner has made one to read. */
export class ReadOnlyFileError extends Error {
  /** Name of the class. */
  override name = "ReadOnlyFileError";

  /**
   * Makes the error.
   *
   * @param path absolute, without links
   */
  constructor(readonly path: string, mode: number) {
    super(
      `it is read-only (mode ${(mode & 0o777).toString(8).padStart(4, "0")}); ` +
        '"chmod u+w" on it allows changes',
    );
  }
}

/** The file that a path means, through symbolic links; it need not be there. */
export async function throughLinks(path: string): Promise<string> {
  let at = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    const target = await Deno.readLink(at).catch((error) => {
      if (error instanceof Deno.errors.NotCapable) throw error;
      return undefined;
    });
    if (target === undefined) return at;
    at = resolve(dirname(at), target);
  }
  throw new Error("its symbolic links form a ring");
}

/** Whether a path is one of those that {@linkcode WriteOptions.before} is told. */
export function isTemporary(path: string): boolean {
  return /^\..*\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/.test(basename(path));
}

/**
 * Makes a file hold a text. Its mode and its owner stay, and a link stays one: what it names is
 * replaced. The directory must be there.
 *
 * @returns whether the file was written
 * @throws {ReadOnlyFileError} when nobody may write the file
 */
export async function writeWhole(
  path: string,
  text: string,
  { isAsRead, before, shared = false }: WriteOptions = {},
): Promise<boolean> {
  const target = await throughLinks(path);
  const info = await infoOf(target);
  if (info?.mode && (info.mode & 0o222) === 0) throw new ReadOnlyFileError(target, info.mode);
  const name = [...basename(target)].slice(0, MOST_OF_NAME).join("");
  const temporary = join(dirname(target), `.${name}.${crypto.randomUUID()}.tmp`);
  await before?.(temporary);
  try {
    await writeThrough(temporary, text, shared && !info ? 0o666 : 0o600);
    if (info) await giveTo(temporary, info);
    if (isAsRead && !await isAsRead()) return false;
    if (info || !isAsRead) await Deno.rename(temporary, target);
    else await createAt(temporary, target);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  } finally {
    await Deno.remove(temporary).catch(() => {});
  }
}

/** Writes a new file, and waits until it is on the disk. */
async function writeThrough(path: string, text: string, mode: number): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true, mode });
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  await file.syncData();
}

/** Gives a file the owner and the mode of another one. */
async function giveTo(path: string, { uid, gid, mode }: Deno.FileInfo): Promise<void> {
  if (Deno.build.os === "windows") return;
  const made = await Deno.stat(path);
  if (made.uid !== uid || made.gid !== gid) {
    // Only root can give a file away; a group can be given by its members.
    await Deno.chown(path, uid, gid).catch(() => Deno.chown(path, null, gid)).catch(() => {});
  }
  // Changing the owner may change the mode.
  if (mode !== null) await Deno.chmod(path, mode & 0o7777);
}

/** Gives a file its name, unless another one has got it meanwhile. */
async function createAt(temporary: string, path: string): Promise<void> {
  try {
    await Deno.link(temporary, path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw error;
    // The file system has no hard links.
    await Deno.rename(temporary, path);
  }
}

async function infoOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
