/** Which action a policy takes for a call of a tool. */
import {
  type PermissionAction,
  type Policy,
  type PolicyRule,
  strictest,
  type ToolSubject,
} from "../providers/policy.ts";
import { fitsAddress } from "./policy_addresses.ts";
import { allowsCommand, seesCommand } from "./policy_commands.ts";
import { fitsGlob } from "./policy_glob.ts";
import { fitsPaths, foldsCase, type PathContext } from "./policy_paths.ts";

/** What is known of the place in which the agent works. */
export type MatchContext = PathContext;

/** What a policy says. */
export interface Decision {
  readonly action: PermissionAction;
  /** Undefined when it is the default. */
  readonly rule: PolicyRule | undefined;
}

/** Decides: the strictest rule that matches, else the default. */
export function decide(policy: Policy, subject: ToolSubject, context: MatchContext): Decision {
  const matching = policy.rules.filter((rule) => matches(rule, subject, context));
  const action = strictest(matching.map((rule) => rule.action));
  if (action === undefined) return { action: policy.default, rule: undefined };
  return { action, rule: matching.find((rule) => rule.action === action) };
}

function matches(rule: PolicyRule, subject: ToolSubject, context: MatchContext): boolean {
  if (rule.kind === "any") return true;
  if (rule.kind !== subject.kind) return false;
  const { pattern, action } = rule;
  if (pattern === undefined) return true;
  // What allows has to fit everything that would happen; what forbids or asks, anything that may.
  const isOpen = action === "allow";
  const { kind, text, dialect } = subject;
  if (kind === "read" || kind === "write") return fitsPaths(pattern, subject, context, isOpen);
  if (text === undefined) return !isOpen;
  switch (kind) {
    case "shell": {
      const line = { text, dialect, foldsCase: foldsCase(context) };
      return isOpen ? allowsCommand(pattern, line) : seesCommand(pattern, line);
    }
    case "network":
      return fitsAddress(pattern, text, isOpen);
    case "other":
      return fitsGlob(pattern, text);
  }
}
