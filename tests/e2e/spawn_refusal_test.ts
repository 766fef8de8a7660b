/** What `zag spawn` refuses at once, what it starts, and what others can see of that. */
import { run } from "../../src/cli/app.ts";
import { fakeContext } from "../fakes/context.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { type TestHome, ZAG } from "../support/zag.ts";
import {
  agentOf,
  commands,
  ended,
  endOf,
  exists,
  inCharge,
  rowOf,
  runOf,
  spawn,
} from "./spawn_support.ts";
import { inHome, leftovers, replay, script, seen, standIn, waitFor } from "./support.ts";

/** Fails when anything was recorded. */
async function assertNothing(home: TestHome): Promise<void> {
  assertEquals(exists(`${home.path}/.zag/zag.db`) ? home.rows("sessions") : [], []);
  assertEquals(await home.logPaths(), []);
  for (const directory of ["temp", "logs/spawn"]) {
    const path = `${home.path}/.zag/${directory}`;
    assertEquals(exists(path) ? [...Deno.readDirSync(path)] : [], []);
  }
  assertEquals(await leftovers(home, 0), []);
}

const REFUSED: [args: string[], code: number, message: string][] = [
  [["-p", "nobody"], 64, "nobody"],
  [["-p", "codex"], 2, "codex"],
  [["-p", "claude"], 1, "Cannot run Claude Code non-interactively"],
  [["-p", "mock", "-m", "huge"], 64, "huge"],
  [["-p", "mock", "--max-turns", "none"], 64, "--max-turns"],
  [["-p", "mock", "--file", "missing.txt"], 1, "missing.txt"],
  [["-p", "mock", "--plan", "missing.md"], 1, "missing.md"],
  [["-p", "mock", "--plan", "."], 1, "plan"],
  [["-p", "mock", "--context", "nobody"], 1, "nobody"],
  [["-p", "mock", "--mcp-config", "missing.json"], 1, "missing.json"],
  [["-p", "mock", "--root", "missing"], 1, "missing"],
  [["-p", "mock", "--add-dir", "missing"], 1, "missing"],
  [["-p", "mock", "--timeout", "soon"], 64, "--timeout"],
];

Deno.test(
  "spawn refuses at once what cannot be started, and records nothing of it",
  inHome(async (home) => {
    await standIn(home, replay("simple"));
    const env = { PATH: `${home.bin}:/usr/bin:/bin`, ZAG_CLAUDE_ALLOW_PRINT: "0" };
    for (const [args, code, message] of REFUSED) {
      const seen = await home.zag(["spawn", "hi", ...args], { env });
      assertEquals([args, seen.code, seen.stdout], [args, code, ""]);
      assertMatch(seen.stderr, /^error: /);
      assertStringIncludes(seen.stderr, message);
    }
    await assertNothing(home);
  }),
);

for (const [answer, allowed] of [["n", false], ["y", true]] as const) {
  Deno.test(
    `spawn asks at a terminal whether claude may be called, and heeds ${answer}`,
    inHome(async (home) => {
      await standIn(home, replay("simple"));
      const ctx = fakeContext({
        env: home.env({ ZAG_CLAUDE_ALLOW_PRINT: undefined }),
        cwd: home.work,
        stdinTty: true,
        stderrTty: true,
        stdin: `${answer}\n`,
      });
      assertEquals(await run(["spawn", "-p", "claude", "hi"], ctx), allowed ? 0 : 1, ctx.err);
      assertStringIncludes(ctx.err, "[y/N]");
      if (!allowed) return await assertNothing(home);
      assertEquals(await ended(home, ctx.out.trim()), 0);
      assertEquals(await seen(home, "stdin"), "hi");
    }),
  );
}

