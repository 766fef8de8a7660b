/**
 * How a permission policy is told to `gemini`: in a file of its policy engine, in which the rule with the
 * highest priority holds. It takes commands apart, so that a rule about one holds for each in a line.
 */
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

const NAME = "Gemini CLI";
const SHELL = "run_shell_command";

/** The tools of each kind; all that are not named are of the kind `other`. */
const TOOLS: Readonly<Record<Exclude<PermissionKind, "other">, readonly string[]>> = {
  read: [
    "read_file",
    "read_many_files",
    "list_directory",
    "glob",
    "grep_search",
    "search_file_content",
  ],
  write: ["write_file", "replace", "save_memory"],
  shell: [SHELL, "list_background_processes", "read_background_output"],
  network: ["web_fetch", "google_web_search"],
};

/** They do nothing but end a part of the work, or name what it is about. */
const HARMLESS = ["complete_task", "update_topic"];

/** The higher one holds. */
const PRIORITY = { other: 10, allow: 100, deny: 900 } as const;

/**
 * Translates a policy that asks nobody to the text of a policy file.
 *
 * @throws {UntranslatableRuleError} for what the policy engine cannot keep
 */
export function geminiPolicy(policy: Policy): string {
  const rules = [
    ruleFor({ toolName: ["*"] }, actionFor(policy, "other"), PRIORITY.other),
    ruleFor({ toolName: HARMLESS }, "allow", PRIORITY.allow),
  ];
  for (const kind of PERMISSION_KINDS) {
    if (kind !== "other") {
      // What is a default gives way to patterns; what holds by a rule does so too, as those are stricter.
      const action = actionFor(policy, kind);
      rules.push(ruleFor({ toolName: TOOLS[kind] }, action, PRIORITY.other + 1));
    }
    for (const rule of patternRules(policy, kind)) {
      rules.push(
        ruleFor(
          conditionOf(rule),
          rule.action,
          PRIORITY[rule.action === "allow" ? "allow" : "deny"],
        ),
      );
    }
  }
  return rules.join("\n");
}

function ruleFor(
  condition: { readonly toolName: readonly string[]; readonly commandPrefix?: string },
  decision: string,
  priority: number,
): string {
  const { toolName, commandPrefix } = condition;
  return [
    "[[rule]]",
    `toolName = ${JSON.stringify(toolName)}`,
    ...(commandPrefix === undefined ? [] : [`commandPrefix = ${JSON.stringify(commandPrefix)}`]),
    `decision = "${decision}"`,
    `priority = ${priority}`,
    "",
  ].join("\n");
}

function conditionOf(
  rule: PolicyRule & { readonly pattern: string },
): { toolName: readonly string[]; commandPrefix?: string } {
  const { kind, pattern, action } = rule;
  const refuse = (reason: string, hint?: string): never => {
    throw new UntranslatableRuleError(ruleText(rule), NAME, reason, hint);
  };
  if (kind === "shell") {
    const words = pattern.replaceAll(/\s+/g, " ");
    const head = words.endsWith(" *") ? words.slice(0, -2) : words;
    if (
      head.includes("*") || (action === "allow" && head === words) ||
      !/^[\w./-][\w ./:=@-]*$/.test(head)
    ) {
      refuse(
        "its policies know the beginning of a command only",
        'write a pattern such as "git *" or "git push *"',
      );
    }
    return { toolName: [SHELL], commandPrefix: head };
  }
  if (kind === "other" && Object.values(TOOLS).flat().includes(pattern)) {
    refuse("this tool is of another kind");
  }
  if (kind === "other" && /^\w[\w.-]*$/.test(pattern)) return { toolName: [pattern] };
  return refuse(
    kind === "other"
      ? "its policies know whole names of tools only"
      : `its policies know no patterns for the kind ${kind}`,
    kind === "other" ? undefined : "leave the pattern out, or use -p claude",
  );
}
