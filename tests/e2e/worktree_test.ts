/** `-w`: sessions in git worktrees of their own, from the command line to what is left of them. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { Step } from "../../src/providers/mock/script.ts";
import { Pty } from "../support/pty.ts";
import { type Finished, type TestHome, ZAG } from "../support/zag.ts";
import { agentOf, ended, endOf, kill9, rowOf, runOf, spawn } from "./spawn_support.ts";
import { inHome, mock, script, waitFor } from "./support.ts";
import {
  branches,
  git,
  isThere,
  placesTwice,
  repository,
  worktrees,
  writes,
} from "./worktree_support.ts";

function inRepository(test: (home: TestHome) => Promise<void>): () => Promise<void> {
  return inHome(async (home) => {
    await repository(home);
    await test(home);
  });
}

/** Goes on with a session whose agent takes these steps in every turn but the first. */
async function later(home: TestHome, steps: Step[], args: readonly string[]): Promise<Finished> {
  return await home.zag(["-p", "mock", "exec", ...args], { env: script([], steps, steps) });
}

function only(home: TestHome): Record<string, unknown> {
  const rows = home.rows("sessions");
  assertEquals(rows.length, 1);
  return rows[0]!;
}

Deno.test(
  "exec -w works in a worktree of a name of its own, which goes when nothing was changed",
  inRepository(async (home) => {
    const { code, stdout, stderr } = await mock(home, [{ do: "env", name: "ZAG_ROOT" }], [
      "-w",
      "--",
      "hi",
    ]);
    assertEquals(code, 0);
    const row = only(home);
    assertMatch(String(row.worktree_name), /^zag-[0-9a-f]{8}$/);
    assertEquals(row.is_worktree, 1);
    assertEquals(row.workspace_path, row.cwd);
    assertStringIncludes(String(row.workspace_path), `/.zag/worktrees/`);
    assertEquals(stdout.trim(), row.workspace_path);
    assertEquals(stderr, "");
    assertEquals([worktrees(home), await branches(home)], [{}, ["main"]]);
    assertEquals((await home.zag(["-q", "-p", "mock", "exec", "-w", "--", "hi"])).stderr, "");
    const [before, after] = await placesTwice(home);
    assertEquals(after, before);
  }),
);

Deno.test(
  "exec -w NAME keeps what the agent has changed, and --resume goes on in it",
  inRepository(async (home) => {
    const { stderr } = await mock(home, writes("b.txt"), ["-v", "-w", "fix/it", "hi"]);
    const path = worktrees(home)["fix+it"]!;
    const id = String(only(home).session_id);
    assertStringIncludes(stderr, `> Worktree created at ${path} on branch zag/fix/it\n`);
    assertStringIncludes(
      stderr,
      `Worktree kept at ${path} on branch zag/fix/it: 1 uncommitted change\n` +
        `Resume with: zag run --resume ${id}\n`,
    );
    assertEquals([isThere(`${path}/b.txt`), isThere(`${home.work}/b.txt`)], [true, false]);
    const again = await later(home, writes("c.txt"), ["--resume", id, "go on"]);
    assertEquals(again.code, 0);
    assert(isThere(`${path}/c.txt`));
    assertStringIncludes(again.stderr, "Worktree kept at");
    assertStringIncludes(again.stderr, "2 uncommitted changes");
    const { is_worktree, worktree_name, workspace_path } = only(home);
    assertEquals([is_worktree, worktree_name, workspace_path], [1, "fix/it", path]);
    const [before, after] = await placesTwice(home);
    assertEquals(after, before);
    // What has become unchanged goes at the end of the next run.
    const clean: Step = { do: "run", command: ["rm", "b.txt", "c.txt"] };
    await later(home, [clean], ["--continue", "tidy up"]);
    assertEquals([worktrees(home), await branches(home)], [{}, ["main"]]);
  }),
);

