import { commands } from "../../../src/cli/commands.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { inHome } from "../../e2e/support.ts";
import { fakeContext } from "../../fakes/context.ts";
import { assertEquals, assertStringIncludes } from "../../support/assert.ts";

Deno.test("resume-waiting says who starts it", async () => {
  const ctx = fakeContext();
  assertEquals(await createApp(commands).run(["resume-waiting", "some-id"], ctx), 64);
  assertStringIncludes(ctx.err, "zag starts it when it finds a session that waits");
});

Deno.test(
  "resume-waiting does nothing when nothing waits under this id",
  inHome(async (home) => {
    const { code, stdout, stderr } = await home.zag(["resume-waiting", "some-id", "none"]);
    assertEquals([code, stdout, stderr], [0, "", ""]);
    assertEquals(home.rows("sessions"), []);
  }),
);
