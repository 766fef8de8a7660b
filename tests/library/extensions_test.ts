import { inHome } from "../e2e/support.ts";
import { assertEquals } from "../support/assert.ts";
import { run } from "./support.ts";

Deno.test(
  "skills adds, lists, gives to the agents, and removes",
  inHome(async (home) => {
    await Deno.mkdir(`${home.path}/.claude/skills/own`, { recursive: true });
    const own = "---\nname: own\ndescription: Mine\n---\n\nDo it.\n";
    await Deno.writeTextFile(`${home.path}/.claude/skills/own/SKILL.md`, own);
    assertEquals(await run(home, "skills"), [
      true,
      ["knots"],
      [],
      "How to tie",
      { count: 1, changed: true },
      ["claude", "codex", "gemini", "copilot", "ollama"],
      ["own", "zag-knots"],
      [{ name: "own", status: "imported" }],
      { providers: ["claude"], failures: [] },
      "ExtensionError",
    ]);
    assertEquals([...Deno.readDirSync(`${home.path}/.claude/skills`)].map(({ name }) => name), [
      "own",
    ]);
  }),
);

Deno.test(
  "mcp adds, lists, gives to the agents, and removes",
  inHome(async (home) => {
    await Deno.mkdir(`${home.path}/.claude`);
    await Deno.writeTextFile(
      `${home.path}/.claude.json`,
      JSON.stringify({ mcpServers: { theirs: { command: "other" } } }),
    );
    assertEquals(await run(home, "mcp"), [
      'Cannot add MCP server "here": this directory belongs to no project',
      'Cannot add MCP server "n": a stdio server needs a command',
      ["files", ["-x"], "global"],
      true,
      { count: 1, changed: true },
      5,
      [{ name: "theirs", status: "imported" }],
      ["global"],
      ["claude"],
    ]);
    const settings = JSON.parse(await Deno.readTextFile(`${home.path}/.claude.json`));
    assertEquals(settings.mcpServers, { theirs: { command: "other" } });
  }),
);
