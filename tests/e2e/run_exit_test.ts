/** `zag run --exit`: the agent ends its own session by handing in a result. */
import type { Step } from "../../src/providers/mock/script.ts";
import { MAIN, type TestHome } from "../support/zag.ts";
import { Pty } from "../support/pty.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { inHome, livingWith, onlyLog, script, waitFor } from "./support.ts";

/** Runs `zag run` with the mock agent in a terminal until it ends. */
async function runIn(
  home: TestHome,
  args: readonly string[],
  env: Record<string, string>,
  person: (pty: Pty) => void = () => {},
): Promise<{ code: number; text: string }> {
  await using pty = new Pty(
    Deno.execPath(),
    ["run", "-A", "--no-prompt", MAIN, "-p", "mock", "run", ...args],
    {
      cwd: home.work,
      env: home.env({ TERM: "xterm-256color", ...env }),
      columns: 100,
      rows: 30,
    },
  );
  person(pty);
  const { code } = await pty.waitForExit();
  return { code, text: pty.text };
}

/** Whether anything was started. */
async function recorded(home: TestHome): Promise<boolean> {
  const { stdout } = await home.zag(["session", "list", "--json"]);
  return stdout !== "[]\n";
}

/** A step that hands in a result. */
function handIn(...words: string[]): Step {
  return { do: "run", command: ["zag", "ps", "kill", "self", ...words] };
}

const SCHEMA = '{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}';

Deno.test(
  "run --exit ends with 0 when the agent hands in its result, which output prints",
  inHome(async (home) => {
    const { code, text } = await runIn(
      home,
      ["--exit", "the sum", "2+3"],
      script([handIn("5"), { do: "hang" }]),
    );
    assertEquals(code, 0, text);
    const [session] = home.rows("sessions");
    assertEquals([session!.outcome, JSON.parse(String(session!.exit_constraints))], [
      "success",
      { hint: "the sum", jsonMode: false },
    ]);
    assertStringIncludes(text, `> Result: zag output ${session!.session_id}\n`);
    const output = await home.zag(["output"]);
    assertEquals([output.code, output.stdout], [0, "5\n"]);
    assertEquals((await home.zag(["status", "--latest"])).stdout, "completed\n");
    const log = await onlyLog(home);
    assertEquals(log.filter(({ type }) => type === "session_result").length, 1);
    assertEquals([log.at(-1)!.type, log.at(-1)!.success], ["session_ended", true]);
  }),
);

Deno.test(
  "run --exit lets an agent correct a result that is refused",
  inHome(async (home) => {
    const { code, text } = await runIn(
      home,
      ["--exit", "the count", "--json-schema", SCHEMA, "count"],
      script([handIn(""), handIn("three"), handIn('{"n":"x"}'), handIn('{"n":3}'), { do: "hang" }]),
    );
    assertEquals(code, 0, text);
    const refusals = (await onlyLog(home)).flatMap(({ type, output, error, success }) =>
      type === "tool_result" && !success ? [`${output ?? ""}${error ?? ""}`] : []
    );
    assertEquals(refusals.length, 3);
    assertStringIncludes(refusals[0]!, "expected is the count");
    assertStringIncludes(refusals[1]!, "must be JSON");
    assertStringIncludes(refusals[2]!, "/n");
    assertEquals((await home.zag(["output"])).stdout, '{"n":3}\n');
  }),
);

Deno.test(
  "run --exit tells the agent what to do, in its system prompt",
  inHome(async (home) => {
    const { code } = await runIn(
      home,
      ["--exit", "the sum", "--json", "2+3"],
      script([{ do: "prompt" }, handIn("5"), { do: "hang" }]),
    );
    assertEquals(code, 0);
    const log = await onlyLog(home);
    const said = log.find(({ type }) => type === "assistant_message");
    const { prompt, system_prompt } = JSON.parse(String(said!.content));
    assertMatch(prompt, /^2\+3\n\n.*zag ps kill self/);
    for (const part of ["zag ps kill self", "the sum", "must be JSON"]) {
      assertStringIncludes(system_prompt, part);
    }
    // The log has the prompt as it was typed.
    assertEquals(log.find(({ type }) => type === "user_message")!.content, "2+3");
  }),
);

