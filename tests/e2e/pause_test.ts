/** zag and its agent are stopped for longer than a deadline, as when the machine sleeps. */
import { delay } from "../../src/delay.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { livingWith } from "../support/living.ts";
import type { TestHome } from "../support/zag.ts";
import { inHome, onlyLog, replay, standIn, waitFor } from "./support.ts";

/** Far more than anything that a session does here takes. */
const DEADLINE = "10s";

/** Longer than that. */
const PAUSE_MS = 11_000;

/** Which deadline it is, and what the agent does before it is stopped. */
const DEADLINES = [
  ["--first-byte-timeout", ""],
  ["--idle-timeout", "echo 'still at it' >&2"],
  ["--timeout", ""],
] as const;

/** Stops all that a home has started, lets more time pass than a deadline has, and goes on with it. */
async function pause(home: TestHome, zag: Deno.ChildProcess): Promise<void> {
  const all = (await livingWith(`HOME=${home.path}`)).map(({ pid }) => pid);
  assert(all.length >= 2, "zag and its agent");
  for (const pid of all) Deno.kill(pid, "SIGSTOP");
  // The subject itself.
  await delay(PAUSE_MS);
  // zag wakes up before there is anything to read.
  zag.kill("SIGCONT");
  await delay(300);
  for (const pid of all) {
    try {
      Deno.kill(pid, "SIGCONT");
    } catch {
      // What a shell had started may have been stopped in its last moment.
    }
  }
}

Deno.test({
  name: "exec has its deadlines stand still while it is stopped, and holds them afterwards",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const each = DEADLINES.map(([flag, first]) =>
      inHome(async (home) => {
        const turn = replay("simple").replace(
          ";",
          `; ${first || ":"}; : > "$HOME/ready"; until [ -e "$HOME/go" ]; do sleep 0.05; done;`,
        );
        await standIn(home, turn);
        const file = async (name: string) =>
          await Deno.stat(`${home.path}/${name}`).then(() => true, () => undefined);
        const start = () =>
          home.spawn(["-p", "claude", "exec", flag, DEADLINE, "hi"], {
            env: { ZAG_CLAUDE_ALLOW_PRINT: "1" },
          });
        const zag = start();
        await waitFor("the agent", () => file("ready"));
        await pause(home, zag);
        await Deno.writeTextFile(`${home.path}/go`, "");
        const { code, stderr } = await zag.output();
        const text = new TextDecoder().decode(stderr);
        assertEquals([code, text.includes("-timeout")], [0, false], `${flag}: ${text}`);
        assertEquals((await onlyLog(home)).at(-1)?.outcome, "success", flag);
      })()
    );
    await Promise.all(each);
  },
});
