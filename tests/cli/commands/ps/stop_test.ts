import { stopCommand } from "../../../../src/cli/commands/ps/stop.ts";
import { assertEquals, assertStringIncludes } from "../../../support/assert.ts";
import { capture } from "../capture.ts";
import { ago, Recorded, uuid } from "../session/support.ts";

Deno.test("ps stop takes several processes", async () => {
  const { operands, flags } = await capture(stopCommand, ["stop", "self", "12", "--json"]);
  assertEquals([operands, flags?.json], [["self", "12"], true]);
  assertEquals((await capture(stopCommand, ["stop"])).code, 64);
});

Deno.test("ps stop says that a run is over, and stops nothing when one cannot be found", async () => {
  await using given = await Recorded.create();
  const over = { id: uuid(11), exitCode: 0, exitedAt: ago(1) };
  given.add(uuid(1), { outcome: "success" }, over);
  const ended = `has ended by itself with exit code 0 (${ago(1).slice(0, 19)}Z)`;
  const { code, out, err } = await given.zag(["ps", "stop", uuid(11), "--json"]);
  assertEquals([code, JSON.parse(out)], [1, {
    id: uuid(11),
    pid: 1,
    action: "stop",
    ok: false,
    error: `Cannot stop process 1: it ${ended}`,
  }]);
  assertStringIncludes(err, ended);
  const none = await given.zag(["ps", "stop", uuid(11), "nothing"]);
  assertEquals([none.code, none.out], [1, ""]);
  assertStringIncludes(none.err, 'Cannot find the process "nothing"');
});
