/** `--sandbox`, with a stand-in for `docker` that keeps what it is asked. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { Pty } from "../support/pty.ts";
import { type Finished, type TestHome, ZAG, type ZagOptions } from "../support/zag.ts";
import { ended, rowOf } from "./spawn_support.ts";
import { CLAUDE_OUTPUT, inHome, waitFor } from "./support.ts";
import { isThere, placesTwice, repository, worktrees } from "./worktree_support.ts";

/** The agent in the sandbox: says what the real one once said, and keeps what it was given. */
const ANSWERS = `
  . "$shared/variables.sh"
  env > "$HOME/inside.txt"
  cat > "$HOME/prompt.txt"
  cat '${CLAUDE_OUTPUT}simple/stdout.ndjson'
`;

/**
 * Lets `docker` be a shell script with sandboxes that are lines of a file.
 *
 * @param body What it does for `docker sandbox run`; `$shared` is the directory for the session.
 */
async function docker(home: TestHome, body = ANSWERS): Promise<void> {
  await home.program(
    "docker",
    `#!/bin/sh
line=''; for word in "$@"; do line="$line<$word>"; done
printf '%s\\n' "$line" >> "$HOME/calls.txt"
boxes="$HOME/boxes.txt"; touch "$boxes"
case "$2" in
  ls) cat "$boxes" ;;
  create) echo "$4" >> "$boxes" ;;
  rm) grep -vxF "$3" "$boxes" > "$boxes.new"; mv "$boxes.new" "$boxes" ;;
  run) shared="$9"; env > "$HOME/outside.txt"; ${body} ;;
esac
`,
  );
}

async function calls(home: TestHome, what?: string): Promise<string[]> {
  const text = await Deno.readTextFile(`${home.path}/calls.txt`).catch(() => "");
  const lines = text.split("\n").filter((line) => line !== "");
  return what === undefined ? lines : lines.filter((line) => line.startsWith(`<sandbox><${what}>`));
}

async function zag(home: TestHome, args: string[], options: ZagOptions = {}): Promise<Finished> {
  return await home.zag(["-p", "claude", ...args], {
    ...options,
    env: { ZAG_CLAUDE_ALLOW_PRINT: "1", ...options.env },
  });
}

Deno.test(
  "exec --sandbox runs the agent in a new sandbox, with its variables and without this machine's",
  inHome(async (home) => {
    await docker(home);
    const { code, stdout, stderr } = await zag(home, [
      "exec",
      "-v",
      "-a",
      "--sandbox=box",
      "--env",
      "TOKEN=its-secret",
      "hello there",
    ], { env: { MACHINE: "only-here" } });
    assertEquals(code, 0, stderr);
    assert(stdout.length > 0);
    const shared = `${home.path}/.zag/sandboxes/box`;
    const described = `<--name><box><--template><docker/sandbox-templates:claude-code><claude>` +
      `<${home.work}><${shared}>`;
    assertEquals(await calls(home, "create"), [`<sandbox><create>${described}`]);
    const [run, ...more] = await calls(home, "run");
    assertEquals(more, []);
    assert(run!.startsWith(`<sandbox><run>${described}<--><`), run);
    const row = home.rows("sessions")[0]!;
    assertStringIncludes(run!, `<--session-id=${row.session_id}>`);
    // Docker gives the flag itself.
    assert(!run!.includes("dangerously"), run);
    for (const line of await calls(home)) {
      assert(!/secret|only-here/.test(line), line);
    }
    assertStringIncludes(await Deno.readTextFile(`${home.path}/prompt.txt`), "hello there");
    const inside = await Deno.readTextFile(`${home.path}/inside.txt`);
    assertMatch(inside, /^TOKEN=its-secret$/m);
    assertStringIncludes(inside, `ZAG_SESSION_ID=${row.session_id}\n`);
    const variables = await Deno.readTextFile(`${home.path}/outside.txt`);
    assert(!variables.includes("its-secret"));
    assertStringIncludes(stderr, "> Sandbox configured: box\n");
    assertStringIncludes(
      stderr,
      `Sandbox kept: box\nResume with: zag run --resume ${row.session_id}\n`,
    );
    // Nothing of the session is left where other sessions could read it.
    assertEquals([...Deno.readDirSync(shared)], []);
    assertEquals([row.sandbox_name, row.is_worktree, row.outcome], ["box", 0, "success"]);
    assertEquals(await calls(home, "stop"), []);
    const [before, after] = await placesTwice(home);
    assertEquals(after, before);
  }),
);

