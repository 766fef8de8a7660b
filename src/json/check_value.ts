/** Checks values against a schema whose form is ready to be compiled. */
import type { ValidateFunction } from "ajv";
import type { compileForm } from "./compile_form.ts";
import { TIME_UP, type WithinTime } from "./time_limit.ts";
import { type Violation, violations } from "./violations.ts";

/** From this many values on only the first violation is looked for: there could be millions. */
const MANY_VALUES = 100_000;

/** How long all violations are looked for, once there is one, in milliseconds. */
const TELLING_MS = 1_000;

/** What {@linkcode ValueCheck} works with. */
export interface ValueCheckParts {
  /** A schema as `bundleSchema` makes it for checking. */
  form: unknown;
  compile: typeof compileForm;
  within: WithinTime;
}

/** Checks values; the schema is compiled when it is first needed. */
export class ValueCheck {
  readonly #form: unknown;
  readonly #compile: typeof compileForm;
  readonly #within: WithinTime;
  /** Stops at the first violation, which takes much less time where many are nested. */
  #brief: ValidateFunction | undefined;
  #full: ValidateFunction | undefined;

  constructor({ form, compile, within }: ValueCheckParts) {
    this.#form = form;
    this.#compile = compile;
    this.#within = within;
  }

  /**
   * All that is wrong with a value. Of one that takes long, or has very many parts, the first thing
   * only; of one that takes longer than `limitMs`, that it does.
   */
  check(value: unknown, limitMs: number): readonly Violation[] {
    const start = performance.now();
    const first = this.#run(value, limitMs, "brief");
    if (first === TIME_UP) return [tookTooLong(value, limitMs)];
    if (first.length === 0 || isTooDeep(first)) return first;
    const left = Math.min(TELLING_MS, limitMs - (performance.now() - start));
    if (left <= 0 || hasMany(value)) return first;
    const all = this.#run(value, left, "full");
    return all === TIME_UP || all.length === 0 || isTooDeep(all) ? first : all;
  }

  /** Whether the schema refers to itself in a way that no value brings to an end. */
  isEndless(limitMs: number): boolean {
    // Values without depth end every recursion but one that goes round in the schema itself.
    return [null, {}, []].some((value) => {
      const found = this.#run(value, limitMs, "full");
      return found !== TIME_UP && isTooDeep(found);
    });
  }

  #run(value: unknown, ms: number, which: "brief" | "full") {
    const isFull = which === "full";
    const validate = isFull
      ? this.#full ??= this.#compile(this.#form, true)
      : this.#brief ??= this.#compile(this.#form, false);
    try {
      const found = this.#within(
        () => validate(value) ? [] : violations(validate.errors ?? [], this.#form),
        ms,
      );
      // Whatever it was in the middle of was left as it was.
      if (found === TIME_UP && isFull) this.#full = undefined;
      if (found === TIME_UP && !isFull) this.#brief = undefined;
      return found;
    } catch (error) {
      // Recursive schemas recurse: the stack ends before the value does.
      if (error instanceof RangeError) return [tooDeep(value)];
      throw error;
    }
  }
}

function isTooDeep([first]: readonly Violation[]): boolean {
  return first?.rule === "depth";
}

function tooDeep(value: unknown): Violation {
  return { path: "", rule: "depth", message: "is nested too deeply to be checked", value };
}

function tookTooLong(value: unknown, limitMs: number): Violation {
  const limit = `${Math.ceil(limitMs) / 1000} seconds`;
  const why = 'a "pattern" with nested repetition may be the reason';
  return { path: "", rule: "time", message: `took longer than ${limit} to check; ${why}`, value };
}

function hasMany(value: unknown): boolean {
  let count = 0;
  const queue = [value];
  while (queue.length > 0) {
    const next = queue.pop();
    if (++count > MANY_VALUES) return true;
    if (typeof next !== "object" || next === null) continue;
    const children = Array.isArray(next) ? next : Object.values(next);
    if (children.length > MANY_VALUES) return true;
    for (const child of children) queue.push(child);
  }
  return false;
}
