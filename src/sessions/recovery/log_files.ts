/** Where session logs lie. */
import { join } from "node:path";
import type { ZagPaths } from "../../config/paths.ts";

/** One log. */
export interface LogFile {
  /** Absolute. */
  readonly path: string;
  /** Name of the project's directory, also of one that the original made; undefined elsewhere. */
  readonly dirKey: string | undefined;
}

/** All logs, of all projects; each once. */
export function* logFiles(paths: Pick<ZagPaths, "stateDirs">): Generator<LogFile, void> {
  const seen = new Set<string>();
  for (const { key, sessionLogs } of paths.stateDirs()) {
    if (seen.has(sessionLogs)) continue;
    seen.add(sessionLogs);
    for (const name of namesIn(sessionLogs)) {
      if (name.endsWith(".jsonl")) yield { path: join(sessionLogs, name), dirKey: key };
    }
  }
}

function namesIn(dir: string): string[] {
  try {
    return [...Deno.readDirSync(dir)].filter((entry) => entry.isFile).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return [];
  }
}
