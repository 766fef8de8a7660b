/**
 * The flags that several commands share, each written once. A command spreads the groups it honours
 * into its own table.
 *
 * @module
 */

import { tokensIn } from "../config/token_count.ts";
import { wrongLine, wrongName, wrongTag } from "../sessions/found_by.ts";
import { type FlagTable, listFlag, optionalFlag, switchFlag, valueFlag } from "./command.ts";
import { parseDuration, parseDurationOrOff } from "./duration.ts";
import { isUuid } from "./names.ts";

const GLOBAL = "Global flags";
const AGENT = "Agent flags";
const ISOLATION = "Isolation flags";
const METADATA = "Metadata flags";

/** The types of {@link globalFlags}. */
export type GlobalFlags = typeof globalFlags;

/** Every command has these; they are added to its table without being asked for. */
export const globalFlags = {
  debug: switchFlag({
    short: "d",
    brief: "Log what happens, in detail, on stderr",
    section: GLOBAL,
  }),
  quiet: switchFlag({
    short: "q",
    brief: "No log and no status lines: results and errors only",
    section: GLOBAL,
  }),
  verbose: switchFlag({
    short: "v",
    brief: "Show status lines and styled events",
    section: GLOBAL,
  }),
} satisfies FlagTable;

/** Who is told what happens to the session. */
export const notifyFlags = {
  notify: listFlag({
    placeholder: "target",
    brief: "Tell desktop, a URL, command:PROGRAM or a program's path what happens",
    section: AGENT,
  }),
  notifyOn: valueFlag({
    placeholder: "events",
    brief: "What --notify tells: some of end, failure, limit, question; with commas",
    section: AGENT,
  }),
} satisfies FlagTable;

/** Which agent runs, and how. */
export const agentFlags = {
  provider: valueFlag({
    short: "p",
    placeholder: "name",
    brief: "Agent: claude, codex, gemini, copilot, ollama; auto chooses; mock is built in",
    section: AGENT,
  }),
  model: valueFlag({
    short: "m",
    placeholder: "model",
    brief: "Model: a size (small, medium, large), an exact name, or auto",
    section: AGENT,
  }),
  prompt: valueFlag({
    placeholder: "text",
    brief: "The prompt, in place of the positional one",
    section: AGENT,
  }),
  root: valueFlag({
    short: "r",
    placeholder: "path",
    brief: "Directory in which the agent works; it also selects the project",
    section: AGENT,
  }),
  autoApprove: switchFlag({
    short: "a",
    brief: "Let the agent use its tools without asking",
    section: AGENT,
  }),
  permissions: valueFlag({
    placeholder: "policy",
    brief: "What the agent may do, and must ask about: JSON, a file, or a policy's name",
    section: AGENT,
  }),
  askCommand: valueFlag({
    placeholder: "command",
    brief: "Program that is asked where the policy says so; it gets the question on stdin",
    section: AGENT,
  }),
  systemPrompt: valueFlag({
    short: "s",
    placeholder: "text",
    brief: "Instructions added to the agent's system prompt",
    section: AGENT,
  }),
  addDir: listFlag({
    placeholder: "path",
    brief: "Another directory that the agent may use",
    section: AGENT,
  }),
  size: valueFlag({
    placeholder: "size",
    brief: "Parameter size of an Ollama model, such as 9b or small",
    section: AGENT,
  }),
  showUsage: switchFlag({
    brief: "Print token counts on stderr after the answer",
    section: AGENT,
  }),
  maxTurns: valueFlag({
    placeholder: "n",
    brief: "Most turns the agent may take",
    parse: parseCount,
    section: AGENT,
  }),
  maxCost: valueFlag({
    placeholder: "usd",
    brief: "Most US dollars to spend, with all sessions that the agent starts",
    parse: parseDollars,
    section: AGENT,
  }),
  maxTokens: valueFlag({
    placeholder: "n",
    brief: "Most tokens to use likewise; those from a cache do not count",
    parse: parseTokens,
    section: AGENT,
  }),
  mcpConfig: valueFlag({
    placeholder: "config",
    brief: "MCP servers: JSON, or the path of a JSON file",
    section: AGENT,
  }),
  env: listFlag({
    placeholder: "key=value",
    brief: "Environment variable for the agent",
    section: AGENT,
  }),
  file: listFlag({
    placeholder: "path",
    brief: "File to attach to the prompt",
    section: AGENT,
  }),
  timeout: valueFlag({
    placeholder: "duration",
    brief: "End the agent after this time, such as 90, 5m or 1h30m",
    parse: parseDuration,
    section: AGENT,
  }),
  firstByteTimeout: valueFlag({
    placeholder: "duration",
    brief: "End the agent when nothing comes from it at first; off: wait for ever",
    parse: parseDurationOrOff,
    section: AGENT,
  }),
  idleTimeout: valueFlag({
    placeholder: "duration",
    brief: "End the agent when it has been silent for this time; off: never",
    parse: parseDurationOrOff,
    section: AGENT,
  }),
  noAutoResume: switchFlag({
    brief: "End with a usage limit, in place of waiting for its end",
    section: AGENT,
  }),
  fallback: valueFlag({
    placeholder: "providers",
    brief: "Who goes on at a usage limit or an outage, in this order: codex,gemini",
    section: AGENT,
  }),
  ...notifyFlags,
} satisfies FlagTable;

