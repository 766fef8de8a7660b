import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { Finished, TestHome } from "../support/zag.ts";
import { inHome, onlyLog, script, waitFor } from "./support.ts";

/** Runs `exec --json` with an agent that says these texts, one a turn. */
async function answering(
  home: TestHome,
  texts: string[],
  args: string[] = ["--json"],
): Promise<Finished> {
  return await home.zag(["-p", "mock", "exec", "list them", ...args], {
    env: script(...texts.map((text) => [{ do: "say" as const, text }])),
  });
}

const SCHEMA = '{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}';

Deno.test(
  "exec --json prints the agent's JSON on one line, whatever is around it",
  inHome(async (home) => {
    const pretty = '{\n  "a": [1, 2]\n}';
    for (const text of [pretty, `\`\`\`json\n${pretty}\n\`\`\``, `Here:\n\n${pretty}\n\nDone.`]) {
      const { code, stdout, stderr } = await answering(home, [text]);
      assertEquals([code, stdout, stderr], [0, '{"a":[1,2]}\n', ""]);
    }
  }),
);

Deno.test(
  "exec --json-schema sends an answer back until it fits, in the same session",
  inHome(async (home) => {
    const { code, stdout } = await answering(home, ["no", '{"n":"x"}', '{"n":3}'], [
      "--json-schema",
      SCHEMA,
    ]);
    assertEquals([code, stdout], [0, '{"n":3}\n']);
    const log = await onlyLog(home);
    const asked = log.filter(({ type }) => type === "user_message").map(({ content }) => content);
    assertEquals([asked.length, asked[0]], [3, "list them"]);
    assertStringIncludes(String(asked[1]), "- the answer holds no JSON");
    assertStringIncludes(String(asked[2]), "- /n must be integer (type)");
    assertEquals(home.rows("sessions").length, 1);
  }),
);

Deno.test(
  "exec --json gives up after three corrections, with the reasons and nothing on stdout",
  inHome(async (home) => {
    const { code, stdout, stderr } = await answering(home, ["a", "b", "c", "d", "[]"]);
    assertEquals([code, stdout], [1, ""]);
    assertMatch(
      stderr,
      /^error: The answer is not what was asked for, also after 3 corrections:\n/,
    );
    assertStringIncludes(stderr, "  - the answer holds no JSON\nthe answer begins: d\n");
  }),
);

Deno.test(
  "exec --json -o json prints the whole invocation, with the JSON as its result",
  inHome(async (home) => {
    const fine = await answering(home, ["[ 1 ]"], ["--json", "-o", "json"]);
    const { result, is_error, agent } = JSON.parse(fine.stdout);
    assertEquals([fine.code, result, is_error, agent], [0, "[1]", false, "mock"]);
    const bad = await answering(home, ["a", "b", "c", "d"], ["--json", "-o", "json-pretty"]);
    const output = JSON.parse(bad.stdout);
    assertEquals([bad.code, output.is_error, output.error_message], [
      1,
      true,
      "the answer holds no JSON",
    ]);
  }),
);

Deno.test(
  "exec --json fails when the agent does: there is no JSON",
  inHome(async (home) => {
    const env = script([{ do: "error", message: "boom", fatal: true }]);
    for (const flags of [[], ["--exit-on-failure"]]) {
      const { code, stdout, stderr } = await home.zag(
        ["-p", "mock", "exec", "--json", "hi", ...flags],
        { env },
      );
      assertEquals([code, stdout], [1, ""]);
      assertEquals(stderr, "error: Mock agent reported a failure: boom\n");
    }
  }),
);

Deno.test(
  "exec --json can be interrupted between answer and correction",
  inHome(async (home) => {
    const child = home.spawn(["-p", "mock", "exec", "--json", "hi"], {
      env: script([{ do: "say", text: "no" }], [{ do: "hang" }]),
    });
    await waitFor(
      "the correction",
      async () =>
        (await home.logs())[0]?.filter(({ type }) => type === "session_started").length === 2 ||
        undefined,
    );
    child.kill("SIGTERM");
    const { code, stdout } = await child.output();
    assertEquals([code, stdout.length], [143, 0]);
    assertEquals(home.rows("sessions")[0]?.outcome, "interrupted");
  }),
);
