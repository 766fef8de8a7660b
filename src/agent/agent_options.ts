/** What a program says about an agent: one property for each setter of the builder. */
import type { LogEvent } from "../events/log_event.ts";
import type { InputFormat, OutputFormat } from "./launch_options.ts";
import type { NotificationKind } from "../notify/notification.ts";
import type { ListenFormat } from "../events/render/event_formatter.ts";
import type { PermissionPolicy } from "./policy.ts";
import type { PermissionHandler } from "./policy_gate.ts";
import type { ProgressHandler } from "./progress.ts";
import type { SessionLog } from "./session_log.ts";

/**
 * A length of time: a number of milliseconds, or text such as `90s`, `1h30m`, `500ms`, `1.5h` with the
 * units `ms`, `s`, `m`, `h` and `d`.
 */
export type Duration = number | string;

export type { ListenFormat };

/** How sessions can be found. */
export interface SessionMetadata {
  /** A name that people choose. */
  name?: string;
  /** What the session is for. */
  description?: string;
  /** Words to filter by. */
  tags?: readonly string[];
}

/**
 * Where the log of a session is kept: nowhere, in a file of its own under the state directory, or in a
 * log that the program has begun. With `off` nothing that anybody says in the session is kept under
 * the state directory. It is listed all the same, so that it can go on later; one that has a log
 * already is told there that the call began and ended, without any text.
 */
export type SessionLogMode = "off" | "auto" | SessionLog;

/**
 * What the entry of an agent among the running ones says, and its variables with it (`ZAG_PROVIDER`,
 * `ZAG_MODEL`, `ZAG_SESSION_NAME`, `ZAG_ROOT`). What is absent is what holds.
 */
export interface RegisterOptions {
  /** Name of the provider. */
  provider?: string;
  /** Name of the model. */
  model?: string;
  /** The command that it is listed under, of any name. An interactive agent stays a `run`. */
  command?: string;
  /** The beginning of the prompt, for people. Default: the prompt, where the session keeps a log. */
  promptPreview?: string;
  /** zag's own id of the session. Without effect for an agent that a builder runs. */
  sessionId?: string;
  /** Name of the session; one that has no name gets this one, and is found by it. */
  sessionName?: string;
  /** Where the agent works. */
  root?: string;
}

