import { conversation, geminiTest } from "./gemini_support.ts";
import { assertConverses, assertEndsInTurn, assertOutlivesFailure } from "./streaming_support.ts";

geminiTest(
  ["streaming_input"],
  "exec -i stream-json makes each message a turn of one session of Gemini CLI",
  (agent) => assertConverses(agent, conversation),
);

geminiTest([], "exec -i stream-json goes on after a first turn that failed", assertOutlivesFailure);

geminiTest(
  [],
  "exec -i stream-json is ended in a later turn, with all of Gemini CLI",
  assertEndsInTurn,
);
