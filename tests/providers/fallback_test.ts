/** One real CLI goes on where another one cannot: in the same session, with what was said so far. */
import { installAgent } from "../../scripts/install_agents.ts";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import {
  type ModelServer,
  type RequestRecord,
  startModelServer,
} from "../support/model_server/mod.ts";
import { AgentHome, type AgentSetup, runAndDispose } from "./agent_home.ts";
import { CLAUDE } from "./claude_support.ts";
import { CODEX } from "./codex_support.ts";
import { GEMINI } from "./gemini_support.ts";

/** A home with the CLI that a session begins with, and with those that may go on. */
class Relay implements AsyncDisposable {
  /** Of each provider by its name. */
  readonly servers: ReadonlyMap<string, ModelServer>;
  readonly agent: AgentHome;
  readonly #env: Record<string, string>;

  private constructor(
    agent: AgentHome,
    servers: ReadonlyMap<string, ModelServer>,
    env: Record<string, string>,
  ) {
    this.agent = agent;
    this.servers = servers;
    this.#env = env;
  }

  static async create(first: AgentSetup, ...others: AgentSetup[]): Promise<Relay> {
    const agent = await AgentHome.create(first);
    const servers = new Map([[first.name as string, agent.server]]);
    const bins: string[] = [];
    let env: Record<string, string> = {};
    for (const setup of others) {
      const server = startModelServer(setup.server);
      servers.set(setup.name, server);
      bins.push((await installAgent(setup.name)).bin);
      env = { ...env, ...await setup.prepare(agent.home, server) };
    }
    env.PATH = [...bins, agent.env().PATH].join(":");
    return new Relay(agent, servers, env);
  }

  /** Runs `zag -p FIRST exec --fallback OTHERS` in the home of all. */
  async exec(args: readonly string[]) {
    const others = [...this.servers.keys()].slice(1).join(",");
    return await this.zag(["exec", "--fallback", others, ...args]);
  }

  async zag(args: readonly string[]) {
    return await this.agent.zag(args, { env: this.#env });
  }

  /** Runs zag, which knows by itself whose the session is. */
  async anyhow(args: readonly string[]) {
    return await this.agent.home.zag(args, { env: this.agent.env(this.#env) });
  }

  /** What the model of a provider was asked. */
  asked(name: string): RequestRecord[] {
    return this.servers.get(name)!.requests.filter(({ step }) => step !== null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [...this.servers.values()].slice(1)) await server[Symbol.asyncDispose]();
    await this.agent[Symbol.asyncDispose]();
  }
}

function relayTest(
  setups: readonly [AgentSetup, ...AgentSetup[]],
  name: string,
  test: (relay: Relay) => Promise<void>,
): void {
  const [first, ...others] = setups;
  Deno.test(`${first.name} ${name}`, async () => {
    await runAndDispose(await Relay.create(first, ...others), test);
  });
}

/** The provider's quota is used up for good, after so many answers. */
const limited = (setup: AgentSetup, after = 0): AgentSetup => ({
  ...setup,
  server: { limits: { times: 1000, secs: 3600, after } },
});

/** Nobody listens where its server should be. */
const gone = (setup: AgentSetup): AgentSetup => ({
  ...setup,
  prepare: (home, server) => setup.prepare(home, { ...server, url: "http://127.0.0.1:9" }),
});

/** The agent looks for something, and answers. */
const TASK = '[[bash:echo half-way]][[json:{"n":42}]]';
const SCHEMA = '{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"],' +
  '"additionalProperties":false}';

/** One session, which ended well with this provider. */
async function assertOne({ agent }: Relay, provider: string): Promise<void> {
  const session = await agent.session();
  assertEquals([session.provider, session.outcome], [provider, "success"]);
  assertEquals(agent.home.rows("sessions").length, 1);
  assertEquals(await agent.living(), []);
}

relayTest(
  [limited(CLAUDE, 1), CODEX],
  "exec --fallback: codex goes on at a usage limit, with what was said and done, and input with codex",
  async (relay) => {
    const caps = ["-a", "--max-tokens", "1000", "--json-schema", SCHEMA];
    const ran = await relay.exec([...caps, "--name", "count", `how many? ${TASK}`]);
    assertEquals([ran.code, ran.stdout], [0, '{"n":42}\n'], ran.stderr);
    assertStringIncludes(ran.stderr, "; codex goes on\n");
    await assertOne(relay, "codex");
    const told = JSON.stringify(relay.asked("codex")[0]!.body);
    for (const part of ["Another agent has begun", "Person: how many?", "It said: half-way"]) {
      assertStringIncludes(told, part);
    }
    // One call of Claude's model was answered, and two of Codex's: 17 tokens each.
    const { stdout } = await relay.anyhow(["cost", "--session", "count", "--json"]);
    assertEquals(JSON.parse(stdout).budgets[0].spent_tokens, 3 * 17);
    const calls = relay.asked("claude").length;
    const more = await relay.anyhow(["input", "--name", "count", '[[json:{"n":43}]]']);
    assertEquals([more.code, more.stdout.trim()], [0, '{"n":43}'], more.stderr);
    assertEquals(relay.asked("claude").length, calls);
    await assertOne(relay, "codex");
  },
);

relayTest(
  [gone(CODEX), GEMINI],
  "exec --fallback: gemini goes on where codex would wait for a server that is gone",
  async (relay) => {
    const ran = await relay.exec(["what is it? [[say:forty-two]]"]);
    assertEquals([ran.code, ran.stdout], [0, "forty-two\n"], ran.stderr);
    assertStringIncludes(ran.stderr, "Codex cannot reach its provider: Reconnecting...");
    await assertOne(relay, "gemini");
  },
);

Deno.test("codex exec --fallback: gemini goes on where the server of codex fails", async () => {
  const options = { port: 0, hostname: "127.0.0.1", onListen() {} };
  const error = { message: "it is broken", type: "server_error" };
  await using broken = Deno.serve(options, () => Response.json({ error }, { status: 500 }));
  const url = `http://127.0.0.1:${broken.addr.port}`;
  const codex: AgentSetup = {
    ...CODEX,
    prepare: (home, server) => CODEX.prepare(home, { ...server, url }),
  };
  await runAndDispose(await Relay.create(codex, GEMINI), async (relay) => {
    const ran = await relay.exec(["what is it? [[say:forty-two]]"]);
    assertEquals([ran.code, ran.stdout], [0, "forty-two\n"], ran.stderr);
    await assertOne(relay, "gemini");
  });
});
