import { cancelCommand } from "../../../src/cli/commands/cancel.ts";
import { assertEquals, assertStringIncludes } from "../../support/assert.ts";
import { capture } from "./capture.ts";
import { ago, Recorded, uuid } from "./session/support.ts";

Deno.test("cancel takes sessions, tags, a name and a reason", async () => {
  const { flags, operands } = await capture(cancelCommand, [
    ...["cancel", "a", "b", "--tag", "t", "--tag", "u", "--name", "n", "--tree", "--json"],
    ...["--reason", " not needed ", "--global"],
  ]);
  assertEquals(operands, ["a", "b"]);
  assertEquals([flags?.tag, flags?.name, flags?.reason], [["t", "u"], "n", "not needed"]);
  assertEquals([flags?.tree, flags?.json, flags?.global], [true, true, true]);
});

for (const reason of ["", "  ", "two\nlines", "\x1b[2J"]) {
  Deno.test(`cancel refuses the reason ${JSON.stringify(reason)}`, async () => {
    const { code, flags } = await capture(cancelCommand, ["cancel", "a", "--reason", reason]);
    assertEquals([code, flags], [64, undefined]);
  });
}

Deno.test("cancel refuses an empty session, and an empty name", async () => {
  await using given = await Recorded.create();
  for (const args of [["cancel", ""], ["cancel", "--name", ""]]) {
    const { code, out, err } = await given.zag(args);
    assertEquals([code, out], [64, ""]);
    assertStringIncludes(err, "empty");
  }
});

Deno.test("cancel refuses to guess a session", async () => {
  await using given = await Recorded.create();
  const { code, out, err } = await given.zag(["cancel"]);
  assertEquals([code, out], [64, ""]);
  assertStringIncludes(err, "give one or more, or --tag");
});

for (
  const [session, error] of [
    [{ outcome: "success" }, "it has completed"],
    [{ outcome: "failure", error: "a \x1b[31mred\x07\nline" }, "it has failed"],
    [{ outcome: "killed", error: "cancelled: x" }, "it was cancelled before"],
    [{ outcome: "dead" }, "it is dead"],
  ] as const
) {
  Deno.test(`cancel says of an ended session: ${error}`, async () => {
    await using given = await Recorded.create();
    given.add(uuid(1), { ...session, endedAt: ago(1) }, {});
    const { code, out, err } = await given.zag(["cancel", uuid(1)]);
    assertEquals([code, err], [0, ""]);
    assertStringIncludes(out, `✗ ${uuid(1)}: ${error} (${ago(1).slice(0, 19)}Z)`);
    assertEquals(out.includes("\x1b") || out.includes("\x07"), false);
    assertEquals(out.split("\n").length, 2);
    const json = await given.zag(["cancel", uuid(1), "--json"]);
    const [info, more] = JSON.parse(json.out);
    assertEquals([json.code, info.session_id, info.cancelled, more], [
      0,
      uuid(1),
      false,
      undefined,
    ]);
    assertStringIncludes(info.error, error);
  });
}

Deno.test("cancel keeps its shape and the order when a reference leads nowhere", async () => {
  await using given = await Recorded.create();
  given.add(uuid(1), { tags: ["t"] }, {});
  given.add(uuid(2), { name: "n" }, {});
  const args = ["cancel", "nowhere", uuid(1), "--name", "n", "--tag", "T", "--tag", "none"];
  const { code, out, err } = await given.zag([...args, "--json"]);
  assertEquals(code, 1);
  const infos = JSON.parse(out) as { session_id: string; error: string }[];
  // A tag is no session.
  assertEquals(infos.map(({ session_id }) => session_id), ["nowhere", uuid(1), uuid(2)]);
  assertStringIncludes(infos[0]!.error, "nowhere");
  assertStringIncludes(err, 'error: Cannot find session "nowhere"');
  assertStringIncludes(err, 'error: Cannot find a session tagged "none" in this project\nLook in');
  const text = await given.zag(args);
  assertEquals([text.code, text.out.match(/^✗ /gm)?.length, text.err], [1, 2, err]);
});

Deno.test("cancel colours its marks at a terminal only", async () => {
  await using given = await Recorded.create();
  given.add(uuid(1), {}, {});
  const { out } = await given.zag(["cancel", uuid(1)], { stdoutTty: true });
  assertStringIncludes(out, "\x1b[31m✗\x1b[0m ");
  const plain = await given.zag(["cancel", uuid(1)], { stdoutTty: true, env: { NO_COLOR: "1" } });
  assertStringIncludes(plain.out, "✗ 0");
});

Deno.test("cancel takes no name of another project", async () => {
  await using given = await Recorded.create();
  given.add(uuid(1), { name: "theirs", project: "other" }, {});
  assertEquals((await given.zag(["cancel", "theirs"])).code, 1);
  assertEquals((await given.zag(["cancel", "theirs", "--global"])).code, 0);
});
