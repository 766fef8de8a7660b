/**
 * What a provider is asked for, and how it says that its CLI is to be started. Types only.
 *
 * @module
 */
import type { Policy } from "./policy.ts";

/**
 * How the agent's stdout is read: line by line as events, as one JSON document that is passed on
 * whole, as bytes to pass through, or not at all.
 */
export type StdoutMode = "events" | "document" | "raw" | "inherit";

/** What a review is about; at least one of the first three. */
export interface ReviewTarget {
  /** What is staged, not staged and not tracked. */
  readonly uncommitted?: boolean;
  /** What this branch has that another one, named here, has not. */
  readonly base?: string;
  /** One commit. */
  readonly commit?: string;
  /** What the change is called. */
  readonly title?: string;
}

/** A request that a provider turns into a launch plan. Everything in it is already resolved. */
export interface PlanRequest {
  readonly mode: "exec" | "interactive";
  /** What the CLI shall print: events, its plain text, or its own JSON document. */
  readonly output: "events" | "text" | "native-json";
  /** The composed prompt; undefined when there is none, or when it arrives as stream input. */
  readonly prompt: string | undefined;
  /** Messages arrive on stdin as NDJSON while the agent runs. */
  readonly streamInput: boolean;
  readonly replayUserMessages: boolean;
  readonly partialMessages: boolean;
  /** The resolved model name; undefined means that no model flag is passed. */
  readonly model: string | undefined;
  readonly systemPrompt: string | undefined;
  readonly autoApprove: boolean;
  /** What the agent may do; absent: what its CLI allows by itself. */
  readonly permissions?: Policy | undefined;
  readonly addDirs: readonly string[];
  readonly maxTurns: number | undefined;
  /** US dollars that it may spend, where the CLI holds such a cap. */
  readonly maxCostUsd?: number | undefined;
  /** JSON, whether it was given inline or in a file. */
  readonly mcpConfig: string | undefined;
  readonly jsonSchema: unknown;
  /** The prompt asks for a review of this and for nothing else; absent: it asks for other things. */
  readonly review?: ReviewTarget | undefined;
  /** The session id to give to the CLI, where it takes one. */
  readonly sessionId: string;
  /** Native id of the session to resume; undefined for a new one. */
  readonly resume: string | undefined;
  /** Working directory of the agent, absolute. */
  readonly cwd: string;
  /** A private directory that exists while the agent runs, for `LaunchPlan.files`. */
  readonly tempDir: string;
  /** A private directory that stays: state that a built-in agent keeps between invocations. */
  readonly stateDir: string;
  /** The environment that the agent inherits, with what the person adds for this session. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Version of the CLI; known only where `Provider.needsVersion` asked for it. */
  readonly version: string | undefined;
  /**
   * An interactive session that nobody sees: a question of the CLI's before it begins, such as
   * whether the directory can be trusted, would be answered by nobody.
   */
  readonly unattended: boolean;
  /** True when zag runs as root; some CLIs then want to be told that they are contained. */
  readonly isRoot: boolean;
}

/** A file that must exist while the agent runs; created with mode 0600, its directories with 0700. */
export interface PlanFile {
  readonly path: string;
  readonly content: string;
}

/** The longest input that a CLI takes; what it does beyond that is not worth seeing. */
export interface InputLimit {
  readonly count: number;
  readonly unit: "bytes" | "characters";
}

/** Everything the engine needs to start an agent. */
export interface LaunchPlan {
  /** Program name; for a built-in agent, the command of zag itself that it is. */
  readonly program: string | { readonly builtIn: string };
  readonly args: readonly string[];
  /** Additions to the environment; an undefined value removes the variable. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Variables that already hold what the person set them to, beside the provider's own part. */
  readonly joinedEnv?: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Text to write to stdin before it is closed; a stream; or nothing (a null device). */
  readonly stdin: { readonly text: string } | "stream" | "null" | "inherit";
  readonly stdout: StdoutMode;
  readonly files: readonly PlanFile[];
  /** Absolute path of a file that the CLI writes while it runs; goes to `Transcript.isMarked`. */
  readonly mark?: string;
  /** Absolute path of a file that the CLI writes before it ends; goes to `Parser.report`. */
  readonly report?: string;
}
