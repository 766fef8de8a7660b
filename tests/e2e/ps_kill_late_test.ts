/** `zag ps kill` with a result, while the run comes to its end or its zag cannot be asked. */
import { lockRun } from "../../src/agent/run_lock.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { results, working } from "./ps_support.ts";
import { inHome, isAlive, onlyLog, waitFor } from "./support.ts";

/** Whether a process has the lock of a run open; only Linux tells. */
function waitsFor(pid: number, lock: string): boolean | undefined {
  if (Deno.build.os !== "linux") return true;
  try {
    return [...Deno.readDirSync(`/proc/${pid}/fd`)].some(({ name }) => {
      try {
        return Deno.readLinkSync(`/proc/${pid}/fd/${name}`) === lock;
      } catch {
        return false;
      }
    }) || undefined;
  } catch {
    return undefined;
  }
}

Deno.test(
  "ps kill hands in its result before the run is closed, or not at all",
  inHome(async (home) => {
    const go = `${home.path}/go`;
    const { run, ended } = await working(home, [
      { do: "run", command: ["sh", "-c", `while ! [ -e ${go} ]; do sleep 0.02; done`] },
      { do: "say", text: "the answer" },
    ]);
    const launchFiles = `${home.path}/.zag/temp/${run.id}`;
    const held = await lockRun(launchFiles);
    const kill = home.spawn(["ps", "kill", run.id, "LATE"]);
    await waitFor("the lock", () => waitsFor(kill.pid, `${launchFiles}.lock`));
    await Deno.writeTextFile(go, "");
    await waitFor("the end", async () => await isAlive(run.agent_pid) ? undefined : true);
    held[Symbol.dispose]();
    const { code, stderr } = await kill.output();
    const { stdout } = await ended;
    const types = (await onlyLog(home)).map(({ type }) => type);
    assertEquals(types.at(-1), "session_ended");
    if (code === 0) assertEquals(await results(home), ["LATE"]);
    else {
      assertMatch(new TextDecoder().decode(stderr), /has ended by itself/);
      assertEquals([await results(home), stdout], [[], "the answer\n"]);
    }
  }),
);

Deno.test(
  "ps kill with a result makes a success also where its zag cannot be asked",
  inHome(async (home) => {
    const { run, ended } = await working(home);
    await Deno.remove(`${home.path}/.zag/temp/${run.id}`, { recursive: true });
    const kill = await home.zag(["ps", "kill", run.id, "kept"]);
    assertEquals([kill.code, kill.stderr], [0, ""]);
    const { code, stderr } = await ended;
    assertEquals([code, stderr], [0, ""]);
    assertEquals(home.rows("sessions")[0]!.outcome, "success");
    assertEquals((await home.zag(["output"])).stdout, "kept\n");
  }),
);
