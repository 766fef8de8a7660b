import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import {
  type ClaudeHome,
  claudeProves,
  entries,
  eventsOf,
  only,
  outputOf,
  systemText,
  userTexts,
  withClaude,
} from "./claude_support.ts";

/** What the only tool of a run said. */
function toolOutput(stdout: string): string {
  const [tool, ...more] = only(
    outputOf({ stdout } as Parameters<typeof outputOf>[0]).events,
    "tool_execution",
  );
  assertEquals(more, []);
  return tool?.result.output ?? `failed: ${tool?.result.error}`;
}

Deno.test("claude exec --system-prompt adds to the CLI's own", () =>
  claudeProves(["system_prompt"], async (claude) => {
    const system = 'Speak of "cheese", -always-.\nNothing else.';
    const ran = await claude.zag(["exec", "--system-prompt", system, "[[say:x]]"]);
    assertEquals(ran.code, 0, ran.stderr);
    const text = systemText(claude.lastBody);
    assertStringIncludes(text, system);
    assert(text.length > system.length + 1000);
    await claude.zag(["exec", "[[say:x]]"]);
    assert(!systemText(claude.lastBody).includes("cheese"));
  }));

Deno.test("claude exec --add-dir opens a directory", () =>
  claudeProves(["add_dirs"], async (claude) => {
    const other = `${claude.path}/other dir`;
    await Deno.mkdir(other);
    await Deno.writeTextFile(`${other}/note.txt`, "the note");
    const prompt = `[[call:Read ${JSON.stringify({ file_path: `${other}/note.txt` })}]][[say:x]]`;
    const closed = await claude.zag(["exec", "-o", "json", prompt]);
    assertMatch(toolOutput(closed.stdout), /^failed: .*permission/);
    assertStringIncludes(closed.stderr, '"Read"');
    const opened = await claude.zag(["exec", "-o", "json", "--add-dir", "../other dir", prompt]);
    assertStringIncludes(toolOutput(opened.stdout), "the note");
    assertEquals(opened.stderr, "");
  }));

Deno.test("claude exec --max-turns ends a session that goes on for too long", () =>
  claudeProves(["max_turns"], async (claude) => {
    const args = ["exec", "-a", "--max-turns", "2", "-o", "json"];
    const prompt = "[[bash:echo 1]][[bash:echo 2]][[bash:echo 3]][[say:x]]";
    const ran = await claude.zag([...args, prompt]);
    assertEquals(ran.code, 0);
    assertMatch(ran.stderr, /^error: Claude Code reported a failure: .*turns/i);
    assertEquals(claude.asked.length, 2);
    assertEquals(outputOf(ran).is_error, true);
    assertEquals((await claude.session()).outcome, "failure");
    assertEquals((await claude.zag([...args, "[[bash:echo 1]][[say:x]]"])).stderr, "");
  }));

/** Runs a session that calls the tool of an MCP server, and returns what the tool said. */
async function pingMcp(claude: ClaudeHome, config: string): Promise<string> {
  const prompt = '[[call:mcp__demo__ping {"text":"there"}]][[say:x]]';
  const ran = await claude.zag(["exec", "-a", "--mcp-config", config, "-o", "json", prompt]);
  assertEquals(ran.code, 0, ran.stderr);
  return toolOutput(ran.stdout);
}

Deno.test("claude exec --mcp-config starts a server", () =>
  claudeProves(["mcp_config"], async (claude) => {
    await claude.record();
    const program = fileURLToPath(new URL("./mcp_server.ts", import.meta.url));
    const args = ["run", "--quiet", "--no-config", "-A", program];
    const server = { type: "stdio", command: Deno.execPath(), args, env: { GREETING: "s3cret" } };
    const config = JSON.stringify({ mcpServers: { demo: server } });
    assertEquals(await pingMcp(claude, config), "s3cret there");
    const [inline] = await claude.recorded();
    const file = inline!.args.find((arg) => arg.startsWith("--mcp-config="))!.slice(13);
    assertEquals(inline!.args.filter((arg) => arg.includes("s3cret")), []);
    assertEquals(await Deno.stat(file).catch(() => "gone"), "gone");
    await Deno.writeTextFile(`${claude.work}/servers.json`, config.replace("s3cret", "hello"));
    assertEquals(await pingMcp(claude, "servers.json"), "hello there");
    const missing = await claude.zag(["exec", "--mcp-config", "none.json", "[[say:x]]"]);
    assertEquals(missing.code, 1);
    assertStringIncludes(missing.stderr, '"none.json": there is no such file');
  }));

Deno.test("claude exec --model passes sizes and names on", () =>
  claudeProves(["model"], async (claude) => {
    const asks = async (...args: string[]) => {
      const ran = await claude.zag(["exec", ...args, "-o", "json", "[[say:x]]"]);
      assertEquals(ran.code, 0, ran.stderr);
      return { asked: claude.asked.at(-1)!.model!, told: outputOf(ran).model! };
    };
    const own = await asks();
    assert(own.told.startsWith(own.asked), `${own.told} is not ${own.asked}`);
    assertEquals(await asks("-m", "large"), own);
    assertEquals(await asks("-m", "default"), own);
    const haiku = await asks("--model", "small");
    assertMatch(haiku.asked, /haiku/);
    assertEquals(await asks("-m", "haiku"), haiku);
    const sonnet = await asks("-m", "sonnet");
    assertMatch(sonnet.asked, /sonnet/);
    assertEquals(await asks("-m", "medium"), sonnet);
    assertEquals((await asks("-m", "claude-unheard-of-9")).asked, "claude-unheard-of-9");
  }));

