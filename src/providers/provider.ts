/**
 * What a provider is: a description without any I/O. It says how its CLI is started (`plan`), how
 * the CLI's output reads (`parser`), and what it can do (`capabilities`). The engine does the rest.
 *
 * @module
 */
import type { Event, Usage, UsageLimitEvent } from "../events/event.ts";
import type { LogKind } from "../events/log_event.ts";
import type { ToolKind } from "../events/tool_kinds.ts";
import type { ProviderExtensions } from "./extensions.ts";
import type { Policy, ToolSubject } from "./policy.ts";

/** The three sizes in which every provider offers a model. */
export type ModelSize = "small" | "medium" | "large";

/** The models of a provider. */
export interface ModelCatalogue {
  /** Shown as the model when no model flag is passed. */
  readonly defaultName: string;
  readonly sizes: Readonly<Record<ModelSize, string>>;
  /** The sizes are tags of one model, which this is: `NAME:SIZE`. */
  readonly family?: string;
  /** Exact names that the CLI is known to take. */
  readonly names: readonly string[];
  /** True where a name outside of the list may be right too: it is passed on as it is. */
  readonly open: boolean;
}

/** Who makes a feature work: the CLI itself, zag around it, or nobody. */
export type Support = "native" | "zag" | false;

/** What a message does that arrives while a turn is going on: waits in the agent, ends it, or waits in zag. */
export type StreamSemantics = "queue" | "interrupt" | "between-turns-only";

/** What a provider supports; a flag that it lacks is refused or warned about by name. */
export interface Capabilities {
  /** The CLI speaks a stream of structured events. */
  readonly events: boolean;
  /** The CLI has JSON of its own that `-o native-json` can pass on. */
  readonly nativeJson: boolean;
  readonly interactive: boolean;
  readonly resume: Support;
  /** A session can go on interactively, too. */
  readonly interactiveResume: boolean;
  /** How much of an interactive session the CLI's own file tells; false where there is none. */
  readonly sessionLogs: "full" | "partial" | false;
  /** A session id chosen by us is taken by the CLI. */
  readonly presetSessionId: boolean;
  /** What the CLI makes of messages while it runs; false where each needs a start of its own. */
  readonly streamInput: StreamSemantics | false;
  readonly replayUserMessages: boolean;
  readonly partialMessages: boolean;
  /** `zag` where the text goes before the prompt because the CLI has no place for it. */
  readonly systemPrompt: Support;
  /** A session that goes on still has the one with which it began. @default false */
  readonly keepsSystemPrompt?: boolean;
  /** An interactive session takes one, too: always, or only together with a first prompt. */
  readonly interactiveSystemPrompt: "always" | "with-prompt" | false;
  /** An interactive session can begin with a prompt. */
  readonly interactivePrompt: boolean;
  readonly autoApprove: boolean;
  /**
   * What a permission policy can be for it: `asks` where the CLI asks zag about each call of a tool
   * and waits, `rules` where it is told beforehand what is allowed and nobody can be asked.
   */
  readonly permissions: "asks" | "rules" | false;
  readonly addDirs: boolean;
  /** `zag` where model calls are counted and the agent is ended. */
  readonly maxTurns: Support;
  readonly mcpConfig: boolean;
  /**
   * A JSON schema can be handed to the CLI: any, or only a `strict` one, in which every object
   * requires all its properties and allows no others.
   */
  readonly jsonSchema: "any" | "strict" | false;
  /** Parameter sizes (`--size`). */
  readonly sizes: boolean;
  /** The CLI has a code review of its own. */
  readonly review: boolean;
  /** Non-interactive use may be billed by the token to people who pay for a subscription. */
  readonly tokenBilledPrint: boolean;
}

