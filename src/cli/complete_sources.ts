/**
 * Where the values of flags and operands come from. A flag that is not named here takes text of any
 * kind, and has to be named as that: a test sees to it.
 *
 * @module
 */
import type { AnyCommand, Flag } from "./command.ts";

/** A kind of values, or the values themselves; one that ends with `=` goes on behind it. */
export type Source =
  | "files"
  | "directories"
  | "providers"
  | "models"
  | "sessions"
  | "incidents"
  | "names"
  | "tags"
  | "runs"
  | "event types"
  | "variables"
  | "variable names"
  | "branches"
  | "commits"
  | "settings"
  | "topics"
  | "skills"
  | "servers"
  | readonly string[];

const NONE: readonly string[] = [];
const SIZES = ["small", "medium", "large"];

/** By the flag's key. Flags with choices need no line. */
const FLAGS: Readonly<Record<string, Source>> = {
  addDir: "directories",
  afterSeq: NONE,
  args: "files",
  askCommand: NONE,
  base: "branches",
  bearerTokenEnvVar: "variable names",
  beforeSeq: NONE,
  children: "sessions",
  command: "files",
  commit: "commits",
  context: "sessions",
  data: NONE,
  dependsOn: "sessions",
  description: NONE,
  env: "variables",
  exit: NONE,
  fallback: "providers",
  file: "files",
  filter: "event types",
  firstByteTimeout: NONE,
  from: NONE,
  header: NONE,
  id: NONE,
  idleTimeout: NONE,
  instructions: NONE,
  jsonSchema: "files",
  keyword: NONE,
  last: NONE,
  later: NONE,
  limit: NONE,
  maxLines: NONE,
  maxSize: NONE,
  maxTurns: NONE,
  maxCost: NONE,
  maxTokens: NONE,
  mcpConfig: "files",
  model: "models",
  name: "names",
  notify: ["desktop", "command:", "http://", "https://"],
  notifyOn: ["end", "failure", "limit", "question"],
  olderThan: NONE,
  on: "event types",
  parent: "sessions",
  permissions: "files",
  plan: "files",
  prompt: NONE,
  provider: "providers",
  ps: "runs",
  reason: NONE,
  resolve: "models",
  resume: "sessions",
  root: "directories",
  sandbox: NONE,
  session: "sessions",
  size: SIZES,
  systemPrompt: NONE,
  tag: "tags",
  tail: NONE,
  timeout: NONE,
  title: NONE,
  to: NONE,
  tool: NONE,
  type: "event types",
  untag: "tags",
  url: NONE,
  worktree: NONE,
};

/** Where a flag of the same key takes something else: by the words of the command, and the key. */
const SPECIAL: Readonly<Record<string, Source>> = {
  "mcp import from": "providers",
  "plan output": "files",
  "session update name": NONE,
  "skills import from": "providers",
  "watch filter": ["success=true", "success=false", "tool="],
};

/** By the operand's name. */
const OPERANDS: Readonly<Record<string, Source>> = {
  session: "sessions",
  incident: "incidents",
  process: "runs",
  topic: "topics",
  word: "settings",
  shell: ["bash", "zsh", "fish", "powershell"],
};

/** Where the values of a flag come from; undefined if nobody has said so. */
export function knownFlagSource(
  path: readonly string[],
  key: string,
  flag: Flag,
): Source | undefined {
  if (flag.kind === "value" && flag.choices) return flag.choices;
  // A new session gets a new id and a new name.
  if (flag.section === "Metadata flags" && key === "name") return NONE;
  if (flag.kind !== "switch" && key === "session" && flag.placeholder === "uuid") return NONE;
  return SPECIAL[[...path, key].join(" ")] ?? FLAGS[key];
}

/** Where the values of a flag come from; nowhere if nobody has said so. */
export function flagSource(path: readonly string[], key: string, flag: Flag): Source {
  return knownFlagSource(path, key, flag) ?? NONE;
}

/** Where the next operand of a command comes from; undefined if there is nothing to say. */
export function operandSource(
  path: readonly string[],
  { operand }: AnyCommand,
  before: readonly string[],
  open: boolean,
): Source | undefined {
  if (operand === undefined) return undefined;
  if (!open && operand.afterDashes) return operand.afterDashes.name === "command" ? "files" : NONE;
  if (before.length > 0 && !operand.many) return undefined;
  if (operand.name === "name" && path[0] === "skills" && path[1] !== "add") return "skills";
  if (operand.name === "name" && path[0] === "mcp" && path[1] !== "add") return "servers";
  return OPERANDS[operand.name];
}
