import { inHome, leftovers } from "../e2e/support.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";
import type { TestHome } from "../support/zag.ts";

const PROGRAM = fromFileUrl(new URL("./children/cleanup.ts", import.meta.url));

/** Starts the program; once its agent is at work, it gets the signal. Returns how it ended. */
async function end(home: TestHome, how: string, signal?: Deno.Signal): Promise<string | number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", PROGRAM, how],
    cwd: home.work,
    env: home.env({ PATH: "/usr/bin:/bin" }),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  assertEquals(new TextDecoder().decode(value), "begun\n");
  if (signal) child.kill(signal);
  const status = await child.status;
  await reader.cancel();
  return status.signal ?? status.code;
}

function outcomes(home: TestHome): unknown[] {
  return home.rows("sessions").map(({ outcome }) => outcome);
}

Deno.test(
  "autoCleanup() ends the agents on a signal, closes their books, and ends the program by the signal",
  inHome(async (home) => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      assertEquals(await end(home, "signal", signal), signal);
      assertEquals(await leftovers(home, 0), []);
    }
    assertEquals(await end(home, "builder", "SIGTERM"), "SIGTERM");
    assertEquals(await leftovers(home, 0), []);
    assertEquals(outcomes(home), Array(4).fill("interrupted"));
  }),
);

Deno.test(
  "autoCleanup() ends the agents when the program exits, or dies of an error",
  inHome(async (home) => {
    for (const [how, code] of [["exit", 3], ["throw", 1], ["reject", 1]] as const) {
      assertEquals(await end(home, how), code);
      assertEquals(await leftovers(home), []);
    }
  }),
);

Deno.test(
  "autoCleanup() does nothing unless it is called, and nothing once it is undone",
  inHome(async (home) => {
    for (const how of ["without", "undone"]) {
      assertEquals(await end(home, how, "SIGTERM"), "SIGTERM");
      assert((await leftovers(home, 0)).length > 0, "the agent goes on");
      // The next zag ends what was left behind.
      assertEquals((await home.zag(["session", "list"])).code, 0);
      assertEquals(await leftovers(home), []);
    }
  }),
);
