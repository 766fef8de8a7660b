/** A directory of a launch for files that nobody else may read. */
import { ensurePrivateDir } from "../config/paths.ts";

/**
 * A private directory that goes when the launch does. It lies below the state directory, where the next
 * zag finds it if this one is killed; where there is no room for it, among the system's own.
 */
export async function privateDirectory(
  wanted: string,
): Promise<AsyncDisposable & { path: string }> {
  let path = wanted;
  try {
    ensurePrivateDir(wanted);
  } catch {
    path = await Deno.makeTempDir({ prefix: "zag-" });
  }
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await Deno.remove(path, { recursive: true }).catch(() => {});
    },
  };
}
