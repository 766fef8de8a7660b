/** What programs are told of why a session ended, and which session that was. */
import type { Step } from "../../src/providers/mock/script.ts";
import { assertEquals } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { loseIndex } from "./limit_support.ts";
import { ended, inCharge, spawn } from "./spawn_support.ts";
import { inHome, jsonLines, mock, script, waitFor } from "./support.ts";

/** The object that a command prints. */
async function object(home: TestHome, ...args: string[]): Promise<Record<string, unknown>> {
  const [document] = jsonLines((await home.zag(args)).stdout);
  return document!;
}

function reasonIn({ end_reason, zag_exit_code }: Record<string, unknown>): unknown[] {
  return [end_reason, zag_exit_code];
}

const spends: Step = { do: "usage", cost_usd: 0.02, input_tokens: 100, output_tokens: 20 };
const limit: Step = { do: "limit", scope: "weekly", reset_in: 3600 };

for (
  const [what, args, steps, init, reason, code, zagCode] of [
    ["--timeout", ["--timeout", "1s"], [{ do: "hang" }], true, "timeout", 124, 124],
    [
      "--idle-timeout",
      ["--idle-timeout", "1s"],
      [{ do: "hang" }],
      true,
      "idle_timeout",
      124,
      124,
    ],
    [
      "--first-byte-timeout",
      ["--first-byte-timeout", "1s"],
      [{ do: "hang" }],
      false,
      "first_byte_timeout",
      124,
      124,
    ],
    ["a budget", ["--max-cost", "0.01"], [spends, { do: "hang" }], true, "budget", 125, 125],
    ["a usage limit", ["--no-auto-resume"], [limit], true, "usage_limit", 0, undefined],
    ["a failure", [], [{ do: "error", message: "no" }], true, undefined, 0, undefined],
    ["an answer", [], [{ do: "say", text: "yes" }], true, undefined, 0, undefined],
  ] as [string, string[], Step[], boolean, string | undefined, number, number | undefined][]
) {
  Deno.test(
    `exec -o json and status --json tell programs of an end by ${what}`,
    inHome(async (home) => {
      const env = { ZAG_MOCK_SCRIPT: JSON.stringify({ turns: [{ init, steps }] }) };
      const run = await mock(home, [], [...args, "-o", "json", "--name", "it", "hi"], { env });
      assertEquals(run.code, code, run.stderr);
      const [output] = jsonLines(run.stdout);
      const expected = [reason, zagCode];
      assertEquals(reasonIn(output!), expected);
      assertEquals(reasonIn(await object(home, "status", "it", "--json")), expected);
      const id = home.rows("sessions")[0]!.session_id;
      assertEquals(output!.session_id, id, "also of an agent that never spoke");
      // The log alone tells the same.
      await loseIndex(home);
      assertEquals(reasonIn(await object(home, "status", "it", "--json")), expected);
    }),
  );
}

Deno.test(
  "wait, output, collect, ps show and session show tell programs why a session ended",
  inHome(async (home) => {
    const run = await mock(home, [spends, { do: "hang" }], [
      "--max-cost",
      "0.01",
      "--name",
      "it",
      "hi",
    ]);
    assertEquals(run.code, 125, run.stderr);
    const commands = [["wait"], ["output"], ["collect"], ["ps", "show"], ["session", "show"]];
    const told = await Promise.all(
      commands.map(async (command) => {
        const { stdout } = await home.zag([...command, "it", "--json"]);
        return reasonIn([JSON.parse(stdout)].flat()[0]);
      }),
    );
    assertEquals(told, Array(commands.length).fill(["budget", 125]));
    const [listed] = JSON.parse((await home.zag(["ps", "list", "--json"])).stdout);
    assertEquals(reasonIn(listed), ["budget", 125]);
  }),
);

for (
  const [command, reason] of [
    ["ps kill", "killed"],
    ["ps stop", "stopped"],
    ["cancel", "cancelled"],
  ] as const
) {
  Deno.test(
    `status --json tells that ${command} has ended a session, until it goes on`,
    inHome(async (home) => {
      const id = await spawn(home, ["hi"], [{ do: "say", text: "begun" }, { do: "hang" }]);
      await inCharge(home, id);
      const [log] = home.rows("sessions").map(({ log_path }) => String(log_path));
      await waitFor(
        "the agent's words",
        async () => (await Deno.readTextFile(log!)).includes("begun") || undefined,
      );
      await home.zag([...command.split(" "), id]);
      await ended(home, id);
      assertEquals((await object(home, "status", id, "--json")).end_reason, reason);
      const again = await home.zag(["exec", "--resume", id, "go on"], {
        env: script([], [{ do: "say", text: "done" }]),
      });
      assertEquals(again.code, 0, again.stderr);
      assertEquals((await object(home, "status", id, "--json")).end_reason, undefined);
    }),
  );
}

Deno.test(
  "exec -o json names the session of an agent that ends without a word, or never had an id",
  inHome(async (home) => {
    await home.program(
      "codex",
      '#!/bin/sh\n[ "$1" = --version ] && echo codex-cli 0.150.0\nexit 3\n',
    );
    const { stdout } = await home.zag(["-p", "codex", "exec", "-o", "json", "hi"]);
    const [output] = jsonLines(stdout);
    assertEquals(output!.session_id, home.rows("sessions")[0]!.session_id);
  }),
);
