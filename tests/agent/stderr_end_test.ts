import { lastWords } from "../../src/agent/outage.ts";
import { closingLines } from "../../src/agent/run_record.ts";
import { AgentProcessError } from "../../src/mod.ts";
import { assert, assertEquals } from "../support/assert.ts";

const LINES = Array.from({ length: 4500 }, (_, index) => `complaint ${index}`);
const STDERR = `${LINES.join("\n")}\n`;

Deno.test("AgentProcessError has all of stderr that was kept, and its last lines as its message", () => {
  assert(STDERR.length > 60_000);
  const error = new AgentProcessError("Mock agent", 3, null, STDERR);
  assertEquals(error.stderr, STDERR);
  assertEquals(
    error.message,
    `Mock agent ended without a result (exit code 3): ${LINES.slice(-10).join("\n")}`,
  );
  const silent = new AgentProcessError("Mock agent", null, "SIGKILL", " \n");
  assertEquals(silent.message, "Mock agent ended without a result (signal SIGKILL)");
});

Deno.test("AgentProcessError of a line without an end has a message of at most 8 KiB", () => {
  const { message } = new AgentProcessError("", 1, null, "x".repeat(60_000));
  assert(message.endsWith("x".repeat(8 * 1024)));
  assert(message.length < 9 * 1024);
});

Deno.test("closingLines() keeps the last 8 KiB of stderr", () => {
  const [entry] = closingLines({ outcome: "unknown", error: undefined, stderr: STDERR });
  assert(entry?.type === "stderr");
  assert(entry.message.length <= 8 * 1024);
  assert(STDERR.trim().endsWith(entry.message));
});

Deno.test("lastWords() of an agent that came to no end is the last line on its stderr", () => {
  assertEquals(lastWords({ errorMessage: undefined, results: 0 }, STDERR), LINES.at(-1));
});
