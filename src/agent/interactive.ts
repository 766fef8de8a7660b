/**
 * An agent that has the terminal: zag hands it over, keeps the log from the CLI's own session file,
 * and gives the terminal back as it was.
 */
import type { LogKind } from "../events/log_event.ts";
import { endTree } from "../processes/end_tree.ts";
import { followStops } from "../processes/job_control.ts";
import { saveTerminal } from "../processes/terminal.ts";
import { limitLine } from "../providers/limit_lines.ts";
import { redact } from "../redact/redact.ts";
import { startOnTerminal, type TerminalAgent } from "./agent_terminal.ts";
import { beforeStart, type DriveResult, GRACE_MS } from "./drive.ts";
import type { Start } from "./drive_request.ts";
import { LimitedTime } from "./interactive_limits.ts";
import { Interrupt } from "./interrupt.ts";
import type { LaunchRequest } from "./launch_request.ts";
import { abortedBy, type EndReason } from "./outcome.ts";
import type { Recorder } from "./recorder.ts";
import type { Settled } from "./settle.ts";
import type { TranscriptFile } from "./transcript_file.ts";
import { followTranscript, type TranscriptFollower } from "./transcript_follow.ts";
import { UnseenLimit } from "./unseen_limit.ts";

/** Starts the agent on the terminal and waits until it is done with it. */
export async function driveInteractive(
  { started, settled, recorder, request, file, budget, limits: watch }: Start,
): Promise<DriveResult> {
  const early = beforeStart(request.signal);
  if (early) return early;
  const kind = request.terminal ?? "shared";
  const terminal = kind === "private" ? undefined : await saveTerminal();
  await using work = new AsyncDisposableStack();
  let heard = () => {};
  // A person sees a limit where it is, and decides.
  const unseen = kind === "private"
    ? work.use(new UnseenLimit(watch, () => ending.begin({ kind: "limit" })))
    : undefined;
  const follower = file && await follow(file, settled, recorder, request, (kinds) => {
    heard();
    budget?.read(kinds);
    return unseen?.read(kinds) ?? kinds;
  });
  if (follower) work.defer(() => follower.stop());
  const screen = unseen &&
    work.use(new Screen(() => lookForLimit(settled, agent, recorder, unseen)));
  const { env } = settled.options;
  const agent = work.use(await startOnTerminal(kind, started, env, () => screen?.drawn()));
  const { identity } = agent;
  recorder.spawned(identity, agent.detached);
  request.observer?.spawned?.(identity.pid);
  const ending = new Ending(agent, started.marker);
  const limits = work.use(
    new LimitedTime({
      timeoutMs: settled.options.timeoutMs,
      spentMs: request.spentMs,
      // Somebody who sits at the terminal may think for as long as they like.
      firstByteTimeoutMs: settled.options.firstByteTimeoutMs,
      idleTimeoutMs: kind === "private" ? settled.watchdog.idleMs : undefined,
      unseen: kind === "private" && file !== undefined,
      end: (reason) => ending.begin(reason),
      stuck: (ms) => request.observer?.warning?.(notBegun(settled, agent.screen(), ms)),
    }),
  );
  heard = () => {
    limits.heard();
    // What it had done before may be read after what it shows now, and then shows no more.
    screen?.drawn();
  };
  limits.start();
  const abort = () => ending.abort(request.signal?.reason);
  request.signal?.addEventListener("abort", abort);
  work.defer(() => request.signal?.removeEventListener("abort", abort));
  if (request.signal?.aborted) abort();
  if (request.takesTerminal) work.use(followStops(identity.pid));
  const exit = await agent.exit;
  await agent.drained();
  ending.begin(undefined);
  await ending.done;
  await follower?.stop();
  if (unseen?.stands) ending.reason ??= { kind: "limit" };
  const abnormal = exit.signal !== null || ending.reason !== undefined;
  await terminal?.restore({ reset: abnormal });
  return {
    exit,
    endedBy: ending.reason,
    stderr: "",
    screen: redact(agent.screen()),
    rawText: undefined,
    rawTruncated: false,
    owesAnswer: false,
    error: undefined,
  };
}

