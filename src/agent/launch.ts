/**
 * One session of one agent, from options to outcome: settle, plan, record, start, follow, finish.
 * Whatever happens on the way, the agent and all that it started are gone at the end, and the log
 * says how it ended.
 */
import { ensurePrivateDir, zagPaths } from "../config/paths.ts";
import { type AssistantMessageEvent, type Event, textOf } from "../events/event.ts";
import { withoutControls } from "../events/render/text.ts";
import { toAgentOutput } from "../events/output.ts";
import { realHost } from "../host.ts";
import { toolKind } from "../events/tool_kinds.ts";
import type { Parser, ParserOptions, PlanRequest } from "../providers/provider.ts";
import { drive, type DriveResult } from "./drive.ts";
import { checkInput } from "./input_limit.ts";
import { Interrupt } from "./interrupt.ts";
import type { LaunchRequest, StartedPlan } from "./launch_request.ts";
import { decideOutcome, type LaunchOutcome } from "./outcome.ts";
import { argumentPrompt, planRequest, resumedId, wantsPartial } from "./plan_request.ts";
import { openRecorder, type Recorder } from "./recorder.ts";
import { settle, type Settled } from "./settle.ts";
import { debugPlan, startPlan } from "./start_plan.ts";
import { openStore } from "./store_access.ts";
import { endStrays } from "./strays.ts";
import { TranscriptFile } from "./transcript_file.ts";
import type { TranscriptGuard } from "./transcript_guard.ts";

export type { LaunchObserver, LaunchRequest } from "./launch_request.ts";

/**
 * Runs a session to its end.
 *
 * @throws {ZagError} when nothing could be started. An agent that fails is an outcome, no exception.
 */
