import { MOCK_FLAGS } from "../../src/providers/mock/args.ts";
import { type MockScript, parseMockScript, STEP_FIELDS } from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { listensToTerm } from "./processes.ts";
import { runAgent, withTempDir } from "./run_agent.ts";
import { RunningAgent } from "./running_agent.ts";

const manual = await Deno.readTextFile(new URL("../../docs/mock.md", import.meta.url));

interface Example {
  script: string;
  /** Prompts and what is printed for each; absent for an agent that says nothing. */
  transcript: string | undefined;
}

/** Every JSON block of the manual, with the text block that follows it. */
const examples: Example[] = [
  ...manual.matchAll(/^```json\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/gms),
].map(([, script, transcript]) => ({ script: script!, transcript }));

/** Rows of all tables with the given header, as the cells of each. */
function tableRows(header: string): string[][] {
  const tables = manual.split("\n\n").filter((part) =>
    part.replace(/ +/g, " ").startsWith(`| ${header} |`)
  );
  return tables.flatMap((table) =>
    table.trim().split("\n").slice(2).map((line) =>
      line.split("|").slice(1, -1).map((cell) => cell.trim())
    )
  );
}

function words(cell: string): string[] {
  return [...cell.matchAll(/`([^`]*)`/g)].map(([, word]) => word!);
}

async function play({ script }: Example, prompts: string[]): Promise<string> {
  let shown = "";
  await withTempDir(async (state) => {
    for (const [index, prompt] of prompts.entries()) {
      const args = ["--output=text", index === 0 ? "--session=s" : "--resume=s"];
      const run = await runAgent({ script, state, args, stdin: prompt });
      const line = (text: string) => text === "" || text.endsWith("\n") ? text : `${text}\n`;
      shown += `> ${prompt}\n`;
      // What is said first is shown first, as on a terminal.
      shown += script.includes("needs_permission")
        ? line(run.stderr) + line(run.stdout)
        : line(run.stdout) + line(run.stderr);
      if (run.code !== 0) shown += `[exit code ${run.code}]\n`;
    }
  });
  return shown;
}

Deno.test("docs/mock.md has examples", () => {
  assert(examples.length >= 6, `${examples.length}`);
  assertEquals(examples.filter(({ transcript }) => transcript === undefined).length, 1);
});

for (const [index, example] of examples.entries()) {
  const { script, transcript } = example;
  Deno.test(`docs/mock.md example ${index + 1} does what it says`, async () => {
    const parsed: MockScript = parseMockScript(script, "example");
    if (transcript !== undefined) {
      const prompts = transcript.split("\n").filter((line) => line.startsWith("> "))
        .map((line) => line.slice(2));
      assertEquals(await play(example, prompts), transcript);
      return;
    }
    assertEquals(parsed.turns[0]?.steps.at(-1)?.do, "hang");
    await withTempDir(async (state) => {
      await using agent = new RunningAgent({ script, state, args: ["--session=s"] });
      await agent.closeStdin();
      // It prints nothing.
      await listensToTerm(agent.pid);
      agent.kill("SIGTERM");
      await new Promise((resolve) => setTimeout(resolve, 100));
      agent.kill("SIGKILL");
      assertEquals((await agent.status).signal, "SIGKILL");
      assertEquals(await agent.rest(), []);
    });
  });
}

Deno.test("docs/mock.md has a row for every step with all of its keys, and no others", () => {
  const rows = tableRows("`do` | Keys | What it does");
  const documented = Object.fromEntries(rows.map(([name, keys]) => {
    // Defaults stand in parentheses.
    const plain = keys!.replace(/\([^)]*\)/g, "");
    return [words(name!)[0], words(plain).sort()];
  }));
  const declared = Object.fromEntries(
    Object.entries(STEP_FIELDS).map(([name, fields]) => [name, Object.keys(fields).sort()]),
  );
  assertEquals(documented, declared);
});

Deno.test("docs/mock.md has a row for every flag, and no others", () => {
  const flags = tableRows("Flag | Meaning").map(([flag]) => words(flag!)[0]?.split("=")[0]);
  assertEquals(flags.sort(), [...MOCK_FLAGS].sort());
});

Deno.test("docs/mock.md has a row for every line that is printed, with its keys", async () => {
  const rows = tableRows("`type` | Keys");
  const keys = Object.fromEntries(
    rows.map(([type, cell]) => [words(type!)[0], words(cell!)]),
  );
  const run = await runAgent({
    args: ["--stream-input", "--partial", "--replay"],
    script: [
      { do: "think", text: "x" },
      { do: "tool", name: "t", needs_permission: true },
      { do: "error", message: "x" },
      { do: "say", text: "x" },
      { do: "usage", cost_usd: 1 },
      { do: "limit", reset_in: 1 },
    ],
    stdin: '{"type":"interrupt","id":"i"}\n{"type":"user_message","content":"x"}\n',
  });
  const asked = await runAgent({
    args: ["--stream-input", "--ask"],
    script: [{ do: "tool", name: "t" }],
    stdin:
      '{"type":"user_message","content":"x"}\n{"type":"answer","id":"ask_tool_0_0","allow":true}\n',
  });
  const printed = `${run.stdout.trim()}\n${asked.stdout}`.trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  for (const { type, ...fields } of printed) assertEquals(keys[type], Object.keys(fields), type);
  assertEquals(new Set(printed.map(({ type }) => type)), new Set(Object.keys(keys)));
});

Deno.test("docs/mock.md lists what the prompt step says", async () => {
  const run = await runAgent({ script: [{ do: "prompt" }] });
  const row = tableRows("`do` | Keys | What it does").find(([name]) => name === "`prompt`");
  assertEquals(words(row![2]!), Object.keys(JSON.parse(run.state.result!)));
  assertStringIncludes(manual, "`mock-medium` (the default)");
});
