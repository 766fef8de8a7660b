import { parseToml } from "../../src/extensions/parse_toml.ts";
import { provider } from "../../src/providers/gemini/mod.ts";
import { geminiPolicy } from "../../src/providers/gemini/permissions.ts";
import { UntranslatableRuleError } from "../../src/providers/policy.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { PLAIN_REQUEST } from "../support/plan_request.ts";
import { policyOf } from "../support/policies.ts";

interface GeminiRule {
  toolName: string[];
  commandPrefix?: string;
  decision: string;
  priority: number;
}

function rules(text: string): GeminiRule[] {
  return (parseToml(text) as { rule: GeminiRule[] }).rule;
}

/** What the policy engine decides: the highest priority of the rules that match. */
function decision(all: GeminiRule[], tool: string, command = ""): string {
  const matching = all.filter(({ toolName, commandPrefix }) =>
    (toolName.includes("*") || toolName.includes(tool)) &&
    (commandPrefix === undefined || `${command} `.startsWith(`${commandPrefix} `))
  );
  return matching.sort((a, b) => b.priority - a.priority)[0]!.decision;
}

for (
  const [policy, tool, command, expected] of [
    [policyOf("deny", "allow read"), "read_file", "", "allow"],
    [policyOf("deny", "allow read"), "write_file", "", "deny"],
    [policyOf("deny", "allow read"), "mcp_files_read", "", "deny"],
    [policyOf("deny"), "complete_task", "", "allow"],
    [policyOf("allow", "deny write"), "replace", "", "deny"],
    [policyOf("allow", "deny write"), "web_fetch", "", "allow"],
    [policyOf("deny", "allow shell git *"), "run_shell_command", "git log", "allow"],
    [policyOf("deny", "allow shell git *"), "run_shell_command", "gitea", "deny"],
    [
      policyOf("deny", "allow shell git *", "deny shell git push *"),
      "run_shell_command",
      "git push x",
      "deny",
    ],
    [policyOf("allow", "deny shell rm *"), "run_shell_command", "rm x", "deny"],
    [policyOf("allow", "deny shell rm"), "run_shell_command", "rm x", "deny"],
    [policyOf("allow", "deny shell", "allow shell git *"), "run_shell_command", "git log", "deny"],
    [policyOf("deny", "allow other mcp_files_list"), "mcp_files_list", "", "allow"],
    [policyOf("deny", "allow any", "deny network"), "google_web_search", "", "deny"],
  ] as const
) {
  const said = command === "" ? tool : command;
  Deno.test(`geminiPolicy: ${JSON.stringify(policy)} has ${expected} for ${said}`, () => {
    assertEquals(decision(rules(geminiPolicy(policy)), tool, command), expected);
  });
}

for (
  const policy of [
    policyOf("deny", "allow shell git"),
    policyOf("deny", "allow shell * --help"),
    policyOf("deny", 'allow shell a"b *'),
    policyOf("deny", "allow write src/**"),
    policyOf("allow", "deny network evil.org"),
    policyOf("allow", "deny other mcp_*"),
    policyOf("deny", "allow other write_file"),
  ]
) {
  Deno.test(`geminiPolicy refuses ${JSON.stringify(policy.rules)}`, () => {
    assertThrows(() => geminiPolicy(policy), UntranslatableRuleError, "Gemini CLI");
  });
}

Deno.test("the plan of Gemini CLI has the policy in a file, and no other mode", () => {
  const permissions = policyOf("deny", "allow read");
  const { args, files } = provider.plan({ ...PLAIN_REQUEST, permissions });
  const path = "/temp/policy.toml";
  assert(args.includes(`--policy=${path}`) && args.includes(`--admin-policy=${path}`));
  assert(args.includes("--approval-mode=default"));
  assertEquals(files.find((file) => file.path === path)?.content, geminiPolicy(permissions));
});