Deno.test(
  "exec --sandbox gives the sandbox a name of its own, and --resume goes on in it",
  inHome(async (home) => {
    await docker(home);
    assertEquals((await zag(home, ["exec", "--sandbox", "--", "hi"])).code, 0);
    const { session_id: id, sandbox_name: name } = home.rows("sessions")[0]!;
    assertMatch(String(name), /^sandbox-[0-9a-f]{8}$/);
    const again = await zag(home, ["exec", "--resume", String(id), "more"]);
    assertEquals([again.code, (await calls(home, "create")).length], [0, 1], again.stderr);
    const run = (await calls(home, "run")).at(-1)!;
    assertStringIncludes(run, `<--name><${name}>`);
    assertStringIncludes(run, `<--resume=`);
    await Deno.writeTextFile(`${home.path}/boxes.txt`, "");
    const gone = await zag(home, ["exec", "--resume", String(id), "more"]);
    assertEquals(gone.code, 1);
    assertStringIncludes(gone.stderr, `Cannot go on in sandbox "${name}": it is gone`);
    assertEquals((await calls(home, "run")).length, 2);
  }),
);

Deno.test(
  "exec --sandbox stops the sandbox when zag ends the agent",
  inHome(async (home) => {
    await docker(home, "exec sleep 600");
    const late = await zag(home, ["exec", "--sandbox=late", "--timeout", "1", "hi"]);
    assertEquals(late.code, 124);
    assertEquals(await calls(home, "stop"), ["<sandbox><stop><late>"]);
    const child = home.spawn(["-p", "claude", "exec", "--sandbox=cut", "hi"], {
      env: { ZAG_CLAUDE_ALLOW_PRINT: "1" },
    });
    // The first one may have run out of time before it could keep what it was asked.
    const isCut = (line: string) => line.includes("<--name><cut>");
    await waitFor("the agent", async () => (await calls(home, "run")).some(isCut) || undefined);
    child.kill("SIGTERM");
    assertEquals((await child.output()).code, 143);
    assertEquals((await calls(home, "stop")).at(-1), "<sandbox><stop><cut>");
    assertEquals([...Deno.readDirSync(`${home.path}/.zag/sandboxes/cut`)], []);
    // That it has said nothing so far does not mean that its CLI in there knows nothing.
    await docker(home);
    const { session_id: id } = home.rows("sessions")[0]!;
    await zag(home, ["exec", "--resume", String(id), "go on"]);
    assertStringIncludes((await calls(home, "run")).at(-1)!, `<--resume=${id}>`);
  }),
);

Deno.test(
  "exec and spawn --sandbox refuse what cannot be, before anything is made",
  inHome(async (home) => {
    const refused = async (args: string[], why: string, code = 1, env = {}) => {
      for (const command of ["exec", "spawn"]) {
        const { code: found, stdout, stderr } = await zag(
          home,
          [command, ...args, "hi"],
          { env },
        );
        assertEquals([found, stdout], [code, ""], stderr);
        assertStringIncludes(stderr, why);
      }
    };
    await refused(["--sandbox=box"], "docker is not on PATH", 1, { PATH: home.bin });
    await home.program("docker", "#!/bin/sh\necho 'is the docker daemon running?' >&2; exit 1\n");
    await refused(["--sandbox=box"], "Docker is not running");
    await home.program(
      "docker",
      "#!/bin/sh\necho \"'sandbox' is not a docker command\" >&2; exit 1\n",
    );
    await refused(["--sandbox=box"], "this docker has no sandboxes");
    await docker(home);
    await Deno.writeTextFile(`${home.path}/boxes.txt`, "used\n");
    await refused(["--sandbox=used"], 'Cannot create sandbox "used": there is one');
    await refused(["-p", "ollama", "--sandbox=box"], '--sandbox in "zag exec"');
    await refused(["--sandbox=box", "--worktree=x"], "--worktree together with --sandbox", 64);
    assertEquals(await calls(home, "create"), []);
    assertEquals(home.rows("sessions"), []);
  }),
);

