import { killCommand } from "../../../../src/cli/commands/ps/kill.ts";
import type { NewProcess, NewSession } from "../../../../src/sessions/records.ts";
import { assertEquals, assertStringIncludes } from "../../../support/assert.ts";
import { capture } from "../capture.ts";
import { ago, Recorded, uuid } from "../session/support.ts";

Deno.test("ps kill takes a process and a result", async () => {
  const { operands } = await capture(killCommand, ["kill", "self", "a result"]);
  assertEquals(operands, ["self", "a result"]);
  const file = await capture(killCommand, ["kill", "self", "--file", "a b"]);
  assertEquals([file.operands, file.flags?.file], [["self"], "a b"]);
  for (const args of [[], ["a", "b", "c"]]) {
    assertEquals((await capture(killCommand, ["kill", ...args])).code, 64);
  }
  const { err } = await capture(killCommand, ["kill", "a", "b", "c"]);
  assertStringIncludes(err, "takes one process and one result");
});

for (
  const [what, session, run, text] of [
    [
      "ended by itself",
      { outcome: "failure" },
      { exitCode: 3 },
      "has ended by itself with exit code 3",
    ],
    [
      "was killed by ps",
      { outcome: "killed" },
      { status: "killed" },
      'was ended by "zag ps" before',
    ],
    [
      "was killed from outside",
      { outcome: "unknown", signal: "SIGKILL" },
      { status: "killed" },
      "was killed from outside by SIGKILL",
    ],
    [
      "ran into a deadline",
      { outcome: "timeout" },
      { status: "killed" },
      "was ended at a deadline",
    ],
    ["was interrupted", { outcome: "interrupted" }, { status: "killed" }, "was interrupted"],
    [
      "is dead",
      { outcome: "dead" },
      { status: "killed" },
      "is dead: its zag was killed while it ran",
    ],
  ] as [string, Partial<NewSession>, Partial<NewProcess>, string][]
) {
  Deno.test(`ps kill says that a run ${what}`, async () => {
    await using given = await Recorded.create();
    given.add(uuid(1), session, { id: uuid(11), exitedAt: ago(1), ...run });
    const { code, out, err } = await given.zag(["ps", "kill", uuid(1), "result"]);
    assertEquals([code, out], [1, ""]);
    assertStringIncludes(err, `Cannot end process 1: it ${text}`);
    assertStringIncludes(err, `(${ago(1).slice(0, 19)}Z)`);
  });
}

Deno.test("ps kill says that the number of a run that is over belongs to another program", async () => {
  await using given = await Recorded.create();
  given.add(uuid(1), {}, { id: uuid(11), agentPid: Deno.pid, agentStart: "proc:0:1" });
  const { code, err } = await given.zag(["ps", "kill", String(Deno.pid)]);
  assertEquals(code, 1);
  assertStringIncludes(err, "the number belongs to another program now; the agent that had it has");
});

Deno.test("ps kill reads the file before it looks for the process", async () => {
  await using given = await Recorded.create();
  const { code, err } = await given.zag(["ps", "kill", "nothing", "--file", "missing"]);
  assertEquals(code, 1);
  assertStringIncludes(err, "Cannot read the result from the file");
  assertStringIncludes(err, "nothing was ended");
});
