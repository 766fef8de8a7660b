/** A program that asks the mock agent once, and writes down what it got. */
import { AgentBuilder } from "../../../src/mod.ts";

const [path = "", options = ""] = Deno.args;
const env = { ZAG_MOCK_SCRIPT: Deno.env.get("ZAG_MOCK_SCRIPT")! };
// By chance nothing is added to the end of a limit that is over.
Math.random = () => 0;
let waits = 0;
const { autoResume = true, ...others } = JSON.parse(options);
const output = await new AgentBuilder({
  provider: "mock",
  env,
  onLogEvent: ({ type }) => {
    if (type === "usage_limit_resumed") waits++;
  },
  ...others,
}).autoResume(autoResume).exec("do it");
const { result, is_error } = output;
const types = output.events.map(({ type }) => type);
await Deno.writeTextFile(path, JSON.stringify({ result, is_error, types, waits }));
