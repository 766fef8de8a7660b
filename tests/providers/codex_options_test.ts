import { fileURLToPath } from "node:url";
import { provider } from "../../src/providers/codex/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { Finished } from "../support/zag.ts";
import { type AgentHome, entries, only, outputOf } from "./agent_home.ts";
import { codexTest, configure, lastBody, rollout, said, trust } from "./codex_support.ts";

/** What the only tool of a run of `-o json` said. */
function toolOutput(ran: Finished): string {
  const [tool, ...more] = only(outputOf(ran).events, "tool_execution");
  assertEquals(more, []);
  return tool?.result.output ?? `failed: ${tool?.result.error}`;
}

/** Names of the files where the agent works. */
async function workFiles(codex: AgentHome): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(codex.work))).map(({ name }) => name);
}

codexTest(["system_prompt"], "exec --system-prompt adds to the CLI's own", async (codex) => {
  const system = 'Speak of "cheese", -always-.\nNothing else: 100% é.';
  const ran = await codex.zag(["exec", "--system-prompt", system, "[[say:x]]"]);
  assertEquals(ran.code, 0, ran.stderr);
  assert(said(codex, "developer").includes(system), `${said(codex, "developer")}`);
  assert(said(codex, "developer").join("").length > system.length + 1000);
  assertEquals(said(codex, "user").at(-1), "[[say:x]]");
  await codex.zag(["exec", "[[say:x]]"]);
  assert(!JSON.stringify(lastBody(codex)).includes("cheese"));
  assertEquals(await workFiles(codex), []);
});

codexTest([], "exec sends a system prompt that no argument can hold", async (codex) => {
  const system = "Speak of cheese. ".repeat(10_000);
  const args = ["exec", "--system-prompt", system.slice(0, 99_000), "[[say:x]]"];
  const fits = await codex.zag(args);
  assertEquals(fits.code, 0, fits.stderr);
  assert(said(codex, "developer").includes(system.slice(0, 99_000)));
  await Deno.mkdir(`${codex.path}/.zag`, { recursive: true });
  await Deno.writeTextFile(
    `${codex.path}/.zag/zag.jsonc`,
    JSON.stringify({ defaults: { system_prompt: system } }),
  );
  const ran = await codex.zag(["exec", "[[say:x]]"]);
  assertEquals(ran.stdout, "x\n", ran.stderr);
  assertEquals(said(codex, "user").at(-1), `${system}\n\n[[say:x]]`);
  const prompts = entries((await codex.home.logs()).at(-1) as never, "user_message");
  assertEquals(prompts.map(({ content }) => content), ["[[say:x]]"]);
});

codexTest(["auto_approve"], "exec lets the agent write only when it is told to", async (codex) => {
  const prompt = "[[bash:touch made && echo made]][[say:x]]";
  const refused = await codex.zag(["exec", "-o", "json", prompt]);
  assertEquals(refused.code, 0, refused.stderr);
  // Codex does not speak of a command that its sandbox has refused.
  assertEquals(only(outputOf(refused).events, "tool_execution"), []);
  assertEquals(await workFiles(codex), []);
  const told = (await rollout(codex)).find(({ type }) => type === "function_call_output");
  assertStringIncludes(`${told?.output}`, "Read-only file system");
  const allowed = await codex.zag(["exec", "-a", "-o", "json", prompt]);
  assertEquals(toolOutput(allowed), "made\n");
  assertEquals(await workFiles(codex), ["made"]);
});

codexTest(["add_dirs"], "exec --add-dir opens a directory", async (codex) => {
  await trust(codex);
  // The home of this test lies in a directory into which the sandbox lets everybody write.
  await configure(
    codex,
    "[sandbox_workspace_write]\nexclude_slash_tmp = true\nexclude_tmpdir_env_var = true",
  );
  const other = `${codex.path}/other dir`;
  await Deno.mkdir(other);
  const prompt = `[[bash:touch '${other}/made' && echo made]][[say:x]]`;
  const before = await codex.zag(["exec", "-o", "json", prompt]);
  assertEquals(before.code, 0, before.stderr);
  assertEquals(only(outputOf(before).events, "tool_execution"), []);
  const args = ["exec", "-o", "json", "--add-dir", "../other dir", prompt];
  assertEquals(toolOutput(await codex.zag(args)), "made\n");
  assert((await Deno.stat(`${other}/made`)).isFile);
});

