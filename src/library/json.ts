/** JSON in what agents say, and results that are handed in. */
import { exitInstructions } from "../agent/exit_mode.ts";
import { ZagError } from "../errors.ts";

export { validateExitResult } from "../agent/exit_mode.ts";

/** A text that is no JSON. */
export class InvalidJsonError extends ZagError {
  /** Name of the class. */
  override name = "InvalidJsonError";

  /**
   * Makes the error.
   *
   * @param reason What is wrong with it.
   */
  constructor(readonly reason: string) {
    super(`Invalid JSON: ${reason}`);
  }
}

/** What came of checking a text against a JSON Schema. */
export type JsonValidation =
  | {
    /** The text is JSON that matches. */
    readonly ok: true;
    /** The value. */
    readonly value: unknown;
  }
  | {
    /** It is not. */
    readonly ok: false;
    /** All that is wrong, a line each: `MESSAGE at POINTER`, without a pointer for the whole value. */
    readonly errors: readonly string[];
  };

/**
 * A text without blanks around it, and without the one code fence that stands around all of it.
 *
 * @example
 * ```ts ignore
 * stripMarkdownFences('\`\`\`json\n{"a": 1}\n\`\`\`'); // '{"a": 1}'
 * ```
 */
export function stripMarkdownFences(text: string): string {
  const lines = text.trim().split("\n");
  const opening = /^(`{3,}|~{3,})[^`]*$/.exec(lines[0]!.trimEnd())?.[1];
  if (opening === undefined) return text.trim();
  lines.shift();
  const last = lines.at(-1)?.trim() ?? "";
  if (last.length >= opening.length && last === opening[0]!.repeat(last.length)) lines.pop();
  return lines.join("\n").trim();
}

/**
 * The value of a text that is JSON, with a code fence around it or without.
 *
 * @throws {InvalidJsonError} when it is none
 */
export function validateJson(text: string): unknown {
  try {
    return JSON.parse(stripMarkdownFences(text));
  } catch (error) {
    throw new InvalidJsonError((error as Error).message);
  }
}

/**
 * Refuses what is no JSON Schema of draft 6, 7, 2019-09 or 2020-12.
 *
 * @throws {ZagError} when it is none, or refers to what is not in it
 */
export async function validateSchema(schema: unknown): Promise<void> {
  const { compileSchema } = await import("../json/schema.ts");
  await compileSchema(schema);
}

/**
 * Checks a text, with a code fence around it or without, against a JSON Schema.
 *
 * @throws {ZagError} when the schema is none
 */
export async function validateJsonSchema(text: string, schema: unknown): Promise<JsonValidation> {
  const { compileSchema } = await import("../json/schema.ts");
  const compiled = await compileSchema(schema);
  let value: unknown;
  try {
    value = validateJson(text);
  } catch (error) {
    return { ok: false, errors: [(error as Error).message] };
  }
  const violations = compiled.check(value);
  if (violations.length === 0) return { ok: true, value };
  const errors = violations.map(({ path, message }) => path ? `${message} at ${path}` : message);
  return { ok: false, errors };
}

/**
 * What stands behind the prompt of an agent that ends its session by handing in a result.
 *
 * @param hint What is expected. Default: nothing is said.
 * @param json The result has to be JSON. Default: as the schema says.
 * @param schema JSON Schema that it has to match. Default: none.
 */
export function buildExitSuffix(hint?: string, json = false, schema?: unknown): string {
  const jsonMode = json || schema !== undefined;
  return exitInstructions({
    hint: hint?.trim() ?? "",
    jsonMode,
    ...(schema === undefined ? {} : { schema }),
  });
}
