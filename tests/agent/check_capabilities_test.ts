import { checkCapabilities } from "../../src/agent/check_capabilities.ts";
import { UnsupportedOptionError } from "../../src/agent/errors.ts";
import type { SettleRequest } from "../../src/agent/settle.ts";
import type { Config } from "../../src/config/config.ts";
import type { Capabilities, Provider } from "../../src/providers/provider.ts";
import { provider as mock } from "../../src/providers/mock/mod.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { NO_CAPABILITIES } from "../support/no_capabilities.ts";

function able(can: Partial<Capabilities>): Provider {
  return {
    ...mock,
    name: "plain",
    displayName: "Plain Agent",
    capabilities: { ...NO_CAPABILITIES, ...can },
  };
}

interface Asked {
  request?: Partial<SettleRequest>;
  config?: Config;
  pinned?: boolean;
}

function check(can: Partial<Capabilities>, { request, config, pinned = true }: Asked): string[] {
  return checkCapabilities(
    {
      command: "exec",
      options: {},
      prompt: "hi",
      resume: undefined,
      streamInput: false,
      ...request,
    },
    able(can),
    { pinned, config: config ?? {} },
  );
}

const refusals: [Partial<SettleRequest>, Partial<Capabilities>, string, string?][] = [
  [{ resume: { id: "x" } }, { resume: "zag" }, "--resume"],
  [{ resume: { latest: true } }, { resume: "native" }, "--continue"],
  [
    { command: "run", resume: { id: "x" } },
    { interactive: true, interactivePrompt: true, resume: "zag", interactiveResume: true },
    "--resume",
  ],
  [
    { command: "run" },
    { interactive: true, interactivePrompt: true },
    '"zag run"',
    'use "zag exec"',
  ],
  [
    { options: { outputFormat: "native-json" } },
    { nativeJson: true },
    "-o native-json",
    "use -o json, which has one form for every provider",
  ],
  [{ options: { systemPrompt: "x" } }, { systemPrompt: "zag" }, "--system-prompt"],
  [{ options: { maxTurns: 1 } }, { maxTurns: "zag" }, "--max-turns"],
  [{ options: { addDirs: ["/"] } }, { addDirs: true }, "--add-dir"],
  [{ streamInput: true }, { streamInput: "between-turns-only" }, "-i stream-json"],
  [{ streamInput: true }, { resume: "zag" }, "-i stream-json"],
];

for (const [request, can, feature, hint] of refusals) {
  const who = request.command === "run" ? "run: " : "";
  Deno.test(`checkCapabilities() refuses ${who}${feature} where it is not to be had`, () => {
    const error = assertThrows(() => check({}, { request }), UnsupportedOptionError);
    assertEquals(
      [error.message, error.feature, error.provider, error.hint],
      [
        `Cannot use ${feature} with Plain Agent: it has no such feature`,
        feature,
        "plain",
        hint,
      ],
    );
    const unpinned = assertThrows(
      () => check({}, { request, pinned: false }),
      UnsupportedOptionError,
    );
    const way = "choose another provider with -p";
    assertEquals(unpinned.hint, hint === undefined ? way : `${hint}; or ${way}`);
    assertEquals(check(can, { request }), []);
  });
}

const INTERACTIVE: Partial<Capabilities> = { interactive: true, systemPrompt: "native" };
const SAYS: [Partial<SettleRequest>, string][] = [
  [{ prompt: "hi" }, "a prompt"],
  [{ prompt: undefined, options: { files: ["a"] } }, "a file"],
  [{ prompt: undefined, options: { plan: "a" } }, "a plan"],
  [{ prompt: undefined, options: { context: ["a"] } }, "a context"],
];

for (const [says, what] of SAYS) {
  Deno.test(`checkCapabilities() refuses to begin a session with ${what} where it cannot`, () => {
    const request = { ...says, command: "run" } as const;
    assertThrows(
      () => check(INTERACTIVE, { request }),
      UnsupportedOptionError,
      'Cannot use a prompt in "zag run" with Plain Agent',
    );
    assertEquals(check({ ...INTERACTIVE, interactivePrompt: true }, { request }), []);
  });

  Deno.test(`checkCapabilities() takes a system prompt beside ${what} where it needs one`, () => {
    const options = { ...says.options, systemPrompt: "x" };
    const request = { ...says, options, command: "run" } as const;
    const can = { ...INTERACTIVE, interactivePrompt: true } as const;
    assertEquals(check({ ...can, interactiveSystemPrompt: "with-prompt" }, { request }), []);
    assertEquals(check({ ...can, interactiveSystemPrompt: "always" }, { request }), []);
    assertThrows(
      () => check(can, { request }),
      UnsupportedOptionError,
      'Cannot use --system-prompt in "zag run" with Plain Agent',
    );
  });
}

