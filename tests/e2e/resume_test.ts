/** A session goes on by whatever names it, from wherever that is said. */
import { loadProvider } from "../../src/providers/registry.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { Pty } from "../support/pty.ts";
import { type TestHome, ZAG } from "../support/zag.ts";
import { inHome, script } from "./support.ts";

const TURNS = script([{ do: "say", text: "first answer" }], [{ do: "prompt" }], [{ do: "prompt" }]);

/** Makes a git repository with a directory below it, and returns both. */
async function repository(home: TestHome, name: string): Promise<{ top: string; below: string }> {
  const top = `${home.path}/${name}`;
  await Deno.mkdir(`${top}/below`, { recursive: true });
  await new Deno.Command("git", { args: ["init", "-q"], cwd: top }).output();
  return { top, below: `${top}/below` };
}

async function exec(home: TestHome, cwd: string, ...args: string[]) {
  return await home.zag(["exec", ...args], { env: TURNS, cwd });
}

Deno.test(
  "exec --resume finds a session by id, prefix, native id and name, from any directory",
  inHome(async (home) => {
    const { top, below } = await repository(home, "repo");
    const { top: other } = await repository(home, "other");
    const id = "cafe0000-1111-4222-8333-444444444444";
    const first = await exec(
      home,
      below,
      "-p",
      "mock",
      "one",
      "--session",
      id,
      "--name",
      "my task",
    );
    assertEquals([first.code, first.stdout], [0, "first answer\n"]);
    using store = SessionStore.open(`${home.path}/.zag/zag.db`);
    const native = store.getSession(id)!.providerSessionId!;
    for (const cwd of [top, other, home.path]) {
      for (const reference of [id, id.slice(0, 4), native, "my task"]) {
        const { code, stdout, stderr } = await exec(home, cwd, "go on", "--resume", reference);
        assertEquals([code, stderr], [0, ""], `${reference} from ${cwd}`);
        if (!stdout.startsWith("{")) continue;
        const got = JSON.parse(stdout);
        assertEquals([got.cwd, got.session_id, got.resumed], [below, id, true]);
        assertEquals(got.history[0], { prompt: "one", answer: "first answer" });
      }
    }
    assertEquals(home.rows("sessions").length, 1);
    assertEquals(home.rows("processes").length, 13);
  }),
);

Deno.test(
  "exec --resume takes a name before the beginning of an id, and the project's name first",
  inHome(async (home) => {
    const { top } = await repository(home, "repo");
    const { top: other } = await repository(home, "other");
    const ids = ["beef0000", "aaaa0000", "bbbb0000"].map((head) =>
      `${head}-1111-4222-8333-444444444444`
    ) as [string, string, string];
    const start = (cwd: string, id: string, ...more: string[]) =>
      exec(home, cwd, "-p", "mock", "one", "--session", id, ...more);
    const resumed = async (cwd: string, reference: string) => {
      const { stdout } = await exec(home, cwd, "two", "--resume", reference, "-o", "json");
      return JSON.parse(stdout).session_id;
    };
    await start(top, ids[0]);
    assertEquals(await resumed(other, "beef"), ids[0], "the beginning of an id");
    await start(other, ids[1], "--name", "beef");
    assertEquals(await resumed(top, "beef"), ids[1], "a name of another project");
    await start(top, ids[2], "--name", "beef");
    assertEquals(await resumed(top, "beef"), ids[2], "a name of this project");
    assertEquals(await resumed(other, "beef"), ids[1], "a name of that project");
    assertEquals(await resumed(top, "beef0"), ids[0], "what is no name");
  }),
);

Deno.test(
  "exec --continue goes on in the session's own directory, from anywhere in its project",
  inHome(async (home) => {
    const { top, below } = await repository(home, "repo");
    await exec(home, below, "-p", "mock", "one");
    const { stdout } = await exec(home, top, "two", "--continue");
    assertEquals(JSON.parse(stdout).cwd, below);
    const { stdout: again } = await exec(home, home.path, "three", "--continue", "-r", top);
    assertEquals(JSON.parse(again).cwd, below);
  }),
);

