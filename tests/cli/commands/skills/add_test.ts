import { assert, assertEquals } from "../../../support/assert.ts";
import { ExtensionHome } from "../extensions.ts";

Deno.test("skills add makes a skeleton and says what to edit", async () => {
  await using home = await ExtensionHome.create();
  assertEquals(
    await home.out("skills", "add", "one", "--description", "d"),
    "Added skill: one\n~/.zag/skills/one/SKILL.md\nSay in it what to do\n",
  );
  assert((await home.read(".zag/skills/one/SKILL.md"))!.startsWith("---\nname: one\n"));
  assertEquals(
    await home.out("skills", "add", "two", "--json"),
    '{"added":"two","path":"~/.zag/skills/two/SKILL.md"}\n',
  );
});

for (const description of ['a: "b" #c', "two\nlines", "- x", "'", "---", "ä😀\t\\", "yes", ""]) {
  Deno.test(`skills add keeps the description ${JSON.stringify(description)}`, async () => {
    await using home = await ExtensionHome.create();
    await home.out("skills", "add", "one", `--description=${description}`);
    const shown = JSON.parse(await home.out("skills", "show", "one", "--json"));
    assertEquals(shown.description, description.trim());
  });
}

Deno.test("skills add refuses a name that is taken, and leaves what is there", async () => {
  await using home = await ExtensionHome.create();
  await home.out("skills", "add", "one", "--description", "kept");
  const { code, out, err } = await home.zag(["skills", "add", "one"]);
  assertEquals([code, out], [1, ""]);
  assert(err.startsWith('error: Cannot add skill "one": it exists\n'), err);
  assert((await home.read(".zag/skills/one/SKILL.md"))!.includes("kept"));
});

Deno.test("skills add refuses a name that is a path", async () => {
  await using home = await ExtensionHome.create();
  const { code, err } = await home.zag(["skills", "add", "../one"]);
  assertEquals(code, 64);
  assert(err.includes("Usage: zag [flags] skills add <name>"), err);
  assert(err.includes('Cannot use "../one" as the name of a skill'), err);
  assertEquals(await home.read(".zag/one/SKILL.md"), undefined);
});
