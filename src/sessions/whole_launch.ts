/**
 * What a session was started with, of which the index may keep a part only.
 *
 * @module
 */
import { fieldsInLog, IN_LOG, type Launch } from "./launch_texts.ts";
import type { SessionRecord } from "./records.ts";
import { scanLog } from "./scan_log.ts";

/**
 * The record with what only the log has of it; undefined when that is lost. Reads the log only when
 * something is missing.
 */
export function wholeLaunch({ launch, logPath }: SessionRecord): Launch | undefined {
  const missing = new Set(fieldsInLog(launch ?? {}));
  if (!launch || missing.size === 0) return launch ?? {};
  const found: Record<string, unknown> = {};
  for (const logged of logPath === null ? [] : loggedLaunches(logPath)) {
    for (const field of missing) {
      if (Object.hasOwn(logged, field)) found[field] = logged[field];
    }
  }
  if (Object.keys(found).length < missing.size) return undefined;
  const { [IN_LOG]: _, ...short } = launch;
  return { ...short, ...found };
}

/** The launch records of a log, in order; none when it cannot be read. */
function loggedLaunches(logPath: string): Launch[] {
  const launches: Launch[] = [];
  try {
    scanLog(logPath, (event) => {
      const launch = event.type === "session_meta" ? event.meta?.launch : undefined;
      if (typeof launch === "object" && launch !== null) launches.push(launch as Launch);
    });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
  }
  return launches;
}
