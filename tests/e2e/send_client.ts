/**
 * Sends messages to a session, one after the other, and prints their answers: `ID TEXT...`. With
 * `SEND_DEBUG` it says on stderr how they go their way.
 */
import { zagPaths } from "../../src/config/paths.ts";
import { sendMessage } from "../../src/orchestration/send_message.ts";
import { SessionStore } from "../../src/sessions/store.ts";

const [id, ...texts] = Deno.args;
const paths = zagPaths(Deno.env);
using store = SessionStore.open(paths.database);
const session = store.getSession(id!)!;
const debug = (message: string) => Deno.env.has("SEND_DEBUG") && console.error(message);
for (const text of texts) {
  const { answer } = await sendMessage({ store, paths }, session, text, {
    awaitAnswer: true,
    debug,
  });
  console.log(answer?.is_error ? `failed: ${answer.error_message}` : answer?.result);
}