Deno.test(
  "spawn starts the program of ZAG_BIN, and leaves a failed session where there is none",
  inHome(async (home) => {
    for (const exec of ["exec ", ""]) {
      const program = await home.program(
        `my zag${exec}`,
        `#!/bin/sh
echo "$@" >> "$HOME/called"
${exec}${ZAG.shell} "$@"
`,
      );
      const id = await spawn(home, ["hi"], [{ do: "env", name: "ZAG_BIN" }], {
        env: { ZAG_BIN: program },
      });
      assertEquals(await ended(home, id), 0);
      assertEquals((await home.zag(["output", id])).stdout, `${program}\n`);
      const called = (await Deno.readTextFile(`${home.path}/called`)).trim().split("\n");
      assertEquals(called.at(-1), `background ${id} ${runOf(home, id).id}`);
    }
    const before = home.rows("sessions").length;
    const { code, stdout, stderr } = await home.zag(["spawn", "-p", "mock", "hi", "--name", "n"], {
      env: { ZAG_BIN: "/nonexistent/zag" },
    });
    assertEquals([code, stdout], [1, ""]);
    assertMatch(
      stderr,
      /^error: Cannot start a session in the background: Cannot start "\/nonexistent\/zag": there is no such /,
    );
    const row = home.rows("sessions").at(-1);
    assertEquals(home.rows("sessions").length, before + 1);
    assertEquals([row?.outcome, row?.name], ["failure", "n"]);
    assertStringIncludes(String(row?.error), "there is no such program");
    assertEquals((await home.zag(["status", "n"])).stdout, "failed\n");
    assertEquals(runOf(home, String(row?.session_id)).status, "exited");
    assertEquals([...Deno.readDirSync(`${home.path}/.zag/temp`)], []);
  }),
);

Deno.test({
  name: "spawn keeps prompts and secrets out of the arguments of every program, and out of files",
  ignore: Deno.build.os !== "linux",
  fn: inHome(async (home) => {
    const first = await spawn(home, ["w0rds-0f-a-pr0mpt", "--env", "TOKEN=s3cr3t-v4lue"], [
      { do: "env", name: "TOKEN" },
      { do: "hang" },
    ]);
    await agentOf(home, first);
    const second = await spawn(home, [
      "--depends-on",
      first,
      "--env",
      "TOKEN=s3cr3t-v4lue",
      "w0rds-0f-a-pr0mpt",
    ]);
    await inCharge(home, second);
    await waitFor(
      "the agent's word",
      // The log does not hold the secret itself.
      async () => (await home.zag(["output", first])).stdout.includes("TOKEN") || undefined,
    );
    const lines = await commands(home);
    assertEquals(lines.filter((line) => /\bbackground\b/.test(line)).length, 2);
    assertEquals(lines.filter((line) => /s3cr3t|w0rds/.test(line)), []);
    for (const id of [first, second]) {
      const directory = `${home.path}/.zag/temp/${runOf(home, id).id}`;
      assert(!exists(`${directory}/request.json`));
      assertEquals(Deno.statSync(directory).mode! & 0o777, 0o700);
      assertEquals(Deno.statSync(`${home.path}/.zag/logs/spawn/${id}.log`).mode! & 0o777, 0o600);
    }
    assert(!(await Deno.readTextFile(`${home.path}/.zag/zag.db`)).includes("s3cr3t"));
    await home.zag(["cancel", first, second]);
  }),
});

const SELECTOR = JSON.stringify({
  turns: [
    { match: "<task>", steps: [{ do: "json", value: { model: "large" } }] },
    { steps: [{ do: "prompt" }] },
  ],
});

Deno.test(
  "spawn -m auto prints the id at once, and has the model chosen in the background",
  inHome(async (home) => {
    const id = await spawn(home, ["hi", "-m", "auto", "--name", "a", "--tag", "t"], undefined, {
      env: { ZAG_MOCK_SCRIPT: SELECTOR },
    });
    assertEquals(await ended(home, id), 0);
    const row = rowOf(home, id);
    assertEquals([row.provider, row.model, row.name], ["mock", "mock-large", "a"]);
    assertEquals(runOf(home, id).model, "mock-large");
    const { model } = JSON.parse((await home.zag(["output", id])).stdout);
    assertEquals(model, "mock-large");
  }),
);

