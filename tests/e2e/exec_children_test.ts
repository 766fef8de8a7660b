import type { Step } from "../../src/providers/mock/script.ts";
import { assert, assertEquals } from "../support/assert.ts";
import {
  canRun,
  claude,
  inHome,
  leftovers,
  mock,
  onlyLog,
  script,
  standIn,
  waitFor,
} from "./support.ts";

/** Every way in which an agent leaves something running. */
const FORKS: Step[] = [
  { do: "fork", mode: "child" },
  { do: "fork", mode: "child", holds_output: true },
  { do: "fork", mode: "new_session" },
  { do: "fork", mode: "new_session", holds_output: true },
  ...(canRun("setsid")
    ? [{ do: "fork", mode: "daemon" }, { do: "fork", mode: "daemon", holds_output: true }] as const
    : []),
];

for (
  const [how, steps, flags, code] of [
    ["succeeds", [{ do: "say", text: "done" }], [], 0],
    ["fails", [{ do: "error", message: "no", fatal: true }], ["--exit-on-failure"], 1],
    ["crashes", [{ do: "crash" }], [], 2],
    ["runs into a deadline", [{ do: "hang" }], ["--timeout=3"], 124],
  ] as const
) {
  Deno.test(
    `exec leaves no process of an agent that ${how}`,
    inHome(async (home) => {
      const run = await mock(home, [...FORKS, ...steps], ["hi", ...flags]);
      assertEquals([run.code, await leftovers(home)], [code, []]);
      if (how === "runs into a deadline") return;
      const started = (await onlyLog(home)).filter(({ type }) => type === "tool_result");
      assertEquals(started.map(({ success }) => success), FORKS.map(() => true));
    }),
  );
}

Deno.test(
  "exec leaves no process of an agent that is interrupted while its tool runs",
  inHome(async (home) => {
    const child = home.spawn(["-p", "mock", "exec", "hi"], {
      env: script([...FORKS, { do: "run", command: ["sleep", "601"] }]),
    });
    const tools = await waitFor("all tools", async () => {
      const found = (await leftovers(home, 0)).filter((line) => /\bsleep 60[01]$/.test(line));
      return found.length > FORKS.length ? found : undefined;
    });
    assertEquals(tools.length, FORKS.length + 1);
    child.kill("SIGINT");
    assertEquals((await child.output()).code, 130);
    assertEquals(await leftovers(home), []);
  }),
);

Deno.test(
  "exec leaves no process that an agent started when it was told to end",
  inHome(async (home) => {
    await standIn(
      home,
      `cat > /dev/null
       (setsid sleep 600 &)
       trap 'sleep 600 & setsid sleep 600 & exit 0' TERM
       echo '{"type":"system","subtype":"init","model":"m","tools":[]}'
       while :; do sleep 0.05; done`,
    );
    const { code } = await claude(home, ["hi", "--timeout=2"]);
    assertEquals([code, await leftovers(home)], [124, []]);
  }),
);

Deno.test(
  "exec does not wait for a process that holds the agent's output open",
  inHome(async (home) => {
    const steps: Step[] = [
      { do: "fork", mode: "new_session", holds_output: true, seconds: 600 },
      { do: "say", text: "done" },
    ];
    const { code, stdout } = await mock(home, steps);
    assertEquals([code, stdout], [0, "done\n"]);
  }),
);

Deno.test(
  "exec reads a flood of stderr without stopping, and keeps the end of it",
  inHome(async (home) => {
    const flood: Step[] = [{ do: "flood_stderr", bytes: 20_000_000 }];
    const fine = await mock(home, [...flood, { do: "say", text: "done" }]);
    assertEquals([fine.code, fine.stdout, fine.stderr], [0, "done\n", ""]);
    const failed = await mock(home, [...flood, { do: "stderr", text: "the reason" }, {
      do: "exit",
      code: 1,
    }]);
    assertEquals(failed.code, 2);
    assert(failed.stderr.includes("the reason") && failed.stderr.length < 20_000);
    const kept = (await home.logs()).flat().filter(({ type }) => type === "stderr");
    assertEquals(kept.length, 1);
    const message = String(kept[0]!.message);
    assert(message.endsWith("the reason") && message.length < 100_000);
  }),
);
