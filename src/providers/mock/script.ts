/**
 * The script of the mock agent: a JSON document of turns, each a list of steps. `docs/mock.md`
 * describes it for people.
 *
 * @module
 */
import { ZagError } from "../../errors.ts";
import {
  amount,
  anything,
  array,
  byteCount,
  bytes,
  checkFields,
  command,
  count,
  exitCode,
  type Fields,
  flag,
  limitScope,
  meant,
  milliseconds,
  oneOf,
  optional,
  pattern,
  ShapeError,
  text,
  timestamp,
  type ValuesOf,
} from "./fields.ts";

/** Every step by the word in its `do`, and the fields beside that. */
export const STEP_FIELDS = {
  say: { text, deltas: optional(count), delay: optional(milliseconds) },
  think: { text },
  echo: {},
  json: { value: anything },
  big: { bytes: byteCount, json: optional(flag) },
  env: { name: text },
  prompt: {},
  tool: {
    name: text,
    input: optional(anything),
    output: optional(text),
    error: optional(text),
    data: optional(anything),
    ms: optional(milliseconds),
    needs_permission: optional(flag),
  },
  run: { command, cwd: optional(text) },
  fork: {
    mode: optional(oneOf(["child", "new_session", "daemon"])),
    seconds: optional(count),
    holds_output: optional(flag),
  },
  usage: {
    input_tokens: optional(count),
    output_tokens: optional(count),
    cache_read_tokens: optional(count),
    cache_creation_tokens: optional(count),
    cost_usd: optional(amount),
  },
  sleep: { ms: milliseconds },
  after_result: { ms: milliseconds },
  error: { message: text, fatal: optional(flag), status: optional(count) },
  limit: {
    scope: optional(limitScope),
    reset_in: optional(amount),
    reset_at: optional(timestamp),
    message: optional(text),
  },
  exit: { code: exitCode, result: optional(oneOf([true, false, "transcript"])) },
  crash: {},
  hang: {},
  ignore_term: {},
  stderr: { text },
  flood_stderr: { bytes: byteCount },
  garbage: { line: optional(text), bytes: optional(bytes), newline: optional(flag) },
} as const satisfies Record<string, Fields>;

/** The words that `do` takes. */
export type StepName = keyof typeof STEP_FIELDS;

/** A step of one kind. */
export type StepOf<K extends StepName> = { readonly do: K } & ValuesOf<(typeof STEP_FIELDS)[K]>;

/** Any step. */
export type Step = { [K in StepName]: StepOf<K> }[StepName];

/** Fields of which a step takes one: at least one, or at most one. */
const EXCLUSIVE: Partial<Record<StepName, { names: readonly string[]; needed: boolean }>> = {
  tool: { names: ["output", "error"], needed: false },
  limit: { names: ["reset_in", "reset_at"], needed: false },
  garbage: { names: ["line", "bytes"], needed: true },
};

const TURN_FIELDS = {
  match: optional(pattern),
  init: optional(flag),
  steps: array,
} as const satisfies Fields;

const SCRIPT_FIELDS = {
  $schema: optional(text),
  model: optional(text),
  turns: array,
  after: optional(oneOf(["echo", "repeat-last", "error"])),
} as const satisfies Fields;

/** What the agent does in one turn. */
export interface ScriptTurn {
  /** The turn is for prompts that contain this text, or match this expression; absent: for any. */
  readonly match?: string | { readonly regex: string };
  /** False: the agent does not announce itself before the steps. */
  readonly init?: boolean;
  readonly steps: readonly Step[];
}

/** A whole script. */
export interface MockScript {
  readonly model?: string;
  readonly turns: readonly ScriptTurn[];
  /** What happens when no turn is left. Default `echo`. */
  readonly after?: "echo" | "repeat-last" | "error";
}

/** A script that cannot be used; says where and why. */
export class MockScriptError extends ZagError {
  override name = "MockScriptError";

  constructor(readonly source: string, readonly path: string, problem: string) {
    super(`Cannot use the mock script ${source}: ${problem}`);
  }
}

/**
 * Reads a script.
 *
 * @param source How messages call it: the name of its file.
 * @throws {MockScriptError} when it is no JSON, or says something that no script can say.
 */
export function parseMockScript(json: string, source: string): MockScript {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new MockScriptError(source, "", `it is not JSON: ${(error as Error).message}`);
  }
  try {
    return checkScript(value);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new MockScriptError(
      source,
      error.path,
      error.path === "" ? `the script ${error.problem}` : error.message,
    );
  }
}

function checkScript(value: unknown): MockScript {
  const script = checkFields(value, "", "a script", SCRIPT_FIELDS);
  return {
    ...script,
    turns: script.turns.map((entry, index) => {
      const path = `turns[${index}]`;
      const turn = checkFields(entry, path, "a turn", TURN_FIELDS);
      return {
        ...turn,
        steps: turn.steps.map((step, number) => checkStep(step, `${path}.steps[${number}]`)),
      };
    }),
  };
}

function checkStep(value: unknown, path: string): Step {
  const names = Object.keys(STEP_FIELDS) as StepName[];
  const word = (value as { do?: unknown } | null)?.do;
  const name = names.find((candidate) => candidate === word);
  if (name === undefined) {
    const guess = typeof word === "string" ? meant(word, names) : "";
    throw new ShapeError(
      path,
      `needs "do" with a known step${word === undefined ? "" : `, not ${JSON.stringify(word)}`}` +
        `${guess}; the steps are ${names.join(", ")}`,
    );
  }
  const fields: Fields = { do: text, ...STEP_FIELDS[name] };
  const step = checkFields(value, path, `step "${name}"`, fields);
  const exclusive = EXCLUSIVE[name];
  const given = exclusive?.names.filter((key) => Object.hasOwn(step, key)) ?? [];
  if (exclusive && (given.length > 1 || exclusive.needed && given.length === 0)) {
    const quoted = exclusive.names.map((key) => `"${key}"`);
    throw new ShapeError(
      path,
      given.length === 0
        ? `needs one of ${quoted.join(" and ")}`
        : `takes only one of ${quoted.join(" and ")}`,
    );
  }
  return step as unknown as Step;
}

/** Whether a turn is meant for this prompt. */
export function matchesPrompt(turn: ScriptTurn, prompt: string): boolean {
  if (turn.match === undefined) return true;
  if (typeof turn.match === "string") return prompt.includes(turn.match);
  return new RegExp(turn.match.regex, "u").test(prompt);
}