export async function launch(request: LaunchRequest): Promise<LaunchOutcome> {
  const host = request.host ?? realHost();
  const observer = request.observer ?? {};
  using store = openStore(host.env, (message) => observer.warning?.(message));
  if (store.open) {
    await endStrays(store.open, zagPaths(host.env), (message) => observer.debug?.(message));
  }
  const settled = await settle(request, host, store.open);
  for (const warning of settled.warnings) observer.warning?.(warning);
  for (const note of settled.notes) observer.debug?.(note);
  const processId = crypto.randomUUID();
  await using temp = await privateDirectory(settled.paths.launchFiles(processId));
  const prompt = await argumentPrompt(settled, temp.path);
  const plan = settled.provider.plan(
    await withVersion(
      planRequest(settled, request, temp.path, prompt, {
        ...host.env.toObject(),
        ...settled.options.env,
      }),
      settled,
      request.signal,
    ),
  );
  checkInput(plan, settled.provider);
  const recorder = await openRecorder(processId, settled, store.open, host, observer);
  try {
    const started = await startPlan(plan, settled, recorder, host);
    const file = await TranscriptFile.open(settled, recorder.nativeId, started.env, plan);
    debugPlan(observer, started, settled.options.env ?? {});
    observer.starting?.(settled, recorder.logPath);
    const guard = await guardTranscript(file, settled, temp.path);
    try {
      return await follow(started, settled, recorder, request, file);
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

/** Looks at the CLI's version where its plan depends on that. */
async function withVersion(
  request: Omit<PlanRequest, "version">,
  settled: Settled,
  signal: AbortSignal | undefined,
): Promise<PlanRequest> {
  const { provider, program } = settled;
  if (program === undefined || !provider.needsVersion?.(request)) {
    return { ...request, version: undefined };
  }
  const { probeProgram } = await import("./probe.ts");
  const { version } = await probeProgram(program, {
    cache: settled.paths.probes,
    env: { ...request.env, ...provider.binary?.env },
    signal,
  });
  return { ...request, version };
}

async function follow(
  started: StartedPlan,
  settled: Settled,
  recorder: Recorder,
  request: LaunchRequest,
  file: TranscriptFile | undefined,
): Promise<LaunchOutcome> {
  const { provider, options } = settled;
  const observer = request.observer ?? {};
  const parser = provider.parser(await parserOptions(settled, request, file));
  const collected: Event[] = [];
  const denied = new Set<string>();
  let lastText = "";
  const show = async (events: readonly Event[]) => {
    for (const event of events) {
      if (event.type === "permission_request" && !event.granted) denied.add(event.tool_name);
      if (request.collectEvents && event.type !== "assistant_delta") collected.push(event);
      if (event.type === "assistant_message") lastText = textOf(event.content) || lastText;
    }
    await observer.events?.(events);
  };
  const interactive = started.plan.stdout === "inherit";
  const result: DriveResult = interactive
    ? await (await import("./interactive.ts")).driveInteractive(
      started,
      settled,
      recorder,
      request,
      file,
    )
    : await drive({
      ...started,
      parser,
      encoder: provider.input,
      firstMessage: request.streamInput ? settled.composedPrompt : undefined,
      input: request.streamInput ? request.input : undefined,
      showsRepeated: options.replayUserMessages === true,
      // A limit that the CLI holds itself is its own business.
      maxModelCalls: provider.capabilities.maxTurns === "zag" ? settled.maxTurns : undefined,
      status: (message) => observer.status?.(withoutControls(message)),
      kindOf: (name) => toolKind(name, provider.toolKinds),
      timeoutMs: options.timeoutMs,
      idleTimeoutMs: options.idleTimeoutMs,
      signal: request.signal,
      log: (kinds) => recorder.log(kinds, nativeId(parser, recorder)),
      show,
      raw: async (bytes) => await observer.raw?.(bytes),
      spawned: (child) => {
        recorder.spawned(child.identity, true);
        observer.spawned?.(child.pid);
      },
      stderr: (text) => observer.debug?.(text.trimEnd()),
    });
  // Where stdout is passed on unread, stderr may have named the session.
  recorder.log([], nativeId(parser, recorder));
  const transcript = await transcriptOf(started, file, recorder, parser, result);
  const lost = started.plan.stdout === "raw" ? undefined : transcript?.answer;
  if (lost !== undefined && !lastText.endsWith(lost)) {
    recorder.log(
      [
        { type: "assistant_message", content: lost, message_id: null },
      ],
      undefined,
      "provider_file",
    );
    await show([answerEvent(lost)]);
  }
  const verdict = decideOutcome({
    agentName: provider.displayName,
    mode: interactive ? "interactive" : started.plan.stdout === "raw" ? "raw" : "events",
    state: parser.state,
    exit: result.exit,
    endedBy: result.endedBy,
    stderr: result.stderr,
    error: result.error,
    transcript,
  });
  if (result.rawText !== undefined && transcript === undefined) {
    recorder.rawAnswer(result.rawText, result.rawTruncated);
  }
  const output = toAgentOutput({
    provider: provider.name,
    events: collected,
    state: verdict.state,
    exitCode: result.exit.code,
    failure: verdict.success ? undefined : verdict.failure,
    logPath: recorder.logPath,
  });
  await recorder.finish({
    outcome: verdict.outcome,
    error: verdict.failure,
    exit: result.exit,
    usage: output.usage ?? undefined,
    costUsd: output.total_cost_usd ?? undefined,
    stderr: verdict.settled ? undefined : result.stderr,
  });
  if (result.error !== undefined && result.endedBy?.kind === "aborted") throw result.error;
  return {
    sessionId: settled.sessionId,
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
    exit: result.exit,
    stderr: result.stderr,
    denied: [...denied],
    output,
  };
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

/** What the CLI's own file says, where zag saw no terminal event and it could know more. */
async function transcriptOf(
  started: StartedPlan,
  file: TranscriptFile | undefined,
  recorder: Recorder,
  parser: Parser,
  result: DriveResult,
): Promise<{ answer: string | undefined; finished: boolean | undefined } | undefined> {
  if (!file || started.plan.stdout === "inherit") return undefined;
  const blind = started.plan.stdout === "raw";
  if (parser.state.results > 0 || (!blind && result.endedBy !== undefined)) return undefined;
  const path = await file.find(parser.state.sessionId);
  if (path === undefined) return undefined;
  const reader = file.transcript.parser();
  const { readTranscript } = await import("./transcript_follow.ts");
  await readTranscript({
    path,
    parser: reader,
    offset: file.offset,
    rereads: file.transcript.rereads,
    log: (kinds) => {
      // With events the log has all of it already, and what was sent it has in any case.
      const fresh = blind ? kinds.filter((kind) => kind.type !== "user_message") : [];
      recorder.log(fresh, undefined, "provider_file");
    },
  });
  const { sessionId } = reader.state;
  if (sessionId !== undefined && sessionId !== recorder.nativeId) recorder.log([], sessionId);
  return reader.state;
}

/** An answer that did not come through stdout, as the event that it would have been. */
function answerEvent(text: string): AssistantMessageEvent {
  return { type: "assistant_message", content: [{ type: "text", text }], usage: null };
}

function nativeId(parser: Parser, recorder: Recorder): string | undefined {
  const id = parser.state.sessionId;
  return id !== undefined && id !== recorder.nativeId ? id : undefined;
}

/**
 * A private directory that goes when the launch does. It lies below the state directory, where the next
 * zag finds it if this one is killed; where there is no room for it, among the system's own.
 */
async function privateDirectory(wanted: string): Promise<AsyncDisposable & { path: string }> {
  let path = wanted;
  try {
    ensurePrivateDir(wanted);
  } catch {
    path = await Deno.makeTempDir({ prefix: "zag-" });
  }
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await Deno.remove(path, { recursive: true }).catch(() => {});
    },
  };
}
