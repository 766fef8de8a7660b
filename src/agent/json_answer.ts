/** Answers that must be JSON: asking for them, finding them in the text, checking them. */
import { isAbsolute, join } from "node:path";
import type { ValidateFunction } from "ajv";
import { InvalidOptionError } from "./errors.ts";

/** An answer that was looked at. */
export type CheckedAnswer =
  | { ok: true; value: unknown }
  | { ok: false; violations: readonly string[] };

/** Checks answers; made once for a session. */
export interface AnswerChecker {
  /** Undefined when any JSON will do. */
  readonly schema: unknown;
  /**
   * What the agent is told in its prompt.
   *
   * @param enforced Its CLI has the schema too, and may have a way of its own to hand over an answer.
   */
  instructions(enforced: boolean): string;
  check(answer: string): CheckedAnswer;
}

/**
 * A checker for any JSON, or for JSON that matches a schema.
 *
 * @throws {InvalidOptionError} when the schema is none.
 */
export async function answerChecker(schema: unknown): Promise<AnswerChecker> {
  const validate = schema === undefined ? undefined : await compile(schema);
  return {
    schema,
    instructions(enforced) {
      const demand = enforced
        ? "The answer must be JSON."
        : "Answer with JSON alone: no text around it, no code fence.";
      return schema === undefined
        ? demand
        : `${demand} It must match this JSON Schema:\n${JSON.stringify(schema, null, 2)}`;
    },
    check(answer) {
      const found = findJson(answer);
      if (!found) return { ok: false, violations: ["the answer holds no JSON"] };
      if (!validate || isValid(validate, found.value)) return { ok: true, value: found.value };
      const violations = (validate.errors ?? [TOO_DEEP]).map((error) =>
        `${error.instancePath || "the value"} ${error.message ?? "is wrong"} (${error.keyword})`
      );
      return { ok: false, violations };
    },
  };
}

const TOO_DEEP = { instancePath: "", message: "is nested too deeply", keyword: "depth" };

/** Recursive schemas recurse; a value that is deeper than the stack has no list of errors. */
function isValid(validate: ValidateFunction, value: unknown): boolean {
  try {
    return validate(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    validate.errors = null;
    return false;
  }
}

/** What an agent is told when its answer did not do. */
export function correctionPrompt(violations: readonly string[], instructions: string): string {
  const reasons = violations.map((violation) => `- ${violation}`).join("\n");
  return `Your last answer could not be used:\n${reasons}\n\n${instructions}`;
}

/**
 * Reads `--json-schema`: the path of a file, or JSON.
 *
 * @throws {InvalidOptionError} when it is neither.
 */
export async function readSchema(given: string, cwd: string): Promise<unknown> {
  const refuse = (reason: string, cause?: unknown) =>
    new InvalidOptionError(`Cannot use --json-schema: ${reason}`, { cause });
  const inline = /^\s*(\{|\[|true\b|false\b)/.test(given);
  let text = given;
  try {
    text = await Deno.readTextFile(isAbsolute(given) ? given : join(cwd, given));
  } catch (error) {
    if (!inline) {
      throw refuse(`"${given}" is neither JSON nor a file that can be read`, error);
    }
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refuse(`it is no JSON: ${(error as Error).message}`, error);
  }
}

type AjvClass = typeof import("ajv").Ajv;

const DRAFTS: readonly [RegExp, () => Promise<AjvClass>][] = [
  [/2020-12/, async () => (await import("ajv/dist/2020.js")).Ajv2020 as unknown as AjvClass],
  [/2019-09/, async () => (await import("ajv/dist/2019.js")).Ajv2019 as unknown as AjvClass],
  [/^/, async () => (await import("ajv")).Ajv],
];

async function compile(schema: unknown): Promise<ValidateFunction> {
  if (typeof schema !== "boolean" && (typeof schema !== "object" || schema === null)) {
    throw new InvalidOptionError("Cannot use --json-schema: it must be an object or a boolean");
  }
  const draft = String((schema as { $schema?: unknown }).$schema ?? "");
  const load = DRAFTS.find(([pattern]) => pattern.test(draft))![1];
  const Ajv = await load();
  const formats = await import("ajv-formats");
  const ajv = new Ajv({ allErrors: true, strict: false });
  // The package is CommonJS: its function is the default export, or that export's own default.
  const addFormats = (formats.default as { default?: unknown }).default ?? formats.default;
  (addFormats as (ajv: unknown) => void)(ajv);
  try {
    return ajv.compile(schema);
  } catch (error) {
    throw new InvalidOptionError(
      `Cannot use --json-schema: it is no valid schema: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** The JSON in a text: all of it, a fenced block, or the first object or array that parses. */
export function findJson(text: string): { value: unknown } | undefined {
  const whole = parse(text);
  if (whole) return whole;
  for (const match of text.matchAll(/```[^\n`]*\n([\s\S]*?)```/g)) {
    const fenced = parse(match[1] ?? "");
    if (fenced) return fenced;
  }
  let tries = 0;
  for (const match of text.matchAll(/[{[]/g)) {
    // A text full of brackets must not take for ever.
    if (++tries > 100) return undefined;
    const end = closingBracket(text, match.index);
    const part = end === undefined ? undefined : parse(text.slice(match.index, end + 1));
    if (part) return part;
  }
  return undefined;
}

function parse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function closingBracket(text: string, start: number): number | undefined {
  let depth = 0;
  let quoted = false;
  for (let i = start; i < text.length; i++) {
    const character = text[i];
    if (quoted) {
      if (character === "\\") i++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === "{" || character === "[") depth++;
    else if ((character === "}" || character === "]") && --depth === 0) return i;
  }
  return undefined;
}
