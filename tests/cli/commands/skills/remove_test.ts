import { assert, assertEquals } from "../../../support/assert.ts";
import { ExtensionHome } from "../extensions.ts";

Deno.test("skills remove takes the links from the agents, then the directory", async () => {
  await using home = await ExtensionHome.create();
  await home.write(".gemini/skills/native/SKILL.md", "x");
  await home.write(".claude/settings.json", "{}");
  await home.out("skills", "add", "one");
  await home.out("skills", "add", "two");
  await home.out("skills", "sync");
  assertEquals(
    await home.out("skills", "remove", "one"),
    "Removed skill: one (also from claude, gemini)\n",
  );
  const left = [...Deno.readDirSync(`${home.path}/.gemini/skills`)].map(({ name }) => name).sort();
  assertEquals(left, ["native", "zag-two"]);
  assertEquals(
    JSON.parse(await home.out("skills", "remove", "two", "--json")),
    { removed: "two", providers: ["claude", "gemini"], failures: [] },
  );
  // What zag has made is gone, what was there is there.
  assert(await home.read(".gemini/skills/native/SKILL.md"));
  assertEquals([...Deno.readDirSync(`${home.path}/.claude`)].map(({ name }) => name), [
    "settings.json",
  ]);
});

Deno.test("skills remove removes a skill that cannot be used", async () => {
  await using home = await ExtensionHome.create();
  await home.write(".zag/skills/bad/SKILL.md", "x");
  assertEquals(await home.out("skills", "remove", "bad"), "Removed skill: bad\n");
});

Deno.test("skills remove leaves links of that name that are not zag's", async () => {
  await using home = await ExtensionHome.create();
  await home.out("skills", "add", "one");
  await Deno.mkdir(`${home.path}/.claude/skills`, { recursive: true });
  await Deno.symlink("/elsewhere/one", `${home.path}/.claude/skills/zag-one`);
  await home.out("skills", "remove", "one");
  assertEquals(await Deno.readLink(`${home.path}/.claude/skills/zag-one`), "/elsewhere/one");
});

Deno.test("skills remove says that there is no such skill", async () => {
  await using home = await ExtensionHome.create();
  const { code, err } = await home.zag(["skills", "remove", "none"]);
  assertEquals(code, 1);
  assert(err.startsWith('error: Cannot remove skill "none": there is none\n'), err);
});
