/** Appends to a log: PATH NAME APPENDS. Every append has one to three lines. */
import { LogAppender } from "../../../src/sessions/log.ts";
import { waitForStart } from "./start.ts";

const [path = "", name = "", count = ""] = Deno.args;
await waitForStart();
using log = LogAppender.reopen({ path, provider: "mock", sessionId: "s" });
for (let index = 0; index < Number(count); index++) {
  const size = index % 3 + 1;
  log.append(
    Array.from({ length: size }, (_, part) => ({
      type: "user_event" as const,
      level: "info" as const,
      message: `${name} ${"x".repeat(index % 50 * 40)}`,
      data: { index, part, size },
    })),
  );
}
if (log.failure) throw log.failure;