Deno.test("checkCapabilities() refuses to count turns where the agent has the terminal", () => {
  const request = { command: "run", prompt: undefined, options: { maxTurns: 1 } } as const;
  assertThrows(
    () => check({ interactive: true, maxTurns: "zag" }, { request }),
    UnsupportedOptionError,
    'Cannot use --max-turns in "zag run" with Plain Agent',
  );
  assertEquals(check({ interactive: true, maxTurns: "native" }, { request }), []);
});

Deno.test("checkCapabilities() refuses a system prompt alone where it needs a prompt", () => {
  const request = { command: "run", prompt: undefined, options: { systemPrompt: "x" } } as const;
  const can = { ...INTERACTIVE, interactiveSystemPrompt: "with-prompt" } as const;
  assertThrows(
    () => check(can, { request }),
    UnsupportedOptionError,
    'Cannot use --system-prompt in "zag run" without a prompt',
  );
  const config = { "defaults.system_prompt": "x" };
  assertEquals(check(can, { request: { ...request, options: {} }, config }), [
    "defaults.system_prompt has no effect with Plain Agent",
  ]);
});

Deno.test("checkCapabilities() refuses to go on interactively where only exec can", () => {
  for (
    const [resume, flag] of [[{ id: "x" }, "--resume"], [{ latest: true }, "--continue"]] as const
  ) {
    const error = assertThrows(
      () => check({ interactive: true, resume: "zag" }, { request: { command: "run", resume } }),
      UnsupportedOptionError,
      `Cannot use ${flag} in "zag run" with Plain Agent: it has no such feature`,
    );
    assertEquals(error.hint, `use "zag exec ${flag}"`);
  }
});

const harmless: [Asked, Partial<Capabilities>, string][] = [
  [
    { request: { options: { replayUserMessages: true } } },
    { replayUserMessages: true },
    "--replay-user-messages",
  ],
  [
    { request: { options: { includePartialMessages: true } } },
    { partialMessages: true },
    "--include-partial-messages",
  ],
  [{ request: { options: { mcpConfig: "{}" } } }, { mcpConfig: true }, "--mcp-config"],
  [{ request: { options: { size: "9b" } } }, { sizes: true }, "--size"],
  [{ request: { options: { autoApprove: true } } }, { autoApprove: true }, "--auto-approve"],
  [{ config: { "defaults.auto_approve": true } }, { autoApprove: true }, "defaults.auto_approve"],
  [{ config: { "defaults.max_turns": 3 } }, { maxTurns: "native" }, "defaults.max_turns"],
  [
    { config: { "defaults.system_prompt": "x" } },
    { systemPrompt: "native" },
    "defaults.system_prompt",
  ],
];

for (const [asked, can, option] of harmless) {
  Deno.test(`checkCapabilities() warns that ${option} has no effect, and goes on`, () => {
    assertEquals(check({}, asked), [`${option} has no effect with Plain Agent`]);
    assertEquals(check(can, asked), []);
  });
}

Deno.test("checkCapabilities() knows who repeats the messages of an agent that is started for each", () => {
  const options = { replayUserMessages: true };
  const request = { options, streamInput: true };
  assertEquals(check({ resume: "native" }, { request }), []);
  assertEquals(check({ resume: "native", streamInput: "queue" }, { request }), [
    "--replay-user-messages has no effect with Plain Agent",
  ]);
  assertEquals(check({ resume: "native" }, { request: { options } }), [
    "--replay-user-messages has no effect with Plain Agent",
  ]);
});

Deno.test("checkCapabilities() says nothing about what nobody asked for", () => {
  const off = { replayUserMessages: false, includePartialMessages: false, autoApprove: false };
  const config = { "defaults.auto_approve": false, "defaults.provider": "plain" };
  assertEquals(check({}, { request: { options: { ...off, addDirs: [] } }, config }), []);
});
