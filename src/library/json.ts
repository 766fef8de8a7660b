/** JSON in what agents say, and results that are handed in. */
import { checkArguments, FLAG, kind, optional, TEXT } from "../agent/argument_check.ts";
import { exitInstructions, validateExitResult as checkExitResult } from "../agent/exit_mode.ts";
import { ZagError } from "../errors.ts";
import type { SchemaCheck } from "../json/schema.ts";
import type { ExitConstraints } from "../sessions/records.ts";

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

const MARKS = /^(?:`{3,}|~{3,})/;
const JSON_LABEL = /^[^\S\n]*json(?=[\s{["\d-]|$)/i;
/** The name of a language, on a line of its own above something. No value of JSON is one. */
const LABEL = /^[^\S\n]*(?!(?:true|false|null)\s)[a-z][\w.+#-]*[^\S\n]*\n(?!\s*$)/i;

/**
 * A text without blanks around it, and without the one code fence that stands around all of it, with the
 * name of its language. What is in the fence stays, also where it shares a line with the fence.
 *
 * @example
 * ```ts ignore
 * stripMarkdownFences('\`\`\`json\n{"a": 1}\n\`\`\`'); // '{"a": 1}'
 * ```
 */
export function stripMarkdownFences(text: string): string {
  checkArguments("stripMarkdownFences()", [text, "text", TEXT]);
  const whole = text.trim();
  const marks = MARKS.exec(whole)?.[0];
  if (marks === undefined) return whole;
  const inside = whole.slice(marks.length);
  const isJson = JSON_LABEL.test(inside);
  // Marks that are closed on their line, with more behind them, are no fence.
  const closed = inside.split("\n", 1)[0]!.trimEnd().indexOf(marks);
  if (!isJson && closed > 0 && closed < inside.length - marks.length) return whole;
  const content = withoutClosing(inside, marks, isJson);
  return content.replace(isJson ? JSON_LABEL : LABEL, "").trim();
}

/** @param isJson Marks at the end of its last line can be no part of it. */
function withoutClosing(inside: string, marks: string, isJson: boolean): string {
  const lineStart = inside.lastIndexOf("\n") + 1;
  const line = inside.slice(lineStart).trim();
  if (line.length >= marks.length && line === marks[0]!.repeat(line.length)) {
    return inside.slice(0, lineStart);
  }
  const shortened = inside.slice(0, -marks.length);
  const isOther = !isJson && shortened.indexOf(marks, lineStart) >= 0;
  return inside.endsWith(marks) && !isOther ? shortened : inside;
}

/**
 * The value of a text that is JSON, with a code fence around it or without.
 *
 * @throws {InvalidJsonError} when it is none
 */
export function validateJson(text: string): unknown {
  checkArguments("validateJson()", [text, "text", TEXT]);
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
  await compiled(schema);
}

async function compiled(schema: unknown): Promise<SchemaCheck> {
  const [{ compileSchema }, { INLINE_SCHEMA, SchemaError }, { reword }] = await Promise.all([
    import("../json/schema.ts"),
    import("../json/schema_error.ts"),
    import("../agent/setter_names.ts"),
  ]);
  try {
    return await compileSchema(schema);
  } catch (error) {
    // It was passed by itself, and to no setting.
    if (!(error instanceof SchemaError)) throw error;
    throw reword(error, (text) => text.replace(` ${INLINE_SCHEMA}:`, ":"));
  }
}

/**
 * Checks a text, with a code fence around it or without, against a JSON Schema.
 *
 * @throws {ZagError} when the schema is none
 */
export async function validateJsonSchema(text: string, schema: unknown): Promise<JsonValidation> {
  checkArguments("validateJsonSchema()", [text, "text", TEXT]);
  const check = await compiled(schema);
  let value: unknown;
  try {
    value = validateJson(text);
  } catch (error) {
    return { ok: false, errors: [(error as Error).message] };
  }
  const violations = check.check(value);
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
  checkArguments(
    "buildExitSuffix()",
    [hint, "hint", optional(TEXT)],
    [json, "json", FLAG],
  );
  const jsonMode = json || schema !== undefined;
  return exitInstructions({
    hint: hint?.trim() ?? "",
    jsonMode,
    ...(schema === undefined ? {} : { schema }),
  });
}

const CONSTRAINTS = kind("an object, or null", (value) => typeof value === "object");

/**
 * The result as it is to be recorded: in JSON mode without a fence around it.
 *
 * @param constraints What it has to satisfy; null: nothing.
 * @throws {ExitResultError} when it does not satisfy the constraints; its hint tells an agent how to
 * go on.
 */
export async function validateExitResult(
  result: string,
  constraints: ExitConstraints | null,
): Promise<string> {
  checkArguments(
    "validateExitResult()",
    [result, "result", TEXT],
    [constraints, "constraints", CONSTRAINTS],
  );
  return await checkExitResult(result, constraints);
}