Deno.test(
  "exec --resume of a session whose worktree is gone warns, and works where the caller is",
  inRepository(async (home) => {
    await mock(home, [], ["-w", "x", "hi"]);
    const id = String(only(home).session_id);
    // Another session has a worktree of that name now.
    await mock(home, writes("b.txt"), ["-w", "x", "hi"]);
    const { code, stderr } = await later(home, writes("c.txt"), ["--resume", id, "go on"]);
    assertEquals(code, 0);
    assertEquals(
      stderr,
      `warning: the worktree "x" of session "${id}" is gone; it goes on in "${home.work}"\n`,
    );
    assert(isThere(`${home.work}/c.txt`));
    assertEquals(isThere(`${worktrees(home).x}/c.txt`), false);
    const { is_worktree, worktree_name, workspace_path, cwd } = rowOf(home, id);
    assertEquals([is_worktree, worktree_name, workspace_path, cwd], [
      0,
      null,
      home.work,
      home.work,
    ]);
    const [before, after] = await placesTwice(home);
    assertEquals(after, before);
    assertEquals((await mock(home, [], ["--resume", id, "on"])).stderr, "");
  }),
);

Deno.test(
  "exec -w begins at the commit that is checked out, and says what is not in it",
  inRepository(async (home) => {
    await Deno.writeTextFile(`${home.work}/a.txt`, "dirty\n");
    await Deno.mkdir(`${home.work}/sub`);
    await git(home, "checkout", "-q", "--detach");
    const { stdout, stderr } = await mock(
      home,
      [{ do: "run", command: ["cat", "a.txt"] }, { do: "echo" }],
      ["-w", "x", "-o", "stream-json", "hi"],
      { cwd: `${home.work}/sub` },
    );
    const [detached, dirty, ...more] = stderr.split("\n");
    assertMatch(detached!, /^> Note: it begins at [0-9a-f]{12}: no branch is checked out here/);
    assertMatch(dirty!, /^> Note: it begins at the last commit: 1 uncommitted change of/);
    assertEquals(more, [""]);
    assertStringIncludes(stdout, '"a\\n"');
    assertEquals(stdout.includes("dirty"), false);
    assertEquals(await Deno.readTextFile(`${home.work}/a.txt`), "dirty\n");
    assertEquals(worktrees(home), {});
  }),
);

Deno.test(
  "exec -w fills the submodules of a worktree",
  inRepository(async (home) => {
    const other = `${home.path}/other`;
    await git(home, "clone", "-q", home.work, other);
    await git(home, "submodule", "--quiet", "add", other, "lib");
    await git(home, "commit", "-q", "-m", "lib");
    const { code, stdout, stderr } = await mock(
      home,
      [{ do: "run", command: ["cat", "lib/a.txt"] }],
      ["-v", "-w", "x", "-o", "stream-json", "hi"],
    );
    assertEquals(code, 0);
    assertStringIncludes(stdout, '"a\\n"');
    assertStringIncludes(stderr, "\nWorktree x removed: nothing was changed in it\n");
    assertEquals(await branches(home), ["main"]);
  }),
);

