/** Permission policies with the real CLIs that are told rules: they keep them. */
import { dirname } from "node:path";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { type AgentHome, agentTest, only, outputOf } from "./agent_home.ts";
import { CODEX, configure, trust } from "./codex_support.ts";
import { COPILOT } from "./copilot_support.ts";
import { GEMINI } from "./gemini_support.ts";

async function files(agent: AgentHome): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(agent.work))).map(({ name }) => name).sort();
}

/** Runs a prompt under a policy; how each tool ended. */
async function tools(agent: AgentHome, policy: object, prompt: string): Promise<boolean[]> {
  await Deno.writeTextFile(`${agent.work}/kept.txt`, "content");
  const ran = await agent.zag([
    ...["exec", "-o", "json", "--permissions", JSON.stringify(policy)],
    `${prompt}[[say:end]]`,
  ]);
  assertEquals(ran.code, 0, ran.stderr);
  return only(outputOf(ran).events, "tool_execution").map(({ result }) => result.success);
}

const MIXED = "[[bash:touch one]][[bash:touch two; rm kept.txt]][[write:three|x]]";
const NO_REMOVAL = { default: "allow", rules: [{ deny: "shell", pattern: "rm *" }] };

agentTest(
  COPILOT,
  ["permissions"],
  "exec --permissions allows and denies by rules",
  async (agent) => {
    assertEquals(await tools(agent, NO_REMOVAL, MIXED), [true, false, true]);
    assertEquals(await files(agent), ["kept.txt", "one", "three"]);
  },
);

agentTest(COPILOT, [], "exec --permissions hides what is not allowed", async (agent) => {
  const view = '[[call:view {"path":"kept.txt"}]]';
  const policy = { rules: [{ allow: "read" }] };
  assertEquals(await tools(agent, policy, MIXED + view), [false, false, false, true]);
  assertEquals(await files(agent), ["kept.txt"]);
});

agentTest(
  GEMINI,
  ["permissions"],
  "exec --permissions allows and denies by rules",
  async (agent) => {
    const policy = { rules: [{ allow: "read" }, { allow: "shell", pattern: "touch *" }] };
    const read = '[[call:read_file {"file_path":"kept.txt"}]]';
    assertEquals(await tools(agent, policy, MIXED + read), [true, false, false, true]);
    assertEquals(await files(agent), ["kept.txt", "one"]);
  },
);

agentTest(GEMINI, [], "exec --permissions denies what would be allowed", async (agent) => {
  // A redirection is more than the policy engine looks through.
  assertEquals(await tools(agent, NO_REMOVAL, MIXED), [true, false, true]);
  assertEquals(await files(agent), ["kept.txt", "one", "three"]);
});

agentTest(CODEX, ["permissions"], "exec --permissions keeps it from writing", async (agent) => {
  const policy = { default: "allow", rules: [{ deny: "write" }] };
  // What its sandbox refuses is in no event; a command that reads is.
  assertEquals(
    await tools(agent, policy, "[[bash:touch one]][[bash:cat kept.txt]][[write:three|x]]"),
    [
      true,
    ],
  );
  assertEquals(await files(agent), ["kept.txt"]);
});

agentTest(CODEX, [], "exec --permissions takes the shell away", async (agent) => {
  const policy = { default: "allow", rules: [{ deny: "shell" }, { deny: "network" }] };
  assertEquals(await tools(agent, policy, "[[bash:touch one]][[write:three|x]]"), [true]);
  assertEquals(await files(agent), ["kept.txt", "three"]);
});

for (const whose of ["the person's own", "a trusted repository's"] as const) {
  agentTest(CODEX, [], `exec --permissions holds whatever ${whose} rules allow`, async (agent) => {
    const place = whose === "the person's own" ? agent.path : agent.work;
    if (place === agent.work) await trust(agent);
    await Deno.mkdir(`${place}/.codex/rules`, { recursive: true });
    await Deno.writeTextFile(
      `${place}/.codex/rules/default.rules`,
      'prefix_rule(pattern=["touch"], decision="allow")\n',
    );
    const begun = await agent.zag(["exec", "-o", "json", "[[say:begun]]"]);
    assertEquals(begun.code, 0, begun.stderr);
    for (const args of [[], ["--resume", outputOf(begun).session_id]]) {
      const policy = JSON.stringify({ default: "allow", rules: [{ deny: "write" }] });
      const ran = await agent.zag([
        ...["exec", ...args, "--permissions", policy],
        "[[bash:touch one]][[say:end]]",
      ]);
      assertEquals(ran.code, 0, ran.stderr);
      assertEquals((await files(agent)).filter((name) => name === "one"), [], args.join(" "));
    }
  });
}

agentTest(
  CODEX,
  [],
  "exec --permissions warns of the places in which it can write",
  async (agent) => {
    // The homes of tests lie among the temporary files, and so may the checkout.
    const installed = dirname(dirname(agent.bin));
    const isTemporary = installed.startsWith(`${dirname(agent.path)}/`);
    const outside = await Deno.makeTempDir({ dir: isTemporary ? "/var/tmp" : installed });
    try {
      await Deno.mkdir(`${outside}/added`);
      await configure(
        agent,
        `[sandbox_workspace_write]\nwritable_roots = ["${outside}/added"]`,
      );
      const policy = JSON.stringify({ default: "allow", rules: [{ deny: "network" }] });
      const places = [agent.work, `${outside}/added`, agent.path, outside];
      const prompt = places.map((each) => `[[bash:touch ${each}/one]]`).join("") + "[[say:end]]";
      const ran = await agent.zag(["exec", "--permissions", policy, prompt]);
      assertEquals(ran.code, 0, ran.stderr);
      assertStringIncludes(ran.stderr, "temporary files, and those that its configuration adds");
      const made = (directory: string) =>
        Deno.stat(`${directory}/one`).then(() => true, () => false);
      assertEquals(await Promise.all(places.map(made)), [true, true, true, false]);
    } finally {
      await Deno.remove(outside, { recursive: true });
    }
  },
);

for (const setup of [CODEX, COPILOT, GEMINI]) {
  agentTest(setup, [], "exec --permissions refuses to ask", async (agent) => {
    const ran = await agent.zag(["exec", "--permissions", '{"rules":[{"ask":"shell"}]}', "hi"]);
    assertEquals([ran.code, ran.stdout, agent.asked.length], [1, "", 0]);
    assertStringIncludes(ran.stderr, 'the permission rule {"ask":"shell"} with');
  });
}