/** Where the agent works, and what its answer must look like. */
export const isolationFlags = {
  worktree: optionalFlag({
    short: "w",
    placeholder: "name",
    take: "name-with-slash",
    brief: "Work in a git worktree of its own",
    section: ISOLATION,
  }),
  sandbox: optionalFlag({
    placeholder: "name",
    take: "name",
    brief: "Work in a Docker sandbox",
    section: ISOLATION,
  }),
  session: valueFlag({
    placeholder: "uuid",
    brief: "Id for the new session",
    parse: parseUuid,
    section: ISOLATION,
  }),
  json: switchFlag({
    brief: "The answer must be JSON; print that alone",
    section: ISOLATION,
  }),
  jsonSchema: valueFlag({
    placeholder: "schema",
    brief: "The answer must match this JSON Schema (a file or JSON text); implies --json",
    section: ISOLATION,
  }),
} satisfies FlagTable;

/** The short way to write `-o stream-json`. */
export const jsonStreamFlag = {
  jsonStream: switchFlag({
    brief: "Same as -o stream-json",
    section: ISOLATION,
  }),
} satisfies FlagTable;

/** How the new session can be found again. */
export const metadataFlags = {
  name: valueFlag({
    placeholder: "name",
    brief: "Name of the session",
    parse: parseName,
    section: METADATA,
  }),
  description: valueFlag({
    placeholder: "text",
    brief: "What the session is for",
    section: METADATA,
  }),
  tag: listFlag({
    placeholder: "tag",
    brief: "Tag of the session",
    parse: parseTag,
    section: METADATA,
  }),
} satisfies FlagTable;

/** Which earlier session goes on. */
export const resumeFlags = {
  resume: valueFlag({
    placeholder: "session",
    brief: "Go on with this session",
  }),
  continue: switchFlag({
    brief: "Go on with the session that was used last",
  }),
} satisfies FlagTable;

/** Which project a command looks at that reads what is recorded. */
export const scopeFlags = {
  root: valueFlag({
    short: "r",
    placeholder: "path",
    brief: "Directory that selects the project",
  }),
  global: switchFlag({ brief: "Look in all projects" }),
} satisfies FlagTable;

/** Which session is meant, besides an operand that names it. */
export const targetFlags = {
  latest: switchFlag({ brief: "The newest session" }),
  active: switchFlag({ brief: "The session that is being written to, or was written to last" }),
  ps: valueFlag({
    placeholder: "process",
    brief: "The session of a process: its number, or the id of a run",
  }),
  name: valueFlag({ placeholder: "name", brief: "The newest session of this name" }),
} satisfies FlagTable;

/** What the commands of `usage` share. */
export const usageFlags = {
  json: switchFlag({ brief: "Print JSON" }),
  root: valueFlag({
    short: "r",
    placeholder: "path",
    brief: "Directory that selects the project; without it all projects are looked at",
  }),
} satisfies FlagTable;

/** A wait for the end of a usage limit, as an operand. */
export const incidentOperand = {
  name: "incident",
  brief: "Its id, the beginning of one, or its session",
  required: true,
} as const;

