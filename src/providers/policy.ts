/**
 * What an agent may do without asking, what it has to ask about, and what it may not do, whoever the
 * provider is.
 *
 * @module
 */
import { ZagError } from "../errors.ts";

/** What is decided about the call of a tool. */
export type PermissionAction = "allow" | "deny" | "ask";

/**
 * What tools do, for rules: `read` files and look for them, `write` them, run commands in a `shell`,
 * use the `network`, and all `other` things, such as tools of MCP servers.
 */
export type PermissionKind = "read" | "write" | "shell" | "network" | "other";

/** The kinds, in the order in which documents list them. */
export const PERMISSION_KINDS = [
  "read",
  "write",
  "shell",
  "network",
  "other",
] as const satisfies readonly PermissionKind[];

/** A rule of a policy, ready to be compared. */
export interface PolicyRule {
  readonly action: PermissionAction;
  readonly kind: PermissionKind | "any";
  /** Absent: every call of this kind. Always of one kind. */
  readonly pattern?: string;
}

/** A policy that was read: the strictest rule that matches holds, else the default. */
export interface Policy {
  readonly default: PermissionAction;
  readonly rules: readonly PolicyRule[];
}

/** What a call of a tool is about, for a policy. */
export interface ToolSubject {
  readonly kind: PermissionKind;
  /**
   * What patterns are compared with: the command, the address, or the tool's name. Absent where the
   * call does not tell; then no pattern allows it, and every one that denies or asks matches.
   */
  readonly text?: string;
  /** The shell that reads a command, where it is none as POSIX has them: no pattern allows it. */
  readonly dialect?: "powershell";
  /** The files that are read or written; relative ones are below the agent's directory. */
  readonly paths?: readonly string[];
  /** It looks through everything below its paths. */
  readonly searches?: boolean;
}

/** A rule that the CLI of a provider cannot be told. */
export class UntranslatableRuleError extends ZagError {
  /** Name of the class. */
  override name = "UntranslatableRuleError";

  /**
   * Makes the error.
   *
   * @param rule The rule, as {@linkcode ruleText} writes it.
   * @param displayName The provider, as people write it.
   */
  constructor(readonly rule: string, readonly displayName: string, reason: string, hint?: string) {
    super(`Cannot use the permission rule ${rule} with ${displayName}: ${reason}`, { hint });
  }
}

/** A rule as a policy spells it. */
export function ruleText({ action, kind, pattern }: PolicyRule): string {
  return JSON.stringify({ [action]: kind, ...(pattern === undefined ? {} : { pattern }) });
}

const STRICTNESS: Readonly<Record<PermissionAction, number>> = { allow: 0, ask: 1, deny: 2 };

/** The strictest of some actions; undefined of none. */
export function strictest(actions: Iterable<PermissionAction>): PermissionAction | undefined {
  let found: PermissionAction | undefined;
  for (const action of actions) {
    if (found === undefined || STRICTNESS[action] > STRICTNESS[found]) found = action;
  }
  return found;
}

/** What holds for calls of a kind that no pattern is about: by a rule for all of them, or the default. */
export function actionFor(policy: Policy, kind: PermissionKind): PermissionAction {
  const whole = policy.rules.filter((rule) =>
    rule.pattern === undefined && (rule.kind === kind || rule.kind === "any")
  );
  return strictest(whole.map(({ action }) => action)) ?? policy.default;
}

/** The rules with a pattern for a kind that change anything, given what holds for the whole kind. */
export function patternRules(
  policy: Policy,
  kind: PermissionKind,
): readonly (PolicyRule & { readonly pattern: string })[] {
  const whole = policy.rules.filter((rule) =>
    rule.pattern === undefined && (rule.kind === kind || rule.kind === "any")
  );
  const patterns = policy.rules.filter((rule): rule is PolicyRule & { pattern: string } =>
    rule.kind === kind && rule.pattern !== undefined
  );
  const least = strictest(whole.map(({ action }) => action));
  if (least !== undefined) {
    return patterns.filter(({ action }) => STRICTNESS[action] > STRICTNESS[least]);
  }
  // One that says the same as the default counts where another one takes calls away from that.
  return patterns.every(({ action }) => action === policy.default) ? [] : patterns;
}

/** The rule or default that makes a policy ask; undefined when it never does. */
export function askingPart(policy: Policy): string | undefined {
  const rule = policy.rules.find(({ action }) => action === "ask");
  if (rule) return ruleText(rule);
  if (policy.default !== "ask") return undefined;
  const open = PERMISSION_KINDS.some((kind) => actionFor(policy, kind) === "ask");
  return open ? '{"default":"ask"}' : undefined;
}
