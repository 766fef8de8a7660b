/**
 * One session of one agent, from options to outcome: settle, plan, record, start, follow, finish.
 * Whatever happens on the way, the agent and all that it started are gone at the end, and the log
 * says how it ended.
 */
import { type Event, textOf } from "../events/event.ts";
import { messageText } from "../events/render/plain_text.ts";
import { toAgentOutput } from "../events/output.ts";
import { realHost } from "../host.ts";
import { toolKind } from "../events/tool_kinds.ts";
import type { Parser, ParserOptions } from "../providers/provider.ts";
import { drive, type DriveRequest, type DriveResult } from "./drive.ts";
import { readEndRequest } from "../sessions/end_request.ts";
import { watchForEnd } from "./end_watch.ts";
import { Interrupt } from "./interrupt.ts";
import { judgeAnswer } from "./judge.ts";
import type { LaunchRequest, StartedPlan } from "./launch_request.ts";
import { makePlan } from "./make_plan.ts";
import { decideOutcome, type LaunchOutcome } from "./outcome.ts";
import { resumedId, wantsPartial } from "./plan_request.ts";
import { privateDirectory } from "./private_directory.ts";
import { toLogKinds } from "../sessions/log_lines.ts";
import { openRecorder, type Recorder } from "./recorder.ts";
import { settle, type Settled } from "./settle.ts";
import { debugPlan, startPlan } from "./start_plan.ts";
import { openStore } from "./session_access.ts";
import type { TranscriptEvidence } from "./transcript_evidence.ts";
import { TranscriptFile } from "./transcript_file.ts";
import type { TranscriptGuard } from "./transcript_guard.ts";
import { meteredParser } from "./usage_meter.ts";

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
  const settled = await settle(request, host, store.open);
  for (const warning of settled.warnings) observer.warning?.(warning);
  for (const note of settled.notes) observer.debug?.(note);
  const processId = crypto.randomUUID();
  await using temp = await privateDirectory(settled.paths.launchFiles(processId));
  const plan = await makePlan(settled, request, temp.path, host);
  const recorder = await openRecorder(processId, settled, store.open, host, observer);
  try {
    const started = await startPlan(plan, settled, recorder, host);
    const file = await TranscriptFile.open(settled, recorder.nativeId, started.env, plan);
    debugPlan(observer, started, settled.options.env ?? {});
    observer.starting?.(settled, recorder.logPath);
    const guard = await guardTranscript(file, settled, temp.path);
    using ending = watchForEnd(temp.path);
    const signal = request.signal
      ? AbortSignal.any([request.signal, ending.signal])
      : ending.signal;
    try {
      const watched = { ...request, signal };
      const launchFiles = temp.path;
      return await follow({ started, settled, recorder, request: watched, file, launchFiles });
    } finally {
      if (await guard?.restoreIfLost()) {
        observer.warning?.(`${settled.provider.displayName} lost the session; it was put back`);
      }
    }
  } catch (error) {
    await recorder.finish({
      outcome: error instanceof Interrupt ? "interrupted" : "failure",
      error: error instanceof Error ? error.message : String(error),
    });
    throw error;
  }
}

/** Keeps a copy of a session that its CLI could destroy when it goes on with it. */
async function guardTranscript(
  file: TranscriptFile | undefined,
  settled: Settled,
  directory: string,
): Promise<TranscriptGuard | undefined> {
  if (!file?.transcript.fragile || file.path === undefined || file.offset === 0) return undefined;
  if (resumedId(settled) === undefined) return undefined;
  const { guardTranscript } = await import("./transcript_guard.ts");
  return await guardTranscript(file.transcript, file.path, directory);
}

/** What belongs to an agent that is about to start. */
interface Start {
  readonly started: StartedPlan;
  readonly settled: Settled;
  readonly recorder: Recorder;
  readonly request: LaunchRequest;
  /** Where its CLI keeps the session; undefined when it keeps none. */
  readonly file: TranscriptFile | undefined;
  /** Private directory of the run. */
  readonly launchFiles: string;
}

