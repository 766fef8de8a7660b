/** The manual is complete, its lists come from the program, and its examples work. */
import { type AnyCommand, isGroup, type Route } from "../../src/cli/command.ts";
import { commands } from "../../src/cli/commands.ts";
import { createApp } from "../../src/cli/create_app.ts";
import { manualPage } from "../../src/cli/man_page.ts";
import { PAGE_NAMES, TOPICS } from "../../src/man/pages.ts";
import { fakeContext } from "../fakes/context.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { blocksOf, PAGES, sources, VISIBLE } from "./manual.ts";
import { callsOf } from "./shell_words.ts";

Deno.test("man: every command that is listed has a page", () => {
  const missing = VISIBLE.filter((name) => !PAGE_NAMES.includes(name));
  assertEquals(
    missing.map((name) => `write src/man/pages/${name}.md, and its line in src/man/pages.ts`),
    [],
  );
});

Deno.test("man: every page is about a command or a topic, and every file is a page", async () => {
  const known = [...VISIBLE, ...Object.keys(TOPICS)];
  assertEquals(PAGE_NAMES.filter((name) => !known.includes(name)), []);
  const files: string[] = [];
  for await (const { name } of Deno.readDir(PAGES)) files.push(name);
  assertEquals(files.sort(), PAGE_NAMES.map((name) => `${name}.md`).sort());
});

Deno.test("man: the pages are part of the package", async () => {
  const manifest = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  assert(manifest.publish.include.includes("src/man/pages/*.md"), "publish.include of deno.json");
});

Deno.test("man: every page says what it is for, how it is called, and shows examples", async () => {
  for (const { name, text } of await sources()) {
    const isCommand = VISIBLE.includes(name);
    if (isCommand) {
      assert(text.startsWith(`# zag ${name}\n\n`), `${name}: its heading`);
      assertEquals(text.match(/^<!-- command -->$/gm)?.length, 1, `${name}: one list of flags`);
      assert(text.includes("\n## Examples\n"), `${name}: examples`);
      assert(/^See also |^[A-Z].*`zag man \w+`\.$/m.test(text), `${name}: where to go on`);
    }
    assert(blocksOf(text).some(({ language }) => /^(sh|console)$/.test(language)), name);
    const page = await manualPage([name], commands);
    assert(!page.includes("<!--"), `${name}: a place that nothing fills`);
    for (const [, topic] of text.matchAll(/`zag man ([a-z]+)`/g)) {
      assert([...VISIBLE, ...Object.keys(TOPICS)].includes(topic!), `${name} sends to ${topic}`);
    }
  }
});

/** The same commands, which do nothing. */
function idle(route: Route): Route {
  if (isGroup(route)) return { ...route, commands: route.commands.map(idle) };
  return { ...route, run: () => Promise.resolve(0) } as AnyCommand;
}

Deno.test("man: every command line in an example can be read", async () => {
  const app = createApp(commands.map(idle));
  for (const { name, text } of await sources()) {
    for (const { language, lines } of blocksOf(text)) {
      if (language !== "sh" && language !== "console") continue;
      const script = language === "sh"
        ? lines.join("\n")
        : lines.filter((line) => line.startsWith("$ ")).map((line) => line.slice(2)).join("\n");
      const calls = callsOf("zag", script);
      // A call that is overlooked would not be checked.
      const written = script.replace(/#[ \t].*$/gm, "").match(/(?<![\w."'/~-])zag (?=[a-z-])/g);
      assertEquals(calls.length, written?.length ?? 0, `${name}: ${script}`);
      for (const args of calls) {
        const ctx = fakeContext();
        assertEquals(
          [await app.run(args, ctx), ctx.err],
          [0, ""],
          `${name}: zag ${args.join(" ")}`,
        );
      }
    }
  }
});
