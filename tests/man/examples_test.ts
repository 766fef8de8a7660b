/** What the pages of the manual show with its output is run, and prints that. */
import { TestHome, ZAG } from "../support/zag.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { leftovers } from "../e2e/support.ts";
import { type Block, blocksOf, sources } from "./manual.ts";

/** A script of the mock agent from what stands in a page. */
function scriptOf(mock: string | undefined): string {
  if (mock === undefined) return "";
  if (mock.startsWith('{"turns"')) return mock;
  return JSON.stringify({
    turns: [{ steps: [{ do: "say", text: mock }] }],
    after: "repeat-last",
  });
}

/** Commands, each with what it prints. */
function* steps({ lines }: Block): Generator<{ command: string; printed: string }> {
  let command: string | undefined;
  let printed = "";
  for (const line of lines) {
    if (!line.startsWith("$ ")) {
      printed += `${line}\n`;
      continue;
    }
    if (command !== undefined) yield { command, printed };
    [command, printed] = [line.slice(2), ""];
  }
  if (command !== undefined) yield { command, printed };
}

/** Whether a text is what a page says, where `…` stands for anything on a line. */
function fits(text: string, wanted: string): boolean {
  const pattern = wanted.split("…").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${pattern.join(".*")}$`).test(text);
}

for (const { name, text } of await sources()) {
  const blocks = blocksOf(text).filter(({ language }) => language === "console");
  if (blocks.length === 0) continue;
  Deno.test(`man ${name}: every example with output prints it`, async () => {
    await using home = await TestHome.create();
    await home.program("zag", `#!/bin/sh\nexec ${ZAG.shell} "$@"\n`);
    await Deno.mkdir(`${home.path}/.zag`, { mode: 0o700 });
    await Deno.writeTextFile(`${home.path}/.zag/zag.jsonc`, '{"defaults": {"provider": "mock"}}');
    await Deno.mkdir(`${home.work}/.git`);
    for (const block of blocks) {
      const env = home.env({ ZAG_MOCK_SCRIPT: scriptOf(block.mock) || undefined });
      for (const { command, printed } of steps(block)) {
        const { code, stdout, stderr } = await new Deno.Command("sh", {
          args: ["-c", command],
          cwd: home.work,
          env,
          clearEnv: true,
          stdin: "null",
        }).output();
        const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
        assertEquals(code, 0, `${command}\n${err}`);
        assert(!/^error:/m.test(err!) || command.includes("exit code"), `${command}\n${err}`);
        if (!fits(out!, printed)) assertEquals(out, printed, `${command}\n${err}`);
      }
    }
    assertEquals(await leftovers(home), []);
  });
}
