/** Permission policies from the command line to the agent's tools, and the answers to its questions. */
import type { Step } from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { Pty } from "../support/pty.ts";
import { type Finished, type TestHome, ZAG } from "../support/zag.ts";
import { inHome, jsonLines, mock, onlyLog, script, waitFor } from "./support.ts";

const TOUCH: Step = { do: "run", command: ["touch", "made"] };
const STEPS: Step[] = [TOUCH, { do: "say", text: "end" }];
const ASK = ["--permissions", '{"default":"ask"}'];

const ENDLESS = "the agent may wait without end";

async function made(home: TestHome): Promise<boolean> {
  return await Deno.stat(`${home.work}/made`).then(() => true, () => false);
}

/** Starts an agent that takes these steps under a policy that asks, and does so by now. */
async function asking(
  home: TestHome,
  steps: Step[] = STEPS,
  args: readonly string[] = ASK,
): Promise<{ question: Record<string, string>; end: Promise<Finished> }> {
  const child = home.spawn(["-p", "mock", "exec", "-o", "stream-json", ...args, "hi"], {
    env: script(steps),
  });
  const end = child.output().then(({ code, signal, stdout, stderr }) => ({
    ...{ code, signal, stdout: new TextDecoder().decode(stdout) },
    stderr: new TextDecoder().decode(stderr),
  }));
  const question = await waitFor("a question", async () => {
    const { stdout } = await home.zag(["permit", "--list", "--json"]);
    return (JSON.parse(stdout) as Record<string, string>[])[0];
  });
  return { question, end };
}

function of(finished: Finished, type: string): Record<string, unknown>[] {
  return jsonLines(finished.stdout).filter((event) => event.type === type);
}

for (
  const [policy, isMade] of [
    ["{}", false],
    ['{"default":"allow"}', true],
    ['{"rules":[{"allow":"shell","pattern":"touch *"}]}', true],
    ['{"rules":[{"allow":"any"},{"deny":"shell","pattern":"touch *"}]}', false],
  ] as const
) {
  Deno.test(
    `exec --permissions '${policy}' ${
      isMade ? "lets a command run" : "keeps a command from running"
    }`,
    inHome(async (home) => {
      const ran = await mock(home, STEPS, ["-o", "stream-json", "--permissions", policy, "hi"]);
      assertEquals(ran.code, 0, ran.stderr);
      assertEquals(await made(home), isMade);
      assertEquals(of(ran, "permission_request").length, isMade ? 0 : 1);
      assertEquals(ran.stderr.includes("by its permissions"), !isMade);
      assertEquals(of(ran, "result")[0]!.message, "end");
    }),
  );
}

Deno.test(
  "exec --permissions waits for zag permit, which allows",
  inHome(async (home) => {
    const { question, end } = await asking(home);
    assertEquals([question.tool_name, question.kind, question.description], [
      "shell",
      "shell",
      "touch made",
    ]);
    assertEquals(await made(home), false);
    const permit = await home.zag(["permit", question.session_id!, "allow", "--reason", "go on"]);
    assertEquals(permit, {
      ...{ code: 0, signal: null, stderr: "" },
      stdout: `allowed: ${question.id} shell: touch made\n`,
    });
    const ran = await end;
    assertEquals(ran.code, 0, ran.stderr);
    assertEquals(await made(home), true);
    assertStringIncludes(ran.stderr, `zag permit ${question.session_id} allow --id ${question.id}`);
    const [asked] = of(ran, "permission_question");
    const [answered] = of(ran, "permission_answer");
    assertEquals([asked?.id, answered?.id], [question.id, question.id]);
    assertEquals([answered?.granted, answered?.by, answered?.reason], [true, "permit", "go on"]);
    const log = (await onlyLog(home)).filter(({ type }) => /^permission_/.test(String(type)));
    assertEquals(log.map(({ type, tool_kind }) => [type, tool_kind]), [
      ["permission_question", "shell"],
      ["permission_answer", undefined],
    ]);
    const late = await home.zag(["permit", question.session_id!, "allow"]);
    assertEquals([late.code, late.stdout], [1, ""]);
    assertStringIncludes(late.stderr, "asks nothing");
  }),
);

Deno.test(
  "exec --permissions waits for zag permit, which denies",
  inHome(async (home) => {
    const { end } = await asking(home);
    assertEquals((await home.zag(["permit", "deny", "--reason", "not now"])).code, 0);
    const ran = await end;
    assertEquals(await made(home), false);
    const [tool] = of(ran, "tool_execution") as { result: { error: string } }[];
    assertEquals(tool?.result.error, "not now");
    assertEquals(ran.code, 0);
  }),
);

