import { startSubprocess } from "../../src/processes/subprocess.ts";
import { runHelper } from "../../src/processes/helper_program.ts";
import { assertEquals } from "../support/assert.ts";
import { isStillAlive, keptEnvironment, PROGRAMS } from "./support.ts";

interface Report {
  all: boolean;
  method: string;
  listed: boolean;
  alive: boolean;
  aliveAfter: boolean;
  pids: number;
  ended: { ended: number; survivors: unknown[] };
  left: unknown[];
  signal: string;
  foreignStatus: string;
  foreignEnd: { ended: number };
}

const native = Deno.build.os === "linux" ? "proc" : "ps";
const ROWS = [
  { flags: ["--allow-all"], method: native },
  { flags: ["--allow-run"], method: "ps" },
  { flags: ["--allow-run=/bin/sh,ps,kill"], method: "ps" },
  // Under a list, these variables would keep Deno from starting anything at all.
  { flags: ["--allow-run=/bin/sh,ps,kill", "--allow-env"], method: "ps", ld: true },
];

for (const { flags, method, ld } of ROWS) {
  Deno.test(`endTree() works under ${flags.join(" ")}`, async () => {
    const foreign = startSleeper();
    try {
      const marker = `ZAG_TEST_MARK=${crypto.randomUUID()}`;
      const report = await runLimited(flags, [
        String(foreign.pid),
        foreign.identity.startTime,
        marker,
      ], ld ? { LD_LIBRARY_PATH: "/nowhere" } : {});
      const all = flags[0] === "--allow-all";
      // An identity from /proc can't be confirmed by ps: it counts as alive and is never signalled.
      const known = method === native;
      if (known) {
        assertEquals([report.foreignStatus, report.foreignEnd.ended], ["alive", 1]);
      } else {
        assertEquals([report.foreignStatus, report.foreignEnd.ended], ["unknown", 0]);
      }
      assertEquals(isStillAlive(foreign.identity), !known);
      assertEquals({ ...report, foreignStatus: undefined, foreignEnd: undefined }, {
        all,
        method,
        listed: true,
        alive: true,
        aliveAfter: false,
        pids: 4,
        ended: { ended: 4, survivors: [] },
        left: [],
        signal: "SIGTERM",
        foreignStatus: undefined,
        foreignEnd: undefined,
      });
    } finally {
      foreign.kill("SIGKILL");
      await foreign.exit;
    }
  });
}

Deno.test("runHelper() refuses without asking when the program is not allowed", async () => {
  const script = `
    import { listProcesses, startTimeOf, isAlive } from ${JSON.stringify(source("process_table"))};
    import { sendSignal } from ${JSON.stringify(source("send_signal"))};
    for (const call of [() => listProcesses(), () => sendSignal([Deno.pid], "SIGTERM")]) {
      try { await call(); console.log("done"); } catch (error) { console.log(error.message); }
    }
    console.log(startTimeOf(Deno.pid), isAlive({ pid: Deno.pid, startTime: "proc:00000000:1" }));
  `;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-read",
      `data:application/typescript,${encodeURIComponent(script)}`,
    ],
    stdin: "null",
  }).output();
  assertEquals(new TextDecoder().decode(stdout).split("\n"), [
    'Cannot run "ps": run access is missing, run again with --allow-run=ps',
    'Cannot run "kill": run access is missing, run again with --allow-run=kill',
    "unknown true",
    "",
  ]);
});

Deno.test("runHelper() fixes the locale and the time zone", async () => {
  const { code, stdout } = await runHelper("/bin/sh", ["-c", 'echo "$LC_ALL $TZ"; exit 3']);
  assertEquals([code, stdout], [3, "C UTC\n"]);
});

async function runLimited(
  flags: readonly string[],
  args: readonly string[],
  env: Record<string, string>,
): Promise<Report> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", ...flags, `${PROGRAMS}limited.ts`, ...args],
    env: { ...keptEnvironment(), ...env },
    clearEnv: true,
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (text === "") throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(text);
}

function source(name: string): string {
  return new URL(`../../src/processes/${name}.ts`, import.meta.url).href;
}

function startSleeper() {
  return startSubprocess({
    program: "/bin/sh",
    args: ["-c", "exec sleep 300"],
    env: { PATH: "/usr/bin:/bin" },
    cwd: "/",
    detached: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
}
