/**
 * The one record of what a caller wants. The builder and the commands fill it; nothing else carries
 * settings.
 */
import type { NotificationKind } from "../notify/notification.ts";
import type { Target } from "../notify/target.ts";
import type { ReviewTarget } from "../providers/launch_plan.ts";
import type { SessionCommand } from "../sessions/records.ts";
import type { PermissionPolicy } from "./policy.ts";

/** What `-o` selects: how an invocation is shown. Absent means the answer's text as it is made. */
export type OutputFormat = "text" | "json" | "json-pretty" | "stream-json" | "native-json";

/** The values of {@linkcode OutputFormat}, in the order in which documents list them. */
export const OUTPUT_FORMATS = [
  "text",
  "json",
  "json-pretty",
  "stream-json",
  "native-json",
] as const satisfies readonly OutputFormat[];

/** How messages arrive on stdin. */
export type InputFormat = "text" | "stream-json";

/** Settings of one agent session. Every property is optional; absent means the default. */
export interface LaunchOptions {
  /**
   * Provider name, any case; pins it. `auto` has one chosen for the prompt. Absent: the configured
   * one, else `claude`; where it cannot be used, the next one that can.
   */
  provider?: string;
  /**
   * Exact model name, or a size: `small`, `medium`, `large`; `auto` has one chosen for the prompt.
   * Absent: configured, else the CLI's own.
   */
  model?: string;
  /** Parameter size of a local model, for example `9b`. */
  size?: string;
  /** Text added to the agent's own system prompt. */
  systemPrompt?: string;
  /** The agent's working directory and the key of its project. Absent: the current directory. */
  root?: string;
  /** Skip the agent's permission questions. */
  autoApprove?: boolean;
  /**
   * What the agent may do, and what it has to ask about: a policy, JSON that begins with a brace, the
   * path of a file, or the name of a policy that is kept. Not together with `autoApprove`.
   */
  permissions?: PermissionPolicy | string;
  /** A line for the shell that is asked about a tool; needs `permissions`. */
  askCommand?: string;
  /** Further directories that the agent may use. */
  addDirs?: readonly string[];
  /** Files attached to the prompt. */
  files?: readonly string[];
  /** Plan file put before the prompt. */
  plan?: string;
  /** Sessions whose results are put before the prompt. */
  context?: readonly string[];
  /** Additions to the agent's environment. */
  env?: Readonly<Record<string, string>>;
  /** Session id to use, a UUID. Absent: a new one. */
  sessionId?: string;
  /** Name by which the session can be found. */
  name?: string;
  /** What the session is for. */
  description?: string;
  /** Tags by which the session can be found. */
  tags?: readonly string[];
  /** What the agent's CLI is asked to print; absent: events. */
  outputFormat?: OutputFormat;
  /** What stdin of the agent carries; absent: the prompt. */
  inputFormat?: InputFormat;
  /** Repeat the messages of the input stream in the events. */
  replayUserMessages?: boolean;
  /** Deliver text while it is being made, too. */
  includePartialMessages?: boolean;
  /** Most turns that the agent may take. */
  maxTurns?: number;
  /** Ends the agent after this many milliseconds. */
  timeoutMs?: number;
  /**
   * Ends the agent when nothing comes from it for this many milliseconds after its start; 0: however
   * long that takes. Absent: as configured, else what is built in for the provider.
   */
  firstByteTimeoutMs?: number;
  /**
   * Ends the agent when it has been silent for this many milliseconds; 0: however long that takes. Absent:
   * as configured.
   */
  idleTimeoutMs?: number;
  /** US dollars that the call may spend, with all sessions that its agents start. */
  maxCostUsd?: number;
  /** Tokens that it may use likewise; those that come from a cache do not count. */
  maxTokens?: number;
  /**
   * Providers that go on with the session, in this order, when its own has hit a usage limit, does not
   * answer, or cannot be started. Absent: nobody does.
   */
  fallback?: readonly string[];
  /** A session that hits a usage limit waits for its end and goes on. Absent: it ends with it. */
  autoResume?: boolean;
  /**
   * Who is told what happens to the session: `desktop`, a URL, `command:PROGRAM ARGS`, or the path of a
   * program. Absent: who is configured.
   */
  notify?: readonly (string | Target)[];
  /** What they are told of. Absent: what is configured, else everything. */
  notifyOn?: readonly NotificationKind[];
  /** MCP servers: inline JSON that begins with a brace, or the path of a JSON file. */
  mcpConfig?: string;
  /**
   * A git worktree of its own, by this name; `true` has one thought up. An unchanged one goes with the
   * end of the session. Not together with `sandbox`, nor for a session that goes on.
   */
  worktree?: string | true;
  /** A Docker sandbox of its own, by this name; `true` has one thought up. It stays. */
  sandbox?: string | true;
  /** The command that the session belongs to in the books. Absent: `exec` or `run`. */
  command?: SessionCommand;
  /**
   * The session reviews a change, and the prompt says no more than that: a CLI with a review of its
   * own may use that in place of the prompt.
   */
  review?: ReviewTarget;
}
