import { assertEquals } from "../support/assert.ts";
import { codexTest, conversation, rolloutPaths } from "./codex_support.ts";
import { assertGoesOn, assertOutlives } from "./interactive_support.ts";

codexTest(
  [],
  "spawn --interactive goes on with one session of Codex, message by message",
  async (codex) => {
    await assertGoesOn(codex, conversation, false);
    assertEquals((await rolloutPaths(codex)).length, 1);
  },
);

codexTest(
  [],
  "spawn --interactive without a prompt begins with the first message, also after a turn that failed",
  (codex) =>
    assertOutlives(codex, ["[[err:500]]", "[[say:well]]", "[[say:again]]"], [
      undefined,
      "well",
      "again",
    ]),
);