Deno.test(
  "exec --resume says what was probably meant, and how to find out",
  inHome(async (home) => {
    await exec(home, home.work, "-p", "mock", "one", "--name", "refactor parser");
    const table: [string, string][] = [
      ["refactor parsre", 'Did you mean "refactor parser"?'],
      ["Refactor Parser", 'Did you mean "refactor parser"?'],
      ["some other name", '"zag session list --global" shows all sessions'],
      ["dead-beef", "goes by the agent's own id, in the directory where it ran"],
      ["../../etc", '"zag session list --global" shows all sessions'],
      ["abc", "Give at least 4 characters of an id."],
    ];
    for (const [reference, hint] of table) {
      for (const provider of [[], ["-p", "mock"]]) {
        const args = [...provider, "two", "--resume", reference];
        const { code, stdout, stderr } = await exec(home, home.work, ...args);
        assertEquals([code, stdout], [1, ""]);
        assertStringIncludes(stderr, `error: Cannot find session "${reference}": it is no id`);
        assertStringIncludes(stderr, hint);
      }
    }
    assertEquals(home.rows("processes").length, 1, "nothing was started");
  }),
);

Deno.test(
  "exec --resume with another provider names both",
  inHome(async (home) => {
    await exec(home, home.work, "-p", "mock", "one", "--name", "mine");
    const { code, stderr } = await home.zag(["exec", "-p", "codex", "two", "--resume", "mine"]);
    assertEquals(code, 1);
    const [{ session_id: id } = {}] = home.rows("sessions");
    assertStringIncludes(stderr, `Cannot resume session "${id}" with codex: it belongs to mock`);
    assertStringIncludes(stderr, "leave -p out");
  }),
);

const NATIVE = "11111111-2222-4333-8444-555555555555";

/** Records a session of a provider that ran in `work`, and puts a program in the provider's place. */
async function recorded(home: TestHome, name: string, command: "exec" | "run"): Promise<void> {
  const { binary } = (await loadProvider(name))!;
  await home.program(
    binary!.name,
    `#!/bin/sh
case "$*" in *--version*) echo "${binary!.name} 999.0.0"; exit;; esac
{ pwd; printf '%s\\n' "$@"; } > "$HOME/started"
`,
  );
  using store = SessionStore.open(`${home.path}/.zag/zag.db`);
  store.addSession({
    sessionId: crypto.randomUUID(),
    providerSessionId: NATIVE,
    provider: name,
    command,
    name: "the task",
    workspacePath: home.work,
    createdAt: new Date().toISOString(),
    outcome: "success",
  });
}

for (const name of ["claude", "codex", "gemini", "copilot"]) {
  Deno.test(
    `exec --resume NAME starts ${name} with its own id, where the session belongs`,
    inHome(async (home) => {
      await recorded(home, name, "exec");
      const { stderr } = await home.zag(["exec", "go on", "--resume", "the task"], {
        cwd: home.path,
        env: { ZAG_CLAUDE_ALLOW_PRINT: "1" },
      });
      const started = await Deno.readTextFile(`${home.path}/started`).catch(() => stderr);
      const [cwd, ...args] = started.trimEnd().split("\n");
      assertEquals(cwd, home.work, started);
      assert(args.some((argument) => argument.endsWith(NATIVE)), started);
    }),
  );

  Deno.test(
    `run --resume NAME and --continue start ${name} with its own id, where the session belongs`,
    inHome(async (home) => {
      await recorded(home, name, "run");
      for (const args of [["--resume", "the task"], ["--continue"]]) {
        await Deno.remove(`${home.path}/started`).catch(() => {});
        // Outside of any project the directory tells which session is the latest.
        const cwd = args[0] === "--continue" ? home.work : home.path;
        await using pty = new Pty(ZAG.program, [...ZAG.args, "run", ...args], {
          cwd,
          env: home.env({ TERM: "xterm-256color" }),
        });
        await pty.waitForExit();
        const started = await Deno.readTextFile(`${home.path}/started`).catch(() => pty.text);
        const [where, ...given] = started.trimEnd().split("\n");
        assertEquals(where, home.work, started);
        assert(given.some((argument) => argument.endsWith(NATIVE)), started);
      }
    }),
  );
}
