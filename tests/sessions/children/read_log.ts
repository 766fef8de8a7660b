/** Reads a log: PATH. Prints how many lines it has and how much memory it took at most, in KiB. */
import { readLog, resultOf } from "../../../src/sessions/log_reader.ts";

const [path = ""] = Deno.args;

function peak(): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]);
}

const before = peak();
let lines = 0;
for await (const line of readLog(path)) if (line.event !== undefined) lines++;
const result = await resultOf(path);
console.log(JSON.stringify({ lines, result, growth: peak() - before }));