Deno.test(
  "run --exit ends with 2 when the agent ends without a result",
  inHome(async (home) => {
    const { code, text } = await runIn(
      home,
      ["--exit", "the sum", "2+3"],
      script([{ do: "say", text: "5" }, { do: "exit", code: 0, result: true }]),
    );
    assertEquals(code, 2, text);
    assertStringIncludes(text, "ended without handing in its result");
    assertEquals((await home.zag(["status", "--latest"])).stdout, "failed\n");
  }),
);

Deno.test(
  "run --exit holds for a session that goes on, and a new result takes the place of the old one",
  inHome(async (home) => {
    const turns = script(
      [handIn("5"), { do: "hang" }],
      [handIn(""), handIn("6"), { do: "hang" }],
    );
    assertEquals((await runIn(home, ["--exit", "the sum", "2+3"], turns)).code, 0);
    const again = await runIn(home, ["--continue"], turns, (pty) => {
      pty.type("and 2+4?\r");
    });
    assertEquals(again.code, 0, again.text);
    assertEquals((await home.zag(["output"])).stdout, "6\n");
    const results = (await onlyLog(home)).filter(({ type }) => type === "session_result");
    assertEquals(results.map(({ result }) => result), ["5", "6"]);
    assertEquals(JSON.parse(String(home.rows("sessions")[0]!.exit_constraints)).hint, "the sum");
  }),
);

Deno.test(
  "run --exit survives --timeout only without a result",
  inHome(async (home) => {
    const { code, text } = await runIn(
      home,
      ["--exit", "--timeout", "1", "2+3"],
      script([{ do: "hang" }]),
    );
    assertEquals(code, 124, text);
    assertEquals((await home.zag(["status", "--latest"])).stdout, "failed\n");
  }),
);

Deno.test(
  "run --exit prints the result alone where stdout is no terminal",
  inHome(async (home) => {
    for (
      const [given, args, printed] of [
        ["five", [], "five\n"],
        ['{ "n": 3 }', ["--json"], '{"n":3}\n'],
      ] as const
    ) {
      const steps = script([handIn(given), { do: "hang" }]);
      const shell = `exec "$0" run -A --no-prompt "$@" > "$HOME/printed"`;
      await using pty = new Pty(
        "/bin/sh",
        ["-c", shell, Deno.execPath(), MAIN, "-p", "mock", "run", "--exit", "it", ...args, "2+3"],
        {
          cwd: home.work,
          env: home.env({ TERM: "xterm-256color", ...steps }),
          columns: 100,
          rows: 30,
        },
      );
      const { code } = await pty.waitForExit();
      assertEquals(code, 0, pty.text);
      // The agent had the terminal all the same.
      assertStringIncludes(pty.text, "Mock agent, model");
      assertEquals(await Deno.readTextFile(`${home.path}/printed`), printed);
      await Deno.remove(`${home.path}/printed`);
    }
  }),
);

Deno.test(
  "run --exit without any terminal says so, and names --headless",
  inHome(async (home) => {
    const args = ["-p", "mock", "run", "--exit", "the sum", "2+3"];
    const { code, stdout, stderr } = await home.zag(args, { env: script([{ do: "hang" }]) });
    assertEquals([code, stdout], [1, ""]);
    assertStringIncludes(stderr, "--headless");
  }),
);

Deno.test(
  "run --exit --headless needs no terminal, and prints the result alone",
  inHome(async (home) => {
    const env = script([handIn(""), handIn("five\n"), { do: "hang" }]);
    for (
      const [args, options] of [
        [["2+3"], {}],
        [["-"], { stdin: "2+3" }],
        [[], { stdin: "2+3" }],
      ] as const
    ) {
      const { code, stdout, stderr } = await home.zag(
        ["-p", "mock", "-a", "run", "--headless", "--exit=the sum", ...args],
        { env, ...options },
      );
      assertEquals([code, stdout], [0, "five\n"], stderr);
      assertStringIncludes(stderr, "> Session: ");
    }
    const asked = home.rows("processes").map(({ prompt }) => prompt);
    assertEquals(asked, ["2+3", "2+3", "2+3"]);
  }),
);

