/** Named pipes as files. */

/** Removes the pipe; anything else that is there stays. */
export function removePipe(path: string): void {
  try {
    if (Deno.lstatSync(path).isFifo) Deno.removeSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // It is gone.
  }
}
