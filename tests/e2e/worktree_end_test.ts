/** The end of a session in a worktree, for whoever waits for it, and what comes after that. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { Pty } from "../support/pty.ts";
import { type TestHome, ZAG } from "../support/zag.ts";
import { start } from "./follow_support.ts";
import { gate, open, said, sendsTo, untilQueued } from "./input_support.ts";
import { alive, ended, endOf, kill9, rowOf, runOf, spawn } from "./spawn_support.ts";
import { untilWaits, waiting, withoutJitter } from "./limit_support.ts";
import { inHome, logLines, mock, script, waitFor } from "./support.ts";
import {
  branches,
  git,
  isThere,
  placesTwice,
  repository,
  worktrees,
  writes,
} from "./worktree_support.ts";

const SAYS_WHERE = { do: "env", name: "ZAG_ROOT" } as const;

function inRepository(test: (home: TestHome) => Promise<void>): () => Promise<void> {
  return inHome(async (home) => {
    await repository(home);
    await test(home);
  });
}

/** A session whose worktree has gone with it, because nothing was changed there. */
async function ranApart(home: TestHome, name: string): Promise<string> {
  const { code } = await mock(home, [], ["-q", "-w", "--name", name, "hi"]);
  assertEquals([code, worktrees(home)], [0, {}]);
  return String(home.rows("sessions").at(-1)!.session_id);
}

function placeOf(home: TestHome, id: string): unknown[] {
  const { is_worktree, worktree_name, workspace_path, cwd } = rowOf(home, id);
  return [is_worktree, worktree_name, workspace_path, cwd];
}

Deno.test(
  "input to a session whose worktree is gone warns, and the agent works where the caller is",
  inRepository(async (home) => {
    const id = await ranApart(home, "va");
    const name = String(rowOf(home, id).worktree_name);
    const env = script([], writes("b.txt"));
    const sent = await home.zag(["input", "--name", "va", "hey"], { env });
    assertEquals([sent.code, sent.stdout], [0, "done\n"], sent.stderr);
    assertEquals(
      sent.stderr,
      sendsTo(id, "va") +
        `warning: the worktree "${name}" of session "${id}" is gone; it goes on in "${home.work}"\n`,
    );
    assert(isThere(`${home.work}/b.txt`));
    assertEquals(placeOf(home, id), [0, null, home.work, home.work]);
    const [before, after] = await placesTwice(home);
    assertEquals(after, before);
    const again = await home.zag(["input", "--name", "va", "once more"]);
    assertEquals([again.code, again.stderr], [0, sendsTo(id, "va")]);
  }),
);

Deno.test(
  "input --root says where a session goes on whose worktree is gone",
  inRepository(async (home) => {
    const id = await ranApart(home, "va");
    const sent = await home.zag(["input", "--root", home.work, "--name", "va", "hey"], {
      env: script([], [SAYS_WHERE]),
      cwd: home.path,
    });
    assertEquals([sent.code, sent.stdout], [0, `${home.work}\n`], sent.stderr);
    assertEquals(placeOf(home, id), [0, null, home.work, home.work]);
  }),
);

Deno.test(
  "input in the background does not take a session to another place whose worktree is gone",
  inRepository(async (home) => {
    const id = await ranApart(home, "va");
    const args = ["--quiet", "input", "--raw", `--session=${id}`, "--later=", "-"];
    const { code } = await home.zag(args, { stdin: "hey" });
    assertEquals(code, 1);
    const log = await logLines(String(rowOf(home, id).log_path));
    const { type, message } = log.at(-1)!;
    assertEquals(type, "user_event");
    assertStringIncludes(String(message), "its worktree");
    assertStringIncludes(String(message), `zag exec --resume ${id}`);
  }),
);

