import { assert, assertEquals } from "../../../support/assert.ts";
import { ExtensionHome } from "../extensions.ts";

const text = (name: string) => `---\nname: ${name}\ndescription: d\n---\n\nDo it.\n`;

Deno.test("skills import copies what zag does not have, and says what it left", async () => {
  await using home = await ExtensionHome.create();
  await home.write(".claude/skills/one/SKILL.md", text("one"));
  await home.write(".claude/skills/one/scripts/run.sh", "echo");
  await home.write(".claude/skills/two/SKILL.md", text("two"));
  await home.write(".claude/skills/none/README.md", "");
  await home.write(".claude/skills/odd name/SKILL.md", text("odd name"));
  await home.write(".claude/skills/zag-x/SKILL.md", text("zag-x"));
  await Deno.symlink("two", `${home.path}/.claude/skills/link`);
  await home.out("skills", "add", "two");
  assertEquals(
    await home.out("skills", "import"),
    "skipped none: it has no SKILL.md\n" +
      "skipped odd name: its name is none that a skill of zag can have\n" +
      "imported one\n" +
      "skipped two: zag has a skill of this name\n" +
      "Imported 1 skill\n",
  );
  assertEquals(await home.read(".zag/skills/one/SKILL.md"), text("one"));
  assertEquals(await home.read(".zag/skills/one/scripts/run.sh"), "echo");
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text("one")));
  assertEquals(JSON.parse((await home.read(".zag/skills/one/.import-metadata.json"))!), {
    source_provider: "claude",
    source_hash: new Uint8Array(digest).toHex(),
    imported_at: "2026-01-02T03:04:05.678Z",
  });
  const names = [...Deno.readDirSync(`${home.path}/.zag/skills`)].map(({ name }) => name).sort();
  assertEquals(names, ["one", "two"]);
});

Deno.test("skills import --from reads another agent, and --json prints one object", async () => {
  await using home = await ExtensionHome.create();
  await home.write(".gemini/skills/one/SKILL.md", text("one"));
  assertEquals(JSON.parse(await home.out("skills", "import", "--from", "gemini", "--json")), {
    imported: 1,
    skills: [{ name: "one", status: "imported" }],
  });
  assertEquals(await home.out("skills", "import", "--from", "copilot"), "Imported 0 skills\n");
});

Deno.test("skills import refuses an agent that has none", async () => {
  await using home = await ExtensionHome.create();
  const { code, err } = await home.zag(["skills", "import", "--from", "ollama"]);
  assertEquals(code, 64);
  assert(err.includes('Cannot import from "ollama": it has no skills of its own'), err);
});