Deno.test(
  "exec --permissions: --idle-timeout stands still while somebody is asked",
  inHome(async (home) => {
    const { question, end } = await asking(home, STEPS, [...ASK, "--idle-timeout", "10s"]);
    const asked = Date.parse(question.asked_at!);
    await waitFor("more time than it has", () => Date.now() - asked > 10_500 || undefined);
    assertEquals((await home.zag(["permit", "allow"])).code, 0);
    assertEquals((await end).code, 0);
  }),
);

Deno.test(
  "exec --permissions denies when nobody has answered before the agent ended",
  inHome(async (home) => {
    const ran = await mock(home, STEPS, ["-o", "stream-json", ...ASK, "--timeout", "10s", "hi"]);
    assertEquals(ran.code, 124);
    const [answered] = of(ran, "permission_answer");
    assertEquals([answered?.granted, answered?.by], [false, "end"]);
    assertEquals(await made(home), false);
  }),
);

for (
  const [command, granted, reason, isBroken] of [
    ["cat > asked.json", true, null, false],
    ["echo allow for once", true, "for once", false],
    ["echo deny not that", false, "not that", false],
    ["echo deny not that; exit 3", false, "not that", false],
    ["exit 1", false, /exit code 1/, false],
    ["echo perhaps", false, /neither/, true],
    ["exit 3", false, /exit code 3/, true],
    ["echo allow; exit 3", false, /exit code 3/, true],
    ["echo it broke >&2; exit 1", false, "it broke", true],
    ["/nowhere/to/be/found", false, /not found/, true],
  ] as const
) {
  Deno.test(
    `exec --ask-command '${command}' ${granted ? "allows" : "denies"}`,
    inHome(async (home) => {
      const args = ["-o", "stream-json", ...ASK, "--ask-command", command, "hi"];
      const ran = await mock(home, STEPS, args);
      assertEquals(ran.code, 0, ran.stderr);
      const [answered] = of(ran, "permission_answer");
      assertEquals([answered?.granted, answered?.by], [granted, "command"]);
      if (reason instanceof RegExp) assertMatch(String(answered?.reason), reason);
      else assertEquals(answered?.reason, reason);
      assertEquals(await made(home), granted);
      const warned = isBroken && `--ask-command gave no answer about shell, which denies: `;
      assertEquals(ran.stderr.includes("--ask-command"), isBroken, ran.stderr);
      if (warned) assertStringIncludes(ran.stderr, `warning: ${warned}${answered?.reason}\n`);
      if (!command.startsWith("cat")) return;
      const asked = JSON.parse(await Deno.readTextFile(`${home.work}/asked.json`));
      assertEquals([asked.tool_name, asked.kind, asked.cwd], ["shell", "shell", home.work]);
      assertEquals(asked.input, { command: "touch made" });
    }),
  );
}

for (
  const [args, warning] of [
    [["--permissions", '{"rules":[{"deny":"any"},{"ask":"shell"}]}'], ENDLESS],
    [["--permissions", "{}", "--ask-command", "true"], "--ask-command is never asked"],
    [["--permissions", "{}"], undefined],
    [["--permissions", '{"default":"ask"}', "--ask-command", "true"], undefined],
    [["--permissions", '{"default":"ask"}', "--timeout", "60"], undefined],
  ] as const
) {
  Deno.test(
    `exec ${args.join(" ")} ${warning ? `warns: ${warning}` : "warns of nothing"}`,
    inHome(async (home) => {
      const ran = await mock(home, [{ do: "say", text: "end" }], [...args, "hi"]);
      assertEquals([ran.code, ran.stdout], [0, "end\n"]);
      if (warning) assertStringIncludes(ran.stderr, `warning: ${warning}`);
      else assertEquals(ran.stderr, "");
    }),
  );
}

Deno.test({
  name: "exec --permissions does not warn of a question that a person at the terminal sees",
  ignore: Deno.build.os === "windows",
  fn: inHome(async (home) => {
    await using pty = new Pty(ZAG.program, [...ZAG.args, "-p", "mock", "exec", ...ASK, "hi"], {
      cwd: home.work,
      env: home.env({ ...script([{ do: "say", text: "all of it" }]), TERM: "xterm" }),
      columns: 150,
    });
    assertEquals((await pty.exit).code, 0);
    assertStringIncludes(pty.text, "all of it");
    assert(!pty.text.includes("warning"), pty.text);
  }),
});

