/**
 * Sorts out the errors of `anyOf`, `oneOf` and their like: ajv reports every branch that failed, one
 * after the other, and then that none matched.
 */
import type { ErrorObject } from "ajv";
import { isObject, type JsonObject } from "./drafts.ts";

/** An error, and for one that sums branches up what became of them. */
export interface SortedError {
  error: ErrorObject;
  /** The branch that came nearest, from 1. */
  nearest?: number;
  /** The types that the branches take, when the type alone ruled out all of them. */
  types?: string[];
  /** The values that the branches take, when they take nothing but single values. */
  choices?: unknown[];
  /** The errors of the nearest branch. */
  inside?: readonly SortedError[];
}

/**
 * Keeps the error of every branching and the errors of the branch that came nearest.
 *
 * @param root The schema that was compiled; it resolves the references in branches.
 */
export function sortBranches(errors: readonly ErrorObject[], root: unknown): SortedError[] {
  const sorter = new Sorter(root);
  for (const error of errors) sorter.add(error);
  // Recursive schemas nest their branches as deep as the value is.
  const sorted: SortedError[] = [];
  const waiting = sorter.sorted.toReversed();
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    sorted.push(next);
    for (const inner of (next.inside ?? []).toReversed()) waiting.push(inner);
  }
  return sorted;
}

class Sorter {
  readonly sorted: SortedError[] = [];
  readonly #root: unknown;
  readonly #distances = new WeakMap<object, Map<unknown, number>>();

  constructor(root: unknown) {
    this.#root = root;
  }

  add(error: ErrorObject): void {
    const { keyword, schema } = error;
    if ((keyword === "anyOf" || keyword === "oneOf") && Array.isArray(schema)) {
      this.sorted.push(...this.#nearest(error, schema, this.#take(error, schema)));
    } else if (keyword === "contains") {
      this.#take(error, [schema]);
      this.sorted.push({ error });
    } else if (keyword === "if") {
      const { then, else: otherwise } = error.parentSchema as JsonObject;
      const inside = this.#take(error, [then, otherwise]);
      if (inside.length === 0) this.sorted.push({ error });
      for (const sorted of inside) this.sorted.push(sorted);
    } else if (keyword === "propertyNames") {
      // The errors of the name say more.
      if (this.sorted.at(-1)?.error.propertyName === undefined) this.sorted.push({ error });
    } else this.sorted.push({ error });
  }

  /** Takes the last errors that come from inside of these schemas. */
  #take(summary: ErrorObject, schemas: readonly unknown[]): SortedError[] {
    let start = this.sorted.length;
    while (start > 0) {
      const { error } = this.sorted[start - 1]!;
      const inside = isWithin(error.instancePath, summary.instancePath) &&
        // The schema around the branches may be one of their own parts; what it says of the same
        // value it says for itself.
        !(error.parentSchema === summary.parentSchema &&
          error.instancePath === summary.instancePath) &&
        schemas.some((schema) => this.#distance(schema, error) < Infinity);
      if (!inside) break;
      start--;
    }
    return this.sorted.splice(start);
  }

  #nearest(
    summary: ErrorObject,
    branches: readonly unknown[],
    inside: readonly SortedError[],
  ): SortedError[] {
    if (summary.params.passingSchemas) return [{ error: summary }];
    const groups = branches.map((): SortedError[] => []);
    for (const sorted of inside) {
      const distances = branches.map((branch) => this.#distance(branch, sorted.error));
      groups[distances.indexOf(Math.min(...distances))]?.push(sorted);
    }
    const scores = groups.map((group) => score(group, summary.instancePath));
    const best = scores.indexOf(Math.min(...scores));
    const types = inEach(groups, summary, ["type"], ({ schema }) => schema as string | string[]);
    if (types) return [{ error: summary, types }];
    const choices = inEach(
      groups,
      summary,
      ["const", "enum"],
      ({ keyword, schema }) => keyword === "const" ? [schema] : schema as unknown[],
    );
    if (choices) return [{ error: summary, choices }];
    if (best < 0 || scores[best]! >= WRONG_KIND) return [{ error: summary }];
    return [{ error: summary, nearest: best + 1, inside: groups[best]! }];
  }

  #distance(schema: unknown, { parentSchema }: ErrorObject): number {
    if (!isObject(schema)) {
      // A boolean has nothing inside.
      return typeof schema === "boolean" && schema === (parentSchema as unknown) ? 0 : Infinity;
    }
    let distances = this.#distances.get(schema);
    if (distances === undefined) {
      distances = this.#reach(schema);
      this.#distances.set(schema, distances);
    }
    return distances.get(parentSchema) ?? Infinity;
  }

  #reach(start: object): Map<unknown, number> {
    const distances = new Map<unknown, number>([[start, 0]]);
    for (const [node, distance] of distances) {
      if (typeof node !== "object" || node === null) continue;
      const children = Object.entries(node).map(([key, value]) =>
        key === "$ref" ? this.#resolve(value) : value
      );
      for (const child of children) {
        if (child !== undefined && !distances.has(child)) distances.set(child, distance + 1);
      }
    }
    return distances;
  }

  #resolve(pointer: unknown): unknown {
    if (typeof pointer !== "string" || !isObject(this.#root)) return undefined;
    if (pointer.endsWith("#")) return this.#root;
    const name = pointer.split("/").at(-1)!;
    return isObject(this.#root.$defs) ? this.#root.$defs[name] : undefined;
  }
}

/** From this score on a branch is about something else altogether. */
const WRONG_KIND = 1_000_000;

/** A branch of the right kind for another value. */
const WRONG_VALUE = 10_000;

function score(group: readonly SortedError[], path: string): number {
  if (group.length === 0) return WRONG_KIND;
  const points = group.map(({ error: { keyword, instancePath } }) => {
    const isValue = keyword === "const" || keyword === "enum";
    if (instancePath === path) {
      return isValue ? WRONG_VALUE : /^(type|false schema)$/.test(keyword) ? WRONG_KIND : 1;
    }
    // A property that tells one kind of object from another.
    return isValue && instancePath.lastIndexOf("/") === path.length ? 1000 : 1;
  });
  return points.reduce((sum, point) => sum + point, 0);
}

/** What one of these rules allows in each branch, when each was ruled out by one of them. */
function inEach<Allowed>(
  groups: readonly SortedError[][],
  { instancePath }: ErrorObject,
  rules: readonly string[],
  allowed: (error: ErrorObject) => Allowed | Allowed[],
): Allowed[] | undefined {
  const found = groups.map((group) =>
    group.find(({ error }) => rules.includes(error.keyword) && error.instancePath === instancePath)
  );
  if (found.some((sorted) => sorted === undefined)) return undefined;
  return [...new Set(found.flatMap((sorted) => allowed(sorted!.error)))];
}

function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}/`);
}
