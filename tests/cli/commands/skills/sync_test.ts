import { assert, assertEquals } from "../../../support/assert.ts";
import { ExtensionHome } from "../extensions.ts";

Deno.test("skills sync links every skill for the agents in use, and tells of the others", async () => {
  await using home = await ExtensionHome.create();
  await Deno.mkdir(`${home.path}/.codex`);
  await Deno.mkdir(`${home.path}/.copilot`);
  await home.out("skills", "add", "one");
  await home.out("skills", "add", "two");
  assertEquals(
    await home.out("skills", "sync"),
    "claude: not in use here, skipped\ncodex: 2 skills\ngemini: not in use here, skipped\n" +
      "copilot: 2 skills\nollama: no native skills, skipped\n",
  );
  for (const directory of [".agents", ".copilot"]) {
    for (const name of ["one", "two"]) {
      const link = await Deno.readLink(`${home.path}/${directory}/skills/zag-${name}`);
      assertEquals(link, `${home.path}/.zag/skills/${name}`);
    }
  }
  assertEquals([...Deno.readDirSync(home.path)].some(({ name }) => name === ".claude"), false);
});

Deno.test("skills sync -p makes the directory of an agent that is not in use", async () => {
  await using home = await ExtensionHome.create();
  await home.out("skills", "add", "one");
  assertEquals(await home.out("skills", "sync", "-p", "Claude"), "claude: 1 skill\n");
  assertEquals(JSON.parse(await home.out("skills", "--json", "sync", "-p", "mock")), [
    { provider: "mock", skipped: "no native skills", warnings: [] },
  ]);
  assertEquals((await home.zag(["skills", "sync", "-p", "cluade"])).code, 64);
});

Deno.test("skills sync removes links of skills that are gone, and no others", async () => {
  await using home = await ExtensionHome.create();
  await home.out("skills", "add", "one");
  await home.out("skills", "sync", "-p", "gemini");
  await Deno.remove(`${home.path}/.zag/skills/one`, { recursive: true });
  const skills = `${home.path}/.gemini/skills`;
  await Deno.symlink("/elsewhere", `${skills}/zag-other`);
  await Deno.symlink(`${home.path}/.zag/skills/gone`, `${skills}/mine`);
  assertEquals(await home.out("skills", "sync", "-p", "gemini"), "gemini: 0 skills\n");
  assertEquals([...Deno.readDirSync(skills)].map(({ name }) => name).sort(), ["mine", "zag-other"]);
});

Deno.test("skills sync leaves a skill to the agent that has one of its name", async () => {
  await using home = await ExtensionHome.create();
  const text = "---\nname: one\n---\nNative\n";
  await home.write(".claude/skills/one/SKILL.md", text);
  await home.out("skills", "import");
  assertEquals(
    await home.out("skills", "sync", "-p", "claude"),
    "claude: 0 skills, and 1 of its own in place of zag's\n",
  );
  await home.write(".claude/skills/one/SKILL.md", text + "more\n");
  const { code, out, err } = await home.zag(["skills", "sync", "-p", "claude"]);
  assertEquals([code, out], [0, "claude: 0 skills, and 1 of its own in place of zag's\n"]);
  assert(/^warning: .*"[^"]*\/one" has changed since it was imported/.test(err), err);
});

Deno.test("skills sync tells of a name that something else has", async () => {
  await using home = await ExtensionHome.create();
  await home.out("skills", "add", "one");
  await home.write(".claude/skills/zag-one/SKILL.md", "mine");
  const { out, err } = await home.zag(["skills", "sync", "-p", "claude"]);
  assertEquals(out, "claude: 0 skills\n");
  assert(err.includes("zag-one\" is not zag's"), err);
  assertEquals(await home.read(".claude/skills/zag-one/SKILL.md"), "mine");
});

Deno.test("skills sync ends with 1 when an agent's directory cannot be written", async () => {
  await using home = await ExtensionHome.create();
  await home.out("skills", "add", "one");
  await home.write(".claude/skills", "a file");
  const { code, out, err } = await home.zag(["skills", "sync", "-p", "claude"]);
  assertEquals([code, out], [1, "claude: failed\n"]);
  assert(err.startsWith("error: "), err);
});

Deno.test("skills sync replaces a link into a state directory that was moved", async () => {
  await using home = await ExtensionHome.create();
  await home.out("skills", "add", "one");
  await home.out("skills", "sync", "-p", "copilot");
  await Deno.rename(`${home.path}/.zag`, `${home.path}/moved`);
  const env = { ZAG_HOME: `${home.path}/moved` };
  const { out, err } = await home.zag(["skills", "sync", "-p", "copilot"], { env });
  assertEquals([out, err], ["copilot: 1 skill\n", ""]);
  const link = await Deno.readLink(`${home.path}/.copilot/skills/zag-one`);
  assertEquals(link, `${home.path}/moved/skills/one`);
});

Deno.test("skills sync leaves a skill to the agent that has a link of its name to one", async () => {
  await using home = await ExtensionHome.create();
  await home.out("skills", "add", "one");
  await home.write("dotfiles/one/SKILL.md", "---\nname: one\n---\n");
  await home.write(".claude/skills/.keep", "");
  await Deno.symlink("../../dotfiles/one", `${home.path}/.claude/skills/one`);
  assertEquals(
    await home.out("skills", "sync", "-p", "claude"),
    "claude: 0 skills, and 1 of its own in place of zag's\n",
  );
});

Deno.test("skills sync removes of the links that lead nowhere only those that zag has made", async () => {
  await using home = await ExtensionHome.create();
  await home.out("skills", "add", "one");
  const directory = `${home.path}/.claude/skills`;
  await home.out("skills", "sync", "-p", "claude");
  await Deno.symlink("/gone/skills/mine", `${directory}/zag-mine`);
  // The state directory moves, and its links then lead nowhere.
  await Deno.rename(`${home.path}/.zag`, `${home.path}/moved`);
  const env = { ZAG_HOME: `${home.path}/moved` };
  await Deno.rename(`${home.path}/moved/skills/one`, `${home.path}/elsewhere`);
  const { out } = await home.zag(["skills", "sync", "-p", "claude"], { env });
  assertEquals(out, "claude: 0 skills\n");
  assertEquals([...Deno.readDirSync(directory)].map(({ name }) => name), ["zag-mine"]);
});

Deno.test("skills sync says plainly that a path cannot be made", async () => {
  await using home = await ExtensionHome.create();
  await home.out("skills", "add", "one");
  await home.write(".claude", "no directory");
  const { code, err } = await home.zag(["skills", "sync", "-p", "claude"]);
  assertEquals(code, 1);
  assert(/^error: Cannot change "[^"]*": a part of its path is no directory\n$/.test(err), err);
});
