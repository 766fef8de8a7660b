/** Sessions in the background and the terminal, the pipes and the files of whoever starts them. */
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { Pty } from "../support/pty.ts";
import { type TestHome, ZAG } from "../support/zag.ts";
import { agentOf, alive, ended, endOf, runOf, spawn } from "./spawn_support.ts";
import { inHome, script, waitFor } from "./support.ts";

const LINUX = Deno.build.os === "linux";

/** Lets `zag` be this program. */
async function install(home: TestHome): Promise<void> {
  await home.program("zag", `#!/bin/sh\nexec ${ZAG.shell} "$@"\n`);
}

/** An agent that works until a file is there. */
function untilFile(home: TestHome): Record<string, string> {
  const wait = `while ! [ -e '${home.path}/go' ]; do sleep 0.02; done`;
  return script([{ do: "run", command: ["sh", "-c", wait] }, { do: "say", text: "survived" }]);
}

async function go(home: TestHome): Promise<void> {
  await Deno.writeTextFile(`${home.path}/go`, "");
}

/** Session, terminal and group of a process, as numbers. */
function statOf(pid: number): { group: number; session: number; terminal: number } {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const [, , group, session, terminal] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(
    Number,
  );
  return { group: group!, session: session!, terminal: terminal! };
}

/** What a process has open, without what the runtime has made for itself. */
function open(pid: number): string[] {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].flatMap(({ name }) => {
    try {
      return [Deno.readLinkSync(`/proc/${pid}/fd/${name}`)];
    } catch {
      return [];
    }
  });
}

Deno.test({
  name: "spawn starts a session that outlives its terminal, and that Ctrl-C there does not reach",
  ignore: !LINUX,
  fn: inHome(async (home) => {
    await install(home);
    await using pty = new Pty("/bin/sh", ["-i"], {
      cwd: home.work,
      env: home.env({ TERM: "xterm-256color", PS1: "ready> ", ...untilFile(home) }),
    });
    let seen = await pty.waitFor("ready> ");
    pty.type("zag spawn -p mock hello\r");
    seen = await pty.waitFor(/[0-9a-f-]{36}\n/, seen);
    seen = await pty.waitFor("ready> ", seen);
    const id = /[0-9a-f-]{36}/.exec(pty.text)![0];
    const run = await agentOf(home, id);
    pty.type("\x03");
    await pty.waitFor("ready> ", seen);
    pty.type("tty; exit\r");
    seen = await pty.waitFor(/\/dev\/\S+\n/, seen);
    const terminal = /\/dev\/\S+/.exec(pty.text)![0];
    for (const pid of [Number(run.owner_pid), Number(run.agent_pid)]) {
      const { group, session, terminal: tty } = statOf(pid);
      assertEquals({ group, session, tty }, { group: pid, session: pid, tty: 0 });
      assert(!open(pid).includes(terminal), open(pid).join());
    }
    await pty.waitForExit();
    assert(alive(Number(run.owner_pid)) && alive(Number(run.agent_pid)));
    await go(home);
    assertEquals(await ended(home, id), 0);
    assertEquals((await home.zag(["output", id])).stdout, "survived\n");
  }),
});

Deno.test({
  name: "spawn starts a session that goes on when its terminal is torn away",
  ignore: !LINUX,
  fn: inHome(async (home) => {
    await install(home);
    let id: string;
    {
      await using pty = new Pty("/bin/sh", ["-c", "zag spawn -p mock hello; cat"], {
        cwd: home.work,
        env: home.env({ TERM: "xterm-256color", ...untilFile(home) }),
      });
      await pty.waitFor(/[0-9a-f-]{36}\n/);
      id = /[0-9a-f-]{36}/.exec(pty.text)![0];
    }
    await go(home);
    assertEquals(await ended(home, id), 0);
    assertEquals(endOf(home, id), ["success", null]);
  }),
});

