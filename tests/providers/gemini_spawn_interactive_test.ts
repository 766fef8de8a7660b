import { conversation, geminiTest } from "./gemini_support.ts";
import { assertGoesOn, assertOutlives } from "./interactive_support.ts";

geminiTest(
  [],
  "spawn --interactive goes on with one session of Gemini CLI, message by message",
  async (gemini) => {
    await assertGoesOn(gemini, conversation);
  },
);

geminiTest(
  [],
  "spawn --interactive without a prompt begins with the first message, and outlives one that fails",
  (gemini) =>
    assertOutlives(gemini, ["[[say:begun]]", "[[err:500]]", "[[say:well]]"], [
      "begun",
      undefined,
      "well",
    ]),
);
