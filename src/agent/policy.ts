/** Permission policies as people write them: inline JSON, a file, or one that is kept by a name. */
import { isAbsolute, join } from "node:path";
import type { Node } from "jsonc-parser";
import { JsonSyntaxError, lineAndColumn, parseJsonc } from "../json/read_json.ts";
import {
  PERMISSION_KINDS,
  type PermissionAction,
  type PermissionKind,
  type Policy,
  type PolicyRule,
} from "../providers/policy.ts";
import { suggest } from "../suggest.ts";
import { InvalidOptionError, OptionUsageError } from "./errors.ts";

/**
 * A rule of a {@linkcode PermissionPolicy}: what happens to calls of tools of a kind, or of `any`. With
 * a pattern, only to those whose command, path, host or name matches it; `*` stands for any text.
 */
export type PermissionRule =
  & {
    /** Commands such as `git *`, paths such as `src/**`, hosts such as `*.example.org`, or names of tools. */
    pattern?: string;
  }
  & (
    | {
      /** Calls of this kind are allowed. */
      allow: PermissionKind | "any";
    }
    | {
      /** Calls of this kind are refused. */
      deny: PermissionKind | "any";
    }
    | {
      /** Somebody is asked about calls of this kind. */
      ask: PermissionKind | "any";
    }
  );

/** What an agent may do. Of the rules that match a call the strictest holds: deny, then ask, then allow. */
export interface PermissionPolicy {
  /** What happens where no rule matches. Default: `deny`. */
  default?: PermissionAction;
  /** The rules, in any order. */
  rules?: readonly PermissionRule[];
}

const ACTIONS: readonly PermissionAction[] = ["allow", "deny", "ask"];

/** Where policies are looked for that are given by a name. */
export interface PolicyPlace {
  /** From where relative paths start. */
  readonly cwd: string;
  /** Directory of the policies that are kept by name. */
  readonly policies: string;
}

const HINT =
  'give a path, a name, or JSON such as {"default": "deny", "rules": [{"allow": "read"}]}';

/**
 * Reads a policy.
 *
 * @param given A policy; or JSON, with comments if wanted, that begins with a brace; or the path of a
 * file with it; or the name of `NAME.json` or `NAME.jsonc` among the policies of the state directory.
 * @throws {OptionUsageError} where what was given is wrong itself; says where
 * @throws {InvalidOptionError} where its file is; says where
 */
export async function readPolicy(
  given: string | PermissionPolicy,
  place: PolicyPlace,
): Promise<Policy> {
  if (typeof given !== "string") return checkPolicy(given, () => "the permission policy");
  if (given.trim() === "") {
    throw new OptionUsageError("Cannot use --permissions: the policy is empty", { hint: HINT });
  }
  if (/^\s*(\{|\[[^]*\]\s*$)/.test(given)) {
    try {
      return await parsePolicy(given, "of --permissions");
    } catch (error) {
      if (!(error instanceof InvalidOptionError)) throw error;
      throw new OptionUsageError(error.message, { hint: error.hint ?? HINT, cause: error.cause });
    }
  }
  const path = isAbsolute(given) ? given : join(place.cwd, given);
  const isName = /^[\w-]+$/.test(given);
  const paths = [
    path,
    ...(isName ? ["json", "jsonc"].map((end) => join(place.policies, `${given}.${end}`)) : []),
  ];
  for (const each of paths) {
    let text: string;
    try {
      text = await Deno.readTextFile(each);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      if (error instanceof Deno.errors.NotCapable) throw error;
      if (isName && error instanceof Deno.errors.IsADirectory) continue;
      throw new InvalidOptionError(
        `Cannot read the permission policy "${given}": ${reasonOf(error)}`,
        { cause: error },
      );
    }
    return await parsePolicy(text, `"${each}"`);
  }
  throw new OptionUsageError(
    `Cannot read the permission policy "${given}": there is no such file` +
      (isName ? `, and no ${given}.json in ${place.policies}` : ""),
    { hint: HINT },
  );
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.PermissionDenied) return "it may not be read";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  return error instanceof Error ? error.message : String(error);
}

/** A place in a document, as jsonc-parser counts it. */
type Path = readonly (string | number)[];

/** Something that no policy can say. */
class PolicyShapeError extends Error {
  constructor(readonly path: Path, problem: string, readonly hint?: string) {
    super(problem);
  }
}

