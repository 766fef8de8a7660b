/**
 * Looks after a session in the background, from its record to its end: waits for the sessions that it
 * depends on, and runs its agent.
 *
 * @module
 */
import { closeRun } from "../agent/close_run.ts";
import { watchForEnd } from "../agent/end_watch.ts";
import { launch, type LaunchRequest } from "../agent/launch.ts";
import type { AdoptedRun, LaunchObserver } from "../agent/launch_request.ts";
import { type ZagPaths, zagPaths } from "../config/paths.ts";
import type { Host } from "../host.ts";
import { StillWaiting } from "../agent/still_waiting.ts";
import { removePipe } from "../processes/named_pipe.ts";
import type { SessionStore } from "../sessions/store.ts";
import { afterDependencies, endOf } from "./after_dependencies.ts";
import { type BackgroundRequest, takeRequest } from "./background_request.ts";
import { claimRun } from "./claim_run.ts";

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
 * Runs a session to its end. Whatever happens, its books are closed then, unless this process is to end
 * while the session waits for the end of a usage limit: then another one goes on with it.
 *
 * @throws what kept the session from running; its books say so, too
 */
export async function runInBackground(
  access: BackgroundAccess,
  sessionId: string,
  processId: string,
): Promise<void> {
  const { store, host } = access;
  const paths = zagPaths(host.env);
  const directory = paths.launchFiles(processId);
  using ending = watchForEnd(directory);
  const signal = AbortSignal.any([access.signal, ending.signal]);
  let isOver = true;
  try {
    const session = await claimRun(store, paths, sessionId, processId);
    const adopted = { processId, session, directory };
    const request = takeRequest(directory);
    if (request.interactive) {
      const { runInteractive } = await import("./interactive_session.ts");
      return await runInteractive({ access, paths, request, adopted, signal });
    }
    const before = await afterDependencies({ access, paths, request, adopted, signal });
    const { context, injected } = before;
    // What was given is replaced also by nothing.
    const { context: _, ...given } = request.options;
    const options = { ...given, ...(context.length > 0 && { context }) };
    await launchAs(request, {
      command: "exec",
      options,
      prompt: request.prompt,
      replay: request.replay,
      injected,
      resume: undefined,
      streamInput: false,
      adopted,
      staysWaiting: true,
      signal,
      observer: access.observer,
      host,
    });
  } catch (error) {
    isOver = !(error instanceof StillWaiting);
    if (isOver && await closeRun(store, paths, processId, endOf(error))) throw error;
  } finally {
    removePipe(paths.fifo(sessionId));
    if (isOver) await Deno.remove(directory, { recursive: true }).catch(() => {});
  }
}

/** Runs the agent; an answer that must be JSON is checked and corrected. */
async function launchAs({ json }: BackgroundRequest, request: LaunchRequest): Promise<void> {
  if (!json) return void await launch(request);
  const [{ answerChecker }, { launchJson }, { compileSchema }] = await Promise.all([
    import("../agent/json_answer.ts"),
    import("../agent/launch_json.ts"),
    import("../json/schema.ts"),
  ]);
  const { schema } = json;
  await launchJson(
    request,
    answerChecker(schema === undefined ? undefined : await compileSchema(schema)),
  );
}
