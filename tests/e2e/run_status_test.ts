/** What `zag run` says besides the result: who works, in which session, and what it has used. */
import type { Step } from "../../src/providers/mock/script.ts";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { Pty } from "../support/pty.ts";
import { ZAG } from "../support/zag.ts";
import { inHome, script } from "./support.ts";

const USED: Step[] = [
  { do: "usage", input_tokens: 12, output_tokens: 3, cache_read_tokens: 4 },
  { do: "say", text: "done" },
];
const FLAGS = ["-p", "mock", "-a", "run"];

Deno.test(
  "run --show-usage counts the tokens of all turns on stderr at the end",
  inHome(async (home) => {
    const args = [...ZAG.args, ...FLAGS, "--show-usage", "hi"];
    await using pty = new Pty(ZAG.program, args, {
      cwd: home.work,
      env: home.env({ TERM: "xterm-256color", ...script(USED, USED) }),
    });
    await pty.waitFor("done");
    pty.type("again\r");
    await pty.waitFor("done", await pty.waitFor("again"));
    pty.type("\x04");
    assertEquals((await pty.waitForExit()).code, 0, pty.text);
    const id = home.rows("sessions")[0]?.session_id;
    assertStringIncludes(
      pty.text,
      "> Session ended\ntokens: 24 in, 6 out, 8 cache read\n" +
        `> Resume with: zag run --resume ${id}\n`,
    );
  }),
);

Deno.test(
  "run --exit --headless --show-usage counts the tokens, and says it where nothing is known",
  inHome(async (home) => {
    const handIn: Step = { do: "run", command: ["zag", "ps", "kill", "self", "five"] };
    const end: Step = { do: "exit", code: 0, result: "transcript" };
    for (
      const [steps, said] of [
        [[...USED, handIn, end], "tokens: 12 in, 3 out, 4 cache read\n"],
        [[handIn, { do: "hang" }], "tokens: not reported by the agent\n"],
      ] as const
    ) {
      const env = script([...steps]);
      const run = [...FLAGS, "--headless", "--exit=it"];
      const { code, stdout, stderr } = await home.zag([...run, "--show-usage", "hi"], { env });
      assertEquals([code, stdout], [0, "five\n"], stderr);
      assertStringIncludes(stderr, said);
      const plain = await home.zag([...run, "hi"], { env });
      assertEquals(plain.stderr.includes("tokens:"), false, plain.stderr);
    }
  }),
);

Deno.test(
  "run says on stderr who starts in which session and how it ended, and with -q nothing",
  inHome(async (home) => {
    const handIn: Step = { do: "run", command: ["zag", "ps", "kill", "self", "five"] };
    const env = script([handIn, { do: "hang" }]);
    const run = [...FLAGS, "--headless", "--exit=it", "hi"];
    const { stdout, stderr } = await home.zag(run, { env });
    const id = home.rows("sessions")[0]?.session_id;
    assertEquals(stdout, "five\n");
    assertEquals(
      stderr,
      "✓ Mock agent initialized with model mock-medium (auto approve)\n" +
        `> Session: ${id}\n> Listen: zag listen ${id}\n> Session ended\n`,
    );
    const quiet = await home.zag(["-q", ...run], { env });
    assertEquals([quiet.stdout, quiet.stderr], ["five\n", ""]);
  }),
);
