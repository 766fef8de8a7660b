/**
 * What becomes of a database that is damaged: it is put aside, never removed. Damage that shows only
 * in the middle of its use is noted for the next zag that opens it.
 *
 * @module
 */

/** The files of one database, by what follows its path. The database itself goes first. */
const PARTS = ["", "-wal", "-shm", "-journal"];

/**
 * Leaves word that a database is damaged. Never throws.
 *
 * @param ino number of the file, so that the word does not hit its successor
 */
export function noteDamage(path: string, ino: number | null | undefined): void {
  try {
    Deno.writeTextFileSync(notePath(path), String(ino ?? ""), { mode: 0o600 });
  } catch {
    // The one who finds the damage says so; the next one may find it too.
  }
}

/** Whether somebody has left word that this database is damaged. */
export function isNoted(path: string): boolean {
  try {
    const ino = Deno.readTextFileSync(notePath(path));
    return ino === String(Deno.statSync(path).ino ?? "");
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

/** Takes the word back. */
export function forgetDamage(path: string): void {
  try {
    Deno.removeSync(notePath(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Leaves word that a session could not be written into the database. Never throws. */
export function noteGap(path: string): void {
  try {
    Deno.writeTextFileSync(gapPath(path), "", { mode: 0o600 });
  } catch {
    // Where nothing at all can be written, there is hardly a log to find either.
  }
}

/** Whether sessions may be missing in the database whose logs are there. */
export function hasGap(path: string): boolean {
  try {
    return Deno.statSync(gapPath(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

/** Takes the word back. */
export function forgetGap(path: string): void {
  try {
    Deno.removeSync(gapPath(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Moves the files of a database out of the way.
 *
 * @returns where the database is now; undefined when there was none, or nothing in it: a zag was killed
 * before it had written anything
 */
export function putAside(path: string, now: Date): string | undefined {
  const aside = `${path}.corrupt-${now.toISOString().replaceAll(":", "")}`;
  let moved = false;
  const empty = isEmpty(path);
  // Whoever opens the database meanwhile must not find it without its newest pages.
  for (const part of PARTS) {
    try {
      Deno.renameSync(path + part, aside + part);
      if (part === "") moved = true;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  forgetDamage(path);
  if (!empty || !moved) return moved ? aside : undefined;
  Deno.removeSync(aside);
  return undefined;
}

function isEmpty(path: string): boolean {
  try {
    return Deno.statSync(path).size === 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function notePath(path: string): string {
  return `${path}.damaged`;
}

function gapPath(path: string): string {
  return `${path}.incomplete`;
}