Deno.test({
  name: "spawn returns in a command substitution while its agent works, whatever else is open",
  ignore: !LINUX,
  fn: inHome(async (home) => {
    await install(home);
    // Each substitution ends when nobody holds the pipe any more, by whatever number.
    const lines = `first=$(zag spawn -p mock one 2>&1)
second=$(zag spawn -p mock two 3>&1 9>&1 2>&1)
third=$(echo | zag spawn -p mock three 12>&1 7<&0)
echo "$first $second $third"`;
    const { code, stdout, stderr } = await new Deno.Command("bash", {
      args: ["-c", lines],
      cwd: home.work,
      env: home.env(untilFile(home)),
      clearEnv: true,
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    assertEquals([code, text.decode(stderr)], [0, ""]);
    assertMatch(text.decode(stdout), /^([0-9a-f-]{36}[ \n]){3}$/);
    const ids = text.decode(stdout).trim().split(" ");
    for (const id of ids) {
      const { owner_pid, agent_pid } = await agentOf(home, id);
      const pipes = open(Number(owner_pid)).filter((file) => file.startsWith("pipe:"));
      // Those to the agent are the only ones: its stdin is closed once it has the prompt.
      const shared = new Set(open(Number(agent_pid)));
      assertEquals(pipes.filter((file) => !shared.has(file)), []);
    }
    await go(home);
    assertEquals(await ended(home, ...ids), 0);
  }),
});

Deno.test({
  name: "spawn leaves stdin to the loop that calls it",
  ignore: Deno.build.os === "windows",
  fn: inHome(async (home) => {
    await install(home);
    const loop = 'while read -r line; do zag spawn -p mock "$line" --tag loop; done';
    const child = new Deno.Command("sh", {
      args: ["-c", loop],
      cwd: home.work,
      env: home.env(script([{ do: "echo" }])),
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("alpha\nbeta\ngamma\n"));
    await writer.close();
    const { stdout } = await child.output();
    const ids = new TextDecoder().decode(stdout).trim().split("\n");
    assertEquals(ids.length, 3);
    assertEquals((await home.zag(["wait", "--tag", "loop"])).code, 0);
    const answers = [];
    for (const id of ids) answers.push((await home.zag(["output", id])).stdout);
    assertEquals(answers, ["alpha\n", "beta\n", "gamma\n"]);
  }),
});

Deno.test(
  "spawn reads the prompt - from stdin, to its end",
  inHome(async (home) => {
    const text = "a prompt\n".repeat(20_000);
    const id = await spawn(home, ["-"], [{ do: "echo" }], { stdin: text });
    assertEquals(await ended(home, id), 0);
    assertEquals((await home.zag(["output", id])).stdout.trim(), text.trim());
  }),
);

Deno.test(
  "spawnSession lets the program end that calls it, while the agent works",
  inHome(async (home) => {
    const program = `
import { spawnSession } from ${
      JSON.stringify(new URL("../../src/orchestration/spawn_session.ts", import.meta.url))
    };
import { openSessionStore } from ${
      JSON.stringify(new URL("../../src/agent/session_access.ts", import.meta.url))
    };
import { realHost } from ${JSON.stringify(new URL("../../src/host.ts", import.meta.url))};
const host = realHost();
const store = await openSessionStore(host.env, {});
const { sessionId } = await spawnSession(store, {
  options: { provider: "mock" },
  prompt: "hi",
  dependencies: [],
  injectContext: false,
  interactive: false,
}, host);
store.close();
console.log(sessionId);
`;
    await Deno.writeTextFile(`${home.path}/program.ts`, program);
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--config", config, `${home.path}/program.ts`],
      cwd: home.work,
      env: home.env(untilFile(home)),
      clearEnv: true,
      stdin: "null",
    }).output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
    const id = new TextDecoder().decode(stdout).trim();
    assertEquals(runOf(home, id).status, "running");
    await go(home);
    assertEquals(await ended(home, id), 0);
    await waitFor(
      "its zag to end",
      () => alive(Number(runOf(home, id).owner_pid)) ? undefined : true,
    );
  }),
);
