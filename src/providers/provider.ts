/**
 * What a provider is: a description without any I/O. It says how its CLI is started (`plan`), how
 * the CLI's output reads (`parser`), and what it can do (`capabilities`). The engine does the rest.
 *
 * @module
 */
import type { UsageLimitEvent } from "../events/event.ts";
import type { ToolKind } from "../events/tool_kinds.ts";
import type { ProviderExtensions } from "./extensions.ts";
import type { InputLimit, LaunchPlan, PlanRequest } from "./launch_plan.ts";
import type { Login } from "./login.ts";
import type { InputEncoder, Parser, ParserOptions } from "./parser.ts";
import type { Policy, ToolSubject } from "./policy.ts";
import type { Transcript } from "./transcript.ts";

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
  /**
   * The CLI has a way of its own to get JSON out of a model, and says what that takes: a system prompt
   * says nothing of it. @default false
   */
  readonly structuredOutput?: boolean;
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
