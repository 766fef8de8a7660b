/** Which files are in use, as far as the system tells. */
import { hasAllPermissions } from "./permissions.ts";

/**
 * The files below a directory that a process, other than this one, holds open. Undefined where that
 * cannot be known: only Linux tells it, and Deno wants every permission for it. Processes of other
 * people are not seen.
 *
 * @param directory absolute
 */
export function openFilesBelow(directory: string): Set<string> | undefined {
  if (Deno.build.os !== "linux" || !hasAllPermissions()) return undefined;
  const open = new Set<string>();
  const home = orElse(() => Deno.realPathSync(directory), directory);
  for (const { name: pid } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(pid) || Number(pid) === Deno.pid) continue;
    for (const { name } of orElse(() => [...Deno.readDirSync(`/proc/${pid}/fd`)], [])) {
      const path = orElse(() => Deno.readLinkSync(`/proc/${pid}/fd/${name}`), "");
      if (path.startsWith(`${home}/`)) open.add(directory + path.slice(home.length));
    }
  }
  return open;
}

/** A process may end, or be somebody else's. */
function orElse<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
