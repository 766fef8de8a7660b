/** What an agent that is about to start is driven with, and where its events go. */
import { type Event, textOf } from "../events/event.ts";
import { messageText } from "../events/render/plain_text.ts";
import { toolKind } from "../events/tool_kinds.ts";
import type { InputEncoder, Parser, ParserOptions, ParserState } from "../providers/parser.ts";
import type { DriveRequest } from "./drive.ts";
import type { LaunchRequest, StartedPlan } from "./launch_request.ts";
import type { BudgetWatch } from "./budget.ts";
import type { LimitWatch } from "./limit_watch.ts";
import { resumedId, wantsPartial } from "./plan_request.ts";
import type { PermissionGate } from "./policy_gate.ts";
import type { Recorder } from "./recorder.ts";
import type { SessionStore } from "../sessions/store.ts";
import type { Settled } from "./settle.ts";
import { tellQuestion } from "./tell_question.ts";
import type { TranscriptFile } from "./transcript_file.ts";
import { budgetedParser } from "./watch_budget.ts";
import { meteredParser } from "./usage_meter.ts";
import { firstByteMs } from "./watchdog.ts";

/** What belongs to an agent that is about to start. */
export interface Start {
  readonly started: StartedPlan;
  readonly settled: Settled;
  readonly recorder: Recorder;
  readonly request: LaunchRequest;
  /** Where its CLI keeps the session; undefined when it keeps none. */
  readonly file: TranscriptFile | undefined;
  /** Private directory of the run. */
  readonly launchFiles: string;
  readonly limits: LimitWatch;
  /** Undefined when nothing is capped. */
  readonly budget?: BudgetWatch | undefined;
  /** Undefined when there is no index. */
  readonly store: SessionStore | undefined;
  /** The session ends with this run: settles what others must find settled when they hear of that. */
  settle?(): Promise<void>;
  /** The same for one more start, where the first one has used up the id of the CLI's session. */
  underAnotherId(): Promise<Start>;
}

/** The events on their way to whoever looks on, and what has to be remembered of them. */
export class ShownEvents {
  /** All of them, if they were asked for. */
  readonly collected: Event[] = [];
  /** Tools that the agent was not allowed to use. */
  readonly denied = new Set<string>();
  /** The newest message of the assistant. */
  lastText = "";
  /** The newest turn of a stream hit a usage limit, and another agent is to go on with it. */
  #isLimited = false;
  #isLetGo = false;
  readonly #request: LaunchRequest;
  readonly #state: Readonly<ParserState>;
  readonly #limits: LimitWatch | undefined;

  /**
   * Remembers what the request asks for.
   *
   * @param state What the parser knows, always as it is now.
   * @param limits What the turns of a stream have hit.
   */
  constructor(request: LaunchRequest, state: Readonly<ParserState>, limits?: LimitWatch) {
    this.#request = request;
    this.#state = state;
    this.#limits = request.streamInput ? limits : undefined;
  }

  /** Whether another agent is to go on. If so, it stays so, whatever this one says. */
  letGo(): boolean {
    return this.#isLetGo ||= this.#isLimited;
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
    if (!events.some(({ type }) => type === "result")) return;
    // A turn that came to a good end has got over whatever was before.
    if (!this.#state.isError && !this.#isLetGo) this.#limits?.forget();
    this.#isLimited = this.#state.isError && this.#limits?.hit !== undefined;
    observer?.turnEnded?.(this.#state, this.#isLimited);
  }
}

/** How a non-interactive agent is driven. */
export function driveRequest(
  { started, settled, recorder, request, limits, budget }: Start,
  parser: Parser,
  shown: ShownEvents,
  gate?: PermissionGate,
): DriveRequest {
  const { provider, options } = settled;
  const observer = request.observer ?? {};
  return {
    ...started,
    parser: budgetedParser(meteredParser(parser, (state) => recorder.usageLine(state)), budget),
    encoder: gate ? guarded(provider.input) : provider.input,
    gate,
    firstMessage: request.streamInput || gate ? settled.composedPrompt : undefined,
    input: request.streamInput ? request.input : undefined,
    isLimited: () => shown.letGo(),
    showsRepeated: options.replayUserMessages === true || request.showsRepeated === true,
    // A limit that the CLI holds itself is its own business.
    maxModelCalls: provider.capabilities.maxTurns === "zag" ? settled.maxTurns : undefined,
    status: (message) => observer.status?.(messageText(message)),
    kindOf: (name) => toolKind(name, provider.toolKinds),
    timeoutMs: options.timeoutMs,
    spentMs: request.spentMs,
    firstByteTimeoutMs: firstByteMs(settled.watchdog, started.plan.stdout),
    idleTimeoutMs: settled.watchdog.idleMs,
    signal: request.signal,
    log: (kinds) => void recorder.log(limits.completed(kinds), nativeId(parser, recorder)),
    unfinished: (text, anew) => recorder.unfinished(text, anew),
    show: (events) => shown.show(events),
    raw: async (bytes) => await observer.raw?.(bytes),
    spawned: (child) => {
      recorder.spawned(child.identity, true, request.rests);
      observer.spawned?.(child.pid);
    },
    stderr: (text) => observer.debug?.(text.trimEnd()),
  };
}

/** Who decides about the tools of an agent that asks; undefined where no policy holds, or none asks. */
export async function permissionGate(
  { started, settled, recorder, request, launchFiles }: Start,
): Promise<PermissionGate | undefined> {
  const { policy, provider, options, paths } = settled;
  if (!policy || provider.capabilities.permissions !== "asks") return undefined;
  const { PermissionGate } = await import("./policy_gate.ts");
  const { permissions } = provider;
  return new PermissionGate({
    policy,
    subject: (name, input) => permissions!.subject!(name, input),
    sessionId: settled.sessionId,
    provider: provider.name,
    cwd: started.plan.cwd,
    home: paths.userHome ?? settled.cwd,
    launchFiles,
    command: options.askCommand,
    env: started.env,
    handler: request.onPermission,
    now: () => new Date(),
    warning: (message) => request.observer?.warning?.(message),
    asking: (question) => {
      request.observer?.asking?.(question);
      tellQuestion({ settled, recorder, request }, question);
    },
  });
}

/** The same, without what could change what the agent may do. */
function guarded(encoder: InputEncoder | undefined): InputEncoder | undefined {
  return encoder && { ...encoder, accepts: (message) => encoder.accepts(message, true) };
}

/** What the parser has to know besides what it reads. */
export async function parserOptions({ settled, request, file }: Start): Promise<ParserOptions> {
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

/** The provider's id of the session, if it has just been learnt. */
export function nativeId(parser: Parser, recorder: Recorder): string | undefined {
  const id = parser.state.sessionId;
  return id !== undefined && id !== recorder.nativeId ? id : undefined;
}