/** Sees an agent through and closes the books of its run. */
async function follow(start: Start): Promise<LaunchOutcome> {
  const { started, settled, recorder, request, file } = start;
  const { provider } = settled;
  const parser = provider.parser(await parserOptions(settled, request, file));
  const shown = new ShownEvents(request);
  const interactive = started.plan.stdout === "inherit";
  const result = interactive
    ? await (await import("./interactive.ts")).driveInteractive(
      started,
      settled,
      recorder,
      request,
      file,
    )
    : await drive(driveRequest(start, parser, shown));
  // Where stdout is passed on unread, stderr may have named the session.
  recorder.log([], nativeId(parser, recorder));
  const transcript = interactive ? undefined : await missedAnswer(start, parser, result, shown);
  const submitted = await handedIn(start, parser, result);
  const decided = decideOutcome({
    agentName: provider.displayName,
    mode: interactive ? "interactive" : started.plan.stdout === "raw" ? "raw" : "events",
    state: parser.state,
    exit: result.exit,
    endedBy: result.endedBy,
    stderr: result.stderr,
    error: result.error,
    owesAnswer: result.owesAnswer,
    submitted,
    exitMode: settled.exit !== undefined,
    transcript,
  });
  if (result.rawText !== undefined && transcript === undefined) {
    recorder.rawAnswer(result.rawText, result.rawTruncated);
  }
  const { verdict, lines, goesOn } = judgeAnswer(decided, request, shown.lastText);
  recorder.log(lines);
  const output = toAgentOutput({
    provider: provider.name,
    events: shown.collected,
    state: verdict.state,
    exitCode: result.exit.code,
    failure: verdict.success ? undefined : verdict.failure,
    logPath: recorder.logPath,
  });
  await recorder.finish({
    outcome: verdict.outcome,
    error: verdict.failure,
    exit: result.exit,
    used: { ...output, costUsd: output.total_cost_usd, model: parser.state.model },
    stderr: verdict.settled ? undefined : result.stderr,
    goesOn,
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
    submitted,
    exit: result.exit,
    stderr: result.stderr,
    denied: [...shown.denied],
    output,
  };
}

/** The events on their way to whoever looks on, and what has to be remembered of them. */
class ShownEvents {
  /** All of them, if they were asked for. */
  readonly collected: Event[] = [];
  /** Tools that the agent was not allowed to use. */
  readonly denied = new Set<string>();
  /** The newest message of the assistant. */
  lastText = "";
  readonly #request: LaunchRequest;

  constructor(request: LaunchRequest) {
    this.#request = request;
  }

  async show(events: readonly Event[]): Promise<void> {
    const { collectEvents, observer } = this.#request;
    for (const event of events) {
      if (event.type === "permission_request" && !event.granted) this.denied.add(event.tool_name);
      if (collectEvents && event.type !== "assistant_delta") this.collected.push(event);
      if (event.type === "assistant_message") {
        this.lastText = textOf(event.content) || this.lastText;
      }
    }
    await observer?.events?.(events);
  }
}

function driveRequest(
  { started, settled, recorder, request }: Start,
  parser: Parser,
  shown: ShownEvents,
): DriveRequest {
  const { provider, options } = settled;
  const observer = request.observer ?? {};
  return {
    ...started,
    parser: meteredParser(parser, (state) => recorder.usageLine(state)),
    encoder: provider.input,
    firstMessage: request.streamInput ? settled.composedPrompt : undefined,
    input: request.streamInput ? request.input : undefined,
    showsRepeated: options.replayUserMessages === true,
    // A limit that the CLI holds itself is its own business.
    maxModelCalls: provider.capabilities.maxTurns === "zag" ? settled.maxTurns : undefined,
    status: (message) => observer.status?.(messageText(message)),
    kindOf: (name) => toolKind(name, provider.toolKinds),
    timeoutMs: options.timeoutMs,
    spentMs: request.spentMs,
    idleTimeoutMs: options.idleTimeoutMs,
    signal: request.signal,
    log: (kinds) => void recorder.log(kinds, nativeId(parser, recorder)),
    unfinished: (text, anew) => recorder.unfinished(text, anew),
    show: (events) => shown.show(events),
    raw: async (bytes) => await observer.raw?.(bytes),
    spawned: (child) => {
      recorder.spawned(child.identity, true);
      observer.spawned?.(child.pid);
    },
    stderr: (text) => observer.debug?.(text.trimEnd()),
  };
}

/** What the CLI's own file says where there was no result; an answer that was missed is shown. */
async function missedAnswer(
  { started, recorder, file }: Start,
  parser: Parser,
  result: DriveResult,
  shown: ShownEvents,
): Promise<TranscriptEvidence | undefined> {
  if (parser.state.results > 0 || !file) return undefined;
  const { answerEvent, transcriptOf } = await import("./transcript_evidence.ts");
  const transcript = await transcriptOf(started, file, recorder, parser, result);
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
async function handedIn(
  { settled, recorder, launchFiles }: Start,
  { state }: Parser,
  result: DriveResult,
): Promise<string | undefined> {
  const end = readEndRequest(launchFiles);
  const open = state.results === 0;
  if (end && open) result.endedBy ??= { kind: "requested", action: end.action };
  if (!end?.submitted && !settled.exit && !open) return undefined;
  if (recorder.logPath === undefined) return undefined;
  const { lastSegment } = await import("../sessions/log_reader.ts");
  return (await lastSegment(recorder.logPath)).result;
}

/** What the parser has to know besides what it reads. */
async function parserOptions(
  settled: Settled,
  request: LaunchRequest,
  file: TranscriptFile | undefined,
): Promise<ParserOptions> {
  const { totalUsage } = settled.provider.transcript ?? {};
  return {
    partialMessages: wantsPartial(request),
    sessionId: settled.sessionId,
    resume: resumedId(settled),
    model: settled.model,
    cwd: settled.cwd,
    usageBefore: totalUsage && file?.path !== undefined && file.offset > 0
      ? await (await import("./usage_before.ts")).usageBefore(file.path, totalUsage)
      : undefined,
  };
}

function nativeId(parser: Parser, recorder: Recorder): string | undefined {
  const id = parser.state.sessionId;
  return id !== undefined && id !== recorder.nativeId ? id : undefined;
}