Deno.test(
  "exec -w and spawn -w refuse what cannot be, before anything is started",
  inHome(async (home) => {
    const refused = async (args: string[], why: string | RegExp) => {
      for (const command of ["exec", "spawn"]) {
        const { code, stdout, stderr } = await home.zag(["-p", "mock", command, ...args, "hi"]);
        assertEquals([code, stdout], [1, ""], `${command} ${args}`);
        if (typeof why === "string") assertStringIncludes(stderr, why);
        else assertMatch(stderr, why);
      }
    };
    await refused(["-w", "x"], "it is not in a git repository");
    await git(home, "init", "-q");
    await refused(["-w", "x"], "the repository has no commits yet");
    await repository(home);
    await refused(["-w", "a/.b/c.lock"], /Cannot use "a.*as the name of a worktree/);
    assertEquals(home.rows("sessions"), []);
    await mock(home, writes("b.txt"), ["-w", "x", "hi"]);
    const id = String(only(home).session_id);
    await refused(["-w", "x"], `Go on in it with "zag run --resume ${id}", or choose another name`);
    await git(home, "branch", "zag/y");
    await refused(["-w", "y"], 'the branch "zag/y" exists');
    assertEquals(home.rows("sessions").length, 1);
    assertEquals(Object.keys(worktrees(home)), ["x"]);
    const missing = await home.zag(["-p", "mock", "exec", "-w", "z", "hi"], {
      env: { PATH: `${home.bin}:${await pathWithoutGit(home)}` },
    });
    assertEquals(missing.code, 1);
    assertMatch(missing.stderr, /git/);
  }),
);

/** A PATH on which Deno is, and git is not. */
async function pathWithoutGit(home: TestHome): Promise<string> {
  const bin = `${home.path}/no-git`;
  await Deno.mkdir(bin);
  await Deno.symlink(Deno.execPath(), `${bin}/deno`);
  return bin;
}

Deno.test(
  "exec -w leaves nothing behind when the session is refused after the worktree was made",
  inRepository(async (home) => {
    const id = crypto.randomUUID();
    await mock(home, [], ["--session", id, "hi"]);
    const { code, stderr } = await mock(home, [], ["--session", id, "-w", "x", "hi"]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, id);
    assertEquals([worktrees(home), await branches(home)], [{}, ["main"]]);
  }),
);

Deno.test(
  "two exec -w at once have a worktree each",
  inRepository(async (home) => {
    const [one, two] = await Promise.all([
      mock(home, writes("b.txt"), ["-w", "--", "hi"]),
      mock(home, writes("b.txt"), ["-w", "--", "hi"]),
    ]);
    for (const { code, stderr } of [one, two]) assertEquals(code, 0, stderr);
    const made = Object.values(worktrees(home));
    assertEquals([made.length, made.every((path) => isThere(`${path}/b.txt`))], [2, true]);
    assertEquals(
      home.rows("sessions").map(({ workspace_path }) => workspace_path).sort(),
      made.sort(),
    );
  }),
);

Deno.test(
  "a worktree is removed or kept as ever when the agent runs out of time or is interrupted",
  inRepository(async (home) => {
    const hang = [{ do: "hang" }] as const;
    const late = await mock(home, [...hang], ["-w", "late", "--timeout", "1", "hi"]);
    assertEquals([late.code, worktrees(home)], [124, {}]);
    const kept = await mock(home, [...writes("b.txt"), ...hang], [
      "-w",
      "kept",
      "--timeout",
      "10",
      "hi",
    ]);
    assertEquals(kept.code, 124);
    assertStringIncludes(kept.stderr, "Worktree kept at");
    const child = home.spawn(["-p", "mock", "exec", "-w", "cut", "hi"], {
      env: script([...writes("c.txt"), ...hang]),
    });
    await waitFor("the file", () => {
      const path = worktrees(home).cut;
      return path && isThere(`${path}/c.txt`) || undefined;
    });
    child.kill("SIGTERM");
    const { code, stderr } = await child.output();
    assertEquals(code, 143);
    assertStringIncludes(new TextDecoder().decode(stderr), "Worktree kept at");
    assertEquals(Object.keys(worktrees(home)), ["cut", "kept"]);
  }),
);

Deno.test(
  "gc removes a killed zag's worktree only when its session is gone and nothing was changed",
  inRepository(async (home) => {
    const ids: string[] = [];
    for (const [name, steps] of [["bare", []], ["full", writes("b.txt")]] as const) {
      const id = await spawn(home, ["-w", name, "hi"], [...steps, { do: "hang" }]);
      await agentOf(home, id);
      await waitFor("the worktree", () => {
        const path = worktrees(home)[name];
        return path && (name === "bare" || isThere(`${path}/b.txt`)) || undefined;
      });
      await waitFor("the row", () => rowOf(home, id).is_worktree === 1 || undefined);
      await kill9(Number(runOf(home, id).owner_pid));
      ids.push(id);
    }
    await home.zag(["gc", "--force"]);
    assertEquals(Object.keys(worktrees(home)), ["bare", "full"]);
    for (const id of ids) await home.zag(["session", "delete", id]);
    await home.zag(["gc", "--force"]);
    assertEquals(Object.keys(worktrees(home)), ["full"]);
  }),
);

Deno.test(
  "spawn -w makes the worktree in the background, and ends it with the session",
  inRepository(async (home) => {
    const bare = await spawn(home, ["-w", "bare", "hi"], []);
    const full = await spawn(home, ["-w", "--", "hi"], writes("b.txt"));
    assertEquals(await ended(home, bare, full), 0);
    // It is moved away before it is removed.
    await waitFor(
      "the end of the first",
      () => Object.keys(worktrees(home)).length === 1 || undefined,
    );
    const { worktree_name: name, is_worktree, workspace_path, cwd } = rowOf(home, full);
    assertEquals(worktrees(home), { [String(name)]: workspace_path });
    assertEquals([is_worktree, cwd], [1, workspace_path]);
    assertEquals(rowOf(home, bare).worktree_name, "bare");
    const [before, after] = await placesTwice(home);
    assertEquals(after, before);
  }),
);

Deno.test(
  "spawn -I -w has one worktree for all turns, which goes with the session if it is unchanged",
  inRepository(async (home) => {
    for (const [name, step] of [["bare", "true"], ["full", "echo x >> b.txt"]] as const) {
      const turn = [{ do: "run", command: ["sh", "-c", step] }, { do: "echo" }] as const;
      const env = script([...turn], [...turn], [...turn]);
      const { stdout, stderr } = await home.zag(
        ["spawn", "-I", "-p", "mock", "-w", name, "one"],
        { env },
      );
      assertEquals(stderr, "");
      const id = stdout.trim();
      for (const text of ["two", "three"]) {
        const sent = await home.zag(["input", "--session", id, "-o", "text", text]);
        assertEquals(sent.code, 0, sent.stderr);
      }
      const path = worktrees(home)[name]!;
      assertEquals(rowOf(home, id).workspace_path, path);
      if (name === "full") assertEquals(await Deno.readTextFile(`${path}/b.txt`), "x\nx\nx\n");
      assertEquals((await home.zag(["cancel", id])).code, 0);
      await ended(home, id);
      assertEquals(endOf(home, id)[0], "killed");
    }
    await waitFor("the end", () => worktrees(home).bare === undefined || undefined);
    assertEquals(Object.keys(worktrees(home)), ["full"]);
  }),
);

Deno.test(
  "retry of a session in a worktree has a new one",
  inRepository(async (home) => {
    const first = await spawn(home, ["-w", "x", "hi"], [
      ...writes("b.txt"),
      { do: "error", message: "no luck", fatal: true },
    ]);
    await ended(home, first);
    const { code, stdout } = await home.zag(["retry", first], { env: script(writes("c.txt")) });
    assertEquals(code, 0);
    const second = stdout.trim().split(" ").at(-1)!;
    assertEquals(await ended(home, second), 0);
    const row = rowOf(home, second);
    assertMatch(String(row.worktree_name), /^zag-[0-9a-f]{8}$/);
    assert(isThere(`${row.workspace_path}/c.txt`));
    assertEquals(isThere(`${worktrees(home).x}/c.txt`), false);
  }),
);

Deno.test(
  "pipe -w and exec --json with a correction work in one worktree",
  inRepository(async (home) => {
    const turn = (text: string) =>
      [
        { do: "run", command: ["sh", "-c", "echo x >> b.txt"] },
        { do: "say", text },
      ] as const;
    const { code, stdout, stderr } = await home.zag(
      ["-p", "mock", "exec", "--json", "-w", "x", "list"],
      { env: script([...turn("no")], [...turn("[1]")]) },
    );
    assertEquals([code, stdout], [0, "[1]\n"]);
    assertEquals(stderr.match(/Worktree kept/g)?.length, 1);
    const path = worktrees(home).x!;
    assertEquals(await Deno.readTextFile(`${path}/b.txt`), "x\nx\n");
    const { session_id: id, is_worktree, worktree_name, workspace_path } = only(home);
    assertEquals([is_worktree, worktree_name, workspace_path], [1, "x", path]);
    const [before, after] = await placesTwice(home);
    assertEquals(after, before);
    const piped = await home.zag(["pipe", "-p", "mock", "-w", "y", String(id), "--", "sum"], {
      env: script([{ do: "echo" }]),
    });
    assertEquals(piped.code, 0, piped.stderr);
    assertEquals(worktrees(home).y, undefined);
  }),
);

Deno.test(
  "retry of exec --json with a correction works in one worktree, though nobody changes it before",
  inRepository(async (home) => {
    const turn = (text: string, command: string) =>
      [{ do: "run", command: ["sh", "-c", command] }, { do: "say", text }] as const;
    await home.zag(["-p", "mock", "exec", "--json", "-w", "x", "list"], {
      env: script([{ do: "error", message: "no luck", fatal: true }]),
    });
    const retried = await home.zag(["retry", String(only(home).session_id)], {
      env: script([...turn("no", "true")], [...turn("[1]", "echo x > b.txt")]),
    });
    const id = retried.stdout.trim().split(" ").at(-1)!;
    assertEquals(await ended(home, id), 0);
    const row = rowOf(home, id);
    assertEquals(row.is_worktree, 1);
    assert(isThere(`${row.workspace_path}/b.txt`));
  }),
);

Deno.test(
  "exec --json with a correction removes an unchanged worktree once, at the end",
  inRepository(async (home) => {
    const { code, stdout, stderr } = await home.zag(
      ["-p", "mock", "exec", "-v", "--json", "-w", "x", "list"],
      { env: script([{ do: "say", text: "no" }], [{ do: "say", text: "[1]" }]) },
    );
    assertEquals([code, stdout], [0, "[1]\n"]);
    assertEquals(stderr.match(/Worktree x removed: nothing was changed in it\n/g)?.length, 1);
    assertEquals(home.rows("sessions").length, 1);
  }),
);

Deno.test(
  "a worktree stays while another session is at work in it",
  inRepository(async (home) => {
    const release = `${home.path}/release`;
    const waits: [string, ...string[]] = [
      "sh",
      "-c",
      `while ! [ -e '${release}' ]; do sleep 0.05; done`,
    ];
    const inner = `env ZAG_MOCK_SCRIPT='${
      script([{ do: "run", command: waits }]).ZAG_MOCK_SCRIPT.replaceAll("'", "'\\''")
    }' zag -p mock spawn inner`;
    const { code, stderr } = await mock(home, [{ do: "run", command: ["sh", "-c", inner] }], [
      "-a",
      "-w",
      "x",
      "outer",
    ]);
    assertEquals(code, 0);
    const spawned = home.rows("sessions").find(({ is_worktree }) => is_worktree !== 1)!;
    assertStringIncludes(stderr, `: session ${spawned.session_id} is at work in it\n`);
    assertEquals(Object.keys(worktrees(home)), ["x"]);
    await Deno.writeTextFile(release, "");
    await ended(home, String(spawned.session_id));
  }),
);

/** Runs `zag run -w x` in a terminal, lets its agent write a file, and answers what is asked. */
async function runIn(
  home: TestHome,
  command: string,
  answers: readonly [question: string, answer: string][],
): Promise<{ code: number; text: string }> {
  await using pty = new Pty(
    ZAG.program,
    [...ZAG.args, "-p", "mock", "run", "-a", "-w", "x", "hi"],
    {
      cwd: home.work,
      env: home.env({
        TERM: "xterm-256color",
        ...script([{ do: "run", command: ["sh", "-c", command] }, { do: "exit", code: 0 }]),
      }),
      columns: 200,
      rows: 30,
    },
  );
  let at = 0;
  for (const [question, answer] of answers) {
    at = await pty.waitFor(question, at);
    pty.type(`${answer}\r`);
  }
  const { code } = await pty.waitForExit();
  return { code, text: pty.text };
}

Deno.test(
  "run -w asks at the end whether a changed worktree stays, and keeps it unless told twice",
  inRepository(async (home) => {
    const unchanged = await runIn(home, "true", []);
    assertEquals([unchanged.code, worktrees(home)], [0, {}]);
    assertStringIncludes(unchanged.text, "Worktree x removed: nothing was changed in it");
    assertStringIncludes(unchanged.text, "> Worktree created at ");
    assertEquals(unchanged.text.includes("Resume with"), false);

    const kept = await runIn(home, "echo x > b.txt", [["Keep it? [Y/n]", ""]]);
    assertEquals([kept.code, Object.keys(worktrees(home))], [0, ["x"]]);
    assertEquals(kept.text.match(/Resume with: zag run --resume/g)?.length, 1);
    await git(home, "worktree", "remove", "--force", worktrees(home).x!);
    await git(home, "branch", "-D", "zag/x");

    const no = await runIn(home, "echo x > b.txt", [["Keep it? [Y/n]", "n"], ['Type "yes":', "y"]]);
    assertEquals([no.code, Object.keys(worktrees(home))], [0, ["x"]]);
    await git(home, "worktree", "remove", "--force", worktrees(home).x!);
    await git(home, "branch", "-D", "zag/x");

    const gone = await runIn(home, "echo x > b.txt", [
      ["Keep it? [Y/n]", "n"],
      ['Type "yes":', "yes"],
    ]);
    assertEquals([gone.code, worktrees(home), await branches(home)], [0, {}, ["main"]]);
    assertStringIncludes(gone.text, "  b.txt");
  }),
);
