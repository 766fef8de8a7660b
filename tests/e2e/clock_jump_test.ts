/** Somebody sets the clock while a session is at work, or waits. */
import { launch } from "../../src/agent/launch.ts";
import type { LimitWait } from "../../src/agent/launch_request.ts";
import type { Host } from "../../src/host.ts";
import { FakeClock } from "../fakes/clock.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";
import type { Finished, TestHome } from "../support/zag.ts";
import { soundLog } from "./faults_support.ts";
import { waiting, withoutJitter } from "./limit_support.ts";
import { inHome, onlyLog, script, waitFor } from "./support.ts";

const MOVED = fromFileUrl(new URL("./children/moved_clock.ts", import.meta.url));
const CODEX = fromFileUrl(new URL("../fixtures/codex/", import.meta.url));
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Starts a zag whose calendar {@linkcode setClock} moves, also while it runs. */
function spawn(home: TestHome, args: readonly string[], env: Record<string, string> = {}) {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", MOVED, ...args],
    cwd: home.work,
    env: home.env({ ...env, MOVED_CLOCK: `${home.path}/clock` }),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function zag(home: TestHome, ...args: string[]): Promise<Finished> {
  const { code, signal, stdout, stderr } = await spawn(home, args).output();
  const decoder = new TextDecoder();
  return { code, signal, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

function setClock(home: TestHome, ms: number): void {
  Deno.writeTextFileSync(`${home.path}/clock`, `${ms}`);
}

for (const [how, jump] of [["forward", 2 * DAY], ["back", -2 * DAY]] as const) {
  Deno.test(
    `exec holds no deadline against a clock that is put ${how} two days, and its books are right`,
    inHome(async (home) => {
      const id = crypto.randomUUID();
      const steps = script([
        { do: "say", text: "one" },
        { do: "run", command: ["sh", "-c", "until [ -e go ]; do sleep 0.02; done"] },
        { do: "usage", input_tokens: 7, output_tokens: 5, cost_usd: 0.25 },
        { do: "say", text: "two" },
      ]);
      const flags = ["--first-byte-timeout", "60s", "--idle-timeout", "60s", "--timeout", "2m"];
      const child = spawn(home, ["-p", "mock", "exec", "hi", "--session", id, ...flags], steps);
      await waitFor(
        "the first words",
        async () =>
          (await home.logs()).flat().some(({ content }) => content === "one") || undefined,
      );
      setClock(home, jump);
      // Whoever looks now takes nobody for dead.
      const looked = await zag(home, "status", id);
      assert(/^(running|idle)\n$/.test(looked.stdout), looked.stdout + looked.stderr);
      const listed = await zag(home, "ps", "list", "--json");
      assertEquals([listed.code, JSON.parse(listed.stdout).length], [0, 1]);
      await Deno.writeTextFile(`${home.work}/go`, "");
      const { code, stdout, stderr } = await child.output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      assertEquals([code, text(stdout), text(stderr)], [0, "one\n\ntwo\n", ""]);
      const [path] = await home.logPaths();
      assertEquals((await soundLog(path!)).at(-1)?.type, "session_ended");

      // By the clock as it is then, and by the one of before.
      for (const ms of [jump, 0]) {
        setClock(home, ms);
        const status = await zag(home, "status", id, "--json");
        assertEquals([status.code, JSON.parse(status.stdout).status], [0, "completed"]);
        const shown = await zag(home, "session", "show", id);
        assertEquals([shown.code, shown.stderr], [0, ""]);
        assert(
          !/(^|\s)-\d/.test(shown.stdout),
          `no time is negative: ${shown.stdout}`,
        );
        const removed = await zag(home, "gc", "--force");
        assertEquals([removed.code, removed.stderr], [0, ""]);
        assertEquals(home.rows("sessions").map(({ outcome }) => outcome), ["success"]);
      }
      const resumed = await zag(home, "exec", "three", "--resume", id);
      assertEquals([resumed.code, resumed.stdout, resumed.stderr], [0, "three\n", ""]);
      const events = await soundLog(path!);
      assertEquals(events.filter(({ type }) => type === "session_ended").length, 2);
      assertEquals((await zag(home, "status", id)).stdout, "completed\n");
    }),
  );
}

Deno.test(
  "exec --idle-timeout ends a silent agent wherever the clock is put meanwhile",
  async () => {
    const each = [2 * DAY, -2 * DAY].map((jump) =>
      inHome(async (home) => {
        const child = spawn(
          home,
          ["-p", "mock", "exec", "hi", "--idle-timeout", "10s"],
          script([{ do: "say", text: "one" }, { do: "hang" }]),
        );
        await waitFor(
          "the first words",
          async () =>
            (await home.logs()).flat().some(({ content }) => content === "one") || undefined,
        );
        setClock(home, jump);
        await waitFor(
          "the deadline",
          async () => (await onlyLog(home)).at(-1)?.outcome === "timeout" || undefined,
        );
        assertEquals((await child.output()).code, 124);
      })()
    );
    await Promise.all(each);
  },
);

Deno.test(
  "exec that waits for the end of a limit goes by the calendar, wherever that is put",
  inHome(async (home) => {
    await withoutJitter(home);
    await home.program(
      "codex",
      `#!/bin/sh
if [ "$*" = --version ]; then echo 9.9.9; exit; fi
echo >> "$HOME/started"
if [ -e "$HOME/gone" ]; then cat '${CODEX}simple/stdout.ndjson'; exit; fi
: > "$HOME/gone"
cat '${CODEX}usage_limit/stdout.ndjson'
exit 1
`,
    );
    const timers = new FakeClock();
    const start = new Date("2026-03-02T06:00:00.000Z").getTime();
    let put = 0;
    const variables = home.env();
    const host: Host = {
      env: { get: (name) => variables[name], toObject: () => ({ ...variables }) },
      cwd: home.work,
      now: () => new Date(start + put + timers.now()),
      timers,
    };
    const waits: LimitWait[] = [];
    const done = launch({
      command: "exec",
      options: { provider: "codex", autoResume: true, timeoutMs: HOUR },
      prompt: "do it",
      resume: undefined,
      streamInput: false,
      host,
      observer: { waiting: (wait) => void waits.push(wait) },
    });
    const started = async () =>
      (await Deno.readTextFile(`${home.path}/started`)).split("\n").length - 1;
    /** Lets the next look at the calendar take place, which is due in at most 30 s. */
    const look = async () => {
      timers.advance(30_000);
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
      await waitFor("another look", () => timers.pending > 0 || undefined);
    };
    const wait = await waitFor("the wait", () => timers.pending > 0 ? waits[0] : undefined);
    const end = wait.wakeAt.getTime();
    put = -DAY;
    await look();
    // The time of the limit as a timer would have it is over, and the calendar says that it is not.
    for (let minutes = 0; minutes < 70; minutes += 0.5) await look();
    assertEquals([await started(), waiting(home).length], [1, 1]);
    put = end - start - timers.now();
    timers.advance(30_000);
    const { success, failure } = await done;
    assertEquals([success, failure, await started()], [true, undefined, 2]);
    assertEquals([waits.length, waiting(home).length], [1, 0]);
    const types = (await onlyLog(home)).map(({ type }) => type);
    assertEquals(types.filter((type) => type === "usage_limit_resumed").length, 1);
  }),
);
