/**
 * What zag gives to the real agents is what they read: each of them starts the server and calls its
 * tool, and tells the model of the skill.
 */
import { fileURLToPath } from "node:url";
import { loadProvider, TIERS } from "../../src/providers/registry.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { type AgentHome, agentTest, only, outputOf } from "./agent_home.ts";
import { withClaude } from "./claude_support.ts";
import { CODEX } from "./codex_support.ts";
import { COPILOT } from "./copilot_support.ts";
import { GEMINI } from "./gemini_support.ts";

/** How the scripted model names the tool `ping` of the server `zag-demo` to call it. */
const CALLS = {
  claude: "mcp__zag-demo__ping",
  codex: "mcp__zag_demo/ping",
  gemini: "mcp_zag-demo_ping",
  copilot: "zag-demo-ping",
};

const PROGRAM = fileURLToPath(new URL("./mcp_server.ts", import.meta.url));

async function succeeds(agent: AgentHome, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await agent.home.zag(args, { env: agent.env() });
  assertEquals([code, stderr], [0, ""], args.join(" "));
  return stdout;
}

async function addsAndSyncs(agent: AgentHome, add: readonly string[]): Promise<string> {
  await succeeds(agent, ["mcp", "add", "demo", "--global", ...add]);
  const synced = await succeeds(agent, ["mcp", "sync", "-p", agent.setup.name]);
  assertEquals(synced, `${agent.setup.name}: 1 MCP server\n`);
  const call = CALLS[agent.setup.name as keyof typeof CALLS];
  const prompt = `[[call:${call} {"text":"there"}]][[say:x]]`;
  const env = { DEMO_TOKEN: "s3cret" };
  const ran = await agent.zag(["exec", "-a", "-o", "json", prompt], { env });
  assertEquals(ran.code, 0, ran.stderr);
  const [tool] = only(outputOf(ran).events, "tool_execution");
  assert(tool, ran.stdout);
  return JSON.stringify(tool.result);
}

async function startsServer(agent: AgentHome): Promise<void> {
  const said = await addsAndSyncs(agent, [
    "--env",
    "GREETING=it's",
    "--command",
    Deno.execPath(),
    "--args",
    "run",
    "-A",
    "--no-config",
    PROGRAM,
  ]);
  assert(said.includes("it's there"), said);
  const { name, extensions } = (await loadProvider(agent.setup.name))!;
  const { mcp } = (await extensions!()).extensions;
  const settings = mcp!.file({ home: agent.path, env: {} });
  assert((await Deno.readTextFile(settings)).includes("zag-demo"));
  assertEquals(
    await succeeds(agent, ["mcp", "remove", "demo"]),
    `Removed MCP server: demo (global; also from ${name})\n`,
  );
  // What the agent itself has written meanwhile is there.
  const left = await Deno.readTextFile(settings).catch(() => "");
  assert(!/zag-demo|mcp_?servers/i.test(left), left);
}

/** An MCP server over HTTP with the tool `ping`, and the headers of the calls to it. */
function httpServer(): { url: string; called: (string | null)[][] } & AsyncDisposable {
  const called: (string | null)[][] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    if (request.method !== "POST") return new Response(null, { status: 405 });
    const { id, method, params } = await request.json();
    if (id === undefined) return new Response(null, { status: 202 });
    if (method === "tools/call") {
      called.push([request.headers.get("authorization"), request.headers.get("x-other")]);
    }
    const results: Record<string, unknown> = {
      initialize: {
        protocolVersion: params?.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: "demo", version: "1.0.0" },
      },
      "tools/list": {
        tools: [{
          name: "ping",
          description: "Answers",
          inputSchema: { type: "object", properties: { text: { type: "string" } } },
        }],
      },
      "tools/call": { content: [{ type: "text", text: "pong" }] },
    };
    return Response.json({ jsonrpc: "2.0", id, result: results[method] ?? {} });
  });
  return {
    url: `http://127.0.0.1:${(server.addr as Deno.NetAddr).port}/mcp`,
    called,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function sendsToken(agent: AgentHome): Promise<void> {
  await using server = httpServer();
  const token = ["--bearer-token-env-var", "DEMO_TOKEN"];
  await addsAndSyncs(agent, ["--url", server.url, ...token, "--header", "X-Other=1"]);
  assertEquals(server.called, [["Bearer s3cret", "1"]]);
}

const STARTS = "starts a server that zag mcp sync wrote into its settings";
const SENDS = "sends the token that zag mcp sync names in its settings";

for (const setup of [CODEX, GEMINI, COPILOT]) {
  agentTest(setup, [], STARTS, startsServer);
  agentTest(setup, [], SENDS, sendsToken);
}

Deno.test(`claude ${STARTS}`, () => withClaude(startsServer));

Deno.test(`claude ${SENDS}`, () => withClaude(sendsToken));

async function offersSkill(agent: AgentHome): Promise<void> {
  const about = "How to water the marigolds";
  await succeeds(agent, ["skills", "add", "marigolds", "--description", about]);
  const offered = async () => {
    const ran = await agent.zag(["exec", "[[say:x]]"]);
    assertEquals([ran.code, ran.stdout, ran.stderr], [0, "x\n", ""]);
    return JSON.stringify(agent.asked.at(-1)!.body).split(about).length - 1;
  };
  await succeeds(agent, ["skills", "sync", "-p", agent.setup.name]);
  assertEquals(await offered(), 1);
  // Some of them look into the directories of others, too.
  for (const name of TIERS) await succeeds(agent, ["skills", "sync", "-p", name]);
  assertEquals(await offered(), 1);
}

const OFFERS = "offers a skill that zag skills sync has linked";

for (const setup of [CODEX, GEMINI, COPILOT]) agentTest(setup, [], OFFERS, offersSkill);

Deno.test(`claude ${OFFERS}`, () => withClaude(offersSkill));
