/** Has ajv compile a schema that was bundled to be checked. */
import type { ErrorObject, SchemaValidateFunction, ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { FORM_URI } from "./check_form.ts";
import { isObject, type JsonObject } from "./drafts.ts";
import { addFormats } from "./formats.ts";
import { isMultiple } from "./multiple_of.ts";
import { patternRegExp } from "./reg_exp.ts";
import { addUnevaluated } from "./unevaluated.ts";

type AjvInstance = Parameters<typeof addFormats>[0];

/**
 * Compiles a schema that {@linkcode bundleSchema} made for checking.
 *
 * @param allErrors Whether all that is wrong is reported, or the first thing only.
 */
export function compileForm(form: unknown, allErrors: boolean): ValidateFunction {
  const ajv = new Ajv2020({
    allErrors,
    strict: false,
    verbose: true,
    logger: false,
    ownProperties: true,
    // The schema was checked in its own draft.
    validateSchema: false,
    meta: false,
    code: { regExp: Object.assign(patternRegExp, { code: "new RegExp" }), process: addingInPlace },
  }) as unknown as AjvInstance;
  addFormats(ajv);
  ajv.removeKeyword("multipleOf");
  ajv.addKeyword({
    keyword: "multipleOf",
    type: "number",
    schemaType: "number",
    compile: (divisor: number) => (value: number) => isMultiple(value, divisor),
  });
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword({
    keyword: "uniqueItems",
    type: "array",
    schemaType: "boolean",
    errors: "full",
    validate: checkUnique,
  });
  const parts = new Parts(ajv, form);
  addUnevaluated(ajv, parts);
  if (!isObject(form)) return ajv.compile(form as boolean);
  ajv.addSchema(form, FORM_URI);
  return ajv.getSchema(FORM_URI)!;
}

/** ajv's code copies all errors that there are for each part that has more of them. */
function addingInPlace(code: string): string {
  return code.replace(
    /\bvErrors\.concat\(([\w.]+)\)/g,
    "$1.reduce((all, error) => (all.push(error), all), vErrors)",
  );
}

/** Unlike ajv's own it does not compare every item with every other one. */
const checkUnique: SchemaValidateFunction = (wanted: boolean, items: unknown[]) => {
  const seen = new Map<string, number>();
  for (const [i, item] of wanted ? items.entries() : []) {
    const text = sortedJson(item);
    const j = seen.get(text);
    if (j !== undefined) {
      checkUnique.errors = [{ keyword: "uniqueItems", params: { i, j } }];
      return false;
    }
    seen.set(text, i);
  }
  return true;
};

/** The same text for values that are equal: the order of properties makes no difference. */
function sortedJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(",")}]`;
  const entries = Object.entries(value).map(([name, item]) =>
    `${JSON.stringify(name)}:${sortedJson(item)}`
  );
  return `{${entries.sort().join(",")}}`;
}

/** Matches values with schemas inside of the compiled one; compiles each when it is first asked for. */
class Parts {
  readonly #ajv: AjvInstance;
  readonly #form: unknown;
  readonly #compiled = new Map<unknown, ValidateFunction>();
  #errors: readonly ErrorObject[] = [];

  constructor(ajv: AjvInstance, form: unknown) {
    this.#ajv = ajv;
    this.#form = form;
  }

  readonly target = (pointer: string): unknown => {
    const name = pointer.split("/")[2];
    if (name === undefined) return this.#form;
    return ((this.#form as JsonObject).$defs as JsonObject)[name];
  };

  readonly matches = (schema: unknown, value: unknown): boolean => {
    if (typeof schema === "boolean") return schema;
    let validate = this.#compiled.get(schema);
    if (validate === undefined) {
      validate = this.#ajv.compile(schema as JsonObject);
      this.#compiled.set(schema, validate);
    }
    const valid = validate(value) as boolean;
    this.#errors = validate.errors ?? [];
    return valid;
  };

  errors(): readonly ErrorObject[] {
    return this.#errors;
  }
}
