import { provider } from "../../src/providers/copilot/mod.ts";
import { copilotPermissions } from "../../src/providers/copilot/permissions.ts";
import { UntranslatableRuleError } from "../../src/providers/policy.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { PLAIN_REQUEST } from "../support/plan_request.ts";
import { policyOf } from "../support/policies.ts";

for (
  const [policy, args] of [
    [policyOf("allow"), ["--allow-all-tools", "--allow-all-urls"]],
    [policyOf("deny", "allow read"), [
      "--available-tools=view,grep,glob,rg",
      "--deny-tool=write",
      "--deny-tool=shell",
      "--deny-tool=url",
    ]],
    [policyOf("deny", "allow shell"), [
      "--available-tools=bash,read_bash,write_bash,stop_bash,list_bash",
      "--deny-tool=read",
      "--deny-tool=write",
      "--allow-tool=shell",
      "--deny-tool=url",
    ]],
    [
      policyOf(
        "allow",
        "deny shell rm *",
        "deny shell reboot",
        "deny write .env",
        "deny write src/a.ts",
        "deny network *.evil.org",
      ),
      [
        "--allow-all-tools",
        "--allow-all-urls",
        "--deny-tool=write(.env)",
        "--deny-tool=write(/project/src/a.ts)",
        "--deny-tool=shell(rm:*)",
        "--deny-tool=shell(reboot)",
        "--deny-tool=shell(reboot:*)",
        "--deny-tool=url(https://*.evil.org)",
        "--deny-tool=url(http://*.evil.org)",
      ],
    ],
  ] as const
) {
  Deno.test(`copilotPermissions: ${JSON.stringify(policy)}`, () => {
    assertEquals(copilotPermissions(policy, "/project"), args);
    const plan = provider.plan({ ...PLAIN_REQUEST, permissions: policy });
    assert(args.every((each) => plan.args.includes(each)));
    assert(!plan.args.includes("--allow-all"));
  });
}

for (
  const policy of [
    policyOf("deny"),
    policyOf("deny", "allow shell git *"),
    policyOf("allow", "deny shell git push *"),
    policyOf("allow", "deny write src/**"),
    policyOf("allow", "deny read .env"),
    policyOf("allow", "deny network https://a/b"),
    policyOf("allow", "deny other sql"),
  ]
) {
  Deno.test(`copilotPermissions refuses ${JSON.stringify(policy)}`, () => {
    assertThrows(
      () => copilotPermissions(policy, "/project"),
      UntranslatableRuleError,
      "GitHub Copilot",
    );
  });
}
