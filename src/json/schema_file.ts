/** Reads what `--json-schema` names: a file or inline JSON, and the files that it refers to. */
import { isAbsolute, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isFile } from "../is_file.ts";
import { bundleSchema } from "./bundle_schema.ts";
import {
  type Draft,
  draftId,
  draftOf,
  guessDraft,
  isMetaschema,
  isObject,
  type JsonObject,
} from "./drafts.ts";
import { findReferences, placeOf, type Reference } from "./find_references.ts";
import { JsonSyntaxError, parseJsonc } from "./read_json.ts";
import { SchemaError } from "./schema_error.ts";
import { resolveUri, type SchemaDocument, SchemaResources, splitUri } from "./schema_resources.ts";

/** Nobody writes a schema of this size; an agent could not read it. */
const MAX_BYTES = 10 * 1024 * 1024;

/**
 * Reads a schema and makes it self-contained: what it refers to in other files comes along, and
 * nothing in the result points to a file. Comments and trailing commas are accepted. Whether it is
 * a valid schema is for `compileSchema` to say.
 *
 * @param given JSON when it begins with `{` or `[` or is `true` or `false`, else a path.
 * @param cwd What relative paths start from, and the relative references of inline JSON.
 * @throws {SchemaError} when something cannot be read, is no JSON, or refers to what is not there.
 */
