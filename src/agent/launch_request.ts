/** What a launch takes, and what its parts hand to each other. */
import type { Event } from "../events/event.ts";
import type { LogEvent } from "../events/log_event.ts";
import type { Host } from "../host.ts";
import type { LaunchPlan } from "../providers/launch_plan.ts";
import type { ParserState } from "../providers/parser.ts";
import type { PermissionQuestion } from "../sessions/permission_files.ts";
import type { PendingResume, SessionRecord } from "../sessions/records.ts";
import type { SessionStore } from "../sessions/store.ts";
import type { RegisterOptions, SessionLogMode } from "./agent_options.ts";
import type { CallSpending } from "./call_spending.ts";
import type { Isolation } from "./isolate.ts";
import type { Settled, SettleRequest } from "./settle.ts";

/** What a launch is asked to do, and with what. */
export interface LaunchRequest extends SettleRequest {
  /**
   * Looks at the answer of an agent that came to a good end; absent: any will do.
   *
   * @param isOver Somebody has ended the session: the agent is not asked again.
   */
  judge?(answer: string, isOver: boolean): Judgement;
  /** How much of the time that the options allow is over already, in milliseconds. */
  spentMs?: number;
  /** Keep the events for the output document; without it a launch holds no more than one read. */
  collectEvents?: boolean;
  /** Deliver text while it is made, as deltas, also where the options do not ask for it. */
  partialText?: boolean;
  /** The run is recorded already, and belongs to this process; absent: it is begun here. */
  adopted?: AdoptedRun | undefined;
  /** The session is not over when the agent ends: whoever called closes its books. */
  staysOpen?: boolean;
  /**
   * A session that waits for the end of a usage limit when this program is ended, as by a machine that
   * shuts down, waits on: the next zag goes on with it. Absent: it ends with the program.
   */
  staysWaiting?: boolean;
  /** What launches of this call have spent; absent: it is the first one. */
  spending?: CallSpending | undefined;
  /** Providers that may still go on, in this call; whoever is asked is taken out. Absent: those of the options. */
  standIns?: string[] | undefined;
  /** Whether another provider goes on with a session whose agent has failed like this. */
  movesOn?(run: FailedRun): boolean;
  /** How often the session has gone on after a usage limit in this call. @default 0 */
  limitsMet?: number;
  /** Nothing is asked of the agent for now: that it lives is no sign that the session is at work. */
  rests?(): boolean;
  /**
   * Ends the work in a worktree or a sandbox, after the books were closed. An unchanged worktree was
   * removed before that, unless the session goes on. Absent: all else stays. Must not throw.
   */
  endIsolation?(isolation: Isolation): Promise<void>;
  /**
   * Settles the worktree of the launches before: their session ends without another one. Absent: there
   * were none. Must not throw.
   *
   * @param store Tells who works in it. It is open until what is returned is disposed.
   */
  settlePlace?(store: SessionStore): Promise<AsyncDisposable | undefined>;
  /** Where the session's log is kept. @default "auto" */
  log?: SessionLogMode;
  /** What the entry among the running agents says otherwise. */
  registration?: RegisterOptions | undefined;
  /** An interactive agent takes over the terminal: suspend this program along with it. */
  takesTerminal?: boolean;
  /** Show the messages that the agent repeats when it comes to them, whatever the options say. */
  showsRepeated?: boolean;
  /** Messages for the running agent, NDJSON; read only with `streamInput`. */
  input?: ReadableStream<Uint8Array>;
  /** Aborting ends the agent; an `Interrupt` as the reason names the signal to pass on. */
  signal?: AbortSignal;
  observer?: LaunchObserver;
  host?: Host;
}

/** What decides whether another provider goes on. */
export interface FailedRun {
  /** Its agent could be started. */
  readonly started: boolean;
  /** It hit a usage limit. */
  readonly limited: boolean;
  /** Why it has failed, in the words of its agent; empty for one that was not started. */
  readonly said: string;
}

/** A run that was recorded before its agent could start, because it is one in the background. */
export interface AdoptedRun {
  /** Its id. */
  processId: string;
  /** Its session as it was recorded, with what the caller said about it and who that was. */
  session: SessionRecord;
  /** Its private directory, which whoever called removes. */
  directory: string;
}

/** What is made of an answer: the result that is in it, or why it will not do. */
export type Judgement =
  | { accepted: string }
  | {
    /** A line each. */
    refused: readonly string[];
    /** The session does not end: the agent is about to be asked again. */
    goesOn: boolean;
  };

/** Who watches a launch. Everything that is shown has been logged before. */
export interface LaunchObserver {
  /** Everything is decided; the agent is about to start. */
  starting?: ((settled: Settled, logPath: string | undefined) => void) | undefined;
  /** A worktree or a sandbox was made for the session. */
  isolated?(isolation: Isolation): Promise<void> | void;
  /** The agent runs. */
  spawned?(pid: number): void;
  events?(events: readonly Event[]): Promise<void>;
  /**
   * A turn is over, and its events were shown; what is known of the whole invocation so far.
   *
   * @param goesOn It hit a usage limit, and is gone on with when that is over.
   */
  turnEnded?(state: Readonly<ParserState>, goesOn: boolean): void;
  /** Bytes of the agent's stdout, in the formats that are passed through. */
  raw?(bytes: Uint8Array): Promise<void>;
  /** An entry of the log is in its file, as its line says it. Must not write to the same log. */
  logged?(event: LogEvent, logPath: string): void;
  /** The agent waits until somebody says whether it may use a tool. */
  asking?(question: PermissionQuestion): void;
  /** The session waits for the end of a usage limit; told again when the time changes. */
  waiting?(wait: LimitWait): void;
  /** The wait is over, whyever that is. */
  waited?(): void;
  /** The agent says something about itself, for example that it tries a request again. */
  status?(message: string): void;
  warning?(message: string): void;
  debug?(message: string): void;
}

/** A session that waits for the end of a usage limit. */
export interface LimitWait extends Pick<PendingResume, "incidentId" | "sessionId" | "scope"> {
  /** As people write the provider's name. */
  readonly agentName: string;
  readonly wakeAt: Date;
}

/** A plan with its program found, its files written and its environment complete. */
export interface StartedPlan {
  plan: LaunchPlan;
  program: string;
  args: readonly string[];
  env: Record<string, string>;
  marker: string;
}
