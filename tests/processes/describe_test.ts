import { describeProcesses } from "../../src/processes/describe.ts";
import { startTimeOf } from "../../src/processes/process_table.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";

Deno.test("describeProcesses() tells when a process started, and its command line", async () => {
  const began = Date.now();
  const child = new Deno.Command("sleep", { args: ["704"] }).spawn();
  try {
    const identity = { pid: child.pid, startTime: startTimeOf(child.pid)! };
    const [described] = await describeProcesses([identity]);
    assertEquals(described!.pid, child.pid);
    assertStringIncludes(described!.command!, "704");
    // The boot's time is known to the second only.
    assert(Math.abs(Date.parse(described!.startedAt!) - began) < 5000, described!.startedAt!);
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
});

Deno.test("describeProcesses() knows the start times of all methods", async () => {
  const gone = 2 ** 22 + 1;
  const described = await describeProcesses([
    { pid: gone, startTime: "ps:1000000000" },
    { pid: gone, startTime: "win:1000000000000" },
    { pid: gone, startTime: "unknown" },
  ]);
  assertEquals(described.map(({ startedAt, command }) => [startedAt, command]), [
    ["2001-09-09T01:46:40.000Z", null],
    ["2001-09-09T01:46:40.000Z", null],
    [null, null],
  ]);
  assertEquals(await describeProcesses([]), []);
});
