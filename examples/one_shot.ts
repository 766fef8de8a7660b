/**
 * Asks an agent one thing and prints the answer.
 *
 *     deno run -A examples/one_shot.ts claude "Which file is the entry point of this project?"
 *
 * Ends with 0 after an answer, with 1 when the agent reports a failure, and with 2 when there was no
 * agent to ask.
 *
 * @module
 */
import { AgentBuilder, ZagError } from "@zag/cli/agent";

const [provider = "mock", prompt = "hello"] = Deno.args;

try {
  const output = await new AgentBuilder({ provider, timeout: "10m" }).exec(prompt);
  // A failure that the agent reports is an answer, no exception.
  if (output.is_error) {
    console.error(`${output.agent} failed: ${output.error_message}`);
    Deno.exit(1);
  }
  console.log(output.result);
  if (output.usage) console.error(`(${output.usage.output_tokens} tokens)`);
} catch (error) {
  if (!(error instanceof ZagError)) throw error;
  console.error(error.message);
  if (error.hint) console.error(error.hint);
  Deno.exit(2);
}
