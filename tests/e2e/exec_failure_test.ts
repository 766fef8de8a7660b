import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { claude, inHome, mock, onlyLog, replay, standIn } from "./support.ts";

Deno.test(
  "exec reports an agent's failure on stderr and exits with 0, or with 1 on --exit-on-failure",
  inHome(async (home) => {
    const steps = [{ do: "say", text: "I try." }, { do: "error", message: "boom", fatal: true }];
    for (const [flags, expected] of [[[], 0], [["--exit-on-failure"], 1]] as const) {
      const { code, stdout, stderr } = await mock(home, steps as never, ["hi", ...flags]);
      assertEquals([code, stdout], [expected, "I try.\n"]);
      assertEquals(stderr, "error: Mock agent reported a failure: boom\n");
    }
    for (const format of ["json", "stream-json"]) {
      const { code, stdout } = await mock(home, steps as never, ["hi", "-o", format]);
      assertEquals(code, 0);
      assertStringIncludes(stdout, format === "json" ? '"is_error":true' : '"success":false');
    }
    assertEquals(home.rows("sessions").map(({ outcome }) => outcome), Array(4).fill("failure"));
  }),
);

Deno.test(
  "exec reads failures of a recorded claude from its result, whatever it exits with",
  inHome(async (home) => {
    for (
      const [name, message] of [
        ["auth_missing", "Not logged in · Please run /login"],
        ["max_turns", "Reached maximum number of turns"],
        ["resume_unknown_id", "No conversation found with session ID"],
        ["rate_limit", "rate"],
      ] as const
    ) {
      await standIn(home, `${replay(name)}; exit 1`);
      const { code, stderr } = await claude(home, ["--no-auto-resume", "hi"]);
      assertEquals([name, code], [name, 0]);
      assertMatch(stderr, /^error: Claude Code reported a failure: /);
      assertStringIncludes(stderr, message);
    }
  }),
);

Deno.test(
  "exec takes the result for the outcome although the exit code is 1",
  inHome(async (home) => {
    await standIn(home, `${replay("simple")}; exit 1`);
    const { code, stdout, stderr } = await claude(home, ["hi", "--exit-on-failure"]);
    assertEquals([code, stdout, stderr], [0, "STUB:hello\n", ""]);
    const ended = (await onlyLog(home)).at(-1);
    assertEquals([ended?.success, ended?.exit_code, ended?.outcome], [true, 1, "success"]);
  }),
);

Deno.test(
  "exec without a result is unknown, whatever the exit code",
  inHome(async (home) => {
    for (const exit of [0, 3]) {
      const { code, stdout, stderr } = await mock(home, [
        { do: "say", text: "half" },
        { do: "stderr", text: "out of coffee" },
        { do: "exit", code: exit },
      ]);
      assertEquals([code, stdout], [2, "half\n"]);
      const [message, hint] = stderr.split("\n");
      assertEquals(
        message,
        `error: Mock agent ended without a result (exit code ${exit}): out of coffee`,
      );
      assertMatch(hint!, /^the log is \/.*\.jsonl$/);
      const log = (await home.logs()).at(-1)!;
      assertEquals(log.at(-1)?.outcome, "unknown");
      assertEquals(log.at(-2), { ...log.at(-2), type: "stderr", message: "out of coffee" });
    }
    const crashed = await mock(home, [{ do: "crash" }]);
    assertEquals(crashed.code, 2);
    assertStringIncludes(crashed.stderr, "ended without a result (signal SIGKILL)");
    assertEquals(home.rows("sessions").at(-1)?.signal, "SIGKILL");
  }),
);

Deno.test(
  "exec looks for a missing result in the agent's own transcript",
  inHome(async (home) => {
    const steps = [{ do: "say", text: "done" }, { do: "exit", code: 1, result: "transcript" }];
    const { code, stdout, stderr } = await mock(home, steps as never);
    assertEquals([code, stdout, stderr], [0, "done\n", ""]);
    assertEquals(home.rows("sessions")[0]?.outcome, "success");
  }),
);

Deno.test(
  "exec prints and logs an answer that only the transcript has",
  inHome(async (home) => {
    const answer = JSON.stringify({
      type: "assistant",
      message: {
        role: "assistant",
        stop_reason: "end_turn",
        content: [{ type: "text", text: "found" }],
      },
    });
    await standIn(
      home,
      `for arg; do case $arg in --session-id=*) id=\${arg#*=}; esac; done
       dir="$HOME/.claude/projects/$(pwd -P | tr -c 'A-Za-z0-9\\n' -)"
       mkdir -p "$dir"; echo '${answer}' > "$dir/$id.jsonl"
       echo '{"type":"system","subtype":"init","model":"m","tools":[]}'`,
    );
    const { code, stdout, stderr } = await claude(home, ["hi"]);
    assertEquals([code, stdout, stderr], [0, "found\n", ""]);
    const answers = (await onlyLog(home)).filter(({ type }) => type === "assistant_message");
    assertEquals(answers.map(({ content, source_kind }) => [content, source_kind]), [
      ["found", "provider_file"],
    ]);
    const json = JSON.parse((await claude(home, ["hi", "-o", "json"])).stdout);
    assertEquals([json.result, json.is_error], ["found", false]);
  }),
);

