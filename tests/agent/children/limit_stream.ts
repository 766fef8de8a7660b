/** A program that talks to the mock agent, which hits a limit, and writes down what it got. */
import { AgentBuilder } from "../../../src/mod.ts";

const [path = ""] = Deno.args;
// By chance nothing is added to the end of a limit that is over.
Math.random = () => 0;
await using session = await new AgentBuilder({
  provider: "mock",
  env: { ZAG_MOCK_SCRIPT: Deno.env.get("ZAG_MOCK_SCRIPT")! },
}).autoResume().execStreaming("first");
const results: string[] = [];
for (let turn = 0; turn < 3; turn++) {
  if (turn === 2) await session.sendUserMessage("second");
  for await (const event of session.turn()) {
    if (event.type === "result") results.push(event.success ? event.message ?? "" : "failed");
  }
}
await session.wait();
await Deno.writeTextFile(path, JSON.stringify(results));
