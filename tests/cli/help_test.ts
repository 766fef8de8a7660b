import { isGroup, type Route } from "../../src/cli/command.ts";
import { commands } from "../../src/cli/commands.ts";
import { createApp } from "../../src/cli/create_app.ts";
import { fakeContext } from "../fakes/context.ts";
import { assertEquals } from "../support/assert.ts";

function paths(routes: readonly Route[]): string[][] {
  return routes.flatMap((route) => [
    [route.name],
    ...(isGroup(route) ? paths(route.commands).map((path) => [route.name, ...path]) : []),
  ]);
}

for (const path of [[], ...paths(commands)]) {
  Deno.test(`help: ${["zag", ...path].join(" ")}`, async (t) => {
    const ctx = fakeContext();
    assertEquals(await createApp(commands).run([...path, "--help"], ctx), 0);
    assertEquals(ctx.err, "");
    await t.assertSnapshot(ctx.out);
  });
}
