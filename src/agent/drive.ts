/**
 * The life of one non-interactive agent process: fed, read, watched, and ended with everything that
 * it started. The first reason to end it wins.
 */
import type { Event } from "../events/event.ts";
import type { LogKind } from "../events/log_event.ts";
import type { ToolKind } from "../events/tool_kinds.ts";
import { type Clock, Deadline } from "../processes/deadline.ts";
import { endTree } from "../processes/end_tree.ts";
import { RunningClock } from "../processes/running_clock.ts";
import { startSubprocess, type Subprocess } from "../processes/subprocess.ts";
import { RedactingText } from "../redact/redacting_text.ts";
import type { LaunchPlan } from "../providers/launch_plan.ts";
import type { InputEncoder, Parser, ToolQuestion } from "../providers/parser.ts";
import { toLogKinds } from "../sessions/log_lines.ts";
import { type InputMessage, MessageFeed } from "./input_stream.ts";
import { type EndingSignal, EndRequested, Interrupt } from "./interrupt.ts";
import { abortedBy, type AgentExit, type EndReason } from "./outcome.ts";
import type { PermissionGate } from "./policy_gate.ts";
import { STDERR_TAIL } from "./stderr_end.ts";
import { HeadBuffer, pumpDocument, pumpEvents, TailBuffer } from "./stream.ts";
import { ToolQuestions } from "./tool_questions.ts";
import { TurnLedger } from "./turn_ledger.ts";

/** After its last result an agent may tidy up for this long before it is ended. */
const SETTLE_MS = 5000;
/** After the agent's exit, something else may hold its stdout open; this long without data is enough. */
const DRAIN_MS = 1000;
/** From TERM to KILL. */
export const GRACE_MS = 5000;
const RAW_LOG_LIMIT = 256 * 1024;

/** What a drive needs. */
export interface DriveRequest {
  plan: LaunchPlan;
  program: string;
  args: readonly string[];
  env: Record<string, string>;
  parser: Parser;
  encoder: InputEncoder | undefined;
  /** The first message of a stream; undefined when the first comes from `input`. */
  firstMessage: string | undefined;
  input: ReadableStream<Uint8Array> | undefined;
  /**
   * Whether the turn that has just ended hit a usage limit after which another agent goes on: this one is
   * told nothing more. Absent: none ever does.
   */
  isLimited?(): boolean;
  /** Decides about the tools that the agent asks for; absent: it does not ask. */
  gate?: PermissionGate | undefined;
  /** Show messages that the agent repeats. @default true */
  showsRepeated?: boolean;
  /** Hears what the agent says about itself beside its events. */
  status?: (message: string) => void;
  /** Most calls of the model, where zag holds the limit. */
  maxModelCalls?: number | undefined;
  /** What a tool of this provider does. */
  kindOf?: (name: string) => ToolKind;
  timeoutMs: number | undefined;
  /** So much of that is over already, in milliseconds. @default 0 */
  spentMs?: number | undefined;
  /**
   * Ends an agent that writes nothing to stdout for so long after its start, or after a message that it
   * gets while it has nothing to do. What it writes to stderr makes it wait anew.
   */
  firstByteTimeoutMs?: number | undefined;
  /** Ends an agent that writes nothing for so long, be it to stdout or to stderr. */
  idleTimeoutMs: number | undefined;
  signal: AbortSignal | undefined;
  /** An entry of the environment that marks every process of this session. */
  marker: string;
  log(kinds: readonly LogKind[]): void;
  /** Keeps what is about to be shown and stands in no entry yet; `anew` when it does not go on. */
  unfinished?(text: string | Uint8Array, anew: boolean): void;
  show(events: readonly Event[]): Promise<void>;
  raw(bytes: Uint8Array): Promise<void>;
  spawned(child: Subprocess): void;
  stderr?(text: string): void;
  clock?: Clock;
}

/** How a drive ended. */
export interface DriveResult {
  exit: AgentExit;
  endedBy: EndReason | undefined;
  stderr: string;
  /** The last lines on a terminal that nobody saw; absent for every other agent. */
  screen?: string;
  /** What went by in raw mode. */
  rawText: string | undefined;
  rawTruncated: boolean;
  /** The person's input could not be understood, or the reader of our output is gone. */
  error: unknown;
  /** A message that was sent has not been answered. */
  owesAnswer: boolean;
  /** Something came from its stdout. Absent where nobody read that. */
  heard?: boolean;
}

/**
 * How a drive ended that was asked to end before the agent was started.
 *
 * @throws the reason of any other abort
 */