Deno.test(
  "exec --ask-command: zag permit is quicker than a command that hangs, which is ended",
  inHome(async (home) => {
    const policy = '{"default":"allow","rules":[{"ask":"shell","pattern":"touch *"}]}';
    const command = "echo $$ > asked; exec sleep 600";
    // The agent waits until nobody is asked any more.
    const until = 'while kill -0 "$(cat asked)" 2>/dev/null; do sleep 0.02; done';
    const { end } = await asking(
      home,
      [TOUCH, { do: "run", command: ["sh", "-c", until] }],
      ["--permissions", policy, "--ask-command", command, "--timeout", "30s"],
    );
    await waitFor("the command", () => Deno.stat(`${home.work}/asked`).catch(() => undefined));
    assertEquals((await home.zag(["permit", "allow"])).code, 0);
    const ran = await end;
    assertEquals([ran.code, of(ran, "permission_answer")[0]?.by], [0, "permit"]);
    assert(!ran.stderr.includes("gave no answer"), ran.stderr);
    assertEquals(await made(home), true);
  }),
);

Deno.test(
  "exec -i stream-json --permissions answers every message under the policy",
  inHome(async (home) => {
    const turns = { turns: [{ steps: STEPS }, { steps: STEPS }] };
    const said = (text: string) => JSON.stringify({ type: "user_message", content: text }) + "\n";
    const ran = await home.zag(
      ["-p", "mock", "exec", "-i", "stream-json", "-o", "stream-json", "--permissions", "{}"],
      { stdin: said("one") + said("two"), env: { ZAG_MOCK_SCRIPT: JSON.stringify(turns) } },
    );
    assertEquals(ran.code, 0, ran.stderr);
    assertEquals(of(ran, "result").map(({ message }) => message), ["end", "end"]);
    assertEquals(of(ran, "permission_request").length, 2);
    assertEquals(await made(home), false);
  }),
);

Deno.test(
  "spawn --permissions asks in the background, and input keeps the policy",
  inHome(async (home) => {
    await Deno.writeTextFile(`${home.work}/policy.json`, '{"default":"ask"}');
    const env = script(STEPS, STEPS);
    const spawned = await home.zag(
      ["-p", "mock", "spawn", "--name", "bg", "--permissions", "policy.json", "hi"],
      { env },
    );
    assertEquals(spawned.code, 0, spawned.stderr);
    assertStringIncludes(spawned.stderr, ENDLESS);
    const asked = async () => {
      const { stdout } = await home.zag(["permit", "--list"]);
      return stdout.includes("No session") ? undefined : stdout;
    };
    assertStringIncludes(await waitFor("a question", asked), "shell: touch made");
    const denied = await home.zag(["permit", "bg", "deny"]);
    assertEquals(denied.code, 0, denied.stderr);
    assertEquals((await home.zag(["wait", "bg"])).code, 0);
    // What the file says now does not count for a session that has begun.
    await Deno.writeTextFile(`${home.work}/policy.json`, '{"default":"allow"}');
    const more = home.spawn(["input", "--name", "bg", "more"], { env });
    const end = more.output();
    await waitFor("a question", asked);
    assertEquals((await home.zag(["permit", "bg", "allow"])).code, 0);
    assertEquals((await end).code, 0);
    assertEquals(await made(home), true);
  }),
);

/** Answers as soon as something is asked, and keeps what came of that. */
const OWN_PERMIT = (variables: string) =>
  "until zag permit --list | grep -q touch; do sleep 0.1; done; " +
  `env -u ZAG_MOCK_SCRIPT ${variables} zag permit allow > permit.log 2>&1; echo $? > permit.code`;
const ASK_TOUCH = JSON.stringify({
  rules: [{ allow: "shell", pattern: "*" }, { ask: "shell", pattern: "touch *" }],
});
const LIES = "-u ZAG_SESSION_ID -u ZAG_PROCESS_ID";

