/**
 * What `zag capability` claims of the real agents, against what the tests of this run have proved.
 * It has to run after them, as scripts/test_providers.ts does it.
 */
import { capabilityReport, type FeatureName } from "../../src/agent/capability_report.ts";
import { loadProvider, TIERS } from "../../src/providers/registry.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { PROOFS } from "./agent_home.ts";

/** A claim of these needs a test that has passed. */
const NEEDS_PROOF: readonly FeatureName[] = [
  "interactive",
  "non_interactive",
  "resume",
  "resume_with_prompt",
  "session_logs",
  "json_output",
  "stream_json",
  "json_schema",
  "streaming_input",
  "system_prompt",
  "auto_approve",
  "add_dirs",
  "max_turns",
  "permissions",
  "mcp_config",
  "partial_messages",
];

/** Proved as well, although `zag capability` does not speak of it. */
const BESIDES = ["model", "usage"];

/** What was proved, by provider. */
async function readProofs(): Promise<Map<string, Set<string>>> {
  const proofs = new Map<string, Set<string>>();
  const text = await Deno.readTextFile(PROOFS).catch(() => "");
  for (const line of text.split("\n").filter((line) => line !== "")) {
    const [provider, feature] = line.split(" ") as [string, string];
    proofs.set(provider, (proofs.get(provider) ?? new Set()).add(feature));
  }
  return proofs;
}

const proofs = await readProofs();

Deno.test("matrix: the tests of real agents have run", async () => {
  assert(proofs.size > 0, "No test has passed before this one: run all of tests/providers");
  assertEquals([...proofs.keys()].filter((name) => !TIERS.includes(name)), []);
  await Deno.remove(PROOFS);
});

for (const name of TIERS) {
  Deno.test(`matrix: ${name} has proved what zag capability claims`, async () => {
    const proved = proofs.get(name);
    assert(proved, `No test of ${name} has passed in this run: run all of tests/providers`);
    const { features } = capabilityReport((await loadProvider(name))!);
    const supported = (feature: string) => features[feature as FeatureName].supported;
    const isKnown = (feature: string) => Object.hasOwn(features, feature);
    assertEquals(
      NEEDS_PROOF.filter((feature) => supported(feature) && !proved.has(feature)),
      [],
      "claimed and not proved",
    );
    assertEquals(
      [...proved].filter((feature) => isKnown(feature) && !supported(feature)),
      [],
      "proved and not claimed",
    );
    assertEquals(
      [...proved].filter((feature) => !isKnown(feature) && !BESIDES.includes(feature)),
      [],
      "proved and unheard of",
    );
  });
}
