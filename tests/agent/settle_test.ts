import type { Candidates } from "../../src/agent/choose_provider.ts";
import { settle, type SettleRequest } from "../../src/agent/settle.ts";
import type { Capabilities } from "../../src/providers/provider.ts";
import { provider as mock } from "../../src/providers/mock/mod.ts";
import { assertEquals } from "../support/assert.ts";

/** Settles a request with one built-in provider, in a home with this configuration. */
async function settled(
  can: Partial<Capabilities>,
  config: unknown,
  request: Partial<SettleRequest> = {},
) {
  const home = await Deno.makeTempDir({ prefix: "zag-settle-" });
  try {
    await Deno.mkdir(`${home}/.zag`);
    await Deno.writeTextFile(`${home}/.zag/zag.jsonc`, JSON.stringify(config));
    const env: Record<string, string> = { HOME: home, PATH: "" };
    const only = { ...mock, capabilities: { ...mock.capabilities, ...can } };
    const candidates: Candidates = {
      names: ["mock"],
      tiers: ["mock"],
      load: (name) => Promise.resolve(name === "mock" ? only : undefined),
    };
    const host = {
      env: { get: (name: string) => env[name], toObject: () => env },
      cwd: home,
      now: () => new Date(),
    };
    return await settle(
      {
        command: "exec",
        options: {},
        prompt: "hi",
        resume: undefined,
        streamInput: false,
        ...request,
      },
      host,
      undefined,
      candidates,
    );
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

const DEFAULTS = { defaults: { system_prompt: "be brief", max_turns: 3, auto_approve: true } };

Deno.test("settle() takes permissions, turns and system prompt from the configuration", async () => {
  const { systemPrompt, maxTurns, autoApprove, warnings } = await settled({}, DEFAULTS);
  assertEquals([systemPrompt, maxTurns, autoApprove, warnings], ["be brief", 3, true, []]);
});

Deno.test("settle() drops configured values that the provider has no use for", async () => {
  const can = { systemPrompt: false, maxTurns: false, autoApprove: false } as const;
  const { systemPrompt, maxTurns, autoApprove, warnings } = await settled(can, DEFAULTS);
  assertEquals([systemPrompt, maxTurns, autoApprove], [undefined, undefined, false]);
  assertEquals(warnings, [
    "defaults.auto_approve has no effect with Mock agent",
    "defaults.max_turns has no effect with Mock agent",
    "defaults.system_prompt has no effect with Mock agent",
  ]);
  const asked = await settled(can, {}, { options: { autoApprove: true } });
  assertEquals(
    [asked.autoApprove, asked.warnings],
    [false, ["--auto-approve has no effect with Mock agent"]],
  );
});

Deno.test("settle() leaves the defaults out for a question that zag asks", async () => {
  const { systemPrompt, maxTurns, autoApprove, warnings } = await settled(
    { maxTurns: false },
    DEFAULTS,
    { withoutDefaults: true },
  );
  assertEquals(
    [systemPrompt, maxTurns, autoApprove, warnings],
    [undefined, undefined, false, []],
  );
});