Deno.test(
  "broadcast reaches sessions whose worktrees are gone, and says so of each",
  inRepository(async (home) => {
    const ids = [await ranApart(home, "one"), await ranApart(home, "two")];
    const sent = await home.zag(["broadcast", "hey"], { env: script([], writes("b.txt")) });
    assertEquals(sent.code, 0, sent.stderr);
    for (const id of ids) {
      const name = rowOf(home, id).workspace_path;
      assertEquals(name, home.work);
      assertMatch(sent.stderr, new RegExp(`warning: session ${id}: the worktree .* is gone`));
      assertEquals((await said(home, id)).slice(-2), ["user: hey", "assistant: done"]);
    }
    assert(isThere(`${home.work}/b.txt`));
  }),
);

Deno.test(
  "input goes on with a session of spawn -I -w that is over and whose worktree is gone",
  inRepository(async (home) => {
    const { stdout } = await home.zag(["spawn", "-I", "-p", "mock", "-w", "x", "one"], {
      env: script([]),
    });
    const id = stdout.trim();
    await home.zag(["input", "--session", id, "--close"]);
    assertEquals(await ended(home, id), 0);
    assertEquals([worktrees(home), await branches(home)], [{}, ["main"]]);
    const sent = await home.zag(["input", "--session", id, "hey"], {
      env: script([], [SAYS_WHERE]),
    });
    assertEquals([sent.code, sent.stdout], [0, `${home.work}\n`], sent.stderr);
    assertStringIncludes(sent.stderr, `the worktree "x" of session "${id}" is gone`);
  }),
);

Deno.test(
  "a worktree stays as long as messages wait for its session, and goes with the last turn",
  inRepository(async (home) => {
    const env = script([gate()], [SAYS_WHERE], [SAYS_WHERE]);
    const id = await spawn(home, ["-w", "long", "hi"], undefined, { env });
    const path = await waitFor("the worktree", () => worktrees(home).long);
    await waitFor("its agent", () => runOf(home, id).agent_pid || undefined);
    const send = ["input", "--session", id];
    await using one = start(home, [...send, "one"], env);
    await untilQueued(home, id, 1);
    await using two = start(home, [...send, "two"], env);
    await untilQueued(home, id, 2);
    await open(home);
    const [first, second] = [await one.end(), await two.end()];
    assertEquals([first.code, first.out], [0, `${path}\n`], first.err);
    assertStringIncludes(first.err, ": a message waits for its session\n");
    assertEquals([second.code, second.out], [0, `${path}\n`], second.err);
    assertEquals([worktrees(home), await branches(home)], [{}, ["main"]]);
    assertEquals(placeOf(home, id), [1, "long", path, path]);
  }),
);

/** Where git is. */
async function gitPath(home: TestHome): Promise<string> {
  const command = new Deno.Command("sh", {
    args: ["-c", "command -v git"],
    env: home.env(),
    clearEnv: true,
  });
  const path = new TextDecoder().decode((await command.output()).stdout).trim();
  assert(path.startsWith("/"));
  return path;
}

/** Has every git that zag calls write down first how many ends the logs have told so far. */
async function tellingGit(home: TestHome): Promise<() => Promise<string[]>> {
  const real = await gitPath(home);
  const state = `${home.path}/.zag`;
  await home.program(
    "git",
    `#!/bin/sh
cat '${state}'/logs/sessions/*.jsonl '${state}'/projects/*/logs/sessions/*.jsonl 2>/dev/null |
  grep -c session_ended >> "$HOME/told"
exec '${real}' "$@"
`,
  );
  return async () => (await Deno.readTextFile(`${home.path}/told`)).trimEnd().split("\n");
}

/** Has the next git that is called like this wait until the gate `go` is opened. */
async function heldGit(home: TestHome, pattern: string): Promise<void> {
  const real = await gitPath(home);
  await home.program(
    "git",
    `#!/bin/sh
case " $* " in
  ${pattern})
    touch "$HOME/held"
    while [ ! -e "$HOME/go" ]; do sleep 0.05; done ;;
esac
exec '${real}' "$@"
`,
  );
}

async function untilHeld(home: TestHome): Promise<void> {
  await waitFor("git", () => isThere(`${home.path}/held`) || undefined);
}