codexTest([], "exec refuses --max-turns", async (codex) => {
  const ran = await codex.zag(["exec", "--max-turns", "2", "[[say:x]]"]);
  assertEquals(ran.code, 1);
  assertStringIncludes(ran.stderr, "Cannot use --max-turns with Codex");
  assertEquals(codex.asked, []);
});

codexTest(["model"], "exec --model passes sizes and names on", async (codex) => {
  const asks = async (...args: string[]) => {
    const ran = await codex.zag(["exec", ...args, "-o", "json", "[[say:x]]"]);
    assertEquals(ran.code, 0, ran.stderr);
    return { asked: codex.asked.at(-1)!.model, told: outputOf(ran).model };
  };
  assertEquals(await asks(), { asked: "gpt-5.5", told: undefined });
  assertEquals(await asks("-m", "default"), { asked: "gpt-5.5", told: undefined });
  for (const [size, name] of Object.entries(provider.models.sizes)) {
    assertEquals(await asks("-m", size), { asked: name, told: name });
  }
  const unheard = "gpt-unheard-of";
  assertEquals(await asks("--model", unheard), { asked: unheard, told: unheard });
  const [warned] = (await codex.home.logs()).at(-1)!
    .filter(({ type, message }) => type === "provider_status" && /metadata/.test(`${message}`));
  assertStringIncludes(`${warned?.message}`, unheard);
});

codexTest([], "debug models lists the names that zag knows", async (codex) => {
  const { stdout } = await codex.bare(["debug", "models", "--bundled"]);
  const { models } = JSON.parse(stdout) as { models: { slug: string; visibility: string }[] };
  const listed = models.filter(({ visibility }) => visibility === "list").map(({ slug }) => slug);
  assertEquals([...provider.models.names].sort(), listed.sort());
  for (const name of Object.values(provider.models.sizes)) assert(listed.includes(name), name);
});

const SCHEMA = JSON.stringify({
  type: "object",
  properties: { name: { type: "string" }, tags: { type: "array", items: { type: "string" } } },
  required: ["name", "tags"],
  additionalProperties: false,
});

codexTest(["json_schema"], "exec --json-schema hands the schema over", async (codex) => {
  const prompt = '[[json:{"name":"zed","tags":["a"]}]]';
  const ran = await codex.zag(["exec", "--json-schema", SCHEMA, prompt]);
  assertEquals([ran.code, ran.stdout], [0, '{"name":"zed","tags":["a"]}\n'], ran.stderr);
  const { format } = lastBody(codex).text ?? {};
  assertEquals([format?.type, format?.schema], ["json_schema", JSON.parse(SCHEMA)]);
  const bad = await codex.zag(["exec", "--json-schema", SCHEMA, "[[say:no idea]]"]);
  assert(bad.code !== 0);
  assert(codex.asked.length > 2, "the model is asked again");
  assertEquals(lastBody(codex).text?.format?.schema, JSON.parse(SCHEMA));
});

codexTest([], "exec --json-schema asks in words for what Codex does not take", async (codex) => {
  const schema = JSON.stringify({ type: "object", properties: { name: { type: "string" } } });
  const ran = await codex.zag(["exec", "--json-schema", schema, '[[json:{"name":"zed"}]]']);
  assertEquals([ran.code, ran.stdout], [0, '{"name":"zed"}\n'], ran.stderr);
  assertEquals(lastBody(codex).text?.format, undefined);
  assertStringIncludes(said(codex, "user").at(-1)!, '"properties"');
  const asksFor = (text: string) => text.includes("It must match this JSON Schema:");
  assertEquals(said(codex, "developer").filter(asksFor).length, 1);
  // The session that goes on has it still, and is not told it there once more.
  const bad = await codex.zag(["exec", "--json-schema", schema, "[[say:no idea]]"]);
  assert(bad.code !== 0);
  assert(codex.asked.length > 2, "the model is asked again");
  assertEquals(said(codex, "developer").filter(asksFor).length, 1);
});