export async function loadSchema(given: string, cwd: string): Promise<unknown> {
  const text = given.replace(/^\ufeff/, "");
  const isInline = /^\s*(?:[{[]|(?:true|false)\s*$)/.test(text);
  const path = isInline ? undefined : given;
  const file = isInline ? join(cwd, "-") : resolve(cwd, given);
  if (given.trim() === "") throw new SchemaError(undefined, "it is empty", { hint: FILE_HINT });
  const root = isInline
    ? await parsed(text, (why) => new SchemaError(undefined, why, { hint: INLINE_HINT }))
    : await readSchemaFile(file, (why, cause) => {
      const hint = cause === undefined ? undefined : FILE_HINT;
      return new SchemaError(path, why, { cause, hint });
    });
  if (typeof root !== "boolean" && !isObject(root)) {
    const kind = Array.isArray(root) ? "an array" : JSON.stringify(root).slice(0, 40);
    throw new SchemaError(path, `a schema is an object, true or false, and this is ${kind}`);
  }
  try {
    return await selfContained(root, pathToFileURL(file).href, path, cwd);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SchemaError(path, "it is nested too deeply", { cause: error });
  }
}

const FILE_HINT = "Give the path of a JSON file, or JSON that begins with {.";
const INLINE_HINT = "Quote the JSON for your shell, or put it in a file and give its path.";

async function selfContained(
  root: unknown,
  uri: string,
  path: string | undefined,
  cwd: string,
  found?: Draft,
): Promise<unknown> {
  const resources = new SchemaResources();
  const named = isObject(root) ? draftOf(root.$schema) : undefined;
  const draft = named ?? found ?? guessDraft(root);
  const document = { root, uri, label: path };
  const resource = resources.add(document, draft);
  const files = new Map([[uri, document as SchemaDocument]]);
  const drafts = new Set<Draft>();
  await findReferences(resources, resource, {
    path,
    load: async (wanted, reference, isLast) => {
      if (isMetaschema(wanted)) return "leave";
      const addresses = fileAddresses(wanted, reference);
      const there = addresses.find((address) => files.has(address) || isFile(pathOf(address)));
      // A missing file is an error of its own, unless the address turns out to be an `$id`.
      const address = there ?? (isLast ? addresses[0] : undefined);
      if (address === undefined) return undefined;
      let file = files.get(address);
      if (file === undefined) {
        file = await referencedFile(address, reference, path, cwd);
        files.set(address, file);
        drafts.add(draftOfFile(file.root) ?? draft);
      }
      return file;
    },
  });
  if (files.size === 1) return root;
  const [first] = drafts;
  // A schema without `$schema` is of the draft of what it refers to.
  const isNews = found === undefined && first !== undefined && first !== draft;
  if (named === undefined && drafts.size === 1 && isNews) {
    return await selfContained(root, uri, path, cwd, first);
  }
  const bundle = bundleSchema(resources, resource, "show", path);
  return found === undefined ? bundle : { $schema: draftId(found), ...bundle as JsonObject };
}

/** The draft of a file by its `$schema`, or by what only an old draft knows. */
function draftOfFile(root: unknown): Draft | undefined {
  const named = isObject(root) ? draftOf(root.$schema) : undefined;
  const guessed = guessDraft(root);
  return named ?? (guessed === 2020 ? undefined : guessed);
}

/**
 * The files that a reference may mean, the likeliest first; none for an address on the network. A
 * `$id` says where a schema will be published, while here it lies beside the others.
 */
function fileAddresses(wanted: string, { text, from }: Reference): string[] {
  const isRelative = !/^[a-z][a-z\d+.-]*:/i.test(text);
  const bases = isRelative ? [from.place, from.document.uri] : [];
  const addresses = [wanted, ...bases.map((base) => resolveUri(text, base) ?? "")];
  const files = addresses.filter((address) => address.startsWith("file:"));
  return [...new Set(files.map((address) => splitUri(address)[0]))];
}

/** The path of a file's address; empty for a bad one, such as that of a file on another machine. */
function pathOf(address: string): string {
  try {
    return fileURLToPath(address);
  } catch {
    return "";
  }
}

async function referencedFile(
  address: string,
  reference: Reference,
  path: string | undefined,
  cwd: string,
): Promise<SchemaDocument> {
  const where = placeOf(reference);
  const file = pathOf(address);
  if (file === "") throw new SchemaError(path, `${where}: that is no path of a file`);
  const inside = relative(cwd, file);
  const label = inside.startsWith("..") || isAbsolute(inside) ? file : inside;
  const refuse = (why: string, cause?: unknown) =>
    new SchemaError(path, `${where}: the file ${JSON.stringify(label)} cannot be used: ${why}`, {
      cause,
    });
  const root = await readSchemaFile(file, refuse);
  const $schema = isObject(root) ? root.$schema : undefined;
  if ($schema !== undefined && draftOf($schema) === undefined) {
    throw refuse(`its "$schema" ${JSON.stringify($schema)} is not supported`);
  }
  return { root, uri: address, label };
}

/** Makes an error; the cause is given when the file could not be read. */
type Refuse = (why: string, cause?: unknown) => SchemaError;

async function readSchemaFile(file: string, refuse: Refuse): Promise<unknown> {
  const bytes = await readStart(file, refuse);
  if (bytes.length > MAX_BYTES) {
    throw refuse(`it is larger than ${MAX_BYTES / 1024 / 1024} MB`);
  }
  const [first, second] = bytes;
  const isWide = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) ||
    (bytes.length > 1 && (first === 0) !== (second === 0));
  if (isWide) throw refuse("it is UTF-16; save it as UTF-8");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw refuse("it is not UTF-8 text");
  }
  if (text.trim() === "") throw refuse("it is empty");
  return await parsed(text, refuse);
}

async function parsed(text: string, refuse: (why: string) => SchemaError): Promise<unknown> {
  try {
    return await parseJsonc(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw refuse(`it is not JSON: ${error.message}`);
  }
}

/** A file, or as much of it as shows that it is too large: pipes and devices have no size. */
async function readStart(path: string, refuse: Refuse): Promise<Uint8Array> {
  try {
    using file = await Deno.open(path);
    if ((await file.stat()).isDirectory) throw new Deno.errors.IsADirectory();
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of file.readable) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_BYTES) break;
    }
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw refuse(readFailure(error), error);
  }
}

function readFailure(error: unknown): string {
  if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
    return "the file was not found";
  }
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  if (error instanceof Deno.errors.PermissionDenied) return "this user may not read it";
  return `it cannot be read: ${(error as Error).message}`;
}
