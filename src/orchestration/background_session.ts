/**
 * Looks after a session in the background, from its record to its end: waits for the sessions that it
 * depends on, and runs its agent.
 *
 * @module
 */
import { closeRun } from "../agent/close_run.ts";
import { launch } from "../agent/launch.ts";
import type { AdoptedRun, LaunchObserver } from "../agent/launch_request.ts";
import type { SessionEnd } from "../agent/run_record.ts";
import { type ZagPaths, zagPaths } from "../config/paths.ts";
import type { Host } from "../host.ts";
import { selfIdentity } from "../processes/process_table.ts";
import type { SessionStore } from "../sessions/store.ts";
import { SessionNotFoundError } from "../sessions/store_errors.ts";
import { afterDependencies, NotStarted } from "./after_dependencies.ts";
import { type BackgroundRequest, takeRequest } from "./background_request.ts";

/** What looking after a session needs of the world. */
export interface BackgroundAccess {
  /** The index. */
  readonly store: SessionStore;
  readonly host: Host;
  readonly observer: LaunchObserver;
  /** Ends the session. */
  readonly signal: AbortSignal;
}

/** A session that this process looks after. */
export interface BackgroundRun {
  readonly access: BackgroundAccess;
  readonly paths: ZagPaths;
  readonly request: BackgroundRequest;
  readonly adopted: AdoptedRun;
  /** Aborts when this process is signalled, or somebody asks for the end of the session. */
  readonly signal: AbortSignal;
}

/**
 * Runs a session to its end. Whatever happens, its books are closed then.
 *
 * @throws what kept the session from running; its books say so, too
 */
export async function runInBackground(
  access: BackgroundAccess,
  sessionId: string,
  processId: string,
): Promise<void> {
  const { store, host, signal } = access;
  const paths = zagPaths(host.env);
  const directory = paths.launchFiles(processId);
  try {
    const own = selfIdentity();
    store.setProcessOwner(processId, own.pid, own.startTime);
    const session = store.getSession(sessionId);
    if (!session) throw new SessionNotFoundError(sessionId);
    const adopted = { processId, session, directory };
    const request = takeRequest(directory);
    const context = await afterDependencies({ access, paths, request, adopted, signal });
    const options = { ...request.options, ...(context.length > 0 && { context }) };
    await launch({
      command: "exec",
      options,
      prompt: request.prompt,
      resume: undefined,
      streamInput: false,
      adopted,
      signal,
      observer: access.observer,
      host,
    });
  } catch (error) {
    if (await closeRun(store, paths, processId, endOf(error))) throw error;
  } finally {
    await Deno.remove(directory, { recursive: true }).catch(() => {});
  }
}

/** How a session ends that could not run. */
function endOf(error: unknown): SessionEnd {
  if (error instanceof NotStarted) return error.end;
  const message = error instanceof Error ? error.message : String(error);
  return { outcome: "failure", error: message };
}
