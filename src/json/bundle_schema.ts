/**
 * Makes one schema that refers to nothing outside of itself from a schema and what it refers to.
 * Every schema that is referred to becomes an entry of `$defs` (in drafts 6 and 7 of `definitions`)
 * and every reference a JSON pointer to it. References that depend on their caller (`$dynamicRef`,
 * `$recursiveRef`) get an entry for each caller that makes a difference.
 */
import { checkForm, FORM_URI } from "./check_form.ts";
import { type Draft, draftId, inner, isObject, isOnlyRef, type JsonObject } from "./drafts.ts";
import { SchemaError } from "./schema_error.ts";
import type { Resource, SchemaResources, Target } from "./schema_resources.ts";

/** Keywords that hold a reference, by the drafts that have them. */
export function references(schema: JsonObject, draft: Draft): [keyword: string, text: string][] {
  const keywords = draft === 2020
    ? ["$ref", "$dynamicRef"]
    : draft === 2019
    ? ["$ref", "$recursiveRef"]
    : ["$ref"];
  return keywords.flatMap((keyword): [string, string][] => {
    const text = schema[keyword];
    return typeof text === "string" ? [[keyword, text]] : [];
  });
}

/** What a bundle is for: to be shown and stored, or to be compiled by ajv. */
export type BundlePurpose = "show" | "check";

/**
 * Bundles a schema whose references were all looked up before.
 *
 * @param purpose With `show` the schema stays in its draft and keeps all of its keywords; with
 * `check` it becomes draft 2020-12 and keeps only what can make a value invalid.
 * @param path How messages call the schema.
 * @throws {SchemaError} when a schema that is to be shown has parts of different drafts.
 */
export function bundleSchema(
  resources: SchemaResources,
  root: Resource,
  purpose: BundlePurpose,
  path?: string,
): unknown {
  return new Bundler(resources, root, purpose, path).bundle();
}

/** The dynamic anchors that are in force, by name: what the outermost caller defined. */
type Scope = ReadonlyMap<string, Target>;

/** Keywords that give a schema an address; pointers take their place. */
const ADDRESSES = new Set([
  "$id",
  "$schema",
  "$anchor",
  "$dynamicAnchor",
  "$recursiveAnchor",
  "$defs",
  "definitions",
  "$ref",
  "$dynamicRef",
  "$recursiveRef",
]);

/** What beside a `$ref` of an old draft tells a reader something and means nothing. */
const REMARKS = new Set(["title", "description", "$comment", "default", "examples"]);

class Bundler {
  readonly #resources: SchemaResources;
  readonly #root: Resource;
  readonly #purpose: BundlePurpose;
  readonly #path: string | undefined;
  readonly #keys = new Map<unknown, number>();
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();
  readonly #waiting: { name: string; target: Target; scope: Scope }[] = [];

  constructor(
    resources: SchemaResources,
    root: Resource,
    purpose: BundlePurpose,
    path: string | undefined,
  ) {
    this.#resources = resources;
    this.#root = root;
    this.#purpose = purpose;
    this.#path = path;
  }

  bundle(): unknown {
    const { node } = this.#root;
    if (!isObject(node)) return node;
    const scope = this.#enter(this.#root, new Map());
    this.#names.set(this.#key({ node, resource: this.#root, pointer: "" }, scope), "");
    const head: JsonObject = {};
    if (this.#purpose === "show") {
      if (node.$schema !== undefined) head.$schema = node.$schema;
      // An address on this machine is nobody else's business.
      if (/^https?:/.test(String(node.$id))) head.$id = node.$id;
    }
    const schema = { ...head, ...this.#copy(node, this.#root, scope) as JsonObject };
    const entries: [string, unknown][] = [];
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const { name, target, scope } = next;
      entries.push([name, this.#copy(target.node, target.resource, scope)]);
    }
    if (entries.length > 0) schema[this.#holder] = Object.fromEntries(entries);
    return schema;
  }

  get #holder(): "$defs" | "definitions" {
    return this.#purpose === "show" && this.#root.draft <= 7 ? "definitions" : "$defs";
  }

  #copy(node: unknown, outer: Resource, outerScope: Scope): unknown {
    if (!isObject(node)) return node;
    const resource = this.#resources.of(node) ?? outer;
    const scope = resource === outer ? outerScope : this.#enter(resource, outerScope);
    if (this.#purpose === "show") this.#demandSameDraft(resource);
    const onlyRef = isOnlyRef(node, resource.draft);
    const copied = this.#references(node, resource, scope);
    for (const [keyword, value] of Object.entries(node)) {
      if (ADDRESSES.has(keyword) || (onlyRef && !REMARKS.has(keyword))) continue;
      const copy = this.#keyword(keyword, value, resource, scope);
      const isSecond = keyword === "allOf" && Array.isArray(copied.allOf) && Array.isArray(copy);
      copied[keyword] = isSecond ? [...copied.allOf as unknown[], ...copy] : copy;
    }
    return this.#purpose === "check" ? checkForm(copied, resource.draft) : copied;
  }

  #demandSameDraft({ draft, document }: Resource): void {
    const wanted = this.#root.draft;
    // Draft 7 has all that draft 6 has.
    if (draft === wanted || (draft === 6 && wanted === 7)) return;
    const which = document.label === undefined ? "a part of it" : JSON.stringify(document.label);
    throw new SchemaError(
      this.#path,
      `it is written for ${draftId(wanted)}, and ${which} for ${draftId(draft)}`,
      { hint: 'Write both for the same draft, and name it in "$schema".' },
    );
  }

  #keyword(keyword: string, value: unknown, resource: Resource, scope: Scope): unknown {
    const children = inner(keyword, value, resource.draft);
    const copy = (child: unknown) => this.#copy(child, resource, scope);
    if (children.length === 0) return value;
    if (Array.isArray(value)) return value.map(copy);
    if (children[0]!.length === 2) return copy(value);
    return Object.fromEntries(children.map(([child, , name]) => [String(name), copy(child)]));
  }