Deno.test(
  "exec --sandbox removes the sandbox when the session is refused after it was made",
  inHome(async (home) => {
    await docker(home);
    const id = crypto.randomUUID();
    await zag(home, ["exec", "--sandbox=one", "--session", id, "hi"]);
    const { code } = await zag(home, ["exec", "--sandbox=two", "--session", id, "hi"]);
    assertEquals(code, 1);
    assertEquals(await calls(home, "rm"), ["<sandbox><rm><two>"]);
  }),
);

Deno.test(
  "spawn --sandbox and its retry have a sandbox each; exec --json has one for its corrections",
  inHome(async (home) => {
    await docker(home);
    const env = { ZAG_CLAUDE_ALLOW_PRINT: "1" };
    const { stdout, stderr } = await zag(home, ["spawn", "--sandbox=box", "hi"], { env });
    assertEquals(stderr, "");
    const first = stdout.trim();
    assertEquals(await ended(home, first), 0);
    assertEquals(rowOf(home, first).sandbox_name, "box");
    const again = await home.zag(["retry", first], { env });
    const second = again.stdout.trim().split(" ").at(-1)!;
    assertEquals([again.code, await ended(home, second)], [0, 0], again.stdout);
    assertMatch(String(rowOf(home, second).sandbox_name), /^sandbox-/);
    const before = (await calls(home, "run")).length;
    const json = await zag(home, ["exec", "--json", "--sandbox=json", "hi"]);
    assertEquals(json.code, 1);
    assertEquals((await calls(home, "run")).length - before, 4);
    assertEquals((await calls(home, "create")).filter((line) => line.includes("<json>")).length, 1);
    assertEquals(json.stderr.match(/Sandbox kept/g)?.length, 1);
    const [rows, rebuilt] = await placesTwice(home);
    assertEquals(rebuilt, rows);
  }),
);

Deno.test(
  "a session outside of a sandbox asks nothing of docker, and one in a sandbox nothing of git",
  inHome(async (home) => {
    await repository(home);
    await docker(home);
    await home.zag(["-p", "mock", "exec", "-w", "--", "hi"]);
    assertEquals(await calls(home), []);
    await zag(home, ["exec", "--sandbox=box", "hi"]);
    assertEquals(worktrees(home), {});
    assert(isThere(`${home.path}/.zag/sandboxes/box`));
  }),
);

Deno.test(
  "run --sandbox asks at the end whether the sandbox stays, and refuses --exit",
  inHome(async (home) => {
    const terminal = (...args: string[]) =>
      new Pty(
        ZAG.program,
        [...ZAG.args, "-p", "claude", "run", "--sandbox=box", ...args],
        { cwd: home.work, env: home.env({ TERM: "xterm-256color" }), columns: 200, rows: 30 },
      );
    await using refused = terminal("--exit", "--", "hi");
    assertEquals((await refused.waitForExit()).code, 64);
    assertStringIncludes(refused.text, "Cannot use --exit in a sandbox");
    await docker(home, "exit 0");
    for (const [answer, left] of [["", "box\n"], ["n", ""]]) {
      await Deno.writeTextFile(`${home.path}/boxes.txt`, "");
      await using pty = terminal();
      await pty.waitFor("Keep sandbox box? It holds the agent's session. [Y/n]");
      pty.type(`${answer}\r`);
      assertEquals((await pty.waitForExit()).code, 0);
      assertStringIncludes(pty.text, "> Sandbox configured: box");
      assertEquals(await Deno.readTextFile(`${home.path}/boxes.txt`), left);
    }
  }),
);
