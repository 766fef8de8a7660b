/**
 * What each command needs of Deno's permissions: the table behind `docs/permissions.md`, behind what
 * is asked for before a command runs, and behind what a zag that is started by zag gets.
 *
 * Data only, and loaded only where not everything is allowed.
 *
 * @module
 */

import { PLACE_VARIABLES } from "./config/paths.ts";

/** The kinds of permission that a row speaks of. */
export const ROW_KINDS = ["env", "read", "write", "run", "net", "sys", "ffi"] as const;

/** A kind of permission that a row speaks of. */
export type RowKind = typeof ROW_KINDS[number];

/** Stands for everything of a kind. */
export const ALL = "*";

/**
 * What stands for something that is known only where the command runs.
 *
 * - `STATE`: the state directory, `$ZAG_HOME` or `~/.zag`; also `$ZAG_USER_LOG_DIR`
 * - `PROJECT`: the top of the git checkout around the working directory (or `--root`); outside of any
 *   that directory itself, and `.git` in those above it
 * - `AGENT`: the program of the provider; `AGENT_FILES`: what its CLI keeps in the home directory
 * - `RUNTIME`: the path of Deno itself, or of the compiled zag
 * - `OLLAMA`: host and port of the server of Ollama
 * - `USER_HOME`: the home directory: Claude has a file right there, which is replaced whole
 * - `TEMP`: the directory for temporary files
 */
export const PLACEHOLDERS = [
  "STATE",
  "PROJECT",
  "AGENT",
  "AGENT_FILES",
  "RUNTIME",
  "OLLAMA",
  "USER_HOME",
  "TEMP",
] as const;

/** Values of each kind: names, paths, {@link PLACEHOLDERS}, or {@link ALL}. */
export type Grants = Readonly<Partial<Record<RowKind, readonly string[]>>>;

/** What is needed only in some cases. */
export interface Extra {
  /** The case, as it ends "needed ...": `with -w`. */
  readonly when: string;
  /** The flags of zag, by key, one of which makes it the case. Absent: the command line cannot tell. */
  readonly flags?: readonly string[];
  /** A person at a terminal is asked for it in any case; without it there is less to see. */
  readonly asked?: boolean;
  /** What is needed then. */
  readonly grants: Grants;
}

/** What one command needs. */
export interface PermissionRow {
  /** In any case: without it the command does not begin. */
  readonly grants: Grants;
  readonly extras: readonly Extra[];
  /** The provider that it is about; absent: the one of `-p`, or all. */
  readonly provider?: string;
}

const PLACES = PLACE_VARIABLES;

/** Settings and nothing else. */
const settings: Grants = { env: PLACES, read: ["STATE", "PROJECT"] };

/** Sessions: the index is opened for writing, also to be read; `ps` tells whether a run still lives. */
const sessions: Grants = { ...settings, write: ["STATE"], run: ["ps"] };

/** Ends processes, which takes to know what they have started. */
const ending: Grants = { ...sessions, env: [...PLACES, "ZAG_PROCESS_ID"], run: ["ps", "kill"] };

/** The variables that move what an agent keeps. */
const AGENT_PLACES = ["CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME", "GEMINI_CLI_HOME"];

/** Changes skills and MCP servers. */
const extensions: Grants = { ...settings, write: ["STATE"] };

/** Compares skills and MCP servers with what agents have. */
const agentExtensions: Grants = {
  ...extensions,
  env: [...PLACES, ...AGENT_PLACES],
  read: ["STATE", "PROJECT", "AGENT_FILES"],
};

/** Writes skills and MCP servers into what agents have. */
const synced: Grants = {
  ...agentExtensions,
  read: [...agentExtensions.read!, "USER_HOME"],
  write: ["STATE", "AGENT_FILES", "USER_HOME"],
};

/** Starts an agent, or a zag that does. It gets the whole environment. */
const launch: Grants = {
  env: [ALL],
  read: ["STATE", "PROJECT"],
  write: ["STATE"],
  run: ["RUNTIME", "ps", "kill"],
};

