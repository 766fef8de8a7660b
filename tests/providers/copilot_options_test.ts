import { fileURLToPath } from "node:url";
import { provider } from "../../src/providers/copilot/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { type AgentHome, entries, eventsOf, only, outputOf } from "./agent_home.ts";
import { COPILOT, copilotTest, lastBody, systemText, toolOutput } from "./copilot_support.ts";

copilotTest([], "is known with the models that its help lists", async (copilot) => {
  const { stdout } = await copilot.bare(["help", "config"]);
  const section = /^ {2}`model`:[^]*?\n\n/m.exec(stdout)?.[0] ?? "";
  const listed = [...section.matchAll(/^ {4}- "(.*)"$/gm)].map((match) => match[1]!);
  assert(listed.length > 10, section);
  const { names, sizes } = provider.models;
  assertEquals(names.filter((name) => name !== "auto"), listed);
  for (const name of Object.values(sizes)) assert(listed.includes(name), name);
});

copilotTest(["system_prompt"], "exec --system-prompt adds to the CLI's own", async (copilot) => {
  const own = `${copilot.path}/my own/.github/instructions`;
  await Deno.mkdir(own, { recursive: true });
  await Deno.writeTextFile(
    `${own}/mine.instructions.md`,
    '---\napplyTo: "**"\n---\nMy own word.\n',
  );
  const env = { COPILOT_CUSTOM_INSTRUCTIONS_DIRS: `${copilot.path}/my own` };
  const system = 'Speak of "cheese", -always-.\n---\nNothing else.';
  const args = ["exec", "--system-prompt", system, "-a"];
  const ran = await copilot.zag([...args, "[[bash:ls -A > seen]][[say:x]]"], { env });
  assertEquals(ran.code, 0, ran.stderr);
  const text = systemText(copilot);
  assertStringIncludes(text, system);
  assertStringIncludes(text, "My own word.");
  assert(text.length > system.length + 1000);
  assertEquals(await Deno.readTextFile(`${copilot.work}/seen`), "seen\n");
  await copilot.zag(["exec", "[[say:x]]"]);
  assertEquals(systemText(copilot).includes("cheese"), false);
});

copilotTest([], "exec --json asks for JSON beside the CLI's own system prompt", async (copilot) => {
  const ran = await copilot.zag(["exec", "--json", "-s", "Speak of cheese.", "[[json:[1]]]"]);
  assertEquals([ran.code, ran.stdout], [0, "[1]\n"], ran.stderr);
  assertMatch(systemText(copilot), /Speak of cheese\.\n\nAnswer with JSON alone/);
  const bad = await copilot.zag(["exec", "--json", "[[say:no idea]]"]);
  assert(bad.code !== 0);
  assert(copilot.asked.length > 2, "the model is asked again");
  assertEquals(systemText(copilot).match(/Answer with JSON alone/g)?.length, 1);
});

copilotTest(["add_dirs"], "exec --add-dir opens a directory", async (copilot) => {
  // The CLI may read below the system's directory for temporary files in any case.
  const other = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "zag other " });
  try {
    await Deno.writeTextFile(`${other}/note.txt`, "the note");
    const prompt = `[[call:view ${JSON.stringify({ path: `${other}/note.txt` })}]][[say:x]]`;
    const closed = await copilot.zag(["exec", "-o", "json", prompt]);
    assertMatch(toolOutput(closed), /^failed: .*[Pp]ermission/);
    assertStringIncludes(closed.stderr, '"view"');
    const opened = await copilot.zag(["exec", "-o", "json", "--add-dir", other, prompt]);
    assertStringIncludes(toolOutput(opened), "the note");
    assertEquals(opened.stderr, "");
  } finally {
    await Deno.remove(other, { recursive: true });
  }
});

copilotTest(["max_turns"], "exec --max-turns ends a session that goes on for too long", async (
  copilot,
) => {
  const args = ["exec", "-a", "--max-turns", "2", "-o", "json"];
  const prompt = "[[bash:echo 1]][[bash:echo 2]][[hang:60000]][[bash:touch made]]";
  const ran = await copilot.zag([...args, prompt]);
  assertEquals(await copilot.living(), []);
  assertEquals(ran.code, 0);
  assertMatch(ran.stderr, /^error: GitHub Copilot reported a failure: .*2 turns/);
  assertEquals(outputOf(ran).is_error, true);
  assertEquals(only(outputOf(ran).events, "tool_execution").length, 2);
  assertEquals((await copilot.session()).outcome, "failure");
  assertEquals((await copilot.zag([...args, "[[bash:echo 1]][[say:x]]"])).stderr, "");
});

/** Runs a session that calls the tool of an MCP server, and returns what the tool said. */
async function pingMcp(copilot: AgentHome, config: string): Promise<string> {
  const prompt = '[[call:demo-ping {"text":"there"}]][[say:x]]';
  const ran = await copilot.zag(["exec", "-a", "--mcp-config", config, "-o", "json", prompt]);
  assertEquals(ran.code, 0, ran.stderr);
  return toolOutput(ran);
}

