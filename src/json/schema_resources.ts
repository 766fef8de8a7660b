/** Finds what a `$ref` means: schemas by their `$id`, anchor or place in a document. */
import { type Draft, draftOf, inner, isObject, isOnlyRef, type JsonObject } from "./drafts.ts";

/** A document that holds schemas. */
export interface SchemaDocument {
  root: unknown;
  /** Where it was found, without a fragment. */
  uri: string;
  /** Where it is for a person: a path or an address; undefined for JSON on the command line. */
  label: string | undefined;
}

/** The part of a document that has one base URI: all of it, or a schema with a `$id` in it. */
export interface Resource {
  /** Its `$id` in full, or where its document was found; without a fragment. */
  readonly uri: string;
  /** Where its relative references are when its `$id` is not where it was found. */
  readonly place: string;
  readonly node: unknown;
  readonly draft: Draft;
  readonly document: SchemaDocument;
  /** Schemas by the name in `$anchor`, or in a `$dynamicAnchor`. */
  readonly anchors: Map<string, unknown>;
  /** The anchors that `$dynamicRef` looks for; `$recursiveAnchor` is the one without a name. */
  readonly dynamic: Map<string, unknown>;
}

/** A schema that was found. */
export interface Target {
  readonly node: unknown;
  readonly resource: Resource;
  /** From the root of the resource, unless it was found by its name. */
  readonly pointer: string;
  /** The name of the dynamic anchor by which it was found. */
  readonly dynamic?: string;
}

/** What came of a reference. */
export type Resolved =
  | { kind: "found"; target: Target }
  | { kind: "no document"; uri: string }
  | { kind: "no place"; uri: string; fragment: string }
  | { kind: "bad"; why: string };

/** Resolves one URI reference against another; undefined when that makes no URI. */
export function resolveUri(reference: string, base: string): string | undefined {
  return URL.parse(reference, base)?.href;
}

/** Splits a URI at its fragment, which is decoded. */
export function splitUri(uri: string): [uri: string, fragment: string] {
  const at = uri.indexOf("#");
  if (at < 0) return [uri, ""];
  const fragment = uri.slice(at + 1);
  try {
    return [uri.slice(0, at), decodeURIComponent(fragment)];
  } catch {
    // A bare percent sign stands for itself.
    return [uri.slice(0, at), fragment];
  }
}

/** A name as one step of a JSON pointer. */
export function pointerStep(name: string | number): string {
  return `/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** All schemas that are known, by address. */
export class SchemaResources {
  readonly #byUri = new Map<string, Resource>();
  readonly #byNode = new Map<object, Resource>();
  /** Whether any schema refers to whatever its caller defines. */
  usesDynamicRefs = false;

  /** Makes a document known, with all schemas in it that have an address; once is enough. */
  add(document: SchemaDocument, draft: Draft): Resource {
    const { uri, root } = document;
    const known = this.of(root);
    if (known) return known;
    const resource: Resource = {
      uri,
      place: uri,
      node: root,
      draft: (isObject(root) ? draftOf(root.$schema) : undefined) ?? draft,
      document,
      anchors: new Map(),
      dynamic: new Map(),
    };
    this.#byUri.set(uri, resource);
    this.#index(root, resource);
    return this.of(root) ?? resource;
  }

  /** Makes a resource known by another address too. */
  alias(uri: string, resource: Resource): void {
    if (!this.#byUri.has(uri)) this.#byUri.set(uri, resource);
  }

  /** The resource that a schema belongs to; undefined where no schema was expected. */
  of(node: unknown): Resource | undefined {
    return isObject(node) ? this.#byNode.get(node) : undefined;
  }

  /** Looks a reference up that stands in `from`. */
  resolve(reference: string, from: Resource): Resolved {
    const full = resolveUri(reference, from.uri);
    if (full === undefined) return { kind: "bad", why: "it is no URI reference" };
    const [uri, fragment] = splitUri(full);
    const resource = this.#byUri.get(uri);
    if (!resource) return { kind: "no document", uri };
    const target = fragment === "" || fragment.startsWith("/")
      ? this.#follow(fragment, resource)
      : this.#anchor(fragment, resource);
    return target ? { kind: "found", target } : { kind: "no place", uri, fragment };
  }

  #anchor(name: string, resource: Resource): Target | undefined {
    if (!resource.anchors.has(name)) return undefined;
    const node = resource.anchors.get(name);
    const target = { node, resource: this.of(node) ?? resource, pointer: `/${name}` };
    return resource.dynamic.has(name) ? { ...target, dynamic: name } : target;
  }

  #follow(pointer: string, from: Resource): Target | undefined {
    let node = from.node;
    let resource = from;
    for (const step of pointer.split("/").slice(1)) {
      const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
      if (typeof node !== "object" || node === null || !Object.hasOwn(node, name)) return undefined;
      node = (node as JsonObject)[name];
      resource = this.of(node) ?? resource;
    }
    // A place where the draft has no schema becomes one by being referred to.
    if (isObject(node) && !this.#byNode.has(node)) this.#index(node, resource);
    return { node, resource: this.of(node) ?? resource, pointer };
  }

  #index(root: unknown, resource: Resource): void {
    const queue: [unknown, Resource][] = [[root, resource]];
    for (let next = queue.pop(); next; next = queue.pop()) {
      const [node, outer] = next;
      if (!isObject(node) || this.#byNode.has(node)) continue;
      const owner = this.#owner(node, outer);
      this.#byNode.set(node, owner);
      this.#name(node, owner);
      for (const [keyword, value] of Object.entries(node)) {
        for (const [child] of inner(keyword, value, owner.draft)) queue.push([child, owner]);
      }
    }
  }

  #owner(node: JsonObject, outer: Resource): Resource {
    if (typeof node.$id !== "string" || isOnlyRef(node, outer.draft)) return outer;
    const [id] = splitUri(node.$id);
    const uri = id === "" ? undefined : resolveUri(id, outer.uri);
    if (uri === undefined) return outer;
    const isRoot = node === outer.node;
    const resource: Resource = {
      uri,
      place: /^[a-z][\w+.-]*:/i.test(id) ? outer.place : resolveUri(id, outer.place) ?? outer.place,
      node,
      draft: draftOf(node.$schema) ?? outer.draft,
      document: outer.document,
      anchors: new Map(),
      dynamic: new Map(),
    };
    this.alias(uri, resource);
    // The document is also known by where it was found.
    if (isRoot && this.#byUri.get(outer.uri) === outer) this.#byUri.set(outer.uri, resource);
    return resource;
  }

  #name(node: JsonObject, resource: Resource): void {
    const { draft, anchors, dynamic } = resource;
    if (draft <= 7) {
      if (isOnlyRef(node, draft) || typeof node.$id !== "string") return;
      const fragment = splitUri(node.$id)[1];
      if (fragment !== "") anchors.set(fragment, node);
      return;
    }
    if (typeof node.$anchor === "string") anchors.set(node.$anchor, node);
    if (draft === 2020 && typeof node.$dynamicAnchor === "string") {
      anchors.set(node.$dynamicAnchor, node);
      dynamic.set(node.$dynamicAnchor, node);
    }
    if (draft === 2019 && node.$recursiveAnchor === true && node === resource.node) {
      dynamic.set("", node);
    }
    this.usesDynamicRefs ||= node.$dynamicRef !== undefined || node.$recursiveRef !== undefined;
  }
}
