/**
 * Talks with an agent: each line of stdin is a message, and the answer is printed while it is made.
 * The end of stdin ends the conversation.
 *
 *     deno run -A examples/streaming_chat.ts claude
 *
 * @module
 */
import { createInterface } from "node:readline";
import process from "node:process";
import { AgentBuilder } from "@zag/cli/agent";

const [provider = "mock"] = Deno.args;

async function print(text: string): Promise<void> {
  const writer = Deno.stdout.writable.getWriter();
  await writer.write(new TextEncoder().encode(text));
  writer.releaseLock();
}

// However this block is left, the agent is gone by then.
await using session = await new AgentBuilder({ provider }).includePartialMessages().execStreaming();

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === "") continue;
  await session.sendUserMessage(line);
  let inParts = false;
  // The events of this answer, up to its result.
  for await (const event of session.turn()) {
    if (event.type === "assistant_delta") {
      inParts = true;
      await print(event.text);
    } else if (event.type === "assistant_message") {
      // Not every agent sends the parts; the whole message comes always.
      const text = event.content.map((block) => block.type === "text" ? block.text : "").join("");
      await print(inParts ? "\n" : `${text}\n`);
      inParts = false;
    } else if (event.type === "result" && !event.success) {
      await print(`(failed: ${event.message ?? "without a reason"})\n`);
    }
  }
}