copilotTest(["mcp_config"], "exec --mcp-config starts a server", async (copilot) => {
  await copilot.record();
  const program = fileURLToPath(new URL("./mcp_server.ts", import.meta.url));
  const args = ["run", "--quiet", "--no-config", "-A", program];
  // The least that can be said of a server, as it is said to every provider.
  const server = { command: Deno.execPath(), args, env: { GREETING: "s3cret" } };
  const config = JSON.stringify({ mcpServers: { demo: server } });
  assertEquals(await pingMcp(copilot, config), "s3cret there");
  const { args: given } = await copilot.native();
  assertEquals(given.filter((arg) => arg.includes("s3cret")), []);
  const file = given.find((arg) => arg.startsWith("--additional-mcp-config="))!.slice(25);
  assertEquals(await Deno.stat(file).catch(() => "gone"), "gone");
  const typed = JSON.stringify({ mcpServers: { demo: { type: "stdio", ...server } } });
  await Deno.writeTextFile(`${copilot.work}/servers.json`, typed.replace("s3cret", "hello"));
  assertEquals(await pingMcp(copilot, "servers.json"), "hello there");
});

copilotTest(["model"], "exec --model passes sizes and names on", async (copilot) => {
  const asks = async (...args: string[]) => {
    const ran = await copilot.zag(["exec", ...args, "-o", "json", "[[say:x]]"]);
    assertEquals(ran.code, 0, ran.stderr);
    return [lastBody(copilot).model, outputOf(ran).model];
  };
  assertEquals(await asks(), ["gpt-4.1", "gpt-4.1"]);
  assertEquals(await asks("-m", "small"), ["claude-haiku-5.5", "claude-haiku-5.5"]);
});

copilotTest([], "exec starts zag from inside a session as if it were outside", async (copilot) => {
  await copilot.program("copilot", [
    "#!/bin/sh",
    'env > "$HOME/environment.$$"',
    `exec '${copilot.bin}/copilot' "$@"`,
  ]);
  // Its tools do not get what could be used to ask the model.
  const { server, setup } = copilot;
  const model = Object.entries(await setup.prepare(copilot.home, server))
    .filter(([name]) => /^COPILOT_(OFFLINE|PROVIDER)/.test(name))
    .map(([name, value]) => `${name}=${value}`).join(" ");
  const inner = `env > tools; zag -p mock exec mocked; ${model} zag -p copilot exec -o json inner`;
  const args = ["exec", "-a", "-o", "json", "--system-prompt", "Only outside."];
  const ran = await copilot.zag([...args, `[[bash:${inner}]][[say:x]]`]);
  assertEquals(ran.code, 0, ran.stderr);
  const [mocked, nested] = toolOutput(ran).split("\n");
  const output = JSON.parse(nested!);
  assertEquals([mocked, output.result], ["mocked", "STUB:inner"]);
  const outer = outputOf(ran).session_id;
  assertEquals(copilot.stored(output.session_id).parentSessionId, outer);
  assertEquals(copilot.stored(outer).parentSessionId, null);
  const told = copilot.asked.map(({ body }) => JSON.stringify(body).includes("Only outside."));
  assertEquals(told, [true, false, true]);
  const names = async (path: string) =>
    (await Deno.readTextFile(path)).split("\n").map((line) => line.split("=")[0]!)
      .filter((name) => /^COPILOT/.test(name));
  assert((await names(`${copilot.work}/tools`)).includes("COPILOT_AGENT_SESSION_ID"));
  const starts = (await Array.fromAsync(Deno.readDir(copilot.path)))
    .filter(({ name }) => name.startsWith("environment."));
  assertEquals(starts.length, 2);
  const [one, two] = await Promise.all(starts.map(({ name }) => names(`${copilot.path}/${name}`)));
  // The outer one has a system prompt.
  assertEquals([...new Set(one).symmetricDifference(new Set(two))], [
    "COPILOT_CUSTOM_INSTRUCTIONS_DIRS",
  ]);
});

copilotTest([], "exec --root starts the agent there", async (copilot) => {
  await Deno.mkdir(`${copilot.path}/elsewhere`);
  const args = ["--root", "../elsewhere", "exec", "-a", "-o", "stream-json"];
  const events = eventsOf(await copilot.zag([...args, "[[bash:pwd]][[say:x]]"]));
  const [init] = only(events, "init");
  assertEquals(init?.working_directory, `${copilot.path}/elsewhere`);
  const [tool] = only(events, "tool_execution");
  assertStringIncludes(tool?.result.output ?? "", `${copilot.path}/elsewhere\n`);
  const [started] = entries(await copilot.log(), "session_started");
  assertEquals([started?.cwd, COPILOT.name], [`${copilot.path}/elsewhere`, "copilot"]);
});
