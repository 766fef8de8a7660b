/**
 * One session of one agent, from options to outcome: settle, plan, record, start, follow, finish.
 * Whatever happens on the way, the agent and all that it started are gone at the end, and the log
 * says how it ended.
 */
import { join } from "node:path";
import { zagPaths } from "../config/paths.ts";
import { type AssistantMessageEvent, type Event, textOf } from "../events/event.ts";
import { toAgentOutput } from "../events/output.ts";
import { type Host, realHost } from "../host.ts";
import { selfCommand, setEntry } from "../processes/self.ts";
import { ensureShim } from "../processes/shim.ts";
import type { LaunchPlan, Parser, PlanRequest } from "../providers/provider.ts";
import { drive, type DriveResult } from "./drive.ts";
import { agentEnvironment } from "./environment.ts";
import { Interrupt } from "./interrupt.ts";
import { decideOutcome, type LaunchOutcome } from "./outcome.ts";
import { openRecorder, type Recorder } from "./recorder.ts";
import { settle, type Settled, type SettleRequest } from "./settle.ts";
import { openStore } from "./store_access.ts";
import { endStrays } from "./strays.ts";
import { transcriptPath } from "./transcript_path.ts";

/** What a launch is asked to do, and with what. */
export interface LaunchRequest extends SettleRequest {
  /** Keep the events for the output document; without it a launch holds no more than one read. */
  collectEvents?: boolean;
  /** Deliver text while it is made, as deltas, also where the options do not ask for it. */
  partialText?: boolean;
  /** An interactive agent takes over the terminal: suspend this program along with it. */
  takesTerminal?: boolean;
  /** Messages for the running agent, NDJSON; read only with `streamInput`. */
  input?: ReadableStream<Uint8Array>;
  /** Aborting ends the agent; an `Interrupt` as the reason names the signal to pass on. */
  signal?: AbortSignal;
  observer?: LaunchObserver;
  host?: Host;
}

/** Who watches a launch. Everything that is shown has been logged before. */
export interface LaunchObserver {
  /** Everything is decided; the agent is about to start. */
  starting?(settled: Settled, logPath: string | undefined): void;
  /** The agent runs. */
  spawned?(pid: number): void;
  events?(events: readonly Event[]): Promise<void>;
  /** Bytes of the agent's stdout, in the formats that are passed through. */
  raw?(bytes: Uint8Array): Promise<void>;
  warning?(message: string): void;
  debug?(message: string): void;
}

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
  await using temp = await temporaryDirectory();
  const prompt = await argumentPrompt(settled, temp.path);
  const plan = settled.provider.plan(planRequest(settled, request, temp.path, prompt));
  const recorder = await openRecorder(settled, store.open, host, observer);
  try {
    const started = await start(plan, settled, recorder, host);
    recorder.markTranscript(transcriptPath(settled, recorder, started.env));
    debugPlan(observer, started, settled.options.env ?? {});
    observer.starting?.(settled, recorder.logPath);
    return await follow(started, settled, recorder, request);
  } catch (error) {
    await recorder.finish({
      outcome: error instanceof Interrupt ? "interrupted" : "failure",
      error: error instanceof Error ? error.message : String(error),
    });
    throw error;
  }
}

/** A plan with its program found, its files written and its environment complete. */
export interface StartedPlan {
  plan: LaunchPlan;
  program: string;
  args: readonly string[];
  env: Record<string, string>;
  marker: string;
}

async function start(
  plan: LaunchPlan,
  settled: Settled,
  recorder: Recorder,
  host: Host,
): Promise<StartedPlan> {
  for (const file of plan.files) {
    await Deno.writeTextFile(file.path, file.content, { mode: 0o600 });
  }
  if (host.entry !== undefined) setEntry(host.entry);
  const self = selfCommand();
  const builtIn = settled.program === undefined;
  const shimDir = await ensureShim(settled.paths.shims, self).catch(() => undefined);
  const env = agentEnvironment({
    inherited: host.env.toObject(),
    provider: builtIn
      ? { ...plan.env, ...self.env, ZAG_MOCK_STATE: settled.paths.mockState }
      : plan.env,
    user: settled.options.env ?? {},
    sessionId: settled.sessionId,
    sessionName: settled.options.name ?? settled.resumed?.name ?? undefined,
    processId: recorder.processId,
    providerName: settled.provider.name,
    model: settled.modelName,
    root: settled.workspace,
    shimDir,
  });
  return {
    plan,
    program: settled.program ?? self.program,
    args: builtIn ? [...self.args, "mock-agent", ...plan.args] : plan.args,
    env,
    marker: `ZAG_PROCESS_ID=${recorder.processId}`,
  };
}

