import { conversation, copilotTest } from "./copilot_support.ts";
import { assertGoesOn, assertOutlives } from "./interactive_support.ts";

copilotTest(
  [],
  "spawn --interactive goes on with one session of Copilot, message by message",
  async (copilot) => {
    await assertGoesOn(copilot, conversation);
  },
);

copilotTest(
  [],
  "spawn --interactive without a prompt begins with the first message, also after a turn that failed",
  (copilot) =>
    assertOutlives(copilot, ["[[err:500]]", "[[say:well]]", "[[say:again]]"], [
      undefined,
      "well",
      "again",
    ]),
);
