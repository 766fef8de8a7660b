/** Compiles a JSON Schema and checks values against it. */
import { bundleSchema } from "./bundle_schema.ts";
import { ValueCheck } from "./check_value.ts";
import {
  type Draft,
  DRAFT_IDS,
  draftOf,
  guessDraft,
  isMetaschema,
  isObject,
  isOnlyRef,
} from "./drafts.ts";
import { findReferences, type LoadDocument, placeOf, type SchemaPlace } from "./find_references.ts";
import { metaschema, metaschemaCheck } from "./metaschemas.ts";
import { patternRegExp } from "./reg_exp.ts";
import { SchemaError } from "./schema_error.ts";
import { SchemaResources } from "./schema_resources.ts";
import { CHECK_LIMIT_MS, timeLimit } from "./time_limit.ts";
import { type Violation, violations, violationText } from "./violations.ts";

/** A compiled schema. */
export interface SchemaCheck {
  /** The schema as it was given. */
  readonly schema: unknown;
  /**
   * All that is wrong with a value; empty when it is valid. Never throws.
   *
   * @param withinMs How long it may take, in milliseconds, if that is less than `limitMs`.
   */
  check(value: unknown, withinMs?: number): readonly Violation[];
}

/** Choices for compiling. */
export interface CompileOptions {
  /** The schema's file as the person named it, for messages; undefined for JSON on the command line. */
  path?: string | undefined;
  /** Schemas that may be referred to, by their address. */
  documents?: Readonly<Record<string, unknown>> | undefined;
  /** A value that takes longer to check is not valid, in milliseconds. Default: 10 seconds. */
  limitMs?: number | undefined;
}

/**
 * Compiles a schema of draft 6, 7, 2019-09 or 2020-12, as its `$schema` says. One without is taken
 * for 2020-12, or for what {@linkcode guessDraft} finds. Formats are checked; unknown ones are not.
 * Nothing is kept from one call to the next.
 *
 * @throws {SchemaError} when it is no valid schema, or refers to what is not in it.
 */
export async function compileSchema(
  schema: unknown,
  options: CompileOptions = {},
): Promise<SchemaCheck> {
  const { path, documents = {}, limitMs = CHECK_LIMIT_MS } = options;
  try {
    const copy = jsonCopy(schema);
    if (typeof copy !== "boolean" && !isObject(copy)) {
      throw new SchemaError(path, `it must be an object, true or false, and not ${kindOf(copy)}`);
    }
    const draft = schemaDraft(copy, path);
    await checkIsSchema(copy, draft, path);
    const resources = new SchemaResources();
    const root = resources.add({ root: copy, uri: "zag://schema/", label: undefined }, draft);
    const load: LoadDocument = async (uri) => {
      const known = Object.hasOwn(documents, uri)
        ? jsonCopy(documents[uri])
        : isMetaschema(uri)
        ? await metaschema(uri)
        : undefined;
      return known === undefined ? undefined : { root: known, uri, label: uri };
    };
    await findReferences(resources, root, {
      path,
      load,
      visit: (place) => checkPatterns(place, path),
    });
    const form = bundleSchema(resources, root, "check");
    const { compileForm } = await import("./compile_form.ts");
    const values = new ValueCheck({ form, compile: compileForm, within: await timeLimit() });
    if (values.isEndless(limitMs)) {
      throw new SchemaError(path, "it refers to itself without end");
    }
    return {
      schema,
      check: (value, withinMs = limitMs) => values.check(value, Math.min(withinMs, limitMs)),
    };
  } catch (error) {
    if (error instanceof SchemaError) throw error;
    const why = error instanceof RangeError
      ? "it is nested too deeply"
      : `it is no valid schema: ${(error as Error).message}`;
    throw new SchemaError(path, why, { cause: error });
  }
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return value === undefined ? "undefined" : `a ${typeof value}`;
}

function jsonCopy(value: unknown): unknown {
  const text = JSON.stringify(value);
  return text === undefined ? undefined : JSON.parse(text);
}

/** The draft of a schema that was not looked at yet. */
export function schemaDraft(schema: unknown, path: string | undefined): Draft {
  if (!isObject(schema) || schema.$schema === undefined) return guessDraft(schema);
  const draft = draftOf(schema.$schema);
  if (draft !== undefined) return draft;
  throw new SchemaError(path, `its "$schema" ${JSON.stringify(schema.$schema)} is not supported`, {
    hint: `Supported are ${DRAFT_IDS.join(", ")}; without "$schema" it is taken for the first.`,
  });
}

async function checkIsSchema(
  schema: unknown,
  draft: Draft,
  path: string | undefined,
): Promise<void> {
  const validate = await metaschemaCheck(draft);
  if (validate(schema)) return;
  const [first] = violations(validate.errors ?? [], undefined);
  if (first === undefined) throw new SchemaError(path, "it is no valid schema");
  throw new SchemaError(path, `it is no valid schema: ${violationText(first)}`);
}

/** A pattern that is none would otherwise be found without its place. */
function checkPatterns({ node, from }: SchemaPlace, path: string | undefined): void {
  if (isOnlyRef(node, from.draft)) return;
  const named = isObject(node.patternProperties) ? Object.keys(node.patternProperties) : [];
  const own = typeof node.pattern === "string" ? [node.pattern] : [];
  const check = (keyword: string, text: string) => {
    try {
      patternRegExp(text);
    } catch (error) {
      const where = placeOf({ keyword, text, node, from });
      const reason = (error as Error).message.split(": ").at(-1)?.toLowerCase();
      throw new SchemaError(path, `${where} is no regular expression: ${reason}`, { cause: error });
    }
  };
  own.forEach((pattern) => check("pattern", pattern));
  named.forEach((pattern) => check("patternProperties", pattern));
}
