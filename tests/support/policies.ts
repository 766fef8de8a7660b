/** Policies for tests of what the providers make of them. */
import type { Policy, PolicyRule } from "../../src/providers/policy.ts";

/** A policy of rules such as `allow read`, `deny shell rm *`. */
export function policyOf(otherwise: Policy["default"], ...rules: string[]): Policy {
  return {
    default: otherwise,
    rules: rules.map((text) => {
      const [action, kind, ...pattern] = text.split(" ");
      const rule = { action, kind } as PolicyRule;
      return pattern.length === 0 ? rule : { ...rule, pattern: pattern.join(" ") };
    }),
  };
}