/** Settings of an agent, one for each setter of the builder. Absent means the default. */
export interface AgentOptions extends SessionMetadata {
  /**
   * Provider name, any case; pins it. `auto` has one chosen for the prompt. Default: the configured
   * one, else `claude`; where it cannot be used, the next one that can.
   */
  provider?: string;
  /**
   * Exact model name, or a size: `small`, `medium`, `large`; `auto` has one chosen for the prompt.
   * Default: the configured one, else the CLI's own.
   */
  model?: string;
  /** Parameter size of a local model, for example `9b`. */
  size?: string;
  /** Text added to the agent's own system prompt. Default: the configured one. */
  systemPrompt?: string;
  /** The agent's working directory and the key of its project. Default: the current directory. */
  root?: string;
  /** Skips the agent's permission questions. Default: as configured, else false. */
  autoApprove?: boolean;
  /**
   * What the agent may do, and what it has to ask about: a policy, JSON that begins with a brace, the
   * path of a file with it, or the name of one in `policies` of the state directory. Not together with
   * `autoApprove`. Default: what the agent's CLI allows by itself.
   */
  permissions?: PermissionPolicy | string;
  /** A line for the shell that is asked about a tool; `permissions` says when. */
  askCommand?: string;
  /** Is asked about a tool; `permissions` says when. What it throws denies. */
  onPermission?: PermissionHandler;
  /** Further directories that the agent may use. */
  addDirs?: readonly string[];
  /** Files attached to the prompt. */
  files?: readonly string[];
  /** A plan file put before the prompt. */
  plan?: string;
  /** Sessions, by id or name, whose results are put before the prompt. */
  context?: readonly string[];
  /** Additions to the agent's environment. */
  env?: Readonly<Record<string, string>>;
  /** Id of the new session, a UUID, stored in lower case. Default: a new one. */
  sessionId?: string;
  /** A new session works in a git worktree of its own, by this name; `true` has one thought up. */
  worktree?: string | true;
  /** A new session works in a Docker sandbox of its own, by this name; `true` has one thought up. */
  sandbox?: string | true;
  /** The answer has to be JSON. */
  json?: boolean;
  /** The answer has to be JSON that matches this JSON Schema. */
  jsonSchema?: unknown;
  /** How often an answer that will not do is sent back. Default: 3. */
  jsonRetries?: number;
  /**
   * An interactive session ends with a result that the agent hands in; the text says what is expected
   * of it.
   */
  exit?: string | true;
  /** An interactive agent works at a terminal that nobody sees. It needs `exit` and `autoApprove`. */
  headless?: boolean;
  /** What the agent's CLI is asked to print. Default: events. */
  outputFormat?: OutputFormat;
  /** How prompts reach the agent's CLI. Default: `text`. */
  inputFormat?: InputFormat;
  /** Messages that are sent appear among the events; always so in a streaming session. */
  replayUserMessages?: boolean;
  /** Text is delivered while it is being made, too. Default: false. */
  includePartialMessages?: boolean;
  /** Most turns that the agent may take. Default: the configured number. */
  maxTurns?: number;
  /** The agent is ended when it is not done within this time. Default: none. */
  timeout?: Duration;
  /**
   * The agent is ended when nothing comes from it for this long after its start; `off` and 0: however
   * long that takes. Default: as configured, else what is built in for the provider.
   */
  firstByteTimeout?: Duration | "off";
  /**
   * The agent is ended when it has been silent for this long; `off` and 0: however long it is. Default: as
   * configured, else none.
   */
  idleTimeout?: Duration | "off";
  /**
   * US dollars that a call may spend, with all sessions that its agents start: as soon as more is
   * told, the agent is ended. Default: as configured, else as many as it takes.
   */
  maxCost?: number;
  /** Tokens that a call may use likewise; those from a cache do not count. Default: likewise. */
  maxTokens?: number;
  /**
   * Providers that go on with the session, in this order, when its own has hit a usage limit, does not
   * answer, or cannot be started. Default: nobody does.
   */
  fallback?: readonly string[];
  /**
   * A call that hits a usage limit waits for its end and goes on with the same session, as the
   * configuration says. Default: false.
   */
  autoResume?: boolean;
  /**
   * Who is told what happens to the session: `desktop`, a URL that gets a POST, `command:PROGRAM ARGS`,
   * or the path of a program. Default: who is configured, else nobody.
   */
  notify?: readonly string[];
  /** What they are told of. Default: what is configured, else everything. */
  notifyOn?: readonly NotificationKind[];
  /** MCP servers: inline JSON that begins with a brace, or the path of a JSON file. */
  mcpConfig?: string;
  /** Progress also tells what the agent says about itself, for example that it asks again. */
  verbose?: boolean;
  /** Progress tells of warnings and errors alone. */
  quiet?: boolean;
  /** Progress tells at the end what was used. */
  showUsage?: boolean;
  /** Progress tells what was decided, and how the agent is started. */
  debug?: boolean;
  /** Hears how far a call has come. Default: nobody. */
  onProgress?: ProgressHandler;
  /** Where the log is kept. Default: `off`; `auto` as soon as somebody wants its entries. */
  sessionLog?: SessionLogMode;
  /** Hears every entry that a call writes to the log when it is in the file. */
  onLogEvent?: (event: LogEvent) => void;
  /** Prints every such entry on stderr. */
  streamEventsToStderr?: ListenFormat;
  /** What is printed on stderr includes the agent's reasoning. Default: false. */
  streamShowThinking?: boolean;
  /** Hears the process id of every agent that is started. */
  onSpawn?: (pid: number) => void;
  /** What the entry of the agent among the running ones says. */
  registerProcess?: RegisterOptions;
}
