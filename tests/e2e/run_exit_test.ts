/** `zag run --exit`: the agent ends its own session by handing in a result. */
import type { Step } from "../../src/providers/mock/script.ts";
import { MAIN, type TestHome, ZAG } from "../support/zag.ts";
import { Pty } from "../support/pty.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { inHome, livingWith, onlyLog, script, waitFor } from "./support.ts";

/** Runs `zag run` with the mock agent in a terminal until it ends. */
async function runIn(
  home: TestHome,
  args: readonly string[],
  env: Record<string, string>,
  person: (pty: Pty) => void = () => {},
): Promise<{ code: number; text: string }> {
  await using pty = new Pty(
    ZAG.program,
    [...ZAG.args, "-p", "mock", "run", ...args],
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
  "run --exit with a hint alone begins the session with how it ends",
  inHome(async (home) => {
    await Deno.writeTextFile(`${home.work}/plan.md`, "add them");
    const turn = script([{ do: "prompt" }, handIn("5"), { do: "hang" }]);
    const told: { prompt: string; system_prompt: string }[] = [];
    for (const args of [["--exit", "the sum"], ["--exit", "the sum", "--plan", "plan.md"]]) {
      const { code, text } = await runIn(home, args, turn);
      assertEquals(code, 0, text);
      const log = (await home.logs()).at(-1)!;
      const said = log.find(({ type }) => type === "assistant_message");
      told.push(JSON.parse(String(said!.content)));
    }
    const [alone, planned] = told;
    assertMatch(alone!.prompt, /^This session ends when[^]*zag ps kill self[^]*: the sum$/);
    assertEquals(alone!.prompt, alone!.system_prompt);
    assertMatch(planned!.prompt, /^# Plan\n\nadd them[^]*\n\nWhen you have the result, hand it in/);
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
        ['{ "n": 3, "m": 1.0 }', ["--json"], '{"n":3,"m":1.0}\n'],
      ] as const
    ) {
      const steps = script([handIn(given), { do: "hang" }]);
      const shell = `exec "$0" "$@" > "$HOME/printed"`;
      await using pty = new Pty(
        "/bin/sh",
        [
          "-c",
          shell,
          ZAG.program,
          ...ZAG.args,
          "-p",
          "mock",
          "run",
          "--exit",
          "it",
          ...args,
          "2+3",
        ],
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
  "run --exit gives the terminal back as it was, also where stdin is none",
  inHome(async (home) => {
    const agent = "stty raw -echo; printf '\\033[?1049h'; zag ps kill self five; exec sleep 60";
    await home.program("claude", `#!/bin/sh\n${agent}\n`);
    const shell = 'before=$(stty -g); x=$("$0" "$@" </dev/null); ' +
      '[ "$before" = "$(stty -g)" ] && echo "the same, and $x"';
    await using pty = new Pty(
      "/bin/sh",
      ["-c", shell, ZAG.program, ...ZAG.args, "-p", "claude", "run", "--exit", "it", "x"],
      { cwd: home.work, env: home.env({ TERM: "xterm-256color" }), columns: 100, rows: 30 },
    );
    await pty.waitForExit();
    assertStringIncludes(pty.text, "the same, and five\n");
    assert(pty.raw.lastIndexOf("\x1b[?1049l") > pty.raw.lastIndexOf("\x1b[?1049h"));
  }),
);

Deno.test(
  "run --resume of a session in exit mode prints its result where stdout is no terminal",
  inHome(async (home) => {
    const turns = script([handIn("5"), { do: "hang" }], [handIn("6"), { do: "hang" }]);
    assertEquals((await runIn(home, ["--exit", "the sum", "2+3"], turns)).code, 0);
    const shell = 'x=$("$0" "$@"); echo "the result is $x"';
    await using pty = new Pty(
      "/bin/sh",
      ["-c", shell, ZAG.program, ...ZAG.args, "run", "--continue"],
      { cwd: home.work, env: home.env({ TERM: "xterm-256color", ...turns }) },
    );
    pty.type("and 2+4?\r");
    await pty.waitForExit();
    assertStringIncludes(pty.text, "the result is 6\n");
    assertEquals((await home.zag(["-p", "mock", "exec", "hi"])).code, 0);
    const other = new Pty(
      "/bin/sh",
      [
        "-c",
        shell,
        ZAG.program,
        ...ZAG.args,
        "run",
        "--resume",
        home.rows("sessions").at(-1)!.session_id as string,
      ],
      { cwd: home.work, env: home.env({ TERM: "xterm-256color" }) },
    );
    await using _ = other;
    await other.waitForExit();
    assertStringIncludes(other.text, "stdin and stdout must be a terminal");
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
    const run = ["-p", "claude", "-a", "run", "--headless", "--exit"];
    const { code, stdout, stderr } = await home.zag([...run, "--", "x"], { env });
    assertEquals([code, stdout], [0, "xterm-256color 40 120 \n"], stderr);
    const given = await home.zag([...run, "--env", "CI=yes", "--", "x"], { env });
    assertEquals(given.stdout, "xterm-256color 40 120 yes\n");
  }),
);

Deno.test(
  "run --exit --headless ends an agent that is silent, and shows what was on its screen",
  inHome(async (home) => {
    await home.program("claude", "#!/bin/sh\necho 'Do you trust this directory?'\nexec sleep 60\n");
    const { code, stdout, stderr } = await home.zag(
      ["-p", "claude", "-a", "run", "--headless", "--idle-timeout", "10s", "--exit", "--", "x"],
    );
    assertEquals([code, stdout], [124, ""], stderr);
    assertStringIncludes(stderr, "was silent for 10s");
    assertStringIncludes(stderr, "The agent's screen showed:\nDo you trust this directory?\n");
  }),
);

Deno.test(
  "run --headless goes on with a session in exit mode, given a prompt",
  inHome(async (home) => {
    const env = script([handIn("5"), { do: "hang" }], [handIn(""), handIn("6"), { do: "hang" }]);
    const first = ["-p", "mock", "-a", "run", "--headless", "--exit", "the sum", "2+3"];
    assertEquals((await home.zag(first, { env })).stdout, "5\n");
    const again = ["-a", "run", "--headless", "--continue", "and 2+4?"];
    const { code, stdout, stderr } = await home.zag(again, { env });
    assertEquals([code, stdout], [0, "6\n"], stderr);
    const asked = (await onlyLog(home)).filter(({ type }) => type === "user_message");
    assertEquals(asked.map(({ content }) => content), ["2+3", "and 2+4?"]);
    assertEquals((await home.zag(["-p", "mock", "exec", "hi", "--name", "other"])).code, 0);
    const other = await home.zag(["-a", "run", "--headless", "--resume", "other", "go on"]);
    assertEquals(other.code, 64);
    assertStringIncludes(other.stderr, "Cannot use --headless without --exit");
  }),
);

Deno.test(
  "run --exit puts piped input below the prompt",
  inHome(async (home) => {
    const steps = script([{ do: "prompt" }, handIn("done"), { do: "hang" }]);
    const shell = 'echo "the diff" | "$0" "$@"';
    await using pty = new Pty(
      "/bin/sh",
      ["-c", shell, ZAG.program, ...ZAG.args, "-p", "mock", "run", "--exit", "it", "review this"],
      { cwd: home.work, env: home.env({ TERM: "xterm-256color", ...steps }) },
    );
    assertEquals((await pty.waitForExit()).code, 0, pty.text);
    const said = (await onlyLog(home)).find(({ type }) => type === "assistant_message");
    assertStringIncludes(
      JSON.parse(String(said!.content)).prompt,
      "review this\n\n```\nthe diff\n",
    );
  }),
);

Deno.test(
  "run --exit keeps its result when the session goes on and gives none",
  inHome(async (home) => {
    const turns = script([handIn("5"), { do: "hang" }], [{ do: "say", text: "no idea" }]);
    assertEquals((await runIn(home, ["--exit", "the sum", "2+3"], turns)).code, 0);
    const again = await runIn(home, ["--continue"], turns, (pty) => pty.type("and 2+4?\r/exit\r"));
    assertEquals(again.code, 2, again.text);
    const { stdout, stderr } = await home.zag(["output"]);
    assertEquals(stdout, "5\n");
    assertStringIncludes(stderr, "failed");
  }),
);

Deno.test(
  "exec prints a result that is handed in as its answer, in every format",
  inHome(async (home) => {
    const env = script([{ do: "say", text: "I have begun." }, handIn("five"), { do: "hang" }]);
    const exec = async (...args: string[]) => {
      const { code, stdout } = await home.zag(["-p", "mock", "exec", "hi", ...args], { env });
      assertEquals(code, 0);
      return stdout;
    };
    assertEquals(await exec(), "I have begun.\n\nfive\n");
    assertEquals(JSON.parse(await exec("-o", "json")).result, "five");
    const last = (await exec("-o", "stream-json")).trim().split("\n").at(-1)!;
    assertEquals(JSON.parse(last).content, [{ type: "text", text: "five" }]);
    assertEquals((await home.zag(["output"])).stdout, "five\n");
  }),
);

Deno.test(
  "run --exit takes a result from a tool that has a home of its own",
  inHome(async (home) => {
    const elsewhere: Step = {
      do: "run",
      command: ["env", `HOME=${home.work}`, "zag", "ps", "kill", "self", "five"],
    };
    const { code, stdout } = await home.zag(
      ["-p", "mock", "-a", "run", "--headless", "--exit", "it", "x"],
      { env: { ...script([elsewhere, { do: "hang" }]) } },
    );
    assertEquals([code, stdout], [0, "five\n"]);
  }),
);

Deno.test(
  "run --exit --headless shows the last words of an agent that fails",
  inHome(async (home) => {
    await home.program("claude", "#!/bin/sh\necho 'FATAL: the licence has expired'; exit 4\n");
    for (let times = 0; times < 5; times++) {
      const { code, stdout, stderr } = await home.zag(
        ["-p", "claude", "-a", "run", "--headless", "--exit", "--", "x"],
      );
      assertEquals([code, stdout], [2, ""]);
      assertStringIncludes(stderr, "ended without a result (exit code 4)\n");
      assertStringIncludes(stderr, "screen showed:\nFATAL: the licence has expired\n");
    }
  }),
);

Deno.test(
  "run --exit --headless is refused without the permission for it, and nothing is recorded",
  inHome(async (home) => {
    const allowed = ["read", "write", "env", "run", "sys", "net"].map((kind) => `--allow-${kind}`);
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        ...allowed,
        "--no-prompt",
        MAIN,
        "-p",
        "mock",
        "-a",
        "run",
        "--headless",
        "--exit",
        "--",
        "x",
      ],
      cwd: home.work,
      env: home.env(),
      clearEnv: true,
    }).output();
    assertEquals(code, 77);
    assertStringIncludes(new TextDecoder().decode(stderr), "--allow-ffi");
    assertEquals(await recorded(home), false);
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
    [["-a", "--headless", "--exit", "--continue"], ["empty prompt"]],
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
