/** Skills, from the command line to the agent's directory and back. */
import { assert, assertEquals } from "../support/assert.ts";
import { inHome } from "./support.ts";

Deno.test(
  "zag skills: add, sync and remove leave the agents' directories as they were",
  inHome(async (home) => {
    await Deno.mkdir(`${home.path}/.claude/skills/native`, { recursive: true });
    const out = async (...args: string[]) => {
      const { code, stdout, stderr } = await home.zag(["skills", ...args]);
      assertEquals([code, stderr], [0, ""], args.join(" "));
      return stdout;
    };
    await out("add", "one", "--description", "What it is for");
    assert((await out("sync")).startsWith("claude: 1 skill\n"));
    const link = `${home.path}/.claude/skills/zag-one`;
    const text = await Deno.readTextFile(`${link}/SKILL.md`);
    assert(text.includes("description: What it is for"), text);
    assertEquals(JSON.parse(await out("list", "--json")).length, 1);
    assertEquals(await out("remove", "one"), "Removed skill: one (also from claude)\n");
    const left = [...Deno.readDirSync(`${home.path}/.claude/skills`)].map(({ name }) => name);
    assertEquals(left, ["native"]);
    assertEquals([...Deno.readDirSync(`${home.path}/.zag/skills`)], []);
  }),
);

Deno.test(
  "zag skills: many at once add each skill once",
  inHome(async (home) => {
    const names = ["a", "b", "a", "b", "a", "b"];
    const ran = await Promise.all(names.map((name) => home.zag(["skills", "add", name])));
    assertEquals(ran.map(({ code }) => code).sort(), [0, 0, 1, 1, 1, 1]);
    const { stdout } = await home.zag(["skills", "list", "--json"]);
    assertEquals(JSON.parse(stdout).map(({ name }: { name: string }) => name), ["a", "b"]);
  }),
);
