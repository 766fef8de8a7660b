/** How others get the attention of a zag whose session waits for the end of a usage limit. */
import { join } from "node:path";

/** The file in the directory of a run whose change says: what waits in the index has changed. */
export function limitPath(launchFiles: string): string {
  return join(launchFiles, "limit");
}

/** Says so. */
export function notifyWaiting(launchFiles: string): void {
  Deno.writeTextFileSync(limitPath(launchFiles), "", { mode: 0o600 });
}
