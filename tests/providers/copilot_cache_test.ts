/** What Copilot says of tokens that come from a cache: they are among its input, whoever its model is. */
import { assertEquals } from "../support/assert.ts";
import type { AgentHome } from "./agent_home.ts";
import { copilotTest } from "./copilot_support.ts";

/** A model server in front of the scripted one, whose prompts are in a cache in part. */
function withCache({ server: { url } }: AgentHome): Deno.HttpServer<Deno.NetAddr> {
  const options = { port: 0, hostname: "127.0.0.1", onListen() {} };
  return Deno.serve(options, async (request) => {
    const { pathname, search } = new URL(request.url);
    const body = request.method === "POST" ? await request.text() : null;
    const { method, headers } = request;
    const response = await fetch(`${url}${pathname}${search}`, { method, headers, body });
    const text = (await response.text())
      .replaceAll('"cached_tokens":0', '"cached_tokens":7')
      .replaceAll('"cache_read_input_tokens":0', '"cache_read_input_tokens":7')
      .replaceAll('"cache_creation_input_tokens":0', '"cache_creation_input_tokens":3');
    const type = response.headers.get("content-type") ?? "application/json";
    return new Response(text, { status: response.status, headers: { "content-type": type } });
  });
}

/** Of each call 12 tokens of input are told by the server, and 5 of output. */
const DIALECTS = [
  // The server's input contains what was cached.
  { type: "openai", path: "/v1", model: "gpt-4.1", input: 12, tokens: 10, usd: 0.0107 },
  // The server's input is what was not; 3 more tokens went into the cache.
  { type: "anthropic", path: "", model: "claude-sonnet-4.5", input: 22, tokens: 20, usd: 0.0237 },
] as const;

for (const { type, path, model, input, tokens, usd } of DIALECTS) {
  copilotTest([], `input tokens contain those of a cache (${type})`, async (copilot) => {
    await using server = withCache(copilot);
    const price = "input=1000 output=1000 cached=100 cache_write=2000";
    const set = await copilot.home.zag(["config", `prices.${model}`, price]);
    assertEquals(set.code, 0, set.stderr);
    const caps = ["--max-cost", "9", "--max-tokens", "9000"];
    const ran = await copilot.zag(["exec", "-m", model, ...caps, "-o", "json", "[[say:x]]"], {
      env: {
        COPILOT_PROVIDER_TYPE: type,
        COPILOT_PROVIDER_BASE_URL: `http://127.0.0.1:${server.addr.port}${path}`,
        COPILOT_MODEL: model,
      },
    });
    assertEquals(ran.code, 0, ran.stderr);
    const { session_id, usage } = JSON.parse(ran.stdout);
    assertEquals([usage.input_tokens, usage.cache_read_tokens], [input, 7]);
    const { stdout } = await copilot.home.zag(["cost", "--session", session_id, "--json"]);
    const [{ spent_tokens, spent_cost_usd }] = JSON.parse(stdout).budgets;
    assertEquals([spent_tokens, spent_cost_usd], [tokens, usd]);
  });
}