Deno.test(
  "exec takes an empty answer for a failure under --exit-on-failure only",
  inHome(async (home) => {
    for (const format of [[], ["-o", "json"], ["-o", "stream-json"]]) {
      assertEquals((await mock(home, [], ["hi", ...format])).code, 0);
      const { code, stderr } = await mock(home, [], ["hi", "--exit-on-failure", ...format]);
      assertEquals([code, stderr], [1, "error: Mock agent gave an empty answer\n"]);
    }
  }),
);

Deno.test(
  "exec -o text takes nothing on stdout for an empty answer, whatever the agent's file says",
  inHome(async (home) => {
    const text = ["hi", "-o", "text", "--exit-on-failure"];
    const { code, stdout, stderr } = await mock(home, [], text);
    assertEquals([code, stdout.trim(), stderr], [
      1,
      "",
      "error: Mock agent gave an empty answer\n",
    ]);
    assertEquals((await mock(home, [], text.slice(0, -1))).code, 0);
    assertEquals((await mock(home, [{ do: "say", text: "x" }], text)).code, 0);
    await standIn(home, `cat > /dev/null; printf ' \\n'`);
    assertEquals((await claude(home, text)).code, 1);
    await standIn(home, `cat > /dev/null; echo answer`);
    assertEquals((await claude(home, text)).code, 0);
  }),
);

Deno.test(
  "exec -o text ends with 2 when the agent fails, for nothing tells a failure from a crash",
  inHome(async (home) => {
    const fatal = [{ do: "error", message: "boom", fatal: true }] as const;
    for (const flags of [[], ["--exit-on-failure"]]) {
      const { code, stderr } = await mock(home, [...fatal], ["hi", "-o", "text", ...flags]);
      assertEquals(code, 2, stderr);
      assertStringIncludes(stderr, "Mock agent ended without a result (exit code 1)");
    }
  }),
);

Deno.test(
  "exec -o text judges by the exit code",
  inHome(async (home) => {
    await standIn(home, `cat > /dev/null; echo answer`);
    assertEquals((await claude(home, ["hi", "-o", "text"])).code, 0);
    await standIn(home, `cat > /dev/null; echo half; echo why >&2; exit 3`);
    const { code, stdout, stderr } = await claude(home, ["hi", "-o", "text"]);
    assertEquals([code, stdout], [2, "half\n"]);
    assertStringIncludes(stderr, "Claude Code ended without a result (exit code 3): why");
    const [first, second] = await home.logs();
    assertEquals(first!.find(({ type }) => type === "assistant_message")?.content, "answer\n");
    assertEquals(first!.at(-1)?.completeness, "partial");
    assertEquals([second!.at(-1)?.success, second!.at(-1)?.outcome], [false, "failure"]);
  }),
);

Deno.test(
  "exec names the tools that it could not ask about, and the flag",
  inHome(async (home) => {
    const steps = [{ do: "tool", name: "write", needs_permission: true }];
    const { code, stderr } = await mock(home, steps as never);
    assertEquals(code, 0);
    assertMatch(
      stderr,
      /^warning: Mock agent was not allowed to use "write": .*-a\/--auto-approve/,
    );
    const allowed = await mock(home, steps as never, ["hi", "-a"]);
    assertEquals(allowed.stderr, "");
    await standIn(home, replay("permission_denied"));
    assertMatch((await claude(home, ["hi"])).stderr, /was not allowed to use "Bash": /);
  }),
);

Deno.test(
  "exec without the agent's program says what it looked for, how to get it, and what needs none",
  inHome(async (home) => {
    const path = { PATH: "/nowhere:/usr/bin/nothing" };
    const { code, stdout, stderr } = await claude(home, ["hi"], { env: path });
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, 'there is no program "claude" on PATH');
    assertStringIncludes(stderr, "npm install -g @anthropic-ai/claude-code");
    assertStringIncludes(stderr, "zag -p mock exec");
    const unpinned = await home.zag(["exec", "hi"], { env: path });
    assertEquals(unpinned.code, 2);
    assertStringIncludes(unpinned.stderr, 'there is no program "claude" on PATH');
    assertEquals(await home.logPaths(), []);
  }),
);

Deno.test(
  "exec says that the agent's program may not be executed, or lacks its interpreter",
  inHome(async (home) => {
    const path = await home.program("claude", "#!/nowhere/sh\n");
    const env = { PATH: home.bin };
    const broken = await claude(home, ["hi"], { env });
    assertEquals(broken.code, 2);
    assertStringIncludes(broken.stderr, `error: Cannot start "${path}": it may not be executed`);
    assert(!broken.stderr.includes("    at "), "there is no stack");
    assertEquals((await onlyLog(home)).at(-1)?.success, false);
    assertEquals(home.rows("processes")[0]?.status, "exited");
    await Deno.chmod(path, 0o644);
    const plain = await claude(home, ["hi"], { env });
    assertEquals(plain.code, 2);
    assertStringIncludes(plain.stderr, "claude");
  }),
);

Deno.test(
  "exec goes on when the agent does not read its prompt",
  inHome(async (home) => {
    const name = "simple";
    await standIn(home, `exec <&-; ${replay(name).split(";")[1]}`);
    const { code, stdout } = await claude(home, [], { stdin: "x".repeat(1_000_000) });
    assertEquals([code, stdout], [0, "STUB:hello\n"]);
  }),
);
