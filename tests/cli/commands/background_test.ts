import { commands } from "../../../src/cli/commands.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { fakeContext } from "../../fakes/context.ts";
import { assertEquals, assertStringIncludes } from "../../support/assert.ts";

Deno.test("background names the command that starts it", async () => {
  const ctx = fakeContext();
  assertEquals(await createApp(commands).run(["background", "some-id"], ctx), 64);
  assertStringIncludes(ctx.err, '"zag spawn" starts it');
});
