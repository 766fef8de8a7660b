/** A policy that was read, written down again. */
import type { Policy } from "../providers/policy.ts";
import type { PermissionPolicy, PermissionRule } from "./policy.ts";

/** The policy in the form in which it can be given again. */
export function writePolicy(policy: Policy): PermissionPolicy {
  return {
    default: policy.default,
    rules: policy.rules.map(({ action, kind, pattern }) =>
      ({ [action]: kind, ...(pattern === undefined ? {} : { pattern }) }) as PermissionRule
    ),
  };
}
