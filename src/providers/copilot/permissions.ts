/**
 * How a permission policy is told to `copilot`: by flags that allow tools, deny them, or hide them from
 * the model. A denial counts more than anything that is allowed, also by the person's own settings; so
 * every kind that is not allowed is denied by name.
 */
import { isAbsolute, join } from "node:path";
import {
  actionFor,
  patternRules,
  PERMISSION_KINDS,
  type PermissionKind,
  type Policy,
  type PolicyRule,
  ruleText,
  UntranslatableRuleError,
} from "../policy.ts";

const NAME = "GitHub Copilot";

/** What the CLI calls the kinds. */
const KINDS: Readonly<Partial<Record<PermissionKind, string>>> = {
  read: "read",
  write: "write",
  shell: "shell",
  network: "url",
};

/** The tools of each kind, for a model that sees no others. */
const TOOLS: Readonly<Partial<Record<PermissionKind, readonly string[]>>> = {
  read: ["view", "grep", "glob", "rg"],
  write: ["create", "edit", "apply_patch"],
  shell: ["bash", "read_bash", "write_bash", "stop_bash", "list_bash"],
  network: ["web_fetch", "web_search"],
};

/**
 * Translates a policy that asks nobody.
 *
 * @param cwd Where the agent works, absolute.
 * @throws {UntranslatableRuleError} for what the flags cannot keep
 */
export function copilotPermissions(policy: Policy, cwd: string): readonly string[] {
  const allows = (kind: PermissionKind) => actionFor(policy, kind) === "allow";
  const denials = PERMISSION_KINDS.flatMap((kind) =>
    patternRules(policy, kind).flatMap((rule) => denialsOf(rule, cwd))
  );
  const args: string[] = [];
  if (allows("other")) args.push("--allow-all-tools");
  else {
    const seen = PERMISSION_KINDS.filter(allows).flatMap((kind) => TOOLS[kind] ?? []);
    if (seen.length === 0) {
      throw new UntranslatableRuleError(
        '{"deny":"any"}',
        NAME,
        "it cannot be left without any tool",
        'allow one kind, such as {"allow": "read"}',
      );
    }
    args.push(`--available-tools=${seen.join(",")}`);
  }
  for (const kind of PERMISSION_KINDS) {
    const name = KINDS[kind];
    if (name === undefined) continue;
    if (!allows(kind)) args.push(`--deny-tool=${name}`);
    else if (kind === "network") args.push("--allow-all-urls");
    else if (kind !== "read" && !allows("other")) args.push(`--allow-tool=${name}`);
  }
  return [...args, ...denials.map((each) => `--deny-tool=${each}`)];
}

function denialsOf(rule: PolicyRule & { readonly pattern: string }, cwd: string): string[] {
  const { kind, pattern, action } = rule;
  const refuse = (reason: string, hint?: string): never => {
    throw new UntranslatableRuleError(ruleText(rule), NAME, reason, hint);
  };
  if (action === "allow") {
    refuse(
      "it would allow more: what it holds to be harmless, and what was allowed for good before",
      "allow the whole kind and deny patterns, or use -p claude",
    );
  }
  switch (kind) {
    case "shell": {
      const [, command, rest] = /^([\w./-]+)( \*)?$/.exec(pattern.replaceAll(/\s+/g, " ")) ?? [];
      if (command === undefined) {
        refuse("it tells commands by their first word only", 'write a pattern such as "rm *"');
      }
      return rest === undefined
        ? [`shell(${command})`, `shell(${command}:*)`]
        : [`shell(${command}:*)`];
    }
    case "write":
      if (/[*?()~]/.test(pattern)) {
        refuse("it knows whole names of files only", "name a file, or use -p claude");
      }
      // A name without a directory is about every file of this name, for both.
      return [
        `write(${pattern.includes("/") && !isAbsolute(pattern) ? join(cwd, pattern) : pattern})`,
      ];
    case "network":
      if (!/^(\*\.)?[\w.-]+$/.test(pattern)) {
        refuse("it is told hosts only", 'write a pattern such as "*.example.org"');
      }
      return [`url(https://${pattern})`, `url(http://${pattern})`];
    default:
      return refuse(
        `it knows no patterns for the kind ${kind}`,
        "leave the pattern out, or use -p claude",
      );
  }
}
