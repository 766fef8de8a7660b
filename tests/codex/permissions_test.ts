import { provider } from "../../src/providers/codex/mod.ts";
import { codexPermissions } from "../../src/providers/codex/permissions.ts";
import { UntranslatableRuleError } from "../../src/providers/policy.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";
import { PLAIN_REQUEST } from "../support/plan_request.ts";
import { policyOf } from "../support/policies.ts";

const NEVER = '--config=approval_policy="never"';
const NO_SEARCH = '--config=web_search="disabled"';
const NO_RULES = "--ignore-rules";
const NET = "--config=sandbox_workspace_write.network_access";

for (
  const [policy, args, warnings] of [
    [policyOf("allow"), [NEVER, "--sandbox=danger-full-access"], 0],
    [
      policyOf("deny", "allow read", "allow shell", "allow other"),
      [NEVER, NO_RULES, "--sandbox=read-only", NO_SEARCH],
      2,
    ],
    [
      policyOf("allow", "deny network"),
      [NEVER, NO_RULES, "--sandbox=workspace-write", `${NET}=false`, NO_SEARCH],
      2,
    ],
    [policyOf("allow", "deny write"), [NEVER, NO_RULES, "--sandbox=read-only"], 2],
    [
      policyOf("allow", "deny shell"),
      [
        NEVER,
        NO_RULES,
        "--sandbox=workspace-write",
        `${NET}=true`,
        "--config=features.shell_tool=false",
      ],
      1,
    ],
  ] as const
) {
  Deno.test(`codexPermissions: ${JSON.stringify(policy)}`, () => {
    const translated = codexPermissions(policy);
    assertEquals(translated.args, args);
    assertEquals(translated.warnings.length, warnings, translated.warnings.join("; "));
    const plan = provider.plan({ ...PLAIN_REQUEST, permissions: policy });
    assert(args.every((each) => plan.args.indexOf(each) < plan.args.indexOf("-")));
    const resumed = provider.plan({ ...PLAIN_REQUEST, permissions: policy, resume: "x" });
    assert(args.every((each) => resumed.args.indexOf(each) < resumed.args.indexOf("resume")));
  });
}

for (
  const [policy, rule] of [
    [policyOf("deny", "allow read"), '{"deny":"other"}'],
    [policyOf("allow", "deny read"), '{"deny":"read"}'],
    [policyOf("allow", "deny shell rm *"), '{"deny":"shell","pattern":"rm *"}'],
    [policyOf("deny", "allow write a/**"), '{"allow":"write","pattern":"a/**"}'],
  ] as const
) {
  Deno.test(`codexPermissions refuses ${JSON.stringify(policy)}`, () => {
    const error = assertThrows(() => codexPermissions(policy), UntranslatableRuleError);
    assertEquals(error.rule, rule);
    assertStringIncludes(error.message, "Codex");
  });
}
