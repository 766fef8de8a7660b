import { describeProcesses } from "../../src/processes/describe.ts";
import { startTimeOf } from "../../src/processes/process_table.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";

Deno.test("describeProcesses() tells when a process started, and its command line", async () => {
  const began = Date.now();
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", "echo up; read line", "704"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const started = Date.now();
  const reader = child.stdout.getReader();
  try {
    // Between its two programs a process has no command line for a moment.
    await reader.read();
    const identity = { pid: child.pid, startTime: startTimeOf(child.pid)! };
    const [described] = await describeProcesses([identity]);
    assertEquals(described!.pid, child.pid);
    assertStringIncludes(described!.command!, "704");
    // The boot's time is known to the second only.
    const at = Date.parse(described!.startedAt!);
    assert(began - 5000 < at && at < started + 5000, described!.startedAt!);
  } finally {
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    await child.stdin.abort().catch(() => {});
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
