import { subscribeCommand } from "../../../src/cli/commands/subscribe.ts";
import { assertEquals, assertStringIncludes } from "../../support/assert.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { fakeContext } from "../../fakes/context.ts";
import { TestHome } from "../../support/zag.ts";
import { capture } from "./capture.ts";

Deno.test("subscribe: reads its flags", async () => {
  const args = ["subscribe", "--filter", "usage", "--tag", "t", "--filter", "stderr", "--global"];
  const { flags } = await capture(subscribeCommand, args);
  assertEquals([flags?.filter, flags?.tag, flags?.global, flags?.json], [
    ["usage", "stderr"],
    "t",
    true,
    false,
  ]);
});

const refused: [args: string[], message: string][] = [
  [["--filter", "tool_cal"], 'Did you mean "tool_call"?'],
  [["--filter", "tool"], "it must be one of session_started, session_meta"],
  [["--tag", " "], "a tag must not be empty"],
  [["it"], 'Unexpected operand "it"'],
];

for (const [args, message] of refused) {
  Deno.test(`subscribe: refuses "${args.join(" ")}"`, async () => {
    await using home = await TestHome.create();
    const ctx = fakeContext({ cwd: home.work, env: home.env() });
    const code = await createApp([subscribeCommand]).run(["subscribe", ...args], ctx);
    assertStringIncludes(ctx.err, message);
    assertEquals([code, ctx.out], [64, ""]);
  });
}
