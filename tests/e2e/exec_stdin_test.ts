import { run } from "../../src/cli/app.ts";
import { fakeContext } from "../fakes/context.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { inHome, mock, replay, script, seen, standIn, waitFor } from "./support.ts";
import { ZAG } from "../support/zag.ts";

const ECHO = [{ do: "echo" }] as const;

Deno.test(
  "exec takes piped stdin as the prompt when there is none, and when it is -",
  inHome(async (home) => {
    for (const args of [[], ["-"]]) {
      const { code, stdout, stderr } = await mock(home, [...ECHO], args, { stdin: "from\nstdin" });
      assertEquals([code, stdout, stderr], [0, "from\nstdin\n", ""]);
    }
  }),
);

Deno.test(
  "exec puts piped stdin below the prompt, in a fence that it cannot close",
  inHome(async (home) => {
    const { code, stdout, stderr } = await mock(home, [...ECHO], ["explain"], {
      stdin: "a ``` b\n",
    });
    assertEquals([code, stdout, stderr], [0, "explain\n\n````\na ``` b\n````\n", ""]);
    const [log] = await home.logs();
    const logged = log?.filter(({ type }) => type === "user_message").map(({ content }) => content);
    assertEquals(logged, [stdout.slice(0, -1)]);
  }),
);

Deno.test(
  "exec leaves the prompt alone when stdin is empty, blank, closed or the null device",
  inHome(async (home) => {
    for (const stdin of [undefined, "", " \n\n"]) {
      const { stdout, stderr } = await mock(home, [...ECHO], ["hi"], {
        ...(stdin === undefined ? {} : { stdin }),
      });
      assertEquals([stdout, stderr], ["hi\n", ""]);
    }
    const closed = await runWithClosedStdin(home.env(script([...ECHO])), home.work, ["hi"]);
    assertEquals(closed, { code: 0, stdout: "hi\n", stderr: "" });
  }),
);

Deno.test(
  "exec waits a second for an open pipe that says nothing, says so, and goes on",
  inHome(async (home) => {
    const { code, stdout, stderr } = await mock(home, [...ECHO], ["hi"], { stdin: "open" });
    assertEquals([code, stdout], [0, "hi\n"]);
    assertEquals(stderr, "warning: stdin is open but silent; going on with the prompt alone\n");
    const quiet = await mock(home, [...ECHO], ["-q", "hi"], { stdin: "open" });
    assertEquals([quiet.stdout, quiet.stderr], ["hi\n", ""]);
  }),
);

Deno.test(
  "exec reads a slow pipe to its end once it has spoken",
  inHome(async (home) => {
    // It has spoken before anybody waits for it.
    const path = `${home.path}/pipe`;
    assertEquals((await new Deno.Command("mkfifo", { args: [path] }).output()).code, 0);
    const pipe = await Deno.open(path, { read: true, write: true });
    await pipe.write(new TextEncoder().encode("be"));
    const child = new Deno.Command("/bin/sh", {
      args: [
        "-c",
        'exec < "$HOME/pipe"; : > "$HOME/opened"; exec "$0" "$@"',
        ZAG.program,
        ...ZAG.args,
        ...["-p", "mock", "exec", "hi"],
      ],
      env: home.env(script([...ECHO])),
      clearEnv: true,
      cwd: home.work,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    await waitFor("its reader", () => Deno.stat(`${home.path}/opened`).catch(() => undefined));
    // Longer than the time that a silent pipe is given.
    await new Promise((resolve) => setTimeout(resolve, 1200));
    await pipe.write(new TextEncoder().encode("gin"));
    pipe.close();
    const { code, stdout, stderr } = await child.output();
    const text = new TextDecoder();
    assertEquals([code, text.decode(stdout), text.decode(stderr)], [
      0,
      "hi\n\n```\nbegin\n```\n",
      "",
    ]);
  }),
);

Deno.test(
  "exec refuses an empty prompt, wherever it comes from",
  inHome(async (home) => {
    for (const [args, stdin] of [[[""], ""], [["  "], "piped"], [["--prompt="], ""]] as const) {
      const { code, stderr } = await mock(home, [], args, { stdin });
      assertEquals(code, 64);
      assertMatch(stderr, /^error: Cannot run an empty prompt: say what to do\nUsage: zag /);
    }
    for (const args of [[], ["-"]]) {
      const { code, stderr } = await mock(home, [], args);
      assertEquals(code, 64);
      assertStringIncludes(stderr, "Cannot run an empty prompt");
    }
    const closed = await runWithClosedStdin(home.env(), home.work, []);
    assertEquals(closed.code, 64);
    assertEquals(await home.logPaths(), []);
  }),
);

Deno.test("exec asks for a prompt where stdin is a terminal, and does not wait for one", async () => {
  const ctx = fakeContext({ stdinTty: true, stdin: new ReadableStream() });
  assertEquals(await run(["exec"], ctx), 64);
  assertMatch(ctx.err, /^error: Missing prompt for "exec": give one, or pipe it in\nUsage: /);
});

Deno.test(
  "exec - lets the prompt be typed at a terminal",
  inHome(async (home) => {
    const ctx = fakeContext({
      stdinTty: true,
      stdin: "typed\n",
      env: home.env(),
      cwd: home.work,
    });
    assertEquals([await run(["-p", "mock", "exec", "-"], ctx), ctx.out], [0, "typed\n"]);
  }),
);

Deno.test(
  "exec takes prompts that look like flags, hold any character, or are long",
  inHome(async (home) => {
    const odd = '--help "quoted" $HOME `x` \\ \u{1f468}\u{200d}\u{1f469} \u202e\nsecond line';
    assertEquals((await mock(home, [...ECHO], ["--", odd])).stdout, `${odd}\n`);
    assertEquals((await mock(home, [...ECHO], [`--prompt=${odd}`])).stdout, `${odd}\n`);
    const long = "0123456789".repeat(300_000);
    const { stdout } = await mock(home, [...ECHO], [], { stdin: long });
    assert(stdout === `${long}\n`, `3 MB came through, ${stdout.length} bytes arrived`);
  }),
);

Deno.test(
  "exec takes bytes that are no text as text with marks",
  inHome(async (home) => {
    const stdin = Uint8Array.of(97, 0xff, 0xfe, 0, 98);
    assertEquals((await mock(home, [...ECHO], [], { stdin })).stdout, "a\ufffd\ufffd\0b\n");
  }),
);

Deno.test(
  "exec does not let the agent have zag's stdin",
  inHome(async (home) => {
    await standIn(home, replay("simple"));
    const child = home.spawn(["-p", "claude", "exec", "hi"], {
      stdin: "open",
      env: { ZAG_CLAUDE_ALLOW_PRINT: "1" },
    });
    await waitFor("the agent", () => seen(home, "args").catch(() => undefined));
    const writer = child.stdin.getWriter();
    // zag may have ended by now.
    await writer.write(new TextEncoder().encode("for zag alone\n")).catch(() => {});
    await writer.close().catch(() => {});
    const { code, stdout } = await child.output();
    assertEquals([code, new TextDecoder().decode(stdout)], [0, "STUB:hello\n"]);
    assertEquals(await seen(home, "stdin"), "hi");
  }),
);

/** Descriptor 0 cannot be closed from here, so a shell does it. */
async function runWithClosedStdin(
  env: Record<string, string>,
  cwd: string,
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command("/bin/sh", {
    args: [
      "-c",
      'exec "$0" "$@" <&-',
      ZAG.program,
      ...ZAG.args,
      "-p",
      "mock",
      "exec",
      ...args,
    ],
    env,
    clearEnv: true,
    cwd,
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}
