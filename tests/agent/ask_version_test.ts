import { askVersion } from "../../src/agent/ask_version.ts";
import { assertEquals } from "../support/assert.ts";
import { waitFor } from "../support/living.ts";
import { standStill } from "../support/stand_still.ts";
import { TestHome } from "../support/zag.ts";

/** Long enough for a program to begin on a machine with much to do. */
const LIMIT = 4000;

Deno.test({
  name: "askVersion() hears a program that has answered while this process stood still",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using home = await TestHome.create();
    const begun = `${home.path}/begun`;
    const program = await home.program(
      "agent",
      `#!/bin/sh\n: > '${begun}'\nsleep 0.2\necho 1.2.3\n`,
    );
    const asked = askVersion(program, { env: home.env(), limitMs: LIMIT, signal: undefined });
    await waitFor("the program", () => Deno.stat(begun).catch(() => undefined));
    standStill(LIMIT + 1500);
    assertEquals(await asked, { version: "1.2.3", problem: undefined });
  },
});
