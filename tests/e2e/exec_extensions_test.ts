/** What zag keeps for every agent reaches the one that is started. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { withOllama } from "./ollama_support.ts";
import { isThere } from "./worktree_support.ts";
import { claude, inHome, mock, replay, seen, standIn } from "./support.ts";

Deno.test(
  "exec gives skills and MCP servers to the agent before it starts, and takes them away again",
  inHome(async (home) => {
    await standIn(home, `cp "$HOME/.claude.json" "$HOME/seen/" 2>/dev/null\n${replay("simple")}`);
    assertEquals((await claude(home, ["hi"])).stderr, "");
    await home.zag(["skills", "add", "one", "--description", "What it is for"]);
    await home.zag(["mcp", "add", "two", "--global", "--command", "server"]);
    await Deno.remove(`${home.path}/.claude.json`).catch(() => {});
    await Deno.remove(`${home.path}/.claude`, { recursive: true }).catch(() => {});
    const { code, stderr } = await claude(home, ["--mcp-config", '{"mcpServers":{}}', "hi"]);
    assertEquals([code, stderr], [0, ""]);
    const settings = JSON.parse(await Deno.readTextFile(`${home.path}/seen/.claude.json`));
    assertEquals(Object.keys(settings.mcpServers), ["zag-two"]);
    assertStringIncludes(
      await Deno.readTextFile(`${home.path}/.claude/skills/zag-one/SKILL.md`),
      "What it is for",
    );
    assertMatch(await seen(home, "args"), /--mcp-config/);
    await Deno.remove(`${home.path}/.zag/skills`, { recursive: true });
    await Deno.remove(`${home.path}/.zag/mcp`, { recursive: true });
    await claude(home, ["hi"]);
    // Zag had made the file, and nobody else has anything in it.
    assertEquals(await Deno.readTextFile(`${home.path}/.claude.json`).catch(() => ""), "");
    assertEquals(isThere(`${home.path}/.claude/skills/zag-one`), false);
  }),
);

Deno.test(
  "exec warns about settings of the agent that cannot be read, and starts it all the same",
  inHome(async (home) => {
    await standIn(home, replay("simple"));
    await home.zag(["mcp", "add", "two", "--global", "--command", "server"]);
    await Deno.writeTextFile(`${home.path}/.claude.json`, '{"broken');
    const { code, stdout, stderr } = await claude(home, ["hi"]);
    assertEquals(code, 0);
    assert(stdout.length > 0);
    assertMatch(stderr, /^warning: .*\.claude\.json/m);
    assertEquals(await Deno.readTextFile(`${home.path}/.claude.json`), '{"broken');
  }),
);

Deno.test(
  "exec puts skills into the system prompt of Ollama, behind the person's own",
  withOllama({}, async ({ home, server, zag }) => {
    await home.zag(["skills", "add", "one", "--description", "What it is for"]);
    const { code, stderr } = await zag(["exec", "--system-prompt", "be brief", "hi"]);
    assertEquals([code, stderr], [0, ""]);
    const [system] = server.asked.at(-1).messages;
    assertEquals(system.role, "system");
    assertMatch(system.content, /^be brief\n\n# Skills\n\n[\s\S]*## one\n\nWhat it is for/);
    // What is recorded is what the person said: skills are looked up anew each time.
    const [row] = home.rows("sessions");
    assertEquals(JSON.parse(String(row!.launch)).systemPrompt, "be brief");
  }),
);

Deno.test(
  "exec does not look at extensions where there are none",
  inHome(async (home) => {
    const { code, stderr } = await mock(home, []);
    assertEquals([code, stderr], [0, ""]);
    assertEquals([...Deno.readDirSync(home.path)].map(({ name }) => name).sort(), [
      ".zag",
      "work",
    ]);
  }),
);