/** Whatever ends a session in a worktree, each in a home of its own. */
const ENDS: Record<string, (home: TestHome) => Promise<void>> = {
  "exec -w": async (home) => {
    assertEquals((await mock(home, [], ["-w", "x", "hi"])).code, 0);
  },
  "exec -w at its deadline": async (home) => {
    const { code } = await mock(home, [{ do: "hang" }], ["-w", "x", "--timeout", "1", "hi"]);
    assertEquals(code, 124);
  },
  "exec --json -w with a correction": async (home) => {
    const env = script([{ do: "say", text: "no" }], [{ do: "say", text: "[1]" }]);
    const { code } = await home.zag(["-p", "mock", "exec", "--json", "-w", "x", "list"], { env });
    assertEquals(code, 0);
  },
  "spawn -w": async (home) => {
    assertEquals(await ended(home, await spawn(home, ["-w", "x", "hi"], [])), 0);
  },
  "spawn -I -w": async (home) => {
    const { stdout } = await home.zag(["spawn", "-I", "-p", "mock", "-w", "x", "one"], {
      env: script([], []),
    });
    await home.zag(["input", "--session", stdout.trim(), "--close", "two"]);
    assertEquals(await ended(home, stdout.trim()), 0);
  },
  "spawn -w that is cancelled while it waits for the end of a usage limit": async (home) => {
    await withoutJitter(home);
    const id = await spawn(home, ["-w", "x", "hi"], [{ do: "limit", reset_in: 3600 }]);
    await untilWaits(home);
    assertEquals((await home.zag(["cancel", id])).code, 0);
    assertEquals(waiting(home), []);
  },
  "run -w": async (home) => {
    await using pty = new Pty(
      ZAG.program,
      [...ZAG.args, "-p", "mock", "run", "-a", "-w", "x", "hi"],
      {
        cwd: home.work,
        env: home.env({ TERM: "xterm-256color", ...script([{ do: "exit", code: 0 }]) }),
        columns: 200,
        rows: 30,
      },
    );
    assertEquals((await pty.waitForExit()).code, 0);
  },
};

for (const [what, run] of Object.entries(ENDS)) {
  Deno.test(
    `${what} has removed an unchanged worktree, and its branch, before it tells its end`,
    inRepository(async (home) => {
      const told = await tellingGit(home);
      await run(home);
      assertEquals(new Set(await told()), new Set(["0"]));
      assertEquals([worktrees(home), await branches(home)], [{}, ["main"]]);
      const [log] = await home.logs();
      assertEquals(log!.filter(({ type }) => type === "session_ended").length, 1);
    }),
  );
}

Deno.test(
  "wait returns when the worktree of a session has gone, so that the next one gets its name",
  inRepository(async (home) => {
    for (let round = 0; round < 3; round++) {
      assertEquals(await ended(home, await spawn(home, ["-w", "same", "hi"], [])), 0);
      assertEquals((await git(home, "worktree", "list")).split("\n").length, 1);
      assertEquals([worktrees(home), await branches(home)], [{}, ["main"]]);
    }
    const kept = await spawn(home, ["-w", "same", "hi"], writes("b.txt"));
    assertEquals(await ended(home, kept), 0);
    assertEquals(worktrees(home), { same: String(rowOf(home, kept).workspace_path) });
  }),
);

Deno.test(
  "a session tells its end although git hangs, if somebody wants it to end",
  inRepository(async (home) => {
    const id = await spawn(home, ["-w", "x", "hi"], [{ do: "hang" }]);
    await waitFor("its agent", () => runOf(home, id).agent_pid || undefined);
    await heldGit(home, "*' status '*");
    assertEquals((await home.zag(["cancel", id])).code, 0);
    await untilHeld(home);
    assertEquals([endOf(home, id)[0], Object.keys(worktrees(home))], ["killed", ["x"]]);
    await open(home);
    await waitFor("the worktree to go", () => worktrees(home).x === undefined || undefined);
  }),
);

