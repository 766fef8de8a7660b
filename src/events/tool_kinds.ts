/** What a tool does, whatever its agent calls it. */
export type ToolKind =
  | "shell"
  | "file_read"
  | "file_write"
  | "file_edit"
  | "search"
  | "sub_agent"
  | "web"
  | "notebook"
  | "other";

/** The first row that matches decides, so the order is part of the rule. */
const RULES: readonly (readonly [ToolKind, readonly string[], readonly string[]])[] = [
  ["notebook", ["notebook"], []],
  ["shell", ["bash", "shell"], ["exec"]],
  ["web", ["websearch", "webfetch", "web_search", "web_fetch"], []],
  ["file_read", ["read"], ["view", "cat"]],
  ["file_write", ["write"], []],
  ["file_edit", ["edit", "patch"], []],
  ["search", ["grep", "glob", "search"], ["find"]],
  ["sub_agent", ["agent"], ["task"]],
  ["web", ["web", "fetch", "http"], []],
];

const known = new Map<string, ToolKind>();

/**
 * The kind of a tool, inferred from its name.
 *
 * @param exact Names whose kind is known better.
 *
 * @example
 * ```ts
 * import { toolKind } from "./tool_kinds.ts";
 * toolKind("run_shell_command"); // "shell"
 * ```
 */
export function toolKind(name: string, exact?: Readonly<Record<string, ToolKind>>): ToolKind {
  if (exact && Object.hasOwn(exact, name)) return exact[name]!;
  let kind = known.get(name);
  if (kind === undefined) {
    kind = infer(name.toLowerCase());
    // Names come from agents: a hostile one must not grow this map for ever.
    if (known.size < 1000) known.set(name, kind);
  }
  return kind;
}

function infer(name: string): ToolKind {
  for (const [kind, parts, exact] of RULES) {
    if (exact.includes(name) || parts.some((part) => name.includes(part))) return kind;
  }
  return "other";
}
