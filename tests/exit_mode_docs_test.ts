/** What docs/exit-mode.md shows is run as it stands, by a person at a terminal. */
import { fromFileUrl } from "./support/paths.ts";
import { Pty } from "./support/pty.ts";
import { TestHome, ZAG } from "./support/zag.ts";
import { assert, assertEquals, assertStringIncludes } from "./support/assert.ts";

const PAGE = await Deno.readTextFile(
  fromFileUrl(new URL("../docs/exit-mode.md", import.meta.url)),
);

Deno.test("docs/exit-mode.md: every line works, in its order", async () => {
  await using home = await TestHome.create();
  await home.program("zag", `#!/bin/sh\nexec ${ZAG.shell} "$@"\n`);
  await Deno.mkdir(`${home.path}/.zag`, { mode: 0o700 });
  await Deno.writeTextFile(`${home.path}/.zag/zag.jsonc`, '{"defaults": {"provider": "mock"}}');
  const handIn = { do: "run", command: ["zag", "ps", "kill", "self", "5"] };
  const script = { turns: [{ steps: [handIn, { do: "hang" }] }], after: "repeat-last" };
  const env = home.env({
    ZAG_MOCK_SCRIPT: JSON.stringify(script),
    TERM: "xterm-256color",
  });
  const lines = [...PAGE.matchAll(/```sh\n([^]*?)```/g)].flatMap((match) =>
    match[1]!.trim().split("\n")
  );
  assert(lines.length >= 4);
  for (const line of lines) {
    const then = line.startsWith("sum=") ? `${line}; echo "the sum is $sum"` : line;
    await using pty = new Pty("/bin/sh", ["-c", then], { cwd: home.work, env });
    const { code } = await pty.waitForExit();
    assertEquals(code, 0, `${line}\n${pty.text}`);
    if (line.startsWith("zag output")) assertEquals(pty.text, "5\n");
    else if (line.startsWith("sum=")) assertStringIncludes(pty.text, "the sum is 5\n");
    else if (line.includes("--headless")) assert(pty.text.endsWith("\n5\n"), pty.text);
    else assertStringIncludes(pty.text, "> Result: zag output ");
  }
});
