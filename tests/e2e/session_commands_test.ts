/** The commands about recorded sessions, as the whole program runs them. */
import type { Step } from "../../src/providers/mock/script.ts";
import { unicodeWidth } from "../../src/events/render/width.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { Pty } from "../support/pty.ts";
import { type TestHome, ZAG } from "../support/zag.ts";
import { inHome, leftovers, mock, onlyLog, script, waitFor } from "./support.ts";

async function out(home: TestHome, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await home.zag(args, { cwd: home.path });
  assertEquals([code, stderr], [0, ""], args.join(" "));
  return stdout;
}

Deno.test(
  "status follows a session: running, dead after a kill of zag, completed after a resume",
  inHome(async (home) => {
    const hang = script([{ do: "say", text: "at work" }, { do: "hang" }], [{
      do: "say",
      text: "back again",
    }]);
    const child = home.spawn(["-p", "mock", "exec", "hi", "--name", "task"], { env: hang });
    const pid = await waitFor("the agent", () => {
      try {
        const pid = home.rows("processes")[0]?.agent_pid;
        return Promise.resolve(typeof pid === "number" ? pid : undefined);
      } catch {
        return Promise.resolve(undefined);
      }
    });
    assertEquals(await out(home, "status", "task"), "running\n");
    const running = JSON.parse(await out(home, "status", "task", "--json"));
    assertEquals([running.status, running.pid], ["running", pid]);
    assertMatch(running.last_heartbeat_at, /^\d{4}-/);
    const refused = await home.zag(["session", "delete", "task"]);
    assertEquals([refused.code, refused.stdout], [1, ""]);
    assertStringIncludes(refused.stderr, `it is running (process ${pid})`);

    child.kill("SIGKILL");
    await child.status;
    await child.stdout.cancel();
    await child.stderr.cancel();
    assertEquals(await out(home, "status", "task"), "dead\n");
    assertEquals(await leftovers(home), [], "its agent has been ended");
    const dead = JSON.parse(await out(home, "status", "task", "--json"));
    assertEquals([dead.status, "pid" in dead], ["dead", false]);
    assertStringIncludes(dead.error, "zag was killed");
    const [listed] = JSON.parse(await out(home, "session", "list", "--json"));
    assertEquals(listed.status, "dead");

    const resumed = await home.zag(["exec", "go on", "--resume", "task"], { env: hang });
    assertEquals([resumed.code, resumed.stdout], [0, "back again\n"]);
    assertEquals(await out(home, "status", "task"), "completed\n");
    assertEquals("error" in JSON.parse(await out(home, "status", "task", "--json")), false);
  }),
);

Deno.test(
  "whoami and env tell an agent's program which session it is part of",
  inHome(async (home) => {
    const steps: Step[] = [
      { do: "run", command: ["zag", "whoami", "--json"], cwd: "/" },
      { do: "run", command: ["zag", "env"], cwd: "/" },
      { do: "run", command: ["sh", "-c", 'printf %s "$ZAG_ROOT"'] },
    ];
    assertEquals((await mock(home, steps, ["hi", "--name", "who am I", "-m", "large"])).code, 0);
    const outputs = (await onlyLog(home)).filter(({ type }) => type === "tool_result")
      .map(({ output }) => String(output));
    const [session] = home.rows("sessions");
    const [process] = home.rows("processes");
    const root = outputs[2]!.trim();
    assertEquals(JSON.parse(outputs[0]!), {
      session_id: session?.session_id,
      session_name: "who am I",
      process_id: process?.id,
      pid: process?.owner_pid,
      agent_pid: process?.agent_pid,
      provider: "mock",
      model: "mock-large",
      root,
      parent_session_id: null,
      parent_process_id: null,
    });
    const variables = `ZAG_SESSION_ID=${session?.session_id}
ZAG_SESSION_NAME=who am I
ZAG_PROCESS_ID=${process?.id}
ZAG_PROVIDER=mock
ZAG_MODEL=mock-large
ZAG_ROOT=${root}
`;
    assertEquals(outputs[1]!.trim(), variables.trim());
    assertEquals(await out(home, "env", "who am I"), variables, "the same, from outside");
  }),
);

Deno.test(
  "session list shows what an agent has started, and leaves out what zag asked by itself",
  inHome(async (home) => {
    const child: [string, ...string[]] = [
      "env",
      "-u",
      "ZAG_MOCK_SCRIPT",
      "zag",
      "-p",
      "mock",
      "exec",
      "small",
      "--name",
      "child",
    ];
    const tags = ["--tag", "Big", "--tag", "big"];
    await mock(home, [{ do: "run", command: child }], ["big", "--name", "mother", ...tags]);
    const names = async (...args: string[]) =>
      JSON.parse(await out(home, "session", "list", "--json", ...args))
        .map(({ name }: { name: string }) => name).sort();
    assertEquals(await names(), ["child", "mother"]);
    assertEquals(await names("--parent", "mother"), ["child"]);
    assertEquals(JSON.parse(await out(home, "session", "show", "mother", "--json")).tags, ["Big"]);
    const [run] = home.rows("processes");
    assertEquals(await names("--parent", String(run?.id).slice(0, 8)), ["child"]);
    assertStringIncludes(await out(home, "session", "show", "child"), "(mother)\n");
  }),
);

/** What `session list` shows in a terminal. */
async function inTerminal(home: TestHome, columns: number, env = {}): Promise<Pty> {
  const pty = new Pty(ZAG.program, [...ZAG.args, "session", "list"], {
    cwd: home.work,
    env: home.env({ TERM: "xterm-256color", ...env }),
    columns,
  });
  assertEquals((await pty.waitForExit()).code, 0);
  return pty;
}

Deno.test(
  "session list in a terminal fits it, in colour, with ids that work",
  inHome(async (home) => {
    const name = "日本語の名前 and a rather long rest of it 🚀";
    await mock(home, [], ["hi", "--name", name]);
    await mock(home, [], ["hi", "--name", "short"]);
    for (const columns of [40, 60, 100, 200]) {
      await using pty = await inTerminal(home, columns);
      const lines = pty.text.trimEnd().split("\n");
      assertEquals(lines.length, 3, pty.text);
      for (const line of lines) assert(unicodeWidth(line) <= columns, line);
      const id = lines[1]!.split(" ")[0]!;
      assertEquals(id.length, columns === 200 ? 36 : 8);
      assertEquals(JSON.parse(await out(home, "session", "show", id, "--json")).name, "short");
      assert(pty.raw.includes("\x1b[32mcompleted\x1b[0m"), pty.raw);
    }
    await using plain = await inTerminal(home, 100, { NO_COLOR: "1" });
    // The runtime draws before the program starts, and does not colour.
    // deno-lint-ignore no-control-regex
    assert(!/\x1b\[[\d;]*m/.test(plain.raw), plain.raw);
  }),
);