export function beforeStart(signal: AbortSignal | undefined): DriveResult | undefined {
  if (!(signal?.reason instanceof EndRequested)) {
    signal?.throwIfAborted();
    return undefined;
  }
  return {
    exit: { code: null, signal: null },
    endedBy: abortedBy(signal.reason),
    stderr: "",
    rawText: undefined,
    rawTruncated: false,
    error: undefined,
    owesAnswer: false,
    heard: false,
  };
}

/** Starts the agent and sees it through. Never throws but for a program that cannot be started. */
export async function drive(request: DriveRequest): Promise<DriveResult> {
  return await new Drive(request).run();
}

class Drive {
  readonly #request: DriveRequest;
  readonly #clock: Clock;
  #firstByte: Deadline | undefined;
  readonly #stderr = new TailBuffer(STDERR_TAIL);
  readonly #rawHead = new HeadBuffer(RAW_LOG_LIMIT);
  readonly #ledger = new TurnLedger();
  readonly #urgent = new AbortController();
  #child!: Subprocess;
  #idle: Deadline | undefined;
  #settle: Deadline | undefined;
  #drain: Deadline | undefined;
  #endedBy: EndReason | undefined;
  #ending: Promise<unknown> | undefined;
  #error: unknown;
  #heard = false;
  #inputOpen: boolean;
  readonly #questions: ToolQuestions;
  /** Another agent goes on: nothing more is said to this one. */
  readonly #limited = new AbortController();
  #feed: MessageFeed | undefined;
  /** The agent is gone: nobody needs an answer. */
  readonly #over = new AbortController();
  #showing: Promise<void> = Promise.resolve();
  /** Fulfilled whenever a turn has come to its end. */
  #turnEnded = Promise.withResolvers<void>();

