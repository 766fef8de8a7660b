/** An agent from its start to what its end means: driven, completed, weighed and recorded. */
import { toAgentOutput } from "../events/output.ts";
import type { Parser } from "../providers/parser.ts";
import { readEndRequest } from "../sessions/end_request.ts";
import { toLogKinds } from "../sessions/log_lines.ts";
import type { PendingResume } from "../sessions/records.ts";
import type { DriveResult } from "./drive.ts";
import { AwakeTime } from "./awake_time.ts";
import { nativeId, parserOptions, ShownEvents, type Start } from "./drive_request.ts";
import { type AskedEnd, judgeAnswer } from "./judge.ts";
import {
  decideOutcome,
  type LaunchOutcome,
  type LimitMet,
  reasonOf,
  requestedBy,
  type Verdict,
} from "./outcome.ts";
import { lastWords } from "./outage.ts";
import { limitInError } from "./limit_patterns.ts";
import { noteWait } from "./note_wait.ts";
import { lockRun } from "./run_lock.ts";
import { endOfStderr } from "./stderr_end.ts";
import type { TranscriptEvidence } from "./transcript_evidence.ts";
import { closeBudget } from "./watch_budget.ts";
import { driveAgent, type Driven } from "./watchdog_retry.ts";

const FIRST_BYTE_FLAG = "--first-byte-timeout";

/** Sees an agent through and closes the books of its run. */
export async function followAgent(first: Start): Promise<LaunchOutcome> {
  const interactive = first.started.plan.stdout === "inherit";
  using time = new AwakeTime(first.settled.options.timeoutMs);
  const driven = interactive ? await driveOnTerminal(first) : await driveAgent(first);
  const workedMs = time.ms;
  const { start, parser, shown, result } = driven;
  const { started, settled, recorder, request } = start;
  const { provider } = settled;
  // Where stdout is passed on unread, stderr may have named the session.
  recorder.log([], nativeId(parser, recorder));
  const transcript = interactive ? undefined : await missedAnswer(start, parser, result, shown);
  // From here on nobody may hand in a result.
  using _closing = await closing(start);
  const submitted = await submittedResult(start, parser, result);
  const state = closeBudget(start, parser, result);
  const decided = decideOutcome({
    agentName: provider.displayName,
    mode: interactive ? "interactive" : started.plan.stdout === "raw" ? "raw" : "events",
    state,
    exit: result.exit,
    endedBy: result.endedBy,
    // No configuration says how long one may take to begin that works in an interface.
    setBy: { ...settled.watchdog.setBy, ...(interactive && { "first-byte": FIRST_BYTE_FLAG }) },
    stderr: result.stderr,
    error: result.error,
    owesAnswer: result.owesAnswer,
    submitted,
    exitMode: settled.exit !== undefined,
    transcript,
  });
  if (submitted !== undefined && !interactive) await showHandedIn(start, submitted, shown);
  if (result.rawText !== undefined && transcript === undefined) {
    recorder.rawAnswer(result.rawText, result.rawTruncated);
  }
  const asked = askedEnd(start, submitted);
  noticeLimit(start, decided, result);
  const { verdict, lines, goesOn } = judgeAnswer(
    decided,
    request,
    shown.lastText,
    asked,
  );
  recorder.log(lines);
  const waits = goesOn || asked ? undefined : waitFor(start, decided, result, workedMs);
  const movesOn = !asked && !decided.success && endedByItself(result) &&
    request.movesOn?.({
        started: true,
        limited: start.limits.seen,
        said: result.endedBy?.kind === "outage"
          ? result.endedBy.said
          : lastWords(decided.state, result.stderr),
      }) === true;
  const endReason = verdict.success
    ? undefined
    : reasonOf(result.endedBy) ?? (start.limits.seen ? "usage_limit" : undefined);
  const output = toAgentOutput({
    provider: provider.name,
    events: shown.collected,
    state: verdict.state,
    // Whoever gets no word of the agent knows the session all the same.
    sessionId: settled.sessionId,
    endReason,
    exitCode: result.exit.code,
    failure: verdict.success ? undefined : verdict.told ?? verdict.failure,
    logPath: recorder.logPath,
  });
  const staysOpen = goesOn || waits !== undefined || movesOn || request.staysOpen;
  if (!staysOpen) await start.settle?.();
  await recorder.finish({
    outcome: verdict.outcome,
    error: verdict.failure,
    reason: endReason,
    exit: result.exit,
    used: { ...output, costUsd: output.total_cost_usd, model: parser.state.model },
    stderr: verdict.settled ? undefined : result.stderr || result.screen,
    goesOn: staysOpen,
  });
  const interrupted = result.endedBy?.kind === "aborted" && submitted === undefined;
  if (result.error !== undefined && interrupted) throw result.error;
  return {
    sessionId: settled.sessionId,
    processId: recorder.processId,
    provider: provider.name,
    agentName: provider.displayName,
    model: parser.state.model ?? settled.model,
    resumable: recorder.nativeId !== undefined &&
      (interactive
        ? provider.capabilities.interactiveResume
        : provider.capabilities.resume !== false),
    logPath: recorder.logPath,
    outcome: verdict.outcome,
    settled: verdict.settled,
    success: verdict.success,
    failure: verdict.failure,
    inputError: result.error,
    endedBy: result.endedBy,
    endReason,
    workedMs,
    waits,
    limited: waits || verdict.success || !endedByItself(result) ? undefined : limitMet(start),
    movesOn,
    submitted,
    exitConstraints: settled.exit,
    exit: result.exit,
    stderr: result.stderr,
    screen: result.screen ?? "",
    ...(result.rawText !== undefined && {
      printedNothing: !result.rawTruncated && result.rawText.trim() === "",
    }),
    denied: [...shown.denied],
    ...(settled.policy && { hasPolicy: true }),
    output,
  };
}