async function parsePolicy(text: string, source: string): Promise<Policy> {
  const document = text.replace(/^\ufeff/, "");
  let value: unknown;
  try {
    value = await parseJsonc(document);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new InvalidOptionError(`Cannot use the permission policy ${source}: ${error.message}`);
  }
  const { findNodeAtLocation, parseTree } = await import("jsonc-parser");
  let tree: Node | undefined;
  try {
    tree = parseTree(document, [], { allowTrailingComma: true });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InvalidOptionError(
      `Cannot use the permission policy ${source}: it is nested too deeply`,
    );
  }
  const place = (offset: number) =>
    `the permission policy ${source}, ${lineAndColumn(document, offset)}`;
  const again = tree && repeatedKey(tree);
  if (again) {
    throw new InvalidOptionError(
      `Cannot use ${place(again.offset)}: ${
        JSON.stringify(again.value)
      } is there twice, and only ` +
        "one of them would count",
    );
  }
  return checkPolicy(value, (path) => {
    const node = tree && findNodeAtLocation(tree, [...path]);
    return place(node?.offset ?? tree?.offset ?? 0);
  });
}

/** The first key of a document that its object has had before: of such keys JSON keeps the last one. */
function repeatedKey(root: Node): Node | undefined {
  const open = [root];
  for (let node = open.pop(); node; node = open.pop()) {
    const children = node.children ?? [];
    if (node.type === "object") {
      const seen = new Set<unknown>();
      for (const { children: [key] = [] } of children) {
        if (key && seen.has(key.value)) return key;
        seen.add(key?.value);
      }
    }
    open.push(...children.toReversed());
  }
  return undefined;
}

/** @param where How a message calls a place in the document. */
function checkPolicy(value: unknown, where: (path: Path) => string): Policy {
  try {
    return policyOf(value);
  } catch (error) {
    if (!(error instanceof PolicyShapeError)) throw error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    throw new InvalidOptionError(`Cannot use ${where(error.path)}: ${error.message}`, hint);
  }
}

function policyOf(value: unknown): Policy {
  if (!isObject(value)) throw new PolicyShapeError([], "it must be an object");
  for (const key of Object.keys(value)) {
    if (["$schema", "default", "rules"].includes(key)) continue;
    throw new PolicyShapeError([key], `it has no "${key}"; it takes "default" and "rules"`);
  }
  const { default: otherwise = "deny", rules = [] } = value;
  if (!isAction(otherwise)) {
    throw new PolicyShapeError(["default"], '"default" must be "allow", "deny" or "ask"');
  }
  if (!Array.isArray(rules)) throw new PolicyShapeError(["rules"], '"rules" must be an array');
  return { default: otherwise, rules: rules.map(ruleOf) };
}

function ruleOf(rule: unknown, index: number): PolicyRule {
  const at = ["rules", index];
  const called = `rule ${index + 1}`;
  if (!isObject(rule)) throw new PolicyShapeError(at, `${called} must be an object`);
  const { pattern } = rule;
  const unknown = Object.keys(rule).find((key) => key !== "pattern" && !isAction(key));
  if (unknown !== undefined) {
    throw new PolicyShapeError(
      [...at, unknown],
      `${called} has no "${unknown}"; it takes "allow", "deny" or "ask", and "pattern"`,
    );
  }
  const [action, other] = ACTIONS.filter((key) => Object.hasOwn(rule, key));
  if (action === undefined || other !== undefined) {
    throw new PolicyShapeError(at, `${called} must have one of "allow", "deny" and "ask"`);
  }
  const kind = rule[action];
  const kinds: readonly string[] = [...PERMISSION_KINDS, "any"];
  if (typeof kind !== "string" || !kinds.includes(kind)) {
    const [guess] = typeof kind === "string" ? suggest(kind.toLowerCase(), kinds) : [];
    throw new PolicyShapeError(
      [...at, action],
      `${called} is about ${JSON.stringify(kind)}, which is no kind of tool; the kinds are ` +
        kinds.join(", "),
      guess === undefined ? undefined : `did you mean "${guess}"?`,
    );
  }
  if (pattern === undefined) return { action, kind: kind as PolicyRule["kind"] };
  if (typeof pattern !== "string" || pattern.trim() === "") {
    throw new PolicyShapeError(
      [...at, "pattern"],
      `the pattern of ${called} must be a text that is not empty`,
    );
  }
  if (kind === "any") {
    throw new PolicyShapeError(
      [...at, "pattern"],
      `${called} cannot have a pattern: a command, a path and a host have nothing in common`,
    );
  }
  return { action, kind: kind as PermissionKind, pattern: pattern.trim() };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isAction(value: unknown): value is PermissionAction {
  return ACTIONS.some((action) => action === value);
}
