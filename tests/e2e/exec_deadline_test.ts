import type { Step } from "../../src/providers/mock/script.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { claude, inHome, leftovers, mock, onlyLog, script, standIn } from "./support.ts";

Deno.test(
  "exec --timeout ends the agent, exits with 124 and keeps what was said",
  inHome(async (home) => {
    const steps: Step[] = [{ do: "say", text: "so far" }, { do: "hang" }];
    const { code, stdout, stderr } = await mock(home, steps, ["hi", "--timeout", "10s"]);
    assertEquals([code, stdout], [124, "so far\n"]);
    assertMatch(
      stderr,
      /^error: Mock agent did not finish within 10s and was ended \(--timeout\)\nthe log is \/.*\.jsonl\n$/,
    );
    const log = await onlyLog(home);
    assertEquals(log.find(({ type }) => type === "assistant_message")?.content, "so far");
    const { success, outcome, signal } = log.at(-1)!;
    assertEquals([success, outcome, signal], [false, "timeout", "SIGTERM"]);
    assertEquals(home.rows("processes")[0]?.status, "killed");
  }),
);

Deno.test(
  "exec --idle-timeout says what it waited for",
  inHome(async (home) => {
    const { code, stdout, stderr } = await home.zag(
      ["-p", "mock", "exec", "hi", "--idle-timeout", "1"],
      { env: { ZAG_MOCK_SCRIPT: '{"turns":[{"init":false,"steps":[{"do":"hang"}]}]}' } },
    );
    assertEquals([code, stdout], [124, ""]);
    assertStringIncludes(
      stderr,
      "error: Mock agent was silent for 1s and was ended: zag waited for the first output " +
        "(--idle-timeout)\n",
    );
    assertEquals((await onlyLog(home)).at(-1)?.outcome, "timeout");
    await standIn(home, "cat > /dev/null; sleep 600 & sleep 600");
    const busy = await claude(home, ["hi", "--idle-timeout", "1"]);
    assertEquals([busy.code, await leftovers(home)], [124, []]);
  }),
);

Deno.test(
  "exec --timeout holds in every format, and for all corrections of --json together",
  inHome(async (home) => {
    const ended = async (format: string) => {
      const { code, stdout } = await mock(home, [{ do: "hang" }], [
        "hi",
        "--timeout=1",
        "-o",
        format,
      ]);
      assertEquals([format, code], [format, 124]);
      return stdout;
    };
    const [document] = await Promise.all(["json", "text", "stream-json"].map(ended));
    const { is_error, error_message } = JSON.parse(document!);
    assertEquals([is_error, error_message.includes("within 1s")], [true, true]);
    const json = await home.zag(["-p", "mock", "exec", "--json", "--timeout=3", "hi"], {
      env: script([{ do: "say", text: "no" }], [{ do: "hang" }]),
    });
    assertEquals([json.code, json.stdout], [124, ""]);
  }),
);

Deno.test(
  "exec --timeout kills an agent that does not want to end",
  inHome(async (home) => {
    const said = { type: "assistant", message: { content: [{ type: "text", text: "so far" }] } };
    await standIn(
      home,
      `cat > /dev/null
       trap 'echo asked >> "$HOME/seen/asked"' TERM
       echo '${JSON.stringify(said)}'
       while :; do sleep 0.05; done`,
    );
    const { code, stdout } = await claude(home, ["hi", "--timeout=8"]);
    assertEquals([code, stdout], [124, "so far\n"]);
    assertEquals(await Deno.readTextFile(`${home.path}/seen/asked`), "asked\n");
    const log = await onlyLog(home);
    assertEquals(log.find(({ type }) => type === "assistant_message")?.content, "so far");
    assertEquals(log.at(-1)?.signal, "SIGKILL");
  }),
);

Deno.test(
  "exec takes the answer of an agent that never ends, and ends it",
  inHome(async (home) => {
    const steps: Step[] = [{ do: "say", text: "done" }, { do: "after_result", ms: 600_000 }];
    const { code, stdout, stderr } = await mock(home, steps, ["hi", "--timeout=1m"]);
    assertEquals([code, stdout, stderr], [0, "done\n", ""]);
    const { success, signal } = (await onlyLog(home)).at(-1)!;
    assertEquals([success, signal], [true, "SIGTERM"]);
  }),
);
