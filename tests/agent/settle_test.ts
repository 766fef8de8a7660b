import type { Candidates } from "../../src/agent/choose_provider.ts";
import { settle, type SettleRequest } from "../../src/agent/settle.ts";
import type { Capabilities } from "../../src/providers/provider.ts";
import { provider as mock } from "../../src/providers/mock/mod.ts";
import { UnsupportedOptionError } from "../../src/agent/errors.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../support/assert.ts";

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

for (
  const [who, request, warns] of [
    ["nobody", {}, true],
    ["a person at a terminal", { attended: true }, false],
    ["a program", { onPermission: () => "deny" }, false],
  ] satisfies [string, Partial<SettleRequest>, boolean][]
) {
  Deno.test(`settle() ${warns ? "warns" : "does not warn"} of a question where ${who} answers`, async () => {
    const options = { permissions: { rules: [{ ask: "shell" }] } } as const;
    const { warnings } = await settled({}, {}, { options, ...request });
    assertEquals(warnings.length, warns ? 1 : 0);
    if (warns) assertMatch(warnings[0]!, /may wait without end.*"ask":"shell"/);
  });
}

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

const JSON_DEMAND = { schema: undefined, instructions: () => "JSON, please" };

Deno.test("settle() asks for JSON in the system prompt of a CLI that takes one", async () => {
  const request = { json: JSON_DEMAND };
  const { systemPrompt, givenSystemPrompt, composedPrompt } = await settled({}, DEFAULTS, request);
  assertEquals(systemPrompt, "be brief\n\nJSON, please");
  assertEquals([givenSystemPrompt, composedPrompt], ["be brief", "JSON, please\n\nhi"]);
  assertEquals((await settled({}, {}, request)).systemPrompt, "JSON, please");
});

for (
  const [why, can] of [
    ["zag would put it before the prompt", { systemPrompt: "zag" }],
    ["there is none", { systemPrompt: false }],
    ["the CLI has a way of its own", { structuredOutput: true }],
  ] satisfies [string, Partial<Capabilities>][]
) {
  Deno.test(`settle() asks for JSON in the prompt alone where ${why}`, async () => {
    const { systemPrompt, composedPrompt } = await settled(can, {}, { json: JSON_DEMAND });
    assertEquals([systemPrompt, composedPrompt], [undefined, "JSON, please\n\nhi"]);
  });
}

Deno.test("settle() puts a very long schema into the prompt alone", async () => {
  const instructions = () => "x".repeat(33_000);
  const { systemPrompt, composedPrompt } = await settled({}, {}, {
    json: { schema: undefined, instructions },
  });
  assertEquals([systemPrompt, composedPrompt!.length], [undefined, 33_004]);
});

const EXIT = { hint: "the sum", jsonMode: false };

Deno.test("settle() tells of exit mode in the system prompt, and reminds of it in the prompt", async () => {
  const request = { command: "run", exit: EXIT, options: { systemPrompt: "be brief" } } as const;
  const { exit, systemPrompt, composedPrompt, prompt } = await settled({}, {}, request);
  assertEquals([exit, prompt], [EXIT, "hi"]);
  assertMatch(systemPrompt!, /^be brief\n\n[^]*the sum/);
  assertMatch(composedPrompt!, /^hi\n\n[^]*zag ps kill self/);
  assert(!composedPrompt!.includes("the sum"));
});

Deno.test("settle() tells of exit mode in the prompt where there is no system prompt", async () => {
  const can = { systemPrompt: false, interactiveSystemPrompt: false } as const;
  const request = { command: "run", exit: EXIT } as const;
  const { systemPrompt, composedPrompt } = await settled(can, {}, request);
  assertEquals(systemPrompt, undefined);
  assertMatch(composedPrompt!, /^hi\n\n[^]*zag ps kill self[^]*the sum/);
  const alone = await settled(can, {}, { ...request, prompt: undefined });
  assertMatch(alone.composedPrompt!, /zag ps kill self/);
});

Deno.test("settle() begins a session of exit mode with its instructions where there is no prompt", async () => {
  const request = { command: "run", exit: EXIT, prompt: undefined } as const;
  const { systemPrompt, composedPrompt } = await settled({}, {}, request);
  assertEquals(composedPrompt, systemPrompt);
  assertMatch(systemPrompt!, /^This session ends when[^]*zag ps kill self[^]*the sum$/);
  const bare = await settled({}, {}, { ...request, exit: { hint: "", jsonMode: false } });
  assertMatch(bare.composedPrompt!, /^This session ends when[^]*not been told yet[^]*wait\.$/);
});

Deno.test("settle() begins it with a reminder where zag puts the system prompt before the prompt", async () => {
  const can = { systemPrompt: "zag", interactiveSystemPrompt: "with-prompt" } as const;
  const request = { command: "run", exit: EXIT, prompt: undefined } as const;
  const { systemPrompt, composedPrompt } = await settled(can, DEFAULTS, request);
  assertMatch(systemPrompt!, /^be brief\n\nThis session ends when[^]*the sum$/);
  assertMatch(composedPrompt!, /^When you have the result, hand it in/);
});

Deno.test("settle() refuses exit mode where an interactive agent cannot be told", async () => {
  const can = { interactivePrompt: false, interactiveSystemPrompt: false } as const;
  const request = { command: "run", exit: EXIT, prompt: undefined } as const;
  const error = await assertRejects(() => settled(can, {}, request), UnsupportedOptionError);
  assertMatch(error.message, /^Cannot use --exit with /);
});
