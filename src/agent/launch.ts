/**
 * One session of one agent, from options to outcome: settle, plan, record, start, follow, finish.
 * Whatever happens on the way, the agent and all that it started are gone at the end, and the log
 * says how it ended.
 */
import { realHost } from "../host.ts";
import { announceWaiting } from "../sessions/waiting.ts";
import { watchForEnd } from "./end_watch.ts";
import { followAgent } from "./follow_agent.ts";
import { Interrupt } from "./interrupt.ts";
import type { LaunchRequest } from "./launch_request.ts";
import { makePlan } from "./make_plan.ts";
import type { LaunchOutcome } from "./outcome.ts";
import { privateDirectory } from "./private_directory.ts";
import { openRecorder } from "./recorder.ts";
import { settle } from "./settle.ts";
import { debugPlan, startPlan } from "./start_plan.ts";
import { openStore } from "./session_access.ts";
import { guardFile, TranscriptFile } from "./transcript_file.ts";

export type { LaunchObserver, LaunchRequest } from "./launch_request.ts";

/**
 * Runs a session to its end.
 *
 * @throws {ZagError} when nothing could be started. An agent that fails is an outcome, no exception.
 */
export async function launch(request: LaunchRequest): Promise<LaunchOutcome> {
  const host = request.host ?? realHost();
  const observer = request.observer ?? {};
  using store = await openStore(host.env, observer);
  const wanted = await settle(request, host, store.open);
  for (const warning of wanted.warnings) observer.warning?.(warning);
  for (const note of wanted.notes) observer.debug?.(note);
  const { adopted } = request;
  const processId = adopted?.processId ?? crypto.randomUUID();
  await using temp = adopted
    ? { path: adopted.directory, [Symbol.asyncDispose]: () => Promise.resolve() }
    : await privateDirectory(wanted.paths.launchFiles(processId));
  await using apart = wanted.isolation &&
    await (await import("./isolate.ts")).isolate(wanted, request, processId, host, store.open);
  const settled = apart?.settled ?? wanted;
  const plan = await makePlan(settled, request, apart?.planFiles ?? temp.path, host);
  const run = { processId, settled, adopted: adopted?.session };
  const recorder = await openRecorder(run, store.open, host, observer);
  apart?.recorded();
  // The agent that has started this program waits for the one that is started here.
  using _waiting = announceWaiting(settled.paths, host.env.get("ZAG_SESSION_ID"), [
    settled.sessionId,
  ]);
  try {
    const started = await startPlan(plan, settled, recorder, host, apart);
    const file = await TranscriptFile.open(settled, recorder.nativeId, started.env, plan);
    debugPlan(observer, started, settled.options.env ?? {});
    observer.starting?.(settled, recorder.logPath);
    const guard = await guardFile(file, settled, temp.path);
    using ending = watchForEnd(temp.path);
    const signal = request.signal
      ? AbortSignal.any([request.signal, ending.signal])
      : ending.signal;
    try {
      const watched = { ...request, signal };
      const launchFiles = temp.path;
      const start = { started, settled, recorder, request: watched, file, launchFiles };
      const outcome = await followAgent(start);
      apart?.ended(outcome);
      return outcome;
    } finally {
      if (await guard?.restoreIfLost()) {
        observer.warning?.(`${settled.provider.displayName} lost the session; it was put back`);
      }
    }
  } catch (error) {
    await recorder.finish({
      outcome: error instanceof Interrupt ? "interrupted" : "failure",
      error: error instanceof Error ? error.message : String(error),
      goesOn: request.staysOpen,
    });
    throw error;
  }
}
