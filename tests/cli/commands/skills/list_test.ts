import { assert, assertEquals } from "../../../support/assert.ts";
import { ExtensionHome } from "../extensions.ts";

Deno.test("skills list says how to add one where there is none", async () => {
  await using home = await ExtensionHome.create();
  assertEquals(await home.out("skills", "list"), "No skills. Add one: zag skills add NAME\n");
  assertEquals(await home.out("skills", "list", "--json"), "[]\n");
});

Deno.test("skills list shows all by name, and an array of objects", async () => {
  await using home = await ExtensionHome.create();
  await home.out("skills", "add", "two", "--description", "The second");
  await home.out("skills", "add", "one");
  assertEquals(
    await home.out("skills", "list"),
    "NAME  DESCRIPTION  PATH\n" +
      "one                ~/.zag/skills/one\n" +
      "two   The second   ~/.zag/skills/two\n",
  );
  assertEquals(JSON.parse(await home.out("skills", "--json", "list")), [
    { name: "one", description: "", dir: "~/.zag/skills/one" },
    { name: "two", description: "The second", dir: "~/.zag/skills/two" },
  ]);
});

const bad: [text: string, reason: string][] = [
  ["# no front matter", 'is missing: it stands between two lines "---" at the top'],
  ["---\nname: [\n---\n", "is no YAML"],
  ["---\n- a\n---\n", "holds no fields"],
  ["---\ndescription: x\n---\n", "says no name"],
  ["---\nname: 7\n---\n", "says no name"],
  ["---\nname: other\n---\n", 'says the name "other", its directory "bad"'],
  ["---\nname: bad\ndescription: [x]\n---\n", "the description in its SKILL.md is no text"],
];

for (const [text, reason] of bad) {
  Deno.test(`skills list leaves out and tells of a skill that ${reason}`, async () => {
    await using home = await ExtensionHome.create();
    await home.out("skills", "add", "good");
    await home.write(".zag/skills/bad/SKILL.md", text);
    const { code, out, err } = await home.zag(["skills", "list", "--json"]);
    assertEquals([code, JSON.parse(out).length], [0, 1]);
    assert(err.startsWith(`warning: Cannot use the skill "${home.path}/.zag/skills/bad": `), err);
    assert(err.includes(reason), err);
    assertEquals((await home.zag(["-q", "skills", "list"])).err, "");
  });
}

Deno.test("skills list fits a narrow terminal", async () => {
  await using home = await ExtensionHome.create();
  await home.out("skills", "add", "one", "--description", "ä".repeat(100));
  const { out } = await home.zag(["skills", "list"], { stdoutTty: true, columns: 40 });
  assert(out.split("\n").every((line) => line.length <= 40), out);
});