/** How the program of a provider is found and installed. `NAME --version` prints its version. */
export interface Binary {
  /** Program name looked up on PATH. */
  readonly name: string;
  /** A command that installs it, for the message when it is missing. */
  readonly install: string;
  /** The oldest version whose flags and output zag knows, for example `1.2.0`. */
  readonly oldest?: string;
  /** The version that the tests drive. */
  readonly tested?: string;
  /** Only interactive sessions need the program. */
  readonly interactiveOnly?: boolean;
  /** Added to the environment when the version is asked for, so that this is quick and quiet. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A server on which a provider depends. */
export interface Service {
  /** Answers `GET` with JSON that holds a `version`; from the environment of the agent. */
  url(env: Readonly<Record<string, string | undefined>>): string;
  /** What to do when it does not answer. */
  readonly advice: string;
}

/** How an agent is started in a Docker sandbox. */
export interface SandboxTemplate {
  /** What Docker calls the agent: `claude`. */
  readonly agent: string;
  /** The image that the sandbox is made from. */
  readonly image: string;
  /** The agent is a shell; it gets the program and its arguments by `-c`. */
  readonly shell?: boolean;
  /** Flags that Docker gives to the agent by itself, before others: they must not come twice. */
  readonly implied?: readonly string[];
}

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

/** What a parser knows about the invocation besides its events. */
export interface ParserState {
  /** The provider's own session id, once seen. */
  sessionId: string | undefined;
  /** The concrete model, once seen. */
  model: string | undefined;
  /** A terminal event was seen, and how many. Without one the outcome is unknown. */
  results: number;
  /** The last terminal event reported failure. */
  isError: boolean;
  errorMessage: string | undefined;
  /** The final text of the last turn. */
  result: string | undefined;
  /** The schema-checked value, where the CLI made one. */
  structured: unknown;
  /** US dollars for the whole invocation. */
  costUsd: number | undefined;
  /** Tokens of the whole invocation. */
  usage: Usage | undefined;
  /** How often the model was called, as far as the CLI tells; for a limit that zag holds. */
  modelCalls: number;
  /** What the turn that goes on has used, where the CLI tells before its end. */
  underway?:
    | { readonly usage: Usage | undefined; readonly costUsd: number | undefined }
    | undefined;
  /** The CLI has stopped because the cap in dollars that it was given is passed. */
  overBudget?: boolean;
}

/** A CLI wants to know whether it may call a tool, and waits. */
export interface ToolQuestion {
  /** The CLI's own id of the question. */
  readonly id: string;
  /**
   * `first`: with the answer `ask` it asks again. `final`: it takes yes or no. `unknown`: it asks about
   * something else, which nobody knows how to answer.
   */
  readonly stage: "first" | "final" | "unknown";
  readonly toolName: string;
  readonly input: unknown;
}

/** What a CLI is told about a question. */
export interface ToolAnswer {
  readonly action: "allow" | "deny" | "ask";
  /** Why, for the agent. */
  readonly reason?: string | undefined;
}

/** How a permission policy is kept. */
export interface ToolPermissions {
  /**
   * Looks whether a policy can be expressed.
   *
   * @returns Warnings about what will be stricter than it says.
   * @throws {UntranslatableRuleError} for what cannot be kept.
   */
  check?(policy: Policy, place: { readonly cwd: string }): readonly string[];
  /**
   * What a call is about, where the CLI asks; undefined for one that is a part of the CLI itself and is
   * always allowed.
   */
  subject?(name: string, input: unknown): ToolSubject | undefined;
}

/** Where a parser puts what it read. */
export interface ParserSink {
  event(event: Event): void;
  /** The CLI waits for an answer. Absent: nobody would give one. */
  question?(question: ToolQuestion): void;
  /** A line for the session log that is no event of the unified stream. */
  note(kind: LogKind): void;
}

/** Turns the CLI's output lines into events. Does no I/O and never throws on any input. */
export interface Parser {
  readonly state: Readonly<ParserState>;
  /** Reads one line, without its newline. */
  line(text: string, sink: ParserSink): void;
  /** Reads a whole document of the CLI's own JSON (`-o native-json`). */
  document?(text: string, sink: ParserSink): void;
  /** Reads what the CLI says on stderr, in pieces as they come. */
  stderr?(text: string): void;
  /** Reads the file that `LaunchPlan.report` names, before `end`. */
  report?(text: string): void;
  /** zag ends the agent for a reason of its own: closes the open turn as failed. */
  stop(message: string, sink: ParserSink): void;
  /** The stream is over; emits what was held back. */
  end(sink: ParserSink): void;
}

/** What a parser has to know of the launch. */
export interface ParserOptions {
  readonly partialMessages: boolean;
  /** As in the request: for CLIs that do not repeat what they were told. */
  readonly sessionId: string;
  /** Native id of the session that goes on; undefined for a new one. */
  readonly resume: string | undefined;
  /** Value of the model flag; undefined when none was passed. */
  readonly model: string | undefined;
  /** Working directory of the agent, absolute. */
  readonly cwd: string;
  /** Tokens of the session before this invocation; undefined for a new session, or when unknown. */
  readonly usageBefore: Usage | undefined;
}

/** How messages to a running agent are written to its stdin. */
export interface InputEncoder {
  /** One line, without its newline, that carries a user message. */
  userMessage(text: string): string;
  /** A line that asks the agent to stop the turn but not the session; undefined if it cannot. */
  interrupt(id: string): string | undefined;
  /**
   * Whether the agent understands this object as it is, besides zag's own form.
   *
   * @param guarded Nothing is accepted that could change what the agent may do.
   */
  accepts(message: Readonly<Record<string, unknown>>, guarded?: boolean): boolean;
  /** A line that comes first where a permission policy holds; absent where there is none. */
  guard?(): string;
  /** A line that answers a question about a tool. */
  answer?(question: ToolQuestion, answer: ToolAnswer): string;
}

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

/** Whether a CLI can call its model, as far as files and variables tell. */
export type LoginState =
  | {
    readonly state: "yes";
    readonly by: string;
    /** When what it logs in with expires, in milliseconds since 1970; absent where it does not say. */
    readonly expires?: number;
    /** The CLI can renew it by itself. */
    readonly renews?: boolean;
  }
  | { readonly state: "no" | "unknown"; readonly reason: string };

/** How a login is recognised without the CLI and without the network. */
export interface Login {
  /** The command with which a person logs in. */
  readonly command: string;
  /** Files to read, absolute, by names of ours. */
  files(request: LoginRequest): Readonly<Record<string, string>>;
  /**
   * What they tell. Says names of variables and files, and never what they hold.
   *
   * @param texts Of the files that are there.
   */
  read(request: LoginRequest, texts: Readonly<Record<string, string | undefined>>): LoginState;
}

/** What is known when a login is looked for. */
export interface LoginRequest {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** As `Deno.build.os`. */
  readonly os: string;
}

/** What a model costs, in US dollars a million tokens. */
export interface ModelPrice {
  /** What it reads. */
  readonly input: number;
  /** What it writes. */
  readonly output: number;
  /** What it reads from a cache. Absent: as `input`. */
  readonly cached?: number;
  /** What is put into a cache. Absent: as `input`. */
  readonly cacheWrite?: number;
}

/** What a CLI tells of what it spends, besides tokens. */
export interface Spending {
  /** US dollars are told by its output, or also by the file that it keeps. Absent: by neither. */
  readonly dollars?: "output" | "always";
  /** Tokens from a cache are among those that it says were read. @default false */
  readonly cachedIsInput?: boolean;
  /** A non-interactive CLI takes a cap in US dollars, and holds it. @default false */
  readonly holdsCost?: boolean;
  /** What a model costs, where that never changes; undefined for any other. */
  price?(model: string): ModelPrice | undefined;
}

/** A coding agent's CLI, described. */
export interface Provider {
  readonly name: string;
  /** As people write it: `Claude Code`. */
  readonly displayName: string;
  /** What it does better than others, in a few words for whoever chooses; absent: nothing special. */
  readonly strengths?: string;
  /** Undefined for a provider that is built in. */
  readonly binary: Binary | undefined;
  /** Absent where there is no Docker sandbox for it. */
  readonly sandbox?: SandboxTemplate;
  /** A server that has to be up. */
  readonly service?: Service;
  readonly capabilities: Capabilities;
  readonly models: ModelCatalogue;
  readonly inputLimit?: InputLimit;
  /** Tools whose name says less than what they do; for all others a rule infers it. */
  readonly toolKinds?: Readonly<Record<string, ToolKind>>;
  plan(request: PlanRequest): LaunchPlan;
  /** Whether the plan depends on the CLI's version, which costs a look at the program. */
  needsVersion?(request: Omit<PlanRequest, "version">): boolean;
  parser(options: ParserOptions): Parser;
  readonly input?: InputEncoder;
  /** Absent where there are no permission policies. */
  readonly permissions?: ToolPermissions;
  readonly transcript?: Transcript;
  /**
   * The usage limit at which the interactive CLI waits for a person, from the last lines of its screen;
   * absent where its own file tells.
   */
  limitOnScreen?(screen: string, now: Date): UsageLimitEvent | null;
  readonly spending?: Spending;
  /** Where the CLI looks for skills and MCP servers; absent where it knows neither. */
  extensions?(): Promise<{ readonly extensions: ProviderExtensions }>;
  /** How it can be told whether somebody has logged in; absent where nobody has to. */
  login?(): Promise<{ readonly login: Login }>;
}