  constructor(request: DriveRequest) {
    this.#request = request;
    // An agent that stood still along with this program gets all its time again.
    this.#clock = new RunningClock(request.clock, () => this.#aroused());
    this.#inputOpen = request.plan.stdin === "stream";
    this.#questions = new ToolQuestions({
      gate: request.gate,
      encoder: request.encoder,
      over: this.#over.signal,
      write: async (line) => void await this.#child.stdin!.write(line),
      tell: async (answered) => {
        request.log(toLogKinds(answered, request.kindOf));
        await this.#show([answered]);
      },
      pause: () => this.#idle?.pause(),
      resume: () => this.#idle?.resume(),
      failed: (error) => this.#failed(error),
    });
  }

  async run(): Promise<DriveResult> {
    const { plan, program, args, env, signal } = this.#request;
    const early = beforeStart(signal);
    if (early) return early;
    this.#child = startSubprocess({
      program,
      args,
      env,
      cwd: plan.cwd,
      detached: true,
      stdin: plan.stdin === "null" ? "null" : "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#request.spawned(this.#child);
    const onAbort = () => this.#abort();
    signal?.addEventListener("abort", onAbort);
    const { timeoutMs, spentMs = 0 } = this.#request;
    using total = this.#deadline(timeoutMs && Math.max(1, timeoutMs - spentMs), () => {
      if (!this.#isSettled()) this.#end({ kind: "timeout", durationMs: timeoutMs! });
    });
    total?.start();
    using idle = this.#deadline(this.#request.idleTimeoutMs, (durationMs) => {
      const waitedFor = this.#heard ? "further output" : "the first output";
      if (this.#owesResult()) this.#end({ kind: "idle", durationMs, waitedFor });
    });
    this.#idle = idle;
    idle?.start();
    using firstByte = this.#deadline(this.#request.firstByteTimeoutMs, (durationMs) => {
      const waitedFor = this.#heard ? "an answer to a message" : "the first output";
      if (this.#owesResult()) this.#end({ kind: "first-byte", durationMs, waitedFor });
    });
    this.#firstByte = firstByte;
    firstByte?.start();
    using settle = this.#deadline(SETTLE_MS, () => this.#end(undefined));
    this.#settle = settle;
    using drain = this.#deadline(DRAIN_MS, () => this.#child.closeOutput());
    this.#drain = drain;
    try {
      const stderr = this.#readStderr();
      const feeding = this.#tell();
      const pumping = this.#pump().catch((error) => this.#failed(error));
      pumping.then(() => this.#settle?.start());
      const exit = await this.#child.exit;
      this.#over.abort();
      this.#turnEnded.resolve();
      this.#settle?.stop();
      this.#drain?.start();
      this.#end(undefined);
      await this.#ending;
      await this.#pumped(pumping);
      await stderr;
      if (this.#limited.signal.aborted) this.#feed?.putBack(this.#ledger.unanswered);
      // A message may still be awaited from a stdin that nobody closes.
      await Promise.race([feeding, this.#request.plan.stdin === "stream" ? undefined : feeding]);
      return {
        exit,
        endedBy: this.#endedBy,
        stderr: this.#stderr.text(),
        rawText: plan.stdout === "raw" ? this.#rawHead.text() : undefined,
        rawTruncated: this.#rawHead.truncated,
        owesAnswer: this.#request.plan.stdin === "stream" && this.#ledger.owesAnswer,
        error: this.#error,
        heard: this.#heard,
      };
    } finally {
      signal?.removeEventListener("abort", onAbort);
      // A message that is awaited still may come, or fail to, when nobody is there any more.
      this.#idle = this.#firstByte = this.#settle = undefined;
    }
  }

  /** Waits until everything is shown, unless the reader is stuck and zag is told to end. */
  async #pumped(pumping: Promise<void>): Promise<void> {
    const { signal } = this.#request;
    const stuck = Promise.withResolvers<void>();
    using patience = new Deadline(DRAIN_MS, () => stuck.resolve(), this.#clock);
    const told = () => patience.start();
    const urged = () => stuck.resolve();
    if (signal?.aborted) told();
    signal?.addEventListener("abort", told);
    this.#urgent.signal.addEventListener("abort", urged);
    if (this.#urgent.signal.aborted) urged();
    const shown = pumping.then(() => this.#questions.answered()).then(() => true);
    if (!await Promise.race([shown, stuck.promise])) {
      this.#error ??= signal?.reason;
      this.#endedBy = abortedBy(signal?.reason);
      this.#child.closeOutput();
    }
    signal?.removeEventListener("abort", told);
  }

  #deadline(ms: number | undefined, fired: (durationMs: number) => void): Deadline | undefined {
    return ms === undefined ? undefined : new Deadline(ms, () => fired(ms), this.#clock);
  }

  #abort(): void {
    const reason = this.#request.signal?.reason;
    if (reason instanceof Interrupt) {
      reason.urgent?.addEventListener("abort", () => this.#urgent.abort());
      if (reason.urgent?.aborted) this.#urgent.abort();
    }
    this.#end(abortedBy(reason));
  }

  /** Ends the agent and all that it started; a reason is kept if it is the first. */
  #end(reason: EndReason | undefined): void {
    if (this.#ending) return;
    this.#endedBy = reason;
    const signal = reason?.kind === "aborted" ? reason.signal : undefined;
    this.#ending = endTree(this.#child.identity, {
      detached: true,
      marker: this.#request.marker,
      graceMs: GRACE_MS,
      firstSignal: (signal as EndingSignal | undefined) ?? "SIGTERM",
      signal: this.#urgent.signal,
    }).catch((error) => {
      this.#error ??= error;
      // What may neither look nor signal may still end what it has started itself.
      this.#child.kill("SIGKILL");
    });
  }

  /** Something of ours has failed: the agent is ended. */
  #failed(error: unknown): void {
    this.#error ??= error;
    this.#end({ kind: "aborted", signal: undefined, reason: error });
  }

  /** The agent was asked something and has not come to an end with it. */
  #owesResult(): boolean {
    return this.#request.plan.stdin === "stream"
      ? this.#ledger.owesAnswer
      : this.#request.parser.state.results === 0;
  }

  /** Nothing more is expected of the agent. */
  #isSettled(): boolean {
    return !this.#inputOpen && !this.#owesResult();
  }

  #active(): void {
    this.#heard = true;
    this.#firstByte?.stop();
    this.#idle?.touch();
    this.#drain?.touch();
    this.#settle?.touch();
  }

  /** It lives, though it has not said anything that counts. */
  #aroused(): void {
    this.#firstByte?.touch();
    this.#idle?.touch();
  }

  async #pump(): Promise<void> {
    const { plan, parser } = this.#request;
    const stdout = this.#child.stdout!;
    const target = {
      log: (kinds: readonly LogKind[]) => this.#request.log(kinds),
      unfinished: (text: string, anew: boolean) => this.#request.unfinished?.(text, anew),
      show: (events: readonly Event[]) => this.#show(events),
      question: this.#request.gate && ((question: ToolQuestion) => this.#questions.hear(question)),
      taken: () => {
        this.#questions.replyToAll();
        this.#noticeLimit();
        this.#turnEnded.resolve();
        this.#turnEnded = Promise.withResolvers();
        if (this.#isSettled()) this.#settle?.start();
      },
      overLimit: () => this.#end(undefined),
      active: () => this.#active(),
      showsRepeated: this.#request.showsRepeated ?? true,
      status: this.#request.status,
      kindOf: this.#request.kindOf,
      maxModelCalls: this.#request.maxModelCalls,
      report: () => readReport(plan.report),
    };
    if (plan.stdout === "events") {
      await pumpEvents(stdout, parser, target, this.#ledger);
    } else if (plan.stdout === "document") {
      const bytes = await pumpDocument(stdout, parser, target);
      await this.#patiently(() => this.#request.raw(bytes));
    } else {
      for await (const chunk of stdout) {
        this.#active();
        const kept = this.#rawHead.add(chunk);
        if (kept.length > 0) this.#request.unfinished?.(kept, false);
        await this.#patiently(() => this.#request.raw(chunk));
      }
    }
  }

  /** One after the other: an answer may come while the agent says something. */
  async #show(events: readonly Event[]): Promise<void> {
    const before = this.#showing;
    const shown = this.#patiently(async () => {
      await before;
      await this.#request.show(events);
    });
    this.#showing = shown.catch(() => {});
    await shown;
  }

  /** Waits until all that was asked is answered: the agent may need an answer of ours for that. */
  async #untilAnswered(): Promise<void> {
    while (!this.#over.signal.aborted && this.#ledger.owesAnswer) await this.#turnEnded.promise;
  }

  /** Waits for the reader of our output; its slowness is not the agent's silence. */
  async #patiently(write: () => Promise<void>): Promise<void> {
    this.#idle?.pause();
    this.#firstByte?.pause();
    this.#drain?.pause();
    try {
      await write();
    } finally {
      this.#idle?.resume();
      this.#firstByte?.resume();
      this.#drain?.resume();
    }
  }

  async #readStderr(): Promise<void> {
    const decoder = new TextDecoder();
    const told = new RedactingText();
    const tell = (text: string) => {
      if (text !== "") this.#request.stderr?.(text);
    };
    try {
      for await (const chunk of this.#child.stderr!) {
        // Some CLIs tell only here that they try a request again.
        this.#aroused();
        this.#stderr.add(chunk);
        const text = decoder.decode(chunk, { stream: true });
        this.#request.parser.stderr?.(text);
        tell(told.push(text));
      }
    } catch {
      // The pipe may break when the tree is killed; the tail is all that matters.
    }
    tell(told.end());
  }

  async #tell(): Promise<void> {
    const { plan, input, encoder, firstMessage, gate } = this.#request;
    const stdin = this.#child.stdin;
    if (!stdin || plan.stdin === "null" || plan.stdin === "inherit") return;
    try {
      if (plan.stdin !== "stream") await stdin.write(plan.stdin.text);
      else if (encoder) {
        const guard = gate && encoder.guard?.();
        if (guard !== undefined) await stdin.write(guard + "\n");
        if (firstMessage !== undefined) {
          await this.#send({ line: encoder.userMessage(firstMessage), text: firstMessage }, false);
        }
        if (input) {
          this.#feed = MessageFeed.of(input, encoder);
          for (let message = await this.#next(); message; message = await this.#next()) {
            this.#feed.take(message);
            await this.#send(message, message.isLogged !== true);
          }
        }
        if (gate) {
          this.#inputOpen = false;
          await this.#untilAnswered();
        }
      }
    } catch (error) {
      this.#error ??= error;
      this.#feed?.close();
    } finally {
      this.#inputOpen = false;
      await stdin.close();
      if (plan.stdin === "stream" && this.#isSettled()) this.#settle?.start();
    }
  }

  /** The next message for this agent; undefined when there is none. */
  async #next(): Promise<InputMessage | undefined> {
    const { signal } = this.#limited;
    if (signal.aborted) return undefined;
    const stopped = Promise.withResolvers<undefined>();
    const stop = () => stopped.resolve(undefined);
    signal.addEventListener("abort", stop);
    try {
      const message = await Promise.race([this.#feed!.next(), stopped.promise]);
      return signal.aborted ? undefined : message;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** After a limit the agent is let go; what it was sent and has not answered is for the next one. */
  #noticeLimit(): void {
    if (this.#limited.signal.aborted || !this.#request.isLimited?.()) return;
    this.#limited.abort();
    // It would run against the same limit with each of them.
    if (this.#ledger.owesAnswer) this.#end({ kind: "limit" });
  }

  async #send(message: InputMessage, log: boolean): Promise<void> {
    if (message.text !== undefined) {
      // In a turn it has been heard already, and takes the message up when that is over.
      if (!this.#ledger.owesAnswer) this.#firstByte?.start();
      this.#ledger.sent(message.text, message.line);
      if (log) {
        this.#request.log([
          { type: "user_message", role: "user", content: message.text, message_id: null },
        ]);
      }
    }
    this.#settle?.stop();
    // While nothing was asked its silence did not count, and the deadline may have run out.
    this.#idle?.start();
    await this.#child.stdin!.write(message.line + "\n");
  }
}

/** What the CLI wrote about the invocation; undefined when it wrote nothing. */
async function readReport(path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : await Deno.readTextFile(path).catch(() => undefined);
}
