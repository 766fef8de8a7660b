/** Appends large batches to a log until it is killed: PATH. */
import { LogAppender } from "../../../src/sessions/log.ts";

const [path = ""] = Deno.args;
const log = LogAppender.reopen({ path, provider: "mock", sessionId: "s" });
const content = "ä".repeat(700);
for (;;) {
  log.append(
    Array.from({ length: 200 }, () => ({
      type: "assistant_message" as const,
      content,
      message_id: null,
    })),
  );
}
