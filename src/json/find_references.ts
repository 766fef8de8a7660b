/** Looks up all that a schema refers to, before it is bundled. */
import { references } from "./bundle_schema.ts";
import { inner, isObject, isOnlyRef, type JsonObject } from "./drafts.ts";
import { SchemaError } from "./schema_error.ts";
import {
  pointerStep,
  type Resolved,
  type Resource,
  type SchemaDocument,
  type SchemaResources,
} from "./schema_resources.ts";

/** A reference and where it stands. */
export interface Reference {
  keyword: string;
  text: string;
  node: unknown;
  from: Resource;
}

/** A schema that can be reached, and what it belongs to. */
export interface SchemaPlace {
  node: JsonObject;
  from: Resource;
}

/** Choices for looking references up. */
export interface FindOptions {
  /** How messages call the schema; undefined for JSON on the command line. */
  path: string | undefined;
  load: LoadDocument;
  /** Sees every schema once. */
  visit?(place: SchemaPlace): void;
}

/**
 * A document for an address; `leave` when the reference shall stay as it is. Undefined when there is
 * none, but a document that is loaded later may have that address as its `$id`; once all others are
 * there, the question is asked a last time.
 */
export type LoadDocument = (
  uri: string,
  reference: Reference,
  isLast: boolean,
) => Promise<SchemaDocument | "leave" | undefined>;

/**
 * Loads the documents that a schema and they themselves refer to. Only schemas that can be reached
 * are looked into.
 *
 * @throws {SchemaError} for a reference to what is not there.
 */
export async function findReferences(
  resources: SchemaResources,
  root: Resource,
  options: FindOptions,
): Promise<void> {
  const { path, load, visit } = options;
  const seen = new Set<unknown>();
  const nodes: { node: unknown; outer: Resource }[] = [{ node: root.node, outer: root }];
  let postponed: Reference[] = [];

  const follow = async (reference: Reference, isLast = false): Promise<boolean> => {
    const { text, from } = reference;
    let resolved = resources.resolve(text, from);
    if (resolved.kind === "no document") {
      const { uri } = resolved;
      const loaded = await load(uri, reference, isLast);
      if (loaded === "leave") return true;
      if (loaded === undefined) return false;
      resources.alias(uri, resources.add(loaded, from.draft));
      resolved = resources.resolve(text, from);
    }
    if (resolved.kind !== "found") throw unresolved(path, reference, resolved);
    nodes.push({ node: resolved.target.node, outer: resolved.target.resource });
    return true;
  };

  const look = async (node: unknown, outer: Resource): Promise<void> => {
    if (!isObject(node) || seen.has(node)) return;
    seen.add(node);
    const from = resources.of(node) ?? outer;
    visit?.({ node, from });
    for (const [keyword, text] of references(node, from.draft)) {
      const reference = { keyword, text, node, from };
      if (!await follow(reference)) postponed.push(reference);
    }
    if (isOnlyRef(node, from.draft)) return;
    for (const [keyword, value] of Object.entries(node)) {
      for (const [child] of inner(keyword, value, from.draft)) {
        nodes.push({ node: child, outer: from });
      }
    }
  };

  while (nodes.length > 0) {
    for (let next = nodes.pop(); next; next = nodes.pop()) await look(next.node, next.outer);
    const again = postponed;
    postponed = [];
    for (const reference of again) if (!await follow(reference)) postponed.push(reference);
    if (nodes.length > 0) continue;
    const missing = postponed.shift();
    if (missing !== undefined && !await follow(missing, true)) {
      throw unresolved(path, missing, resources.resolve(missing.text, missing.from));
    }
  }
}

/** The error for a reference that leads nowhere. */
export function unresolved(
  path: string | undefined,
  reference: Reference,
  resolved: Resolved,
): SchemaError {
  const where = placeOf(reference);
  if (resolved.kind === "bad") return new SchemaError(path, `${where}: ${resolved.why}`);
  if (resolved.kind === "no place") {
    return new SchemaError(path, `${where} leads nowhere: there is no "${resolved.fragment}"`, {
      hint: `Correct the part behind "#", or add a schema there.`,
    });
  }
  const { uri } = resolved as { uri: string };
  const why = /^https?:/.test(uri)
    ? `zag gets no schemas from the network, and no schema at hand has the "$id" ${uri}`
    : `no schema at hand has this "$id"`;
  return new SchemaError(path, `${where}: ${why}`, {
    hint:
      `Save that schema in a file and refer to the file, or put it under "$defs" with its "$id".`,
  });
}

/** The reference, its place and its file, for a message. */
export function placeOf({ keyword, text, node, from }: Reference): string {
  const { label, root } = from.document;
  const pointer = pointerTo(root, node);
  const at = pointer ? ` at ${pointer}` : "";
  return `${JSON.stringify(keyword)}: ${JSON.stringify(text)}${at}` +
    (label === undefined ? "" : ` in ${JSON.stringify(label)}`);
}

/** The JSON pointer of an object inside of a document. */
function pointerTo(root: unknown, wanted: unknown): string | undefined {
  const queue: [unknown, string][] = [[root, ""]];
  for (let next = queue.pop(); next; next = queue.pop()) {
    const [value, pointer] = next;
    if (value === wanted) return pointer;
    if (typeof value !== "object" || value === null) continue;
    for (const [key, child] of Object.entries(value)) {
      queue.push([child, pointer + pointerStep(key)]);
    }
  }
  return undefined;
}
