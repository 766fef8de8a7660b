/**
 * How a permission policy is told to `codex`. It knows no rules for single calls: a sandbox around all
 * its tools decides what can be written and whether there is a network, and tools can be switched off.
 * Its own rules about commands, which a person or a repository has written, do not count where the sandbox
 * does: what they allow runs outside of it.
 */
import {
  actionFor,
  patternRules,
  PERMISSION_KINDS,
  type PermissionKind,
  type Policy,
  ruleText,
  UntranslatableRuleError,
} from "../policy.ts";

const NAME = "Codex";

/** A policy in terms of the CLI. */
export interface CodexPermissions {
  readonly args: readonly string[];
  /** What is stricter than the policy says. */
  readonly warnings: readonly string[];
}

/**
 * Translates a policy that asks nobody.
 *
 * @throws {UntranslatableRuleError} for what the sandbox cannot keep
 */
export function codexPermissions(policy: Policy): CodexPermissions {
  for (const kind of PERMISSION_KINDS) {
    const [rule] = patternRules(policy, kind);
    if (!rule) continue;
    throw new UntranslatableRuleError(
      ruleText(rule),
      NAME,
      "its sandbox knows no patterns",
      "leave the pattern out, or use a provider whose permissions know patterns",
    );
  }
  const allows = (kind: PermissionKind) => actionFor(policy, kind) === "allow";
  const refuse = (kind: PermissionKind, reason: string) => {
    throw new UntranslatableRuleError(
      `{"deny":"${kind}"}`,
      NAME,
      reason,
      `add {"allow": "${kind}"}`,
    );
  };
  if (!allows("read")) refuse("read", "its tools read files in many ways");
  if (!allows("other")) refuse("other", "its MCP servers cannot be switched off for one run");
  const [shell, write, network] = [allows("shell"), allows("write"), allows("network")];
  const warnings: string[] = [];
  const args = ['--config=approval_policy="never"'];
  if (shell && write && network) {
    return { args: [...args, "--sandbox=danger-full-access"], warnings };
  }
  args.push("--ignore-rules", `--sandbox=${write ? "workspace-write" : "read-only"}`);
  if (write) args.push(`--config=sandbox_workspace_write.network_access=${network}`);
  if (!network) args.push('--config=web_search="disabled"');
  if (!shell) args.push("--config=features.shell_tool=false");
  if (shell && !write) {
    warnings.push(`${NAME}'s commands cannot write either, as writing is denied`);
  }
  if (write) {
    warnings.push(
      `${NAME} can write only in its directory, those of --add-dir, those for temporary files, and ` +
        "those that its configuration adds",
    );
  }
  if (shell && network && !write) {
    warnings.push(`${NAME}'s commands have no network, as writing is denied`);
  } else if (shell && !network) {
    warnings.push(`${NAME}'s commands have no network either, as that is denied`);
  }
  return { args, warnings };
}