/** The test's own MCP server, in Claude's form. */
function mcpServers(greeting: string): string {
  const program = fileURLToPath(new URL("./mcp_server.ts", import.meta.url));
  const args = ["run", "--quiet", "--no-config", "-A", program];
  const server = { type: "stdio", command: Deno.execPath(), args, env: { GREETING: greeting } };
  return JSON.stringify({ mcpServers: { demo: server } });
}

const PING = '[[call:mcp__demo/ping {"text":"there"}]][[say:x]]';

codexTest(["mcp_config"], "exec --mcp-config starts a server", async (codex) => {
  await codex.record();
  const ping = (config: string) =>
    codex.zag(["exec", "-a", "--mcp-config", config, "-o", "json", PING]);
  const ran = await ping(mcpServers("it's s3cret"));
  assertEquals(ran.code, 0, ran.stderr);
  assertEquals(toolOutput(ran), "it's s3cret there");
  const [tool] = only(outputOf(ran).events, "tool_execution");
  assertEquals([tool?.tool_name, tool?.input], ["mcp__demo__ping", { text: "there" }]);
  const [inline] = await codex.recorded();
  assertEquals(inline!.args.filter((arg) => arg.includes("s3cret")), []);
  await Deno.writeTextFile(`${codex.work}/servers.json`, mcpServers("hello"));
  assertEquals(toolOutput(await ping("servers.json")), "hello there");
  const missing = await codex.zag(["exec", "--mcp-config", "none.json", "[[say:x]]"]);
  assertEquals(missing.code, 1);
  assertStringIncludes(missing.stderr, '"none.json": there is no such file');
});

codexTest(
  [],
  "exec names the tool that was refused, and the flag that allows it",
  async (codex) => {
    const ran = await codex.zag(["exec", "--mcp-config", mcpServers("hello"), PING]);
    assertEquals([ran.code, ran.stdout], [0, "x\n"]);
    assertMatch(ran.stderr, /^warning: .*"mcp__demo__ping".*--auto-approve/m);
    const [permission] = entries(await codex.log(), "permission");
    assertEquals([permission?.tool_name, permission?.granted], ["mcp__demo__ping", false]);
  },
);

codexTest([], "exec --env reaches the tools but not the log", async (codex) => {
  const session = crypto.randomUUID();
  const prompt = "[[bash:printenv SECRET_WORD ZAG_SESSION_ID ZAG_PROVIDER ZAG_ROOT]][[say:x]]";
  const own = ["--env", "SECRET_WORD=sesame  open", "--env", "ZAG_SESSION_ID=forged"];
  const ran = await codex.zag(["--session", session, ...own, "exec", "-a", "-o", "json", prompt]);
  assertEquals(ran.code, 0, ran.stderr);
  assertEquals(toolOutput(ran), `sesame  open\n${session}\ncodex\n${codex.work}\n`);
  const [meta] = entries(await codex.log(), "session_meta");
  assert(!JSON.stringify(meta).includes("sesame"));
});

codexTest([], "exec --root starts the agent there", async (codex) => {
  await Deno.mkdir(`${codex.path}/elsewhere`);
  const args = ["--root", "../elsewhere", "exec", "-a", "-o", "json", "[[bash:pwd]][[say:x]]"];
  const ran = await codex.zag(args);
  assertEquals(toolOutput(ran), `${codex.path}/elsewhere\n`, ran.stderr);
  const [init] = only(outputOf(ran).events, "init");
  assertEquals(init?.working_directory, `${codex.path}/elsewhere`);
});
