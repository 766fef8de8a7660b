import { commands } from "../../src/cli/commands.ts";
import { createApp } from "../../src/cli/create_app.ts";
import { fakeContext } from "../fakes/context.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { record } from "../support/recorded.ts";
import { TestHome } from "../support/zag.ts";

const CONTROLS = "\u009b2J \u202e";
const ESCAPED = "\\u009b2J \\u202e";

for (
  const args of [
    ["session", "list"],
    ["session", "show", "s-1"],
    ["session", "update", "s-1", "--tag", "t"],
    ["status", "s-1"],
    ["output", "s-1"],
  ]
) {
  Deno.test(`zag ${args.join(" ")} --json escapes control characters at a terminal only`, async () => {
    await using home = await TestHome.create();
    record(home, "s-1", {
      description: CONTROLS,
      error: CONTROLS,
      outcome: "failure",
      kinds: [{ type: "session_meta", meta: {} }, {
        type: "assistant_message",
        content: CONTROLS,
        message_id: null,
      }],
    });
    for (const stdoutTty of [true, false]) {
      const ctx = fakeContext({ env: home.env(), cwd: home.work, stdoutTty });
      assertEquals(await createApp(commands).run([...args, "--json"], ctx), 0, ctx.err);
      assertStringIncludes(ctx.out, stdoutTty ? ESCAPED : CONTROLS);
      assert(!stdoutTty || !ctx.out.includes("\u009b"));
      JSON.parse(ctx.out);
    }
  });
}
