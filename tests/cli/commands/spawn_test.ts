import { commands } from "../../../src/cli/commands.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { fakeContext } from "../../fakes/context.ts";
import { assertEquals, assertStringIncludes } from "../../support/assert.ts";

const REFUSED: readonly [string[], string][] = [
  [[], "Missing prompt for spawn: give one, --plan, or --interactive"],
  [["  "], "Cannot run an empty prompt"],
  [["hi", "--name", ""], "a name must not be empty"],
  [["hi", "--name", " "], "a name must not be empty"],
  [["hi", "--depends-on", ""], 'Cannot choose a session by an empty text: give "--depends-on"'],
  [["hi", "--context", " "], 'Cannot choose a session by an empty text: give "--context"'],
  [["--inject-context", "hi"], "Cannot use --inject-context without --depends-on"],
  [["-I", "--depends-on", "x", "hi"], "Cannot use --depends-on together with --interactive"],
];

for (const [args, message] of REFUSED) {
  Deno.test(`spawn ${JSON.stringify(args)} is a usage error`, async () => {
    const ctx = fakeContext();
    assertEquals(await createApp(commands).run(["spawn", ...args], ctx), 64);
    assertStringIncludes(ctx.err, message);
    assertEquals(ctx.out, "");
  });
}