const withAgent: Extra = {
  when: "for an agent with a CLI of its own",
  grants: { run: ["AGENT"], read: ["AGENT_FILES"] },
};
const withExtensions: Extra = {
  when: "to give an agent its skills (Deno makes links only so) and MCP servers",
  grants: { read: [ALL], write: [ALL] },
};
const withOllama: Extra = { when: "for Ollama", grants: { net: ["OLLAMA"] } };
const withAuto: Extra = {
  when: "to look for agents (`-p auto`, a missing agent)",
  grants: { run: ["AGENT"], write: ["TEMP"] },
};
const withWorktree: Extra = { when: "with `-w`", flags: ["worktree"], grants: { run: ["git"] } };
const withSandbox: Extra = {
  when: "with `--sandbox`",
  flags: ["sandbox"],
  grants: { run: ["docker"] },
};
const withAskCommand: Extra = {
  when: "with `--ask-command`",
  flags: ["askCommand"],
  grants: { run: ["/bin/sh"] },
};
const withNotify: Extra = {
  when: "with `--notify`",
  flags: ["notify"],
  grants: { net: [ALL], run: [ALL] },
};
const withFifo: Extra = { when: "with `-I`", flags: ["interactive"], grants: { run: ["mkfifo"] } };
const withTerminal: Extra = {
  when: "for an interactive agent",
  grants: { run: ["stty"], ffi: [ALL] },
};

/** What tells whether Claude may run without a person. */
const TOKEN_BILLING = [
  "ZAG_CLAUDE_ALLOW_PRINT",
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_AUTH_TOKEN",
  "ANTHROPIC_BASE_URL",
  "CLAUDE_CODE_USE_BEDROCK",
  "CLAUDE_CODE_USE_VERTEX",
];

const launchExtras = [
  withAgent,
  withExtensions,
  withOllama,
  withAuto,
  withWorktree,
  withSandbox,
  withAskCommand,
];

/** Of commands that start sessions of which somebody may be told. */
const sessionExtras = [...launchExtras, withNotify];

function row(grants: Grants, ...extras: readonly Extra[]): PermissionRow {
  return { grants, extras };
}

function plus(base: Grants, more: Grants): Grants {
  const sum: Partial<Record<RowKind, readonly string[]>> = { ...base };
  for (const kind of ROW_KINDS) {
    const added = more[kind];
    if (added !== undefined) sum[kind] = [...base[kind] ?? [], ...added];
  }
  return sum;
}

/** Takes over what Claude has, unless it is told of another agent. */
const imported: PermissionRow = {
  grants: {
    ...extensions,
    env: [...PLACES, "CLAUDE_CONFIG_DIR"],
    read: ["STATE", "PROJECT", "AGENT_FILES"],
  },
  extras: [{
    when: "with `--from` another agent",
    flags: ["from"],
    grants: { env: AGENT_PLACES },
  }],
  provider: "claude",
};

