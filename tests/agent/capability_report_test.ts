import { capabilityReport, type FeatureName } from "../../src/agent/capability_report.ts";
import { provider as mock } from "../../src/providers/mock/mod.ts";
import type { Capabilities } from "../../src/providers/provider.ts";
import { loadProvider, PROVIDER_NAMES } from "../../src/providers/registry.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { NO_CAPABILITIES } from "../support/no_capabilities.ts";

/** In the order in which they are printed. */
const FEATURES: FeatureName[] = [
  "interactive",
  "non_interactive",
  "resume",
  "resume_with_prompt",
  "session_logs",
  "json_output",
  "stream_json",
  "json_schema",
  "input_format",
  "streaming_input",
  "worktree",
  "sandbox",
  "system_prompt",
  "auto_approve",
  "permissions",
  "review",
  "add_dirs",
  "max_turns",
  "mcp_config",
  "partial_messages",
  "replay_user_messages",
  "preset_session_id",
  "model_sizes",
];

const NATIVE = { supported: true, native: true };
const BY_ZAG = { supported: true, native: false };
const NO = { supported: false, native: false };

/** Features of a provider that can do this and nothing else. */
function featuresOf(can: Partial<Capabilities>) {
  return capabilityReport({ ...mock, capabilities: { ...NO_CAPABILITIES, ...can } }).features;
}

Deno.test("capabilityReport: what every provider can do, whatever its CLI cannot", () => {
  const supported = Object.entries(featuresOf({})).filter(([, feature]) => feature.supported);
  assertEquals(Object.fromEntries(supported), {
    non_interactive: NATIVE,
    json_output: BY_ZAG,
    json_schema: BY_ZAG,
    review: BY_ZAG,
    worktree: BY_ZAG,
  });
});

Deno.test("capabilityReport: sandboxes are there for whom Docker has an image", () => {
  const sandbox = { agent: "shell", image: "x" };
  assertEquals(capabilityReport({ ...mock, sandbox }).features.sandbox, BY_ZAG);
  assertEquals(capabilityReport(mock).features.sandbox, NO);
});

const single: [Partial<Capabilities>, FeatureName, unknown][] = [
  [{ interactive: true }, "interactive", NATIVE],
  [{ resume: "native" }, "resume_with_prompt", NATIVE],
  [{ resume: "zag" }, "resume_with_prompt", BY_ZAG],
  [{ resume: "native" }, "resume", NO],
  [{ resume: "native", interactiveResume: true }, "resume", NATIVE],
  [{ sessionLogs: "full" }, "session_logs", { ...NATIVE, completeness: "full" }],
  [{ sessionLogs: "partial" }, "session_logs", { ...NATIVE, completeness: "partial" }],
  [{ sessionLogs: false }, "session_logs", NO],
  [{ nativeJson: true }, "json_output", NATIVE],
  [{ events: true }, "stream_json", NATIVE],
  [{ jsonSchema: "any" }, "json_schema", NATIVE],
  [{ jsonSchema: "strict" }, "json_schema", NATIVE],
  [{ streamInput: "queue" }, "input_format", NATIVE],
  [{ streamInput: "queue" }, "streaming_input", { ...NATIVE, semantics: "queue" }],
  [{ streamInput: "interrupt" }, "streaming_input", { ...NATIVE, semantics: "interrupt" }],
  [{ streamInput: false }, "streaming_input", NO],
  [{ streamInput: false }, "input_format", NO],
  [{ resume: "native" }, "input_format", BY_ZAG],
  [{ resume: "zag" }, "streaming_input", { ...BY_ZAG, semantics: "between-turns-only" }],
  [{ resume: "native", streamInput: "queue" }, "streaming_input", {
    ...NATIVE,
    semantics: "queue",
  }],
  [{ systemPrompt: "native" }, "system_prompt", NATIVE],
  [{ systemPrompt: "zag" }, "system_prompt", BY_ZAG],
  [{ autoApprove: true }, "auto_approve", NATIVE],
  [{ permissions: "asks" }, "permissions", { ...BY_ZAG, asks: true }],
  [{ permissions: "rules" }, "permissions", { ...NATIVE, asks: false }],
  [{ permissions: false }, "permissions", { ...NO, asks: false }],
  [{ review: true }, "review", NATIVE],
  [{ review: false }, "review", BY_ZAG],
  [{ addDirs: true }, "add_dirs", NATIVE],
  [{ maxTurns: "native" }, "max_turns", NATIVE],
  [{ maxTurns: "zag" }, "max_turns", BY_ZAG],
  [{ mcpConfig: true }, "mcp_config", NATIVE],
  [{ partialMessages: true }, "partial_messages", NATIVE],
  [{ replayUserMessages: true }, "replay_user_messages", NATIVE],
  [{ resume: "native" }, "replay_user_messages", BY_ZAG],
  [{ resume: "native", streamInput: "queue" }, "replay_user_messages", NO],
  [{ presetSessionId: true }, "preset_session_id", NATIVE],
  [{ sizes: true }, "model_sizes", NATIVE],
];

for (const [can, name, expected] of single) {
  Deno.test(`capabilityReport: ${name} of ${JSON.stringify(can)}`, () => {
    assertEquals<unknown>(featuresOf(can)[name], expected);
  });
}

Deno.test("capabilityReport: the models of the catalogue", () => {
  const { features: _, ...rest } = capabilityReport(mock);
  assertEquals(rest, {
    provider: "mock",
    default_model: "mock-medium",
    available_models: ["mock-small", "mock-medium", "mock-large"],
    size_mappings: { small: "mock-small", medium: "mock-medium", large: "mock-large" },
  });
});

for (const name of PROVIDER_NAMES) {
  Deno.test(`capabilityReport: ${name} tells about every feature, in the one order`, async () => {
    const report = capabilityReport((await loadProvider(name))!);
    assertEquals(report.provider, name);
    assertEquals(Object.keys(report.features) as FeatureName[], FEATURES);
    for (const [feature, { supported, native }] of Object.entries(report.features)) {
      assert(supported || !native, feature);
    }
  });
}