for (
  const [who, variables, program] of [
    ["the agent itself", "", []],
    ["one that hides its session", LIES, []],
    ["one that a daemon of it runs", LIES, ["nohup"]],
    ["one with another environment", "ZAG_SESSION_ID=other", ["setsid"]],
  ] as const
) {
  // macOS has no setsid.
  const ignore = program[0] === "setsid" && Deno.build.os === "darwin";
  Deno.test({
    name: `zag permit refuses ${who} to answer what its session asks`,
    ignore,
    fn: inHome(async (home) => {
      const command = [...program, "sh", "-c", OWN_PERMIT(variables)].map((each) => `'${each}'`);
      const steps: Step[] = [
        { do: "run", command: ["sh", "-c", `${command.join(" ")} > out.log 2>&1 &`] },
        ...STEPS,
      ];
      const { end } = await asking(home, steps, ["--permissions", ASK_TOUCH]);
      const code = async () => {
        const text = await Deno.readTextFile(`${home.work}/permit.code`).catch(() => "");
        return text.endsWith("\n") ? text : undefined;
      };
      assertEquals(await waitFor("an answer of its own", code), "77\n");
      assertStringIncludes(await Deno.readTextFile(`${home.work}/permit.log`), "part of session");
      assertEquals((await home.zag(["permit", "deny"])).code, 0);
      assertEquals((await end).code, 0);
      assert(!await made(home));
    }),
  });
}

Deno.test(
  "zag permit: a session below cannot answer what one above asks, and that can answer for it",
  inHome(async (home) => {
    const { question, end } = await asking(home);
    const above = question.session_id!;
    const child = home.spawn(["-p", "mock", "exec", ...ASK, "hi"], {
      env: { ...script(STEPS), ZAG_SESSION_ID: above },
    });
    const ended = child.output();
    const below = await waitFor("a question below", async () => {
      const { stdout } = await home.zag(["permit", "--list", "--json"]);
      const asked = JSON.parse(stdout) as Record<string, string>[];
      return asked.find(({ session_id }) => session_id !== above)?.session_id;
    });
    const as = (session: string, of: string) =>
      home.zag(["permit", of, "deny"], { env: { ZAG_SESSION_ID: session } });
    const refused = await as(below, above);
    assertEquals([refused.code, refused.stdout], [77, ""]);
    assertStringIncludes(refused.stderr, above);
    assertEquals((await as(above, below)).code, 0);
    assertEquals((await ended).code, 0);
    assertEquals((await home.zag(["permit", above, "deny"])).code, 0);
    assertEquals((await end).code, 0);
  }),
);

for (
  const [args, code, ...parts] of [
    [["--permissions", "{}", "-a"], 64, "--auto-approve"],
    [["--ask-command", "true"], 64, "--permissions"],
    [["--permissions", '{"rules":[{"allow":"reed"}]}'], 64, "line 1, column 20", "reed"],
    [["--permissions", "absent"], 64, "absent.json"],
    [["--permissions", "{}", "-o", "text"], 1, "-o text"],
    [["--permissions", "{}", "--ask-command", " "], 64, "empty"],
  ] as const
) {
  Deno.test(
    `exec ${args.join(" ")} is refused before anything starts`,
    inHome(async (home) => {
      const ran = await mock(home, STEPS, [...args, "hi"]);
      assertEquals([ran.code, ran.stdout], [code, ""], ran.stderr);
      for (const part of parts) assertStringIncludes(ran.stderr, part);
      assert(!await made(home));
    }),
  );
}

Deno.test(
  "run --permissions is refused: the agent asks the person at its terminal",
  inHome(async (home) => {
    const ran = await home.zag(["-p", "mock", "run", "--permissions", "{}", "hi"]);
    assertEquals([ran.code, ran.stdout], [1, ""]);
    assertStringIncludes(ran.stderr, "zag exec");
  }),
);

Deno.test(
  "zag permit tells questions of one session apart",
  inHome(async (home) => {
    const { question, end } = await asking(home);
    const wrong = await home.zag(["permit", "allow", "--id", "none"]);
    assertEquals([wrong.code, wrong.stdout], [1, ""]);
    assertStringIncludes(wrong.stderr, question.id!);
    const list = await home.zag(["permit", "--list", question.session_id!]);
    assertEquals(list.stdout, `${question.session_id} ${question.id} shell: touch made\n`);
    const answers = await Promise.all(
      ["allow", "deny"].map((word) => home.zag(["permit", word, "--id", question.id!])),
    );
    // Both may have looked before one of them has answered; only one has.
    assertEquals(answers.filter(({ code }) => code === 0).length, 1);
    const ran = await end;
    const granted = answers[0]!.code === 0;
    assertEquals(of(ran, "permission_answer")[0]?.granted, granted);
    assertEquals(await made(home), granted);
  }),
);