function limitMet({ limits: { line }, request }: Start): LimitMet | undefined {
  return line && { line, met: request.limitsMet ?? 0 };
}

async function driveOnTerminal(start: Start): Promise<Driven> {
  const { settled, request } = start;
  const parser = settled.provider.parser(await parserOptions(start));
  const shown = new ShownEvents(request, parser.state);
  const { driveInteractive } = await import("./interactive.ts");
  const result = await driveInteractive(start);
  return { start, parser, shown, result };
}

/** Nobody has ended it, or zag has because it stood still where it could not go on. */
function endedByItself({ endedBy }: DriveResult): boolean {
  return endedBy === undefined || endedBy.kind === "limit" || endedBy.kind === "outage";
}

/** A limit that the provider does not know, but the configuration. */
function noticeLimit(
  { settled, recorder, limits }: Start,
  { success, failure }: Verdict,
  { endedBy, stderr }: DriveResult,
): void {
  if (success || endedBy !== undefined || limits.seen) return;
  const raw = limitInError(settled.limitPatterns, [failure, endOfStderr(stderr)]);
  if (raw === undefined) return;
  recorder.log(limits.completed([{
    type: "usage_limit_hit",
    scope: "unknown",
    fallback_used: false,
    incident_id: crypto.randomUUID(),
    raw,
  }]));
}

/**
 * Notes that the session goes on when the limit is over that it has failed on.
 *
 * @param workedMs How long the agent was at it.
 */
function waitFor(
  { settled, recorder, request, limits, store, launchFiles }: Start,
  { success }: Verdict,
  result: DriveResult,
  workedMs: number,
): PendingResume | undefined {
  const { policy, hit } = limits;
  if (success || !endedByItself(result) || !policy || !hit || !store) return undefined;
  return noteWait({
    sessionId: settled.sessionId,
    processId: recorder.processId,
    directory: launchFiles,
    given: settled.options,
    policy,
    hit,
    met: request.limitsMet ?? 0,
    spentMs: (request.spentMs ?? 0) + workedMs,
    store,
    log: (kinds) => void recorder.log(kinds),
    warn: (message) => request.observer?.warning?.(message),
  });
}

/** What the CLI's own file says where there was no result; an answer that was missed is shown. */
async function missedAnswer(
  { started, recorder, file, limits }: Start,
  parser: Parser,
  result: DriveResult,
  shown: ShownEvents,
): Promise<TranscriptEvidence | undefined> {
  if (parser.state.results > 0 || !file) return undefined;
  const { answerEvent, transcriptOf } = await import("./transcript_evidence.ts");
  const transcript = await transcriptOf({ started, file, recorder, limits }, parser, result);
  const lost = started.plan.stdout === "raw" ? undefined : transcript?.answer;
  if (lost !== undefined && !shown.lastText.endsWith(lost)) {
    const event = answerEvent(lost);
    recorder.log(toLogKinds(event), undefined, "provider_file");
    await shown.show([event]);
  }
  return transcript;
}

/**
 * The result that was handed in through `ps kill`. Notes, too, that the end was asked for: whoever
 * asked may have ended the agent before this zag came to it.
 */
async function submittedResult(
  { settled, recorder, launchFiles }: Start,
  { state }: Parser,
  result: DriveResult,
): Promise<string | undefined> {
  const end = readEndRequest(launchFiles);
  const open = state.results === 0;
  // What is cancelled together with what has started it may be hit by a signal of that one's end.
  const signalled = result.endedBy?.kind === "aborted" && result.endedBy.signal !== undefined;
  if (end && open && end.reason !== undefined && signalled) result.endedBy = requestedBy(end);
  if (end && open) result.endedBy ??= requestedBy(end);
  if (!end?.submitted && !settled.exit && !open) return undefined;
  const { handedIn } = await import("../sessions/handed_in.ts");
  return await handedIn(recorder.logPath, recorder.startedAt);
}

/** What somebody wants of the session, who must not see it go on. */
function askedEnd({ launchFiles }: Start, submitted: string | undefined): AskedEnd | undefined {
  if (submitted !== undefined) return "submitted";
  return readEndRequest(launchFiles) && "asked";
}

/** Keeps others from the run while its books are closed; there is nothing to lock in another place. */
async function closing({ settled, recorder, launchFiles }: Start): Promise<Disposable | undefined> {
  if (launchFiles !== settled.paths.launchFiles(recorder.processId)) return undefined;
  return await lockRun(launchFiles);
}

/** A result that was handed in is the answer: whoever reads the output gets it, too. */
async function showHandedIn(
  { started, request }: Start,
  result: string,
  shown: ShownEvents,
): Promise<void> {
  // Where the answer is judged, what is accepted of it is printed at the end.
  if (request.judge || started.plan.stdout !== "events" || shown.lastText === result) return;
  const { answerEvent } = await import("./transcript_evidence.ts");
  await shown.show([answerEvent(result)]);
}