Deno.test(
  "spawn -p auto fails in the background when nobody can be chosen, and can be cancelled before",
  inHome(async (home) => {
    await Deno.mkdir(`${home.path}/.zag`);
    await Deno.writeTextFile(`${home.path}/.zag/zag.jsonc`, '{"auto": {"provider": "mock"}}');
    await standIn(home, replay("simple"));
    const env = { ZAG_CLAUDE_ALLOW_PRINT: "1", PATH: `${home.bin}:/usr/bin:/bin` };
    const chosen = async (steps: Parameters<typeof script>[0]) => {
      const { code, stdout, stderr } = await home.zag(["spawn", "-p", "auto", "hi"], {
        env: { ...env, ...script(steps) },
      });
      assertEquals([code, stderr], [0, ""]);
      return stdout.trim();
    };
    const works = await chosen([{ do: "say", text: '{"provider":"claude","model":"small"}' }]);
    assertEquals(await ended(home, works), 0);
    assertEquals([rowOf(home, works).provider, rowOf(home, works).model], ["claude", "haiku"]);
    assertEquals((await home.zag(["output", works])).stdout, "STUB:hello\n");

    const declined = await chosen([{ do: "say", text: '{"declined":true,"reason":"no phone"}' }]);
    assertEquals(await ended(home, declined), 1);
    assertEquals(endOf(home, declined), [
      "failure",
      "Cannot choose an agent for this task: no phone",
    ]);

    const hangs = await chosen([{ do: "hang" }]);
    await waitFor(
      "the selector",
      async () => (await commands(home)).some((line) => line.includes("mock-agent")) || undefined,
    );
    assertEquals((await home.zag(["cancel", hangs, "--reason", "slow"])).code, 0);
    assertEquals(endOf(home, hangs), ["killed", "cancelled: slow"]);
    assertEquals(home.rows("processes").filter(({ status }) => status === "running"), []);
  }),
);

const mountsAllowed = Deno.build.os === "linux" && (await new Deno.Command("unshare", {
  args: ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"],
  stdout: "null",
  stderr: "null",
}).output().catch(() => ({ success: false }))).success;

for (
  const [what, mount] of [
    ["is full", 'mount -t tmpfs -o size=64k none "$S"; head -c 65536 /dev/zero > "$S/x"'],
    ["is almost full", 'mount -t tmpfs -o size=220k none "$S"; head -c 70000 /dev/zero > "$S/x"'],
    ["has no room for files", 'mount -t tmpfs -o size=1m,nr_inodes=2 none "$S"'],
    ["has hardly any room for files", 'mount -t tmpfs -o size=1m,nr_inodes=6 none "$S"'],
    ["is read-only", 'mount -t tmpfs -o ro none "$S"'],
  ] as const
) {
  Deno.test({
    name: `spawn says why nothing is started when the disk of its state ${what} (needs mounts)`,
    ignore: !mountsAllowed,
    fn: inHome(async (home) => {
      await Deno.mkdir(`${home.path}/.zag`);
      const { code, stdout, stderr } = await new Deno.Command("unshare", {
        args: [
          "-rm",
          "sh",
          "-c",
          `${mount}; "$@"; code=$?; find "$S" -name request.json >&2; exit $code`,
          "sh",
          ZAG.program,
          ...ZAG.args,
        ]
          .concat(["spawn", "-p", "mock", "hi"]),
        env: home.env({ S: `${home.path}/.zag`, ...script([{ do: "hang" }]) }),
        clearEnv: true,
        cwd: home.work,
        stdin: "null",
      }).output();
      const err = new TextDecoder().decode(stderr);
      assertEquals([code, new TextDecoder().decode(stdout)], [1, ""], err);
      assertMatch(err, /^(warning: [^\n]*\n)*error: Cannot [^\n]*\n/);
      assert(!/^\/.*request\.json$/m.test(err), err);
      assertEquals(await leftovers(home, 0), []);
    }),
  });
}