/** The end of an agent and of all that it has started; the first reason for it is kept. */
class Ending {
  readonly #agent: TerminalAgent;
  readonly #marker: string;
  readonly #urgent = new AbortController();
  /** Why it was ended; undefined when it came to its end by itself. */
  reason: EndReason | undefined;
  /** Fulfilled when nothing is left; undefined before {@linkcode Ending.begin}. */
  done: Promise<unknown> | undefined;

  constructor(agent: TerminalAgent, marker: string) {
    this.#agent = agent;
    this.#marker = marker;
  }

  begin(reason: EndReason | undefined): void {
    this.reason ??= reason;
    const signal = reason?.kind === "aborted" ? reason.signal : undefined;
    this.done ??= endTree(this.#agent.identity, {
      detached: this.#agent.detached,
      marker: this.#marker,
      graceMs: GRACE_MS,
      firstSignal: signal === "SIGHUP" ? "SIGHUP" : "SIGTERM",
      signal: this.#urgent.signal,
    });
  }

  abort(reason: unknown): void {
    if (reason instanceof Interrupt) {
      reason.urgent?.addEventListener("abort", () => this.#urgent.abort());
    }
    this.begin(abortedBy(reason));
  }
}

/** So many lines of a screen hold a question and its choices. */
const QUESTION_LINES = 30;

function lookForLimit(
  { provider }: Settled,
  agent: TerminalAgent,
  recorder: Recorder,
  unseen: UnseenLimit,
): void {
  if (unseen.stands) return;
  const limit = provider.limitOnScreen?.(agent.screen(QUESTION_LINES), new Date());
  if (limit) recorder.log(unseen.read([limitLine(limit, undefined)]));
}

/** So often a screen that changes is looked at, in milliseconds. */
const LOOK_MS = 500;

/** Has a screen looked at when something was drawn on it. */
class Screen implements Disposable {
  readonly #look: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(look: () => void) {
    this.#look = look;
  }

  drawn(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, LOOK_MS);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

function notBegun({ provider: { displayName } }: Settled, screen: string, ms: number): string {
  const shown = screen === "" ? "and shows nothing" : `and shows:\n${screen}`;
  return `${displayName} has not begun after ${ms / 1000} seconds ${shown}`;
}

async function follow(
  file: TranscriptFile,
  settled: Settled,
  recorder: Recorder,
  request: LaunchRequest,
  heard: (kinds: readonly LogKind[]) => readonly LogKind[],
): Promise<TranscriptFollower> {
  let parser = await file.parser();
  let prompt = settled.prompt;
  const switches = file.switch();
  let next: string | undefined;
  return followTranscript({
    path: file.path,
    find: () => file.find(),
    parser,
    offset: file.offset,
    rereads: file.transcript.rereads,
    log: (kinds) => {
      // The first message is in the log already, as it was typed.
      const fresh = heard(kinds).filter((kind) => {
        if (kind.type !== "user_message" || prompt === undefined) return true;
        const known = kind.content === settled.composedPrompt || kind.content === prompt;
        prompt = undefined;
        return !known;
      });
      const { sessionId } = parser.state;
      const learnt = sessionId !== undefined && sessionId !== recorder.nativeId;
      recorder.log(fresh, learnt ? sessionId : undefined, "provider_file");
    },
    next: async () => {
      const current = next ?? recorder.nativeId;
      const other = await switches.next(current);
      if (!other) return undefined;
      next = other.id;
      parser = other.parser;
      const ids = { old_session_id: current ?? null, new_session_id: next };
      return { path: other.path, parser, entry: { type: "session_cleared", ...ids } };
    },
    polling: (reason) =>
      request.observer?.debug?.(`looking at ${file.path} every second: ${reason}`),
  });
}
