/** A program that ends while its agent is at work; it says so on stdout when the agent has begun. */
import { autoCleanup, ZagBuilder } from "../../../src/mod.ts";

const [how] = Deno.args;
const script = { turns: [{ steps: [{ do: "say", text: "begun" }, { do: "hang" }] }] };
const builder = new ZagBuilder().provider("mock").env("ZAG_MOCK_SCRIPT", JSON.stringify(script));

if (how === "builder") builder.autoCleanup();
else if (how !== "without") {
  const cleanup = autoCleanup();
  if (how === "undone") cleanup[Symbol.dispose]();
}

for await (const event of builder.stream("hi")) {
  if (event.type !== "assistant_message") continue;
  await Deno.stdout.write(new TextEncoder().encode("begun\n"));
  if (how === "exit") Deno.exit(3);
  if (how === "throw") setTimeout(() => fail(), 0);
  if (how === "reject") Promise.reject(new Error("nobody catches this"));
}

function fail(): never {
  throw new Error("nobody catches this");
}