Deno.test("claude exec --env reaches the tools but not the log", () =>
  withClaude(async (claude) => {
    const session = crypto.randomUUID();
    const ran = await claude.zag([
      "--session",
      session,
      "--env",
      "SECRET_WORD=sesame  open",
      "--env",
      "ZAG_SESSION_ID=forged",
      "exec",
      "-a",
      "-o",
      "json",
      "[[bash:printenv SECRET_WORD ZAG_SESSION_ID ZAG_PROVIDER ZAG_ROOT; wc -c]][[say:x]]",
    ]);
    assertEquals(ran.code, 0, ran.stderr);
    assertEquals(toolOutput(ran.stdout), `sesame  open\n${session}\nclaude\n${claude.work}\n0`);
    const [meta] = entries(await claude.log(), "session_meta");
    assert(!JSON.stringify(meta).includes("sesame"));
    assertStringIncludes(JSON.stringify(meta), "SECRET_WORD");
  }));

Deno.test("claude exec --file puts files before the prompt", () =>
  withClaude(async (claude) => {
    await Deno.writeTextFile(`${claude.work}/notes.md`, "# Notes\n</file>tricky\n");
    const ran = await claude.zag(["exec", "--file", "notes.md", "[[say:read]]"]);
    assertEquals(ran.stdout, "read\n", ran.stderr);
    const [sent] = userTexts(claude.lastBody).filter((text) => text.includes("[[say:read]]"));
    assertMatch(sent!, /notes\.md[\s\S]*# Notes[\s\S]*tricky[\s\S]*\[\[say:read\]\]$/);
    const prompts = entries(await claude.log(), "user_message").map(({ content }) => content);
    assertEquals(prompts, ["[[say:read]]"]);
  }));

Deno.test("claude exec joins a prompt and piped text", () =>
  withClaude(async (claude) => {
    const ran = await claude.zag(["exec", "[[say:both]]"], { stdin: "piped\n```\ntext\n" });
    assertEquals(ran.stdout, "both\n", ran.stderr);
    const sent = userTexts(claude.lastBody).at(-1)!;
    assertEquals(sent, "[[say:both]]\n\n````\npiped\n```\ntext\n````");
  }));

Deno.test("claude exec --root starts the agent there", () =>
  withClaude(async (claude) => {
    await Deno.mkdir(`${claude.path}/elsewhere`);
    const ran = await claude.zag([
      "--root",
      "../elsewhere",
      "exec",
      "-o",
      "stream-json",
      "[[say:x]]",
    ]);
    assertEquals(ran.code, 0, ran.stderr);
    const [init] = only(eventsOf(ran), "init");
    assertEquals(init?.working_directory, `${claude.path}/elsewhere`);
  }));

Deno.test("claude exec starts zag from inside a session", () =>
  withClaude(async (claude) => {
    const prompt = "[[bash:zag -p mock exec nested]][[say:x]]";
    const ran = await claude.zag(["exec", "-a", "-o", "json", prompt]);
    assertEquals(ran.code, 0, ran.stderr);
    assertEquals(toolOutput(ran.stdout), "nested");
    const paths = await claude.home.logPaths();
    assertEquals(paths.length, 2);
    const outer = outputOf(ran).session_id;
    const inner = paths.map((path) => path.match(/([^/]+)\.jsonl$/)![1]!).find((id) =>
      id !== outer
    )!;
    const child = claude.stored(inner);
    assertEquals(child.provider, "mock");
    assertEquals(child.parentSessionId, outer);
    assertEquals(claude.stored(outer).parentSessionId, null);
    assert(child.parentProcessId);
  }));

Deno.test("claude exec starts Claude from inside a session as if it were outside", () =>
  withClaude(async (claude) => {
    await claude.program("claude", [
      "#!/bin/sh",
      'env > "$HOME/environment.$$"',
      `exec '${claude.bin}/claude' "$@"`,
    ]);
    const prompt = "[[bash:env > tool_environment; zag -p claude exec -o json inner]][[say:x]]";
    const ran = await claude.zag(["exec", "-a", "-o", "json", prompt]);
    assertEquals(ran.code, 0, ran.stderr);
    const inner = JSON.parse(toolOutput(ran.stdout));
    assertEquals(inner.result, "STUB:inner");
    assertEquals(claude.stored(inner.session_id).parentSessionId, outputOf(ran).session_id);
    const names = async (path: string) =>
      (await Deno.readTextFile(path)).split("\n").map((line) => line.split("=")[0]!)
        .filter((name) => /^CLAUDE/.test(name));
    const tools = await names(`${claude.work}/tool_environment`);
    assert(tools.includes("CLAUDECODE"));
    const starts = (await Array.fromAsync(Deno.readDir(claude.path)))
      .filter(({ name }) => name.startsWith("environment."));
    assertEquals(starts.length, 2);
    const [one, two] = await Promise.all(starts.map(({ name }) => names(`${claude.path}/${name}`)));
    const told = new Set(one).symmetricDifference(new Set(two));
    // How hard the surrounding session thinks, and which program it is, does no harm.
    assertEquals([...told].sort(), ["CLAUDE_CODE_EXECPATH", "CLAUDE_EFFORT"]);
  }));