  /** The references of a schema; a second one beside `$ref` stands in `allOf`. */
  #references(node: JsonObject, resource: Resource, scope: Scope): JsonObject {
    const pointers = references(node, resource.draft).map(([keyword, text]) => {
      const resolved = this.#resources.resolve(text, resource);
      if (resolved.kind !== "found") return "uri" in resolved ? resolved.uri : text;
      return this.#pointer(this.#dynamic(keyword, resolved.target, scope), scope);
    });
    const [first, second] = pointers;
    if (first === undefined) return {};
    return second === undefined ? { $ref: first } : { $ref: first, allOf: [{ $ref: second }] };
  }

  #dynamic(keyword: string, target: Target, scope: Scope): Target {
    if (keyword === "$dynamicRef" && target.dynamic !== undefined) {
      return scope.get(target.dynamic) ?? target;
    }
    if (keyword === "$recursiveRef" && target.resource.dynamic.get("") === target.node) {
      return scope.get("") ?? target;
    }
    return target;
  }

  #pointer(target: Target, caller: Scope): string {
    const scope = this.#enter(target.resource, caller);
    const key = this.#key(target, scope);
    let name = this.#names.get(key);
    if (name === undefined) {
      name = this.#newName(target);
      this.#names.set(key, name);
      this.#waiting.push({ name, target, scope });
    }
    const base = this.#purpose === "check" ? FORM_URI : "";
    return name === "" ? `${base}#` : `${base}#/${this.#holder}/${name}`;
  }

  #key(target: Target, scope: Scope): string {
    const number = (key: unknown) => {
      if (!this.#keys.has(key)) this.#keys.set(key, this.#keys.size);
      return this.#keys.get(key);
    };
    const { node, resource, pointer } = target;
    const anchors = [...scope].map(([name, found]) => `${name} ${number(found.node)}`).sort();
    // `true` and `false` have no identity.
    const place = isObject(node) ? node : `${resource.uri}#${pointer}`;
    return JSON.stringify([number(place), ...anchors]);
  }

  #newName({ pointer, resource }: Target): string {
    const [, last = ""] = /\/([^/]*)$/.exec(pointer) ?? [];
    const file = (resource.uri.split("/").at(-1) ?? "").replace(/(\.schema)?\.jsonc?$/i, "");
    const plain = (text: string) => text.replace(/[^\w.-]+/g, "_").replace(/^_+|_+$/g, "");
    const base = /^\d*$/.test(plain(last)) ? plain(file) || "schema" : plain(last);
    let name = base;
    for (let i = 2; this.#taken.has(name); i++) name = `${base}_${i}`;
    this.#taken.add(name);
    return name;
  }

  #enter(resource: Resource, scope: Scope): Scope {
    const added = this.#resources.usesDynamicRefs
      ? [...resource.dynamic].filter(([name]) => !scope.has(name))
      : [];
    if (added.length === 0) return scope;
    const targets = added.map(([name, node]): [string, Target] => [
      name,
      { node, resource, pointer: `/${name}` },
    ]);
    return new Map([...scope, ...targets]);
  }
}
