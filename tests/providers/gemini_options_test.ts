import { fileURLToPath } from "node:url";
import { provider } from "../../src/providers/gemini/mod.ts";
import { list, record } from "../../src/providers/json.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { outputOf, parseLines } from "./agent_home.ts";
import {
  conversation,
  geminiTest,
  MODEL,
  onlyTool,
  runBare,
  systemText,
  workFiles,
} from "./gemini_support.ts";

geminiTest(["system_prompt"], "exec --system-prompt comes before the prompt", async (gemini) => {
  const system = 'Speak of "cheese", -always-.\nNothing else.';
  const args = ["exec", "--system-prompt", system, "--mcp-config", '{"mcpServers":{}}'];
  const ran = await gemini.zag([...args, "[[say:x]]"]);
  assertEquals([ran.code, ran.stdout], [0, "x\n"], ran.stderr);
  assertStringIncludes(ran.stderr, "--mcp-config has no effect with Gemini CLI");
  assertEquals(conversation(gemini), [
    `<system_instructions>\n${system}\n</system_instructions>\n\n[[say:x]]`,
  ]);
  assert(systemText(gemini).length > 1000);
  assertEquals(await workFiles(gemini), []);
});

geminiTest(["add_dirs"], "exec --add-dir opens a directory", async (gemini) => {
  const other = `${gemini.path}/other dir`;
  await Deno.mkdir(other);
  await Deno.writeTextFile(`${other}/note.txt`, "the note");
  const prompt = `[[call:read_file ${
    JSON.stringify({ file_path: `${other}/note.txt` })
  }]][[say:x]]`;
  const closed = await gemini.zag(["exec", "-o", "json", prompt]);
  assertMatch(onlyTool(closed).result.error ?? "", /not in workspace/);
  const opened = await gemini.zag(["exec", "-o", "json", "--add-dir", "../other dir", prompt]);
  assertEquals(onlyTool(opened).result.success, true);
});

geminiTest(["model"], "exec --model passes sizes and names on", async (gemini) => {
  const asks = async (...args: string[]) => {
    const ran = await gemini.zag(["exec", ...args, "-o", "json", "[[say:x]]"]);
    assertEquals(ran.code, 0, ran.stderr);
    assertEquals(outputOf(ran).model, gemini.asked.at(-1)!.model!);
    return gemini.asked.at(-1)!.model;
  };
  const { sizes } = provider.models;
  assertEquals(await asks("-m", "small"), sizes.small);
  assertEquals(await asks("-m", "pro"), sizes.large);
  assertEquals(await asks("-m", "default"), MODEL);
});

geminiTest([], "the catalogue names the models that Gemini CLI lists", async (gemini) => {
  const calls = [
    { id: 0, method: "initialize", params: { protocolVersion: 1, clientCapabilities: {} } },
    { id: 1, method: "session/new", params: { cwd: gemini.work, mcpServers: [] } },
  ];
  const input = calls.map((call) => JSON.stringify({ jsonrpc: "2.0", ...call }) + "\n").join("");
  const { stdout } = await runBare(gemini, ["--acp"], input);
  const { models } = parseLines(stdout).find(({ id }) => id === 1)!.result;
  const listed = list(models.availableModels).map((model) => record(model)!);
  const { names, sizes } = provider.models;
  assert(listed.length > 3);
  for (const { modelId, name } of listed) {
    assert(names.includes(`${modelId}`), `${modelId} is missing`);
    assert(names.includes(`${name}`.toLowerCase()), `${name} is missing`);
  }
  const auto = `${listed.find(({ modelId }) => modelId === "auto")!.description}`;
  assertStringIncludes(auto, sizes.large);
  assertStringIncludes(auto, sizes.medium);
});

geminiTest([], "exec starts zag and Gemini CLI from inside a session", async (gemini) => {
  const tool = "env > tool_environment; zag -p gemini exec -a -o json inner; printenv WORD; wc -c";
  const args = ["exec", "-a", "-o", "json", "--env", "WORD=sesame  open"];
  const ran = await gemini.zag([...args, `[[bash:${tool}]][[say:x]]`]);
  assertEquals(ran.code, 0, ran.stderr);
  const [document, ...rest] = onlyTool(ran).result.output!.split("\n");
  assertEquals(rest, ["sesame  open", "0"]);
  const inner = JSON.parse(document!);
  assertEquals([inner.result, inner.is_error], ["STUB:inner", false]);
  const outer = outputOf(ran).session_id;
  assertEquals(gemini.stored(inner.session_id).parentSessionId, outer);
  const environment = await Deno.readTextFile(`${gemini.work}/tool_environment`);
  assertMatch(environment, /^GEMINI_CLI=1$/m);
  assert(!environment.includes("blocking_output"));
});

geminiTest([], "exec takes no settings from a repository that nobody trusts", async (gemini) => {
  const program = fileURLToPath(new URL("./mcp_server.ts", import.meta.url));
  const settings = {
    mcpServers: { demo: { command: Deno.execPath(), args: ["run", "-A", program] } },
  };
  await Deno.mkdir(`${gemini.work}/.gemini`);
  await Deno.writeTextFile(`${gemini.work}/.gemini/settings.json`, JSON.stringify(settings));
  const hasServer = () => gemini.asked.at(-1)!.tools.includes("mcp_demo_ping");
  await gemini.zag(["exec", "-a", "[[say:x]]"]);
  assertEquals(hasServer(), false);
  const env = { GEMINI_CLI_TRUST_WORKSPACE: "true" };
  await gemini.zag(["exec", "-a", "[[say:x]]"], { env });
  assertEquals(hasServer(), true);
});

geminiTest(["json_schema"], "exec --json-schema asks in words and checks", async (gemini) => {
  const schema = JSON.stringify({ type: "object", required: ["name"] });
  const ran = await gemini.zag(["exec", "--json-schema", schema, '[[json:{"name":"zed"}]]']);
  assertEquals([ran.code, ran.stdout], [0, '{"name":"zed"}\n'], ran.stderr);
  assertStringIncludes(conversation(gemini).join("\n"), "It must match this JSON Schema");
  const bad = await gemini.zag(["exec", "--json-schema", schema, "[[say:no idea]]"]);
  assertEquals([bad.code, bad.stdout], [1, ""]);
});
