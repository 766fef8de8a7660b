/**
 * Whether there is a file at this path; false for directories and for what cannot be looked at.
 *
 * @throws {Deno.errors.NotCapable} when Deno was not allowed to look
 */
export function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}
