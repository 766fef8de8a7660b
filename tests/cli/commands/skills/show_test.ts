import { assert, assertEquals } from "../../../support/assert.ts";
import { ExtensionHome } from "../extensions.ts";

Deno.test("skills show prints the fields and the body", async () => {
  await using home = await ExtensionHome.create();
  const text =
    "\ufeff---\r\nname: one\r\ndescription: >\r\n  Two\r\n  lines\r\n---\r\n\r\nDo it.\r\n";
  await home.write(".zag/skills/one/SKILL.md", text);
  assertEquals(
    await home.out("skills", "show", "one"),
    "Name:        one\nDescription: Two lines\nPath:        ~/.zag/skills/one\n\nDo it.\n",
  );
  assertEquals(JSON.parse(await home.out("skills", "show", "one", "--json")), {
    name: "one",
    description: "Two lines",
    body: "Do it.\r\n",
    dir: "~/.zag/skills/one",
  });
});

for (const name of ["../one", "..", ".", "a/b", "", "zag-x", "x".repeat(65), "ä"]) {
  Deno.test(`skills show and remove read nothing for the name ${JSON.stringify(name)}`, async () => {
    await using home = await ExtensionHome.create();
    await home.write(".zag/one/SKILL.md", "---\nname: one\n---\n");
    await home.out("skills", "add", "kept");
    for (const command of ["show", "remove"]) {
      const { code, out, err } = await home.zag(["skills", command, "--", name]);
      assertEquals([code, out], [64, ""]);
      assert(err.includes("as the name of a skill"), err);
    }
    assert(await home.read(".zag/one/SKILL.md"));
    assert(await home.read(".zag/skills/kept/SKILL.md"));
  });
}

Deno.test("skills show says that there is no such skill", async () => {
  await using home = await ExtensionHome.create();
  const { code, err } = await home.zag(["skills", "show", "none"]);
  assertEquals(code, 1);
  assert(err.startsWith('error: Cannot find skill "none": there is none\n"zag skills list"'), err);
});

const broken: [name: string, text: string | undefined, reason: string][] = [
  ["none", "x", 'the front matter of its SKILL.md is missing: it stands between two lines "---"'],
  ["yaml", "---\n\na: [\n---\n", "the front matter of its SKILL.md is no YAML: "],
  ["directory", undefined, "its SKILL.md cannot be read: it is a directory"],
];

for (const [name, text, reason] of broken) {
  Deno.test(`skills show says once what is wrong with a skill: ${name}`, async () => {
    await using home = await ExtensionHome.create();
    if (text === undefined) await home.write(`.zag/skills/${name}/SKILL.md/file`, "");
    else await home.write(`.zag/skills/${name}/SKILL.md`, text);
    const { code, err } = await home.zag(["skills", "show", name]);
    assertEquals(code, 1);
    assert(err.includes(`: ${reason}`) && /^error: [^\n]+\n$/.test(err), err);
  });
}
