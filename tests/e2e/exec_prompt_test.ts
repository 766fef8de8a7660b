import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { inHome, mock } from "./support.ts";

Deno.test(
  "exec --context puts the results of other sessions before the prompt",
  inHome(async (home) => {
    const ids = [crypto.randomUUID(), crypto.randomUUID()];
    await mock(home, [{ do: "say", text: "draft" }, { do: "say", text: "the API" }], [
      "a",
      "--session",
      ids[0]!,
    ]);
    await mock(home, [{ do: "say", text: "the tests\n" }], ["b", "--session", ids[1]!]);
    const { stdout } = await mock(home, [{ do: "echo" }], [
      "join them",
      "--context",
      ids[0]!.slice(0, 8),
      "--context",
      ids[1]!,
    ]);
    assertEquals(
      stdout,
      `# Result of session ${ids[0]}\n\nthe API\n\n---\n\n` +
        `# Result of session ${ids[1]}\n\nthe tests\n\n---\n\njoin them\n`,
    );
    const log = (await home.logs()).at(-1)!;
    assertEquals(log.find(({ type }) => type === "user_message")?.content, "join them");
    const meta = log.find(({ type }) => type === "session_meta")?.meta as {
      launch: { composed_prompt: string };
    };
    assertEquals(meta.launch.composed_prompt + "\n", stdout);
  }),
);

Deno.test(
  "exec --context refuses a session without a result",
  inHome(async (home) => {
    const id = crypto.randomUUID();
    await mock(home, [], ["a", "--session", id]);
    const { code, stderr } = await mock(home, [], ["b", "--context", id]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, `Cannot use session "${id}" as context: it has no result`);
  }),
);

Deno.test(
  "exec --plan puts the text of a file before the prompt",
  inHome(async (home) => {
    await Deno.writeTextFile(`${home.work}/plan.md`, "\n1. think\n2. do\n");
    const { stdout } = await mock(home, [{ do: "echo" }], ["go", "--plan", "plan.md"]);
    assertEquals(stdout, "# Plan\n\n1. think\n2. do\n\n---\n\nCarry out the plan above.\n\ngo\n");
  }),
);

Deno.test(
  "exec --file puts small texts into the prompt and points to everything else",
  inHome(async (home) => {
    const work = home.work;
    await Deno.writeTextFile(`${work}/Makefile`, "all:\n\techo </file> & more");
    await Deno.writeTextFile(`${work}/a "b".md`, "# Title\n");
    await Deno.writeFile(`${work}/logo.png`, Uint8Array.of(0x89, 0x50, 0, 1));
    await Deno.writeTextFile(`${work}/long.log`, "x".repeat(50 * 1024 + 1));
    await Deno.writeTextFile(`${work}/limit.txt`, "y".repeat(50 * 1024));
    const files = ["Makefile", 'a "b".md', "logo.png", `${work}/long.log`];
    const { stdout } = await mock(home, [{ do: "echo" }], [
      "look",
      ...files.flatMap((file) => ["--file", file]),
    ]);
    assertEquals(
      stdout,
      `<attached-files>
<file name="Makefile" path="${work}/Makefile" mime="text/plain" size="25" encoding="utf-8">
all:
\techo &lt;/file&gt; &amp; more
</file>
<file name="a &quot;b&quot;.md" path="${work}/a &quot;b&quot;.md" mime="text/markdown" size="8" encoding="utf-8">
# Title
</file>
<file name="logo.png" path="${work}/logo.png" mime="image/png" size="4" encoding="binary">
Not included here; open @${work}/logo.png to read it.
</file>
<file name="long.log" path="${work}/long.log" mime="text/plain" size="51201" encoding="utf-8">
Not included here; open @${work}/long.log to read it.
</file>
</attached-files>

look
`,
    );
    const limit = await mock(home, [{ do: "echo" }], ["look", "--file", "limit.txt"]);
    assert(limit.stdout.includes("y".repeat(50 * 1024)), "50 KiB are put in");
  }),
);

Deno.test(
  "exec composes files, plan, context and prompt in this order, and stdin goes with the prompt",
  inHome(async (home) => {
    const id = crypto.randomUUID();
    await mock(home, [{ do: "say", text: "CONTEXT" }], ["a", "--session", id]);
    await Deno.writeTextFile(`${home.work}/f`, "FILE");
    await Deno.writeTextFile(`${home.work}/p`, "PLAN");
    const { stdout } = await mock(
      home,
      [{ do: "echo" }],
      ["PROMPT", "--context", id, "--plan", "p", "--file", "f"],
      { stdin: "STDIN" },
    );
    assertMatch(stdout, /FILE[\s\S]*PLAN[\s\S]*CONTEXT[\s\S]*PROMPT[\s\S]*STDIN/);
  }),
);

Deno.test(
  "exec hands everything else to the agent that it was asked to",
  inHome(async (home) => {
    await Deno.mkdir(`${home.work}/extra`);
    await Deno.writeTextFile(`${home.work}/mcp.json`, '{"mcpServers":{}}');
    const { stdout } = await mock(home, [{ do: "prompt" }], [
      "hi",
      "-s",
      "be brief\n'and' kind",
      "-a",
      "-m",
      "small",
      "--max-turns",
      "5",
      "--add-dir",
      "extra",
      "--mcp-config",
      "mcp.json",
    ]);
    const { session_id: _, ...got } = JSON.parse(stdout);
    assertEquals(got, {
      prompt: "hi",
      system_prompt: "be brief\n'and' kind",
      model: "mock-small",
      resumed: false,
      turn: 0,
      cwd: home.work,
      add_dirs: [`${home.work}/extra`],
      max_turns: 5,
      auto_approve: true,
      mcp_config: { mcpServers: {} },
      history: [],
    });
    const inline = await mock(home, [{ do: "prompt" }], [
      "hi",
      "--mcp-config",
      ' {"mcpServers":{"a":{}}}',
      "--root",
      "extra",
    ]);
    const { mcp_config, cwd } = JSON.parse(inline.stdout);
    assertEquals([mcp_config, cwd], [{ mcpServers: { a: {} } }, `${home.work}/extra`]);
  }),
);
