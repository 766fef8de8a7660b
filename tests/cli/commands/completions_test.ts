import { run } from "../../../src/cli/app.ts";
import { SHELL_NAMES } from "../../../src/cli/complete_shells.ts";
import { canRun } from "../../e2e/support.ts";
import { fakeContext } from "../../fakes/context.ts";
import { assert, assertEquals, assertStringIncludes } from "../../support/assert.ts";

async function script(shell: string): Promise<string> {
  const ctx = fakeContext();
  assertEquals([await run(["completions", shell], ctx), ctx.err], [0, ""]);
  return ctx.out;
}

Deno.test("completions prints a script for every shell, which asks zag for that shell", async () => {
  for (const shell of SHELL_NAMES) {
    const text = await script(shell);
    assertEquals(text.match(/zag complete \w+/g), [`zag complete ${shell}`]);
    // What could grow old is not in it.
    assert(!/exec|session|--provider/.test(text), shell);
  }
});

const CHECKS = { bash: "-n", zsh: "-n", fish: "--no-execute" };

for (const [shell, flag] of Object.entries(CHECKS)) {
  Deno.test({
    name: `completions: ${shell} can read its script` +
      (canRun(shell) ? "" : ` (not run: there is no ${shell} on PATH)`),
    ignore: !canRun(shell),
    async fn() {
      const path = await Deno.makeTempFile();
      try {
        await Deno.writeTextFile(path, await script(shell));
        const { code, stderr } = await new Deno.Command(shell, { args: [flag, path] }).output();
        assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
      } finally {
        await Deno.remove(path);
      }
    },
  });
}

Deno.test({
  name: "completions: PowerShell completes with its script" +
    (canRun("pwsh") ? "" : " (not run: there is no pwsh on PATH)"),
  ignore: !canRun("pwsh"),
  async fn() {
    const path = await Deno.makeTempFile({ suffix: ".ps1" });
    try {
      await Deno.writeTextFile(
        path,
        "function zag { 'words 0'; \"it``s`tA name\"; ($args -join ' ') }\n" +
          await script("powershell") +
          "\n(TabExpansion2 'zag exec --na' 13).CompletionMatches.CompletionText\n",
      );
      const { stdout } = await new Deno.Command("pwsh", { args: ["-NoProfile", path] }).output();
      assertStringIncludes(new TextDecoder().decode(stdout), "complete powershell -- exec :--na");
    } finally {
      await Deno.remove(path);
    }
  },
});

Deno.test("completions refuses a shell that it does not know", async () => {
  for (const shell of ["tcsh", "constructor"]) {
    const ctx = fakeContext();
    assertEquals([await run(["completions", shell], ctx), ctx.out], [64, ""]);
    assertStringIncludes(ctx.err, "it must be one of bash, zsh, fish, powershell\n");
  }
});
