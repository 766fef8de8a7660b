/** Removes files, and takes it as done when another process was faster. */

/** Removes a file; false when there is none. */
export function removeFile(path: string): boolean {
  return remove(path, {});
}

/** Removes a file, or a directory with all that is in it; false when there is none. */
export function removeTree(path: string): boolean {
  return remove(path, { recursive: true });
}

/** Removes a directory; false when there is none, or it holds anything. */
export function removeEmpty(path: string): boolean {
  try {
    return remove(path, {});
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOTEMPTY") return false;
    throw error;
  }
}

function remove(path: string, options: Deno.RemoveOptions): boolean {
  try {
    Deno.removeSync(path, options);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