async function follow(
  started: StartedPlan,
  settled: Settled,
  recorder: Recorder,
  request: LaunchRequest,
): Promise<LaunchOutcome> {
  const { provider, options } = settled;
  const observer = request.observer ?? {};
  const parser = provider.parser({ partialMessages: wantsPartial(request) });
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
    )
    : await drive({
      ...started,
      parser,
      encoder: provider.input,
      firstMessage: request.streamInput ? settled.composedPrompt : undefined,
      input: request.streamInput ? request.input : undefined,
      showsRepeated: options.replayUserMessages === true,
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
  const transcript = await transcriptOf(started, settled, recorder, parser, result);
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

/** What the CLI's own file says, where zag saw no terminal event and it could know more. */
async function transcriptOf(
  started: StartedPlan,
  settled: Settled,
  recorder: Recorder,
  parser: Parser,
  result: DriveResult,
): Promise<{ answer: string | undefined; finished: boolean } | undefined> {
  const { transcript } = settled.provider;
  const blind = started.plan.stdout === "raw";
  if (!transcript || started.plan.stdout === "inherit") return undefined;
  if (parser.state.results > 0 || (!blind && result.endedBy !== undefined)) return undefined;
  const path = transcriptPath(settled, recorder, started.env);
  if (path === undefined || !(await Deno.stat(path).catch(() => undefined))) return undefined;
  const reader = transcript.parser();
  const { readTranscript } = await import("./transcript_follow.ts");
  await readTranscript({
    path,
    parser: reader,
    offset: recorder.transcriptOffset,
    log: (kinds) => {
      // With events the log has all of it already, and what was sent it has in any case.
      const fresh = blind ? kinds.filter((kind) => kind.type !== "user_message") : [];
      recorder.log(fresh, undefined, "provider_file");
    },
  });
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

function wantsPartial({ options, partialText }: LaunchRequest): boolean {
  return options.includePartialMessages === true || partialText === true;
}

/** One argument is limited to 128 KiB on Linux, and other arguments need room too. */
const ARGUMENT_LIMIT = 100 * 1024;

/** The prompt of an interactive agent is an argument; a long one becomes a file that it names. */
async function argumentPrompt(settled: Settled, tempDir: string): Promise<string | undefined> {
  const prompt = settled.composedPrompt;
  if (settled.command === "exec" || prompt === undefined) return prompt;
  const bytes = new TextEncoder().encode(prompt);
  if (bytes.length <= ARGUMENT_LIMIT) return prompt;
  const path = join(tempDir, "prompt.md");
  await Deno.writeFile(path, bytes, { mode: 0o600 });
  return `Read the file ${path} now and do what it says: it is my message, too long for this line.`;
}

function planRequest(
  settled: Settled,
  request: LaunchRequest,
  tempDir: string,
  prompt: string | undefined,
): PlanRequest {
  const { options, provider } = settled;
  const can = provider.capabilities;
  const format = options.outputFormat;
  return {
    mode: settled.command === "exec" ? "exec" : "interactive",
    output: format === "text" ? "text" : format === "native-json" ? "native-json" : "events",
    prompt,
    streamInput: request.streamInput,
    // What the agent repeats tells which messages a turn has answered.
    replayUserMessages: request.streamInput && can.replayUserMessages &&
      format !== "text" && format !== "native-json",
    partialMessages: wantsPartial(request) && can.partialMessages,
    model: settled.model,
    size: can.sizes ? options.size : undefined,
    systemPrompt: settled.systemPrompt,
    autoApprove: settled.autoApprove,
    addDirs: settled.addDirs,
    maxTurns: can.maxTurns ? settled.maxTurns : undefined,
    mcpConfig: can.mcpConfig ? settled.mcpConfig : undefined,
    jsonSchema: undefined,
    sessionId: settled.sessionId,
    resume: settled.resumed
      ? settled.resumed.providerSessionId ?? settled.resumed.sessionId
      : settled.discovered?.id,
    cwd: settled.cwd,
    tempDir,
    isRoot: isRoot(),
  };
}

function isRoot(): boolean {
  try {
    return Deno.uid() === 0;
  } catch {
    return false;
  }
}

function debugPlan(
  observer: LaunchObserver,
  { plan, program, args, env }: StartedPlan,
  added: Readonly<Record<string, string>>,
): void {
  const own = Object.keys(env).filter((name) =>
    name.startsWith("ZAG_") || name in plan.env || name in added
  );
  observer.debug?.(`program: ${program}`);
  observer.debug?.(`arguments: ${JSON.stringify(args)}`);
  observer.debug?.(`directory: ${plan.cwd}`);
  // Values may be secrets.
  observer.debug?.(`environment: ${own.sort().join(" ")}`);
}

async function temporaryDirectory(): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir({ prefix: "zag-" });
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await Deno.remove(path, { recursive: true }).catch(() => {});
    },
  };
}