Deno.test(
  "run --exit --headless is a terminal to the agent, whatever zag's surroundings are",
  inHome(async (home) => {
    const look = 'test -t 0 && test -t 1 && test -t 2 && zag ps kill self "$TERM $(stty size) $CI"';
    const env = { ...script([{ do: "hang" }]), TERM: "dumb", CI: "true" };
    await home.program("claude", `#!/bin/sh\n${look}\nexec sleep 60\n`);
    const { code, stdout, stderr } = await home.zag(
      ["-p", "claude", "-a", "run", "--headless", "--exit", "--", "x"],
      { env },
    );
    assertEquals([code, stdout], [0, "xterm-256color 40 120 \n"], stderr);
  }),
);

Deno.test(
  "run --exit --headless ends an agent that is silent, and shows what was on its screen",
  inHome(async (home) => {
    await home.program("claude", "#!/bin/sh\necho 'Do you trust this directory?'\nexec sleep 60\n");
    const { code, stdout, stderr } = await home.zag(
      ["-p", "claude", "-a", "run", "--headless", "--idle-timeout", "1s", "--exit", "--", "x"],
    );
    assertEquals([code, stdout], [124, ""], stderr);
    assertStringIncludes(stderr, "was silent for 1s");
    assertStringIncludes(stderr, "The agent's screen showed:\nDo you trust this directory?\n");
  }),
);

Deno.test(
  "run --exit --headless ends the agent when it is interrupted",
  inHome(async (home) => {
    const zag = home.spawn(["-p", "mock", "-a", "run", "--headless", "--exit", "--", "x"], {
      env: script([{ do: "fork", mode: "daemon" }, { do: "hang" }]),
    });
    // zag, the agent and what it left running.
    await waitFor("the fork", async () => {
      return (await livingWith(`HOME=${home.path}`)).length > 2 || undefined;
    });
    zag.kill("SIGINT");
    assertEquals((await zag.status).code, 130);
  }),
);

for (
  const [args, names] of [
    [["--headless", "x"], ["--headless", "--exit"]],
    [["--headless", "--exit", "--", "x"], ["--headless", "--auto-approve"]],
    [["-a", "--headless", "--exit", "--continue"], ["--headless", "--continue"]],
    [["-a", "--headless", "--exit", "--resume", "x"], ["--headless", "--resume"]],
    [["-a", "--headless", "--exit", "--", " "], ["empty prompt"]],
    [["-a", "--headless", "--exit", "2+3"], ["empty prompt", '"2+3" is the hint of --exit']],
  ] as const
) {
  Deno.test(
    `run refuses ${args.join(" ")}`,
    inHome(async (home) => {
      const { code, stdout, stderr } = await home.zag(["-p", "mock", "run", ...args]);
      assertEquals([code, stdout], [64, ""], stderr);
      for (const name of names) assertStringIncludes(stderr, name);
      assertEquals(await recorded(home), false);
    }),
  );
}

Deno.test(
  "run --exit refuses a schema that cannot be used, before anything starts",
  inHome(async (home) => {
    const { code, text } = await runIn(
      home,
      ["--exit", "--json-schema", "missing.json", "count"],
      script([{ do: "hang" }]),
    );
    assertEquals(code, 1);
    assertStringIncludes(text, "missing.json");
    assertEquals(await recorded(home), false);
  }),
);

Deno.test(
  "exec refuses --exit and names run",
  inHome(async (home) => {
    const { code, stderr } = await home.zag(["-p", "mock", "exec", "--exit", "sum", "2+3"]);
    assertEquals(code, 64);
    assertStringIncludes(stderr, "zag run");
  }),
);
