import { conversation, copilotTest } from "./copilot_support.ts";
import { assertConverses, assertEndsInTurn, assertOutlivesFailure } from "./streaming_support.ts";

copilotTest(
  ["streaming_input"],
  "exec -i stream-json makes each message a turn of one session of Copilot",
  (agent) => assertConverses(agent, conversation),
);

copilotTest(
  [],
  "exec -i stream-json goes on after a first turn that failed",
  assertOutlivesFailure,
);

copilotTest(
  [],
  "exec -i stream-json is ended in a later turn, with all of Copilot",
  assertEndsInTurn,
);