/** What each command needs, by its words: `exec`, `session list`. */
export const PERMISSIONS: Readonly<Record<string, PermissionRow>> = {
  "run": row(launch, ...sessionExtras, withTerminal),
  "exec": row(launch, ...sessionExtras),
  "plan": row(launch, ...sessionExtras),
  "review": row(plus(launch, { run: ["git"] }), ...sessionExtras),
  "spawn": row(launch, ...sessionExtras, withFifo, withTerminal),
  "session list": row(sessions),
  "session show": row(sessions),
  "session update": row(sessions),
  "session delete": row(sessions, {
    when: "for a session in a worktree",
    grants: { run: ["git"] },
  }),
  "session import": row(plus(sessions, { env: AGENT_PLACES, read: ["AGENT_FILES"] })),
  "input": row(launch, ...sessionExtras),
  "broadcast": row(launch, ...launchExtras),
  "listen": row(sessions),
  "watch": row(ending, {
    when: "for the command behind `--`",
    grants: { env: [ALL], run: [ALL] },
  }),
  "subscribe": row(sessions),
  "events": row(sessions),
  "status": row(sessions),
  "wait": row(plus(sessions, { env: ["ZAG_SESSION_ID"] })),
  "output": row(sessions),
  "collect": row(sessions),
  "pipe": row(launch, ...sessionExtras),
  "retry": row(launch, ...sessionExtras, withFifo),
  "ps list": row(sessions),
  "ps show": row(sessions),
  "ps stop": row(ending),
  "ps kill": row(ending),
  "cancel": row(ending),
  "usage list": row(sessions),
  "usage show": row(sessions),
  "usage cancel": row(ending),
  "usage resume": row(launch, ...launchExtras, withTerminal),
  "usage run": row(launch, ...launchExtras, withTerminal),
  "search": row(sessions),
  "summary": row(sessions),
  "log": row(sessions),
  "cost": row(sessions),
  "permit": row(plus(sessions, { env: ["ZAG_PROCESS_ID", "ZAG_SESSION_ID"] })),
  "whoami": row(plus(sessions, { env: ["ZAG_PROCESS_ID", "ZAG_SESSION_ID"] })),
  "env": row(plus(sessions, { env: ["ZAG_SESSION_ID"] })),
  "gc": row(sessions, {
    when: "with `--force`, to remove worktrees",
    flags: ["force"],
    grants: { run: ["git"] },
  }),
  "config": row(plus(settings, { env: TOKEN_BILLING, write: ["STATE"] })),
  "skills list": row(settings),
  "skills show": row(settings),
  "skills add": row(extensions),
  "skills remove": row(synced),
  // Deno makes links only with both.
  "skills sync": row({ ...agentExtensions, read: [ALL], write: [ALL] }),
  "skills import": imported,
  "mcp list": row(settings),
  "mcp show": row(settings),
  "mcp add": row(extensions),
  "mcp remove": row(synced),
  "mcp sync": row(synced),
  "mcp import": imported,
  "capability": row(settings),
  "discover": row(
    { ...settings, env: [ALL] },
    {
      when: "to look for agents",
      asked: true,
      grants: { write: ["STATE", "TEMP"], run: ["AGENT", "ps"] },
    },
    withOllama,
  ),
  "doctor": row(
    { env: [ALL] },
    {
      when: "for what it looks at; it says what it could not see",
      asked: true,
      grants: {
        read: ["STATE", "PROJECT", "AGENT_FILES"],
        write: ["STATE", "TEMP"],
        run: ["AGENT", "git", "docker", "ps", "kill", "mkfifo"],
        net: ["OLLAMA"],
        sys: ["statfs", "uid"],
      },
    },
  ),
  "upgrade": row({ env: ["ZAG_RELEASE_URL"] }, {
    when: "with an address of releases",
    grants: { net: [ALL] },
  }),
  "man": row({}),
  "completions": row({}),
  "complete": row({}, {
    when: "for names of sessions",
    grants: { env: PLACES, read: ["STATE", "PROJECT"], write: ["STATE"] },
  }),
  "background": row(launch, ...sessionExtras, withFifo, withTerminal),
  "resume-waiting": row(launch, ...sessionExtras),
  "mock-agent": row({ env: [ALL], read: ["STATE", "PROJECT"], write: ["STATE"] }, {
    when: "for steps that start programs",
    grants: { run: [ALL] },
  }),
  "ollama-agent": row({
    env: [ALL],
    read: ["STATE", "PROJECT"],
    write: ["STATE"],
    net: ["OLLAMA"],
  }),
};

/** The agents with programs of their own, by provider, and what those keep in the home directory. */
export const AGENTS: Readonly<Record<string, AgentPlaces>> = {
  claude: {
    program: "claude",
    directory: ".claude",
    files: [".claude.json"],
    variable: "CLAUDE_CONFIG_DIR",
  },
  codex: { program: "codex", directory: ".codex", files: [".agents"], variable: "CODEX_HOME" },
  gemini: {
    program: "gemini",
    directory: ".gemini",
    files: [],
    variable: "GEMINI_CLI_HOME",
    namesHome: true,
  },
  copilot: {
    program: "copilot",
    directory: ".copilot",
    files: [],
    variable: "COPILOT_HOME",
  },
  ollama: { program: "ollama", files: [] },
};

/** Where an agent is. */
export interface AgentPlaces {
  readonly program: string;
  /** Below the home directory. */
  readonly directory?: string;
  /** More of it, below the home directory. */
  readonly files: readonly string[];
  /** The variable that names another directory. */
  readonly variable?: string;
  /** That one stands in for the home directory. */
  readonly namesHome?: boolean;
}
