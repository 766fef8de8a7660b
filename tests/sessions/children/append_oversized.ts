/** Appends to a log: PATH NAME APPENDS. Every entry has a field that does not fit. */
import { FIELD_CAP } from "../../../src/sessions/kind_json.ts";
import { LogAppender } from "../../../src/sessions/log.ts";
import { waitForStart } from "./start.ts";

const [path = "", name = "", count = ""] = Deno.args;
await waitForStart();
using log = LogAppender.reopen({ path, provider: "mock", sessionId: "s" });
for (let index = 0; index < Number(count); index++) {
  const text = `${name} ${index} `;
  const content = text.repeat(Math.ceil((FIELD_CAP + 1) / text.length));
  log.append([{ type: "assistant_message", content, message_id: null }]);
}
if (log.failure) throw log.failure;
