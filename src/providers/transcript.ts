/**
 * What a CLI writes about its sessions into files of its own. Types only.
 *
 * @module
 */
import type { Usage } from "../events/event.ts";
import type { LogKind } from "../events/log_event.ts";

/** Where to look for a file: a directory, and a name or pattern for each level below it. */
export interface TranscriptPlace {
  /** Absolute. */
  readonly directory: string;
  /** Names below it; of several that match a pattern the one that sorts last is tried first. */
  readonly path: readonly (string | RegExp)[];
}

/** Reads what the CLI wrote about a session into files of its own. */
export interface Transcript {
  /** Where the file of a session can be, best first. */
  places(request: TranscriptRequest): readonly TranscriptPlace[];
  /**
   * Where the files of all sessions are, in whatever directory they were started; absent where only
   * zag itself makes such files.
   */
  everywhere?(request: TranscriptRequest): readonly TranscriptPlace[];
  /** A file beside a transcript that holds the session's directory, for those that do not name it. */
  directoryFile?(path: string): string;
  /** Where a CLI that can change its session notes which one it is at; absent where none does. */
  readonly notes?: SessionNotes;
  /** A parser for the lines of such a file. */
  parser(options?: TranscriptParserOptions): TranscriptParser;
  /** Later lines change what earlier ones said: reading has to begin at the first line. */
  readonly rereads?: boolean;
  /** A resume that fails can destroy the file: a copy is kept until the session is over. */
  readonly fragile?: boolean;
  /** Whether a transcript belongs to the run that wrote this mark; see `LaunchPlan.mark`. */
  isMarked?(mark: string, transcript: string): boolean;
  /** The tokens of the whole session so far, where a line states them. */
  totalUsage?(line: string): Usage | undefined;
}

/** Files in which running CLIs say which session they are at, one a process. */
export interface SessionNotes {
  /** Absolute. */
  directory(request: TranscriptRequest): string;
  /** The native id in such a file; undefined where there is none. */
  sessionId(text: string): string | undefined;
}

/** Where reading begins, if not at the first line. */
export interface TranscriptParserOptions {
  /** The tokens of the session before the first line that is read, as `totalUsage` gives them. */
  readonly usageBefore?: Usage | undefined;
}

/** What is known when a transcript is looked for. */
export interface TranscriptRequest {
  /** Native id; undefined for a session whose CLI has yet to choose one: then any of them. */
  readonly sessionId: string | undefined;
  readonly cwd: string;
  readonly home: string;
  /** As in `PlanRequest`. */
  readonly stateDir: string;
  /** Environment of the agent. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Translates transcript lines to log entries, among them what the model calls used. From the lines
 * of a file that has grown come the same entries as before, and then those that are new. Does no I/O
 * and never throws.
 */
export interface TranscriptParser {
  line(text: string, out: (kind: LogKind) => void): void;
  /** The file is complete; hands over what was held back. */
  end?(out: (kind: LogKind) => void): void;
  readonly state: {
    /** The last answer seen. */
    answer: string | undefined;
    /** The last turn came to its end; undefined where the file does not tell. */
    finished: boolean | undefined;
    /** How many messages a resume would find; for a file that a resume can destroy. */
    messages?: number;
    /** Native id of the session, once seen. */
    sessionId: string | undefined;
    /** Directory in which the session was started, once seen. */
    cwd?: string | undefined;
    /** The directory that the file names, whoever started the session and however. */
    directory?: string | undefined;
    /** The model that answered last. */
    model?: string | undefined;
    /** When it was that the newest line tells of, RFC 3339; lines without a time leave it. */
    time?: string | undefined;
    /** The file holds no session that could go on: a sub-agent's part of one, or mere notes. */
    isPart?: boolean;
  };
}
