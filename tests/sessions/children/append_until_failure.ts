/** Appends to a log on a file system that is too small for it: PATH. Prints what came of it. */
import { LogAppender } from "../../../src/sessions/log.ts";

const [path = ""] = Deno.args;
const calls: string[] = [];
const log = LogAppender.create({
  path,
  provider: "mock",
  sessionId: "s",
  onFailure: (error) => calls.push(error.message),
});
const completenessBefore = log.completeness;
let appends = 0;
for (; appends < 1000 && log.failure === undefined; appends++) {
  log.append(
    Array.from({ length: 7 }, (_, part) => ({
      type: "assistant_message" as const,
      content: `${appends} ${part} ${"x".repeat(300)}`,
      message_id: null,
    })),
  );
}
log.append([{ type: "session_result", result: "dropped" }]);
log.close();
console.log(JSON.stringify({
  appends,
  calls,
  completenessBefore,
  completeness: log.completeness,
  failure: log.failure?.message,
  cause: (log.failure?.cause as Error | undefined)?.message,
  text: Deno.readTextFileSync(path),
}));
