/** Lets one process at a time do what must not be done twice. */

/** After so long a person wants to know what is waited for. */
const PATIENCE_MS = 1000;

/**
 * Runs the work while this process holds the lock of a file, which is made when it is missing and
 * stays. On a file system without locks the work is done all the same.
 *
 * @param waiting is called once, when the lock has not come within a second
 * @throws whatever the work throws, and what opening the file throws
 */
export async function exclusively<T>(
  path: string,
  waiting: () => void,
  work: () => Promise<T>,
): Promise<T> {
  using file = await Deno.open(path, { write: true, create: true, mode: 0o600 });
  const timer = setTimeout(waiting, PATIENCE_MS);
  try {
    await file.lock(true);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
  } finally {
    clearTimeout(timer);
  }
  // Closing the file gives the lock back.
  return await work();
}
