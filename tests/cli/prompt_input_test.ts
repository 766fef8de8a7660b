import { readPiped } from "../../src/cli/prompt_input.ts";
import { isFile } from "../../src/is_file.ts";
import { fakeContext } from "../fakes/context.ts";
import { assertEquals } from "../support/assert.ts";
import { standStill } from "../support/stand_still.ts";
import { TestHome } from "../support/zag.ts";

Deno.test("readPiped() takes what is there, also when this process has stood still for a second", async () => {
  await using home = await TestHome.create();
  const { path } = home;
  const writer = new Deno.Command("/bin/sh", {
    args: ["-c", "until [ -e go ]; do sleep 0.01; done; echo text; : > done"],
    cwd: path,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const ctx = fakeContext({ stdin: writer.stdout });
  const piped = readPiped(ctx, false);
  await Promise.resolve();
  Deno.writeTextFileSync(`${path}/go`, "");
  while (!isFile(`${path}/done`)) standStill(10);
  standStill(1200);
  assertEquals([await piped, ctx.err], ["text\n", ""]);
  await writer.status;
});

Deno.test("readPiped() goes on without an open pipe that is silent, and says so", async () => {
  for (const quiet of [false, true]) {
    const ctx = fakeContext({ stdin: new ReadableStream() });
    assertEquals(await readPiped(ctx, quiet), undefined);
    const warning = "warning: stdin is open but silent; going on with the prompt alone\n";
    assertEquals(ctx.err, quiet ? "" : warning);
  }
});
