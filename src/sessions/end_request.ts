/**
 * How one zag asks another to end the agent that it runs: a file in the directory of the run. The one
 * that owns the agent ends it, and so knows why it ended.
 *
 * @module
 */
import { join } from "node:path";
import type { ProcessIdentity } from "../processes/process_info.ts";

/** What is asked for. */
export interface EndRequest {
  /**
   * `kill`: the owner ends the agent. `stop`: whoever asks does that, and the owner is only told, unless
   * `byOwner`.
   */
  readonly action: "kill" | "stop";
  /** The owner ends the agent also for a `stop`: whoever asks knows of no agent that it could signal. */
  readonly byOwner?: true | undefined;
  /** The log holds the result of the session. */
  readonly submitted: boolean;
  /**
   * Who asks, if the agent has started it: it is to end by itself before the agent does, so that the
   * agent sees what it printed. Anybody else waits for the agent's end.
   */
  readonly by?: ProcessIdentity | undefined;
  /** The session is cancelled, and this is why: its end says so in place of naming `zag ps`. */
  readonly reason?: string | undefined;
}

/** What the books of a session say that was cancelled. */
export function cancelledError(reason: string): string {
  return `cancelled: ${reason}`;
}

/** Whether the books say so. */
export function isCancelledError(error: string | null | undefined): boolean {
  return error?.startsWith(cancelledError("")) === true;
}

/** The file, whether it is there or not. */
export function endRequestPath(launchFiles: string): string {
  return join(launchFiles, "end.json");
}

/**
 * Asks; the file is whole as soon as it can be seen.
 *
 * @param launchFiles Directory of the run.
 * @throws {Deno.errors.NotFound} when the run is over, or has no directory.
 */
export function writeEndRequest(launchFiles: string, request: EndRequest): void {
  const path = endRequestPath(launchFiles);
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  Deno.writeTextFileSync(temporary, JSON.stringify(request), { mode: 0o600 });
  Deno.renameSync(temporary, path);
}

/** Takes back what was asked for: the agent did not comply, and goes on. */
export function withdrawEndRequest(launchFiles: string): void {
  try {
    Deno.removeSync(endRequestPath(launchFiles));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // The run is over.
  }
}

/** What is asked for; undefined when nothing is. */
export function readEndRequest(launchFiles: string): EndRequest | undefined {
  try {
    const request = JSON.parse(Deno.readTextFileSync(endRequestPath(launchFiles)));
    return isEndRequest(request) ? request : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}

function isEndRequest(value: unknown): value is EndRequest {
  if (typeof value !== "object" || value === null) return false;
  const { action, submitted, by, byOwner, reason } = value as Partial<
    Record<keyof EndRequest, unknown>
  >;
  return (action === "kill" || action === "stop") && typeof submitted === "boolean" &&
    (by === undefined || isIdentity(by)) && (byOwner === undefined || byOwner === true) &&
    (reason === undefined || typeof reason === "string");
}

function isIdentity(value: unknown): value is ProcessIdentity {
  const { pid, startTime } = (value ?? {}) as Partial<Record<keyof ProcessIdentity, unknown>>;
  return Number.isSafeInteger(pid) && typeof startTime === "string";
}