Deno.test(
  "a worktree stays in which somebody has begun to work while git kept its removal waiting",
  inRepository(async (home) => {
    const id = await spawn(home, ["-w", "x", "hi"], [{ do: "hang" }]);
    await waitFor("its agent", () => runOf(home, id).agent_pid || undefined);
    await heldGit(home, "*' status '*");
    const { owner_pid: owner } = runOf(home, id);
    assertEquals((await home.zag(["cancel", id])).code, 0);
    await untilHeld(home);
    const path = worktrees(home).x!;
    // The first agent may have been ended before it began its turn.
    const turn = [gate("done"), SAYS_WHERE];
    const env = script(turn, turn);
    await using input = start(home, ["input", "--session", id, "more"], env);
    await waitFor("its agent", () => {
      const run = home.rows("processes").find(({ status }) => status === "running");
      return run?.agent_pid || undefined;
    });
    await open(home);
    await waitFor("the end of the first", () => alive(Number(owner)) ? undefined : true);
    assert(isThere(path), "it stays");
    await open(home, "done");
    const { code, out, err } = await input.end();
    assertEquals([code, out], [0, `${path}\n`], err);
    assertEquals(worktrees(home), {});
  }),
);

Deno.test(
  "what a zag leaves that is killed while it removes a worktree, gc and the next -w tidy up",
  inRepository(async (home) => {
    for (const next of ["gc", "-w"]) {
      await heldGit(home, "*' worktree remove '*");
      const id = await spawn(home, ["-w", "x", "hi"], []);
      await untilHeld(home);
      await kill9(Number(runOf(home, id).owner_pid));
      await open(home);
      await Deno.remove(`${home.bin}/git`);
      assertEquals([worktrees(home), await branches(home)], [{}, ["main", "zag/x"]]);
      if (next === "gc") await home.zag(["gc", "--force"]);
      else assertEquals((await mock(home, [], ["-w", "x", "hi"])).code, 0);
      assertEquals([worktrees(home), await branches(home)], [{}, ["main"]]);
      for (const name of ["go", "held"]) await Deno.remove(`${home.path}/${name}`);
      assertStringIncludes((await home.zag(["exec", "--resume", id, "on"])).stderr, "is gone");
    }
  }),
);

Deno.test(
  "run -w has told its end when it asks whether a changed worktree stays",
  inRepository(async (home) => {
    await using pty = new Pty(
      ZAG.program,
      [...ZAG.args, "-p", "mock", "run", "-a", "-w", "x", "hi"],
      {
        cwd: home.work,
        env: home.env({
          TERM: "xterm-256color",
          ...script([...writes("b.txt"), { do: "exit", code: 0 }]),
        }),
        columns: 200,
        rows: 30,
      },
    );
    await pty.waitFor("Keep it? [Y/n]");
    const [{ session_id: id, outcome }] = home.rows("sessions") as [Record<string, unknown>];
    assertEquals([outcome, await ended(home, String(id))], ["success", 0]);
    assert(isThere(`${worktrees(home).x}/b.txt`));
    pty.type("n\r");
    await pty.waitFor('Type "yes":');
    pty.type("yes\r");
    assertEquals((await pty.waitForExit()).code, 0);
    assertEquals([worktrees(home), await branches(home)], [{}, ["main"]]);
  }),
);

Deno.test(
  "session show tells that the worktree of a session is gone",
  inRepository(async (home) => {
    await mock(home, [], ["-w", "bare", "--name", "bare", "hi"]);
    await mock(home, writes("b.txt"), ["-w", "full", "--name", "full", "hi"]);
    const show = async (...args: string[]) => (await home.zag(["session", "show", ...args])).stdout;
    assertMatch(await show("bare"), /^Worktree: +bare \(gone\)$/m);
    assertMatch(await show("full"), /^Worktree: +full \(\/.*\/full\)$/m);
    assertEquals(JSON.parse(await show("bare", "--json")).worktree_gone, true);
    assertEquals("worktree_gone" in JSON.parse(await show("full", "--json")), false);
  }),
);