/** Exit mode: the agent ends the session itself by handing in a result. */
export const exitFlags = {
  exit: optionalFlag({
    placeholder: "hint",
    take: "any",
    brief: "Let the agent end the session with a result; the hint says what is expected",
  }),
  headless: switchFlag({
    brief: "With --exit and -a: the agent's terminal is one that nobody sees",
  }),
} satisfies FlagTable;

/**
 * `-o`, with the formats that a command prints. Repeating it is no mistake: programs that add their
 * own `-o` after the user's rely on the last one.
 */
export function outputFlag<const C extends string>(formats: readonly C[]) {
  return {
    output: valueFlag({
      short: "o",
      placeholder: "format",
      choices: formats,
      brief: "Output format",
      lastWins: true,
    }),
  } satisfies FlagTable;
}

/** What the commands share that tell about providers and start none. */
export const reportFlags = {
  provider: valueFlag({
    short: "p",
    placeholder: "name",
    brief: "The provider",
  }),
  root: valueFlag({
    short: "r",
    placeholder: "path",
    brief: "Directory that selects the project, whose configuration counts",
  }),
  format: valueFlag({
    short: "f",
    placeholder: "format",
    choices: ["json", "yaml", "toml"],
    brief: "Output for programs",
  }),
  pretty: switchFlag({ brief: "JSON on many lines" }),
} satisfies FlagTable;

/** Reads a whole number from 1 to 4294967295. */
export function parseCount(text: string): number {
  return wholeNumber(text, 1, 0xffff_ffff);
}

/** What a cap in dollars can be at most; beyond that cents are lost. */
const MOST_DOLLARS = 1e12;

/** Reads an amount of US dollars above 0: `5`, `0.25` or `$5`. */
export function parseDollars(text: string): number {
  const dollars = /^\$?(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text.replace("$", "")) : 0;
  if (dollars <= 0 || dollars > MOST_DOLLARS) {
    const bound = dollars > MOST_DOLLARS ? `of at most ${MOST_DOLLARS}` : "above 0, such as 0.5";
    throw new RangeError(
      `Cannot use ${JSON.stringify(text)}: it must be an amount of US dollars ${bound}`,
    );
  }
  return dollars;
}

/** Reads a number of tokens above 0: `200000`, `200k` or `1.5M`. */
export function parseTokens(text: string): number {
  const count = tokensIn(text) ?? 0;
  if (count < 1) {
    throw new RangeError(
      `Cannot use ${
        JSON.stringify(text)
      }: it must be a number of tokens above 0, such as 200000, ` +
        "200k or 1.5M",
    );
  }
  return count;
}

/** Reads a whole number from 0 to `Number.MAX_SAFE_INTEGER`. */
export function parseWhole(text: string): number {
  return wholeNumber(text, 0, Number.MAX_SAFE_INTEGER);
}

function wholeNumber(text: string, least: 0 | 1, most: number): number {
  const number = /^-?\d+$/.test(text) ? Number(text) : NaN;
  if (number >= least && number <= most) return number;
  const bound = number > most
    ? `, at most ${most}`
    : least === 1
    ? " above 0"
    : number < 0
    ? ", 0 or more"
    : "";
  throw new RangeError(`Cannot use ${JSON.stringify(text)}: it must be a whole number${bound}`);
}

/** Checks that a text has one line and no control characters, so that lists can show it as it is. */
export function parseLine(text: string): string {
  return rightText(text, wrongLine(text));
}

/** Checks that a text can be a name: as {@linkcode parseLine}, and not blank. */
export function parseName(text: string): string {
  return rightText(text, wrongName(text));
}

/** Checks that a text can be a tag: as {@linkcode parseLine}, and not blank. */
export function parseTag(text: string): string {
  return rightText(text, wrongTag(text));
}

function rightText(text: string, wrong: string | undefined): string {
  if (wrong === undefined) return text;
  throw new SyntaxError(`Cannot use ${JSON.stringify(text)}: ${wrong}`);
}

/** Reads a UUID; it becomes the session's id, of which there is one spelling. */
function parseUuid(text: string): string {
  if (!isUuid(text)) {
    throw new SyntaxError(
      `Cannot use ${JSON.stringify(text)}: it must be a UUID, as "uuidgen" prints one`,
    );
  }
  return text.toLowerCase();
}
