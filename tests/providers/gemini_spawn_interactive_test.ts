import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { outputOf } from "./agent_home.ts";
import { conversation, geminiTest } from "./gemini_support.ts";
import {
  ask,
  assertGoesOn,
  assertOutlives,
  cancel,
  spawnInteractive,
} from "./interactive_support.ts";

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

geminiTest(
  [],
  "spawn --interactive outlives first turns that fail, after which Gemini CLI keeps nothing",
  async (gemini) => {
    const id = await spawnInteractive(gemini);
    const answers = await ask(gemini, id, "[[err:500]]", "[[err:500]]", "[[say:A]]", "[[say:B]]");
    assertEquals(answers.slice(2), ["A", "B"]);
    assertEquals(conversation(gemini), ["[[say:A]]", "A", "[[say:B]]"]);
    await cancel(gemini, id);
    const resumed = await gemini.zag(["exec", "--resume", id, "[[say:C]]"]);
    assertEquals([resumed.code, resumed.stdout], [0, "C\n"]);
    assertEquals(conversation(gemini).slice(-2), ["B", "[[say:C]]"]);
  },
);

geminiTest(
  [],
  "exec --resume begins anew where the only turn failed, and goes on with that from then on",
  async (gemini) => {
    const failed = await gemini.zag(["exec", "-o", "json", "[[err:500]]"]);
    const { session_id: id } = outputOf(failed);
    const anew = await gemini.zag(["exec", "--resume", id, "[[say:A]]"]);
    assertEquals([anew.code, anew.stdout], [0, "A\n"]);
    assertStringIncludes(anew.stderr, "it starts anew");
    const again = await gemini.zag(["exec", "--resume", id, "[[say:B]]"]);
    assertEquals(again, { ...again, code: 0, stdout: "B\n", stderr: "" });
    assertEquals(conversation(gemini), ["[[say:A]]", "A", "[[say:B]]"]);
  },
);
