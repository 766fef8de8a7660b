/** An answer of many megabytes comes out whole. `ZAG_TEST_JSON_MB` sets its size; the aim is 50. */
import { measure } from "../../scripts/bench/measure.ts";
import { zagCommand } from "../../scripts/bench/options.ts";
import type { AgentOutput } from "../../src/events/event.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { sizeOf } from "../support/size.ts";
import type { TestHome } from "../support/zag.ts";
import { inHome, script } from "./support.ts";

const MEGABYTES = sizeOf("ZAG_TEST_JSON_MB", 5);

const SCHEMA = JSON.stringify({
  type: "array",
  items: {
    anyOf: [{
      type: "object",
      properties: { id: { type: "integer" }, text: { type: "string" } },
      required: ["id", "text"],
      additionalProperties: false,
    }, { type: "string" }],
  },
});

async function hash(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(bytes).toHex();
}

/** What zag printed, and how long it took and how much memory, where somebody wants to know. */
async function printed(
  home: TestHome,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  if (Deno.env.has("ZAG_TEST_JSON_MB")) {
    const zag = zagCommand();
    const { wallMs, peakBytes } = await measure({
      command: zag.command,
      args: [...zag.args, ...args],
      env: home.env(env),
      cwd: home.work,
    }, { memory: true });
    console.log(
      `${args.join(" ").slice(0, 60)}: ${wallMs.toFixed()} ms, ` +
        `${((peakBytes ?? 0) / 1024 ** 2).toFixed()} MiB`,
    );
  }
  const { code, stdout, stderr } = await home.zag(args, { env });
  assertEquals([code, stderr], [0, ""], args.join(" "));
  return stdout;
}

Deno.test(
  `exec --json-schema prints an answer of ${MEGABYTES} MB as it was given`,
  inHome(async (home) => {
    const bytes = MEGABYTES * 1e6;
    const env = script([{ do: "big", bytes, json: true }]);
    const answer = await printed(home, ["-p", "mock", "exec", "hi"], env);
    assertEquals(answer.length, bytes + 1);
    assert(Array.isArray(JSON.parse(answer)));
    const expected = await hash(answer);
    const args = ["-p", "mock", "exec", "--json-schema", SCHEMA, "hi"];
    assertEquals(await hash(await printed(home, args, env)), expected);
    assertEquals(await hash(await printed(home, ["output"])), expected);
    const document: AgentOutput = JSON.parse(await printed(home, [...args, "-o", "json"], env));
    assertEquals(await hash(`${document.result}\n`), expected);
  }),
);
