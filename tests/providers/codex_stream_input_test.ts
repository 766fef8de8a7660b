import { codexTest, conversation } from "./codex_support.ts";
import { assertConverses, assertEndsInTurn, assertOutlivesFailure } from "./streaming_support.ts";

codexTest(
  ["streaming_input"],
  "exec -i stream-json makes each message a turn of one session of Codex",
  (agent) => assertConverses(agent, conversation),
);

codexTest([], "exec -i stream-json goes on after a first turn that failed", assertOutlivesFailure);

codexTest([], "exec -i stream-json is ended in a later turn, with all of Codex", assertEndsInTurn);
