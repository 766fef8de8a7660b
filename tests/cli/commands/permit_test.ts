import { permitCommand } from "../../../src/cli/commands/permit.ts";
import { assertEquals, assertStringIncludes } from "../../support/assert.ts";
import { capture } from "./capture.ts";
import { Recorded } from "./session/support.ts";

Deno.test("permit takes a session, an answer, a question and a reason", async () => {
  const { flags, operands } = await capture(permitCommand, [
    ...["permit", "tidy", "allow", "--id", "q", "--reason", "go on", "--json", "--global"],
  ]);
  assertEquals(operands, ["tidy", "allow"]);
  assertEquals([flags?.id, flags?.reason, flags?.json, flags?.all], ["q", "go on", true, false]);
});

for (
  const [args, part] of [
    [[], "allow or deny"],
    [["tidy"], "allow or deny"],
    [["tidy", "perhaps"], "allow or deny"],
    [["a", "b", "allow"], "more than one session"],
    [["a", "--latest", "allow"], "together"],
    [["--list", "--all"], "--list"],
    [["--list", "--reason", "x"], "--list"],
    [["--id", "q", "--all", "allow"], "--id"],
    [["allow", "--reason", "two\nlines"], "line breaks"],
  ] as const
) {
  Deno.test(`permit refuses ${JSON.stringify(args)}`, async () => {
    await using given = await Recorded.create();
    const { code, out, err } = await given.zag(["permit", ...args]);
    assertEquals([code, out], [64, ""]);
    assertStringIncludes(err, part);
  });
}

Deno.test("permit has nothing to answer where nobody asks", async () => {
  await using given = await Recorded.create();
  const { code, out, err } = await given.zag(["permit", "allow"]);
  assertEquals([code, out], [1, ""]);
  assertStringIncludes(err, "no session asks anything");
  assertEquals(await given.zag(["permit", "--list"]), {
    ...{ code: 0, out: "No session waits for an answer.\n", err: "" },
  });
  assertEquals((await given.zag(["permit", "--list", "--json"])).out, "[]\n");
});
