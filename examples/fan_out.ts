/**
 * Asks an agent many things, a few at a time. Each line of stdin is a prompt; the answers are printed
 * in the order of the prompts. One that fails does not stop the others, and Ctrl-C stops all of them.
 *
 *     deno run -A examples/fan_out.ts claude 4 < prompts.txt
 *
 * @module
 */
import { AgentBuilder } from "@zag/cli/agent";

const [provider = "mock", limit = "4"] = Deno.args;
const atOnce = Number(limit);
if (!Number.isSafeInteger(atOnce) || atOnce < 1) {
  console.error(`How many at a time must be a whole number, at least 1: not ${limit}`);
  Deno.exit(64);
}
const prompts = (await new Response(Deno.stdin.readable).text()).split("\n").filter((line) =>
  line.trim() !== ""
);

// The library handles no signals: what Ctrl-C means is for this program to say.
const stop = new AbortController();
Deno.addSignalListener("SIGINT", () => stop.abort(new Error("stopped")));

// One builder is enough: every call is an agent and a session of its own.
const builder = new AgentBuilder({ provider, timeout: "10m" }).tag("fan-out");

async function ask(prompt: string): Promise<string> {
  const output = await builder.exec(prompt, { signal: stop.signal });
  if (output.is_error) throw new Error(output.error_message ?? "the agent failed");
  return output.result ?? "";
}

/** Does some work for each item, for so many at a time; the results are in the order of the items. */
async function settleAll<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<PromiseSettledResult<R>[]> {
  const results: PromiseSettledResult<R>[] = [];
  // All workers take from the same iterator.
  const waiting = items.entries();
  const worker = async () => {
    for (const [index, item] of waiting) [results[index]] = await Promise.allSettled([work(item)]);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

let failed = 0;
for (const [index, result] of (await settleAll(prompts, atOnce, ask)).entries()) {
  if (result.status === "fulfilled") console.log(`${index + 1}. ${result.value}`);
  else {
    failed++;
    console.log(`${index + 1}. failed: ${result.reason.message}`);
  }
}
Deno.exit(failed === 0 ? 0 : 1);
