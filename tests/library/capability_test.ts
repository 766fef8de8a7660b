import {
  getAllCapabilities,
  getCapability,
  InvalidProviderError,
  listProviders,
  OptionUsageError,
  resolveModel,
  templateFor,
} from "../../src/mod.ts";
import { inHome } from "../e2e/support.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { run } from "./support.ts";

Deno.test("listProviders() and getCapability() tell what there is", async () => {
  const names = listProviders();
  assert(names.includes("mock"));
  const all = await getAllCapabilities();
  assertEquals(all.map(({ provider }) => provider).sort(), [...names].sort());
  const mock = await getCapability("MOCK");
  assertEquals(mock, all.find(({ provider }) => provider === "mock"));
  assert(mock.features.resume_with_prompt.supported);
  await assertRejects(() => getCapability("nobody"), InvalidProviderError);
});

Deno.test("resolveModel() refuses auto, which stands for no model yet", async () => {
  await assertRejects(() => resolveModel("mock", "auto"), OptionUsageError);
});

Deno.test("templateFor() tells what a sandbox of a provider is made of", async () => {
  const template = await templateFor("claude");
  assert(template?.image.includes("claude"));
  assertEquals(await templateFor("mock"), undefined);
});

Deno.test(
  "autoSelect() has an agent chosen, and resolveModel() names the model of a word",
  inHome(async (home) => {
    assertEquals(await run(home, "choose"), [
      { provider: "mock", model: "mock-large" },
      "OptionUsageError",
      "too vague",
      true,
      ["new-one", false, 1],
    ]);
    const selector = '["zag-selector"]';
    assertEquals(home.rows("sessions").map(({ tags }) => tags), [selector, selector]);
  }),
);
