/** zag is killed while a session waits for the end of a usage limit. */
import type { Step } from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { ZAG } from "../support/zag.ts";
import { AGENT, asleep, HOUR, look, toldOnce } from "./limit_crash_support.ts";
import {
  bringForward,
  change,
  limit,
  loseIndex,
  ownerOf,
  untilWaits,
  waiting,
  withoutJitter,
} from "./limit_support.ts";
import { alive, ended, kill9, rowOf, spawn } from "./spawn_support.ts";
import { inHome, onlyLog, script, waitFor } from "./support.ts";

Deno.test(
  "a session whose zag is killed while it waits is gone on with by the next command, once",
  inHome(async (home) => {
    const mcp = '{"mcpServers":{"s":{"command":"true"}}}';
    const flags = ["-s", "brief", "--max-turns", "9", "-a", "--mcp-config", mcp];
    const id = await asleep(home, flags);
    const [before] = waiting(home);
    await look(home);
    const owner = ownerOf(home);
    assert(alive(owner), "another zag looks after it");
    const [now] = waiting(home);
    assertEquals(now, { ...before!, ownerPid: owner, ownerStart: now!.ownerStart });
    // Whoever comes next leaves it alone.
    await look(home);
    assertEquals(ownerOf(home), owner);
    assertEquals(rowOf(home, id).outcome, null);
    await kill9(owner);
    bringForward(home);
    await look(home);
    const told = await toldOnce(home, id);
    assertEquals([told.prompt, told.resumed, told.turn], ["Continue", true, 1]);
    // What it was started with holds after the crash, too.
    assertEquals([told.system_prompt, told.max_turns, told.auto_approve], ["brief", 9, true]);
    assertEquals(told.mcp_config, JSON.parse(mcp));
  }),
);

Deno.test(
  "ten commands that find a session that waits start one zag that goes on with it",
  inHome(async (home) => {
    const id = await asleep(home);
    await Promise.all(Array.from({ length: 10 }, () => look(home)));
    const log = await onlyLog(home);
    const owners = log.filter(({ meta }) => (meta as Record<string, unknown>)?.process);
    // The one that was killed, and the one that looks after it now.
    assertEquals(owners.length, 2);
    await kill9(ownerOf(home));
    bringForward(home);
    await Promise.all(Array.from({ length: 10 }, () => look(home)));
    await toldOnce(home, id);
  }),
);

Deno.test(
  "resume-waiting: of ten processes that want the same session one gets it",
  inHome(async (home) => {
    const id = await asleep(home);
    bringForward(home);
    const [{ incidentId } = { incidentId: "" }] = waiting(home);
    const runs = await Promise.all(
      Array.from(
        { length: 10 },
        () => home.zag(["resume-waiting", id, incidentId], { env: AGENT }),
      ),
    );
    assertEquals(runs.map(({ code }) => code), Array(10).fill(0));
    await toldOnce(home, id);
  }),
);

Deno.test(
  "a session in the background that waits outlives the end of its machine",
  inHome(async (home) => {
    await withoutJitter(home);
    const id = await spawn(home, ["do it"], undefined, { env: AGENT });
    await untilWaits(home);
    const first = ownerOf(home);
    Deno.kill(first, "SIGTERM");
    await waitFor("its end", () => alive(first) ? undefined : true);
    assertEquals([rowOf(home, id).outcome, waiting(home).length], [null, 1]);
    await look(home);
    const second = ownerOf(home);
    assert(second !== first && alive(second));
    Deno.kill(second, "SIGTERM");
    await waitFor("its end", () => alive(second) ? undefined : true);
    assertEquals([rowOf(home, id).outcome, waiting(home).length], [null, 1]);
    bringForward(home);
    await look(home);
    assertEquals((await toldOnce(home, id)).prompt, "Continue");
  }),
);

Deno.test(
  "a session in the background that waits ends with SIGINT",
  inHome(async (home) => {
    await withoutJitter(home);
    const id = await spawn(home, ["do it"], undefined, { env: AGENT });
    await untilWaits(home);
    Deno.kill(ownerOf(home), "SIGINT");
    await ended(home, id);
    assertEquals([rowOf(home, id).outcome, waiting(home)], ["interrupted", []]);
    assertEquals(
      (await onlyLog(home)).filter(({ type }) => type === "usage_limit_cancelled").length,
      1,
    );
  }),
);

Deno.test(
  "a session in the foreground that waits ends with any signal",
  inHome(async (home) => {
    await withoutJitter(home);
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      const child = home.spawn(["-p", "mock", "exec", "do it"], { env: AGENT });
      const { sessionId } = await untilWaits(home);
      child.kill(signal);
      const { code } = await child.output();
      assert(code > 128, `${signal}: ${code}`);
      assertEquals([rowOf(home, sessionId).outcome, waiting(home)], ["interrupted", []]);
    }
  }),
);

Deno.test(
  "cancel ends a session that waits, be its zag alive or killed",
  inHome(async (home) => {
    await withoutJitter(home);
    const first = await spawn(home, ["do it"], undefined, { env: AGENT });
    await untilWaits(home);
    const living = await home.zag(["cancel", first]);
    assertEquals([living.code, living.stderr], [0, ""]);
    const second = await spawn(home, ["do it"], undefined, { env: AGENT });
    await untilWaits(home);
    await kill9(ownerOf(home));
    const dead = await home.zag(["cancel", second]);
    assertEquals([dead.code, dead.stderr], [0, ""]);
    for (const id of [first, second]) {
      const { outcome, error } = rowOf(home, id);
      assertEquals(outcome, "killed");
      assertStringIncludes(String(error), "cancelled");
    }
    assertEquals(waiting(home), []);
    const types = (await home.logs()).flat().map(({ type }) => type);
    assertEquals(types.filter((type) => type === "usage_limit_cancelled").length, 2);
    assertEquals(types.filter((type) => type === "session_ended").length, 2);
    await look(home);
    assertEquals(home.rows("processes").map(({ status }) => status), ["killed", "killed"]);
  }),
);

for (const action of ["kill", "stop"]) {
  Deno.test(
    `ps ${action} ends a session that waits, be its zag alive or killed`,
    inHome(async (home) => {
      await withoutJitter(home);
      const living = await spawn(home, ["do it"], undefined, { env: AGENT });
      await untilWaits(home);
      const first = await home.zag(["ps", action, living]);
      assertEquals([first.code, first.stderr], [0, ""]);
      const dead = await asleep(home);
      const second = await home.zag(["ps", action, dead]);
      assertEquals([second.code, second.stderr], [0, ""]);
      assertStringIncludes(second.stdout, action === "kill" ? "Ended process" : "Stopped process");
      for (const id of [living, dead]) assertEquals(rowOf(home, id).outcome, "killed");
      assertStringIncludes(String(rowOf(home, dead).error), "usage limit");
      assertEquals(waiting(home), []);
      const types = (await home.logs()).flat().map(({ type }) => type);
      assertEquals(types.filter((type) => type === "usage_limit_cancelled").length, 2);
      assertEquals(types.filter((type) => type === "session_ended").length, 2);
      const again = await home.zag(["ps", action, dead]);
      assertEquals(again.code, 1);
      assertStringIncludes(again.stderr, 'was ended by "zag ps" before');
    }),
  );
}

Deno.test(
  "a wait that is cancelled before the next zag has begun ends the session",
  inHome(async (home) => {
    const id = await asleep(home);
    const go = `${home.path}/go`;
    const bin = await home.program(
      "late-zag",
      `#!/bin/sh\nwhile [ ! -e '${go}' ]; do sleep 0.02; done\nexec ${ZAG.shell} "$@"\n`,
    );
    await look(home, { env: { ZAG_BIN: bin } });
    const owner = ownerOf(home);
    const cancelled = await home.zag(["usage", "cancel", id]);
    assertEquals([cancelled.code, cancelled.stderr], [0, ""]);
    assertEquals([rowOf(home, id).outcome, waiting(home)], [null, []]);
    await Deno.writeTextFile(go, "");
    await waitFor("its end", () => alive(owner) ? undefined : true);
    assertEquals(rowOf(home, id).outcome, "failure");
    assertEquals((await onlyLog(home)).filter(({ type }) => type === "session_ended").length, 1);
    assertEquals([...Deno.readDirSync(`${home.path}/.zag/temp`)], []);
  }),
);

Deno.test(
  "a zag that cannot go on with a session that waits leaves it to the next command",
  inHome(async (home) => {
    const id = await asleep(home);
    const owner = ownerOf(home);
    // No program of this name can be started.
    await look(home, { env: { ZAG_BIN: `${home.path}/nothing` } });
    assertEquals([ownerOf(home), waiting(home).length], [owner, 1]);
    const debug = await home.zag(["session", "list", "-d"], {
      env: { ZAG_BIN: `${home.path}/nothing` },
    });
    assertEquals(debug.code, 0);
    assertMatch(debug.stderr, new RegExp(`^\\* nobody goes on with session ${id}`, "m"));
    // This one ends before it begins.
    const bin = await home.program("dead-zag", "#!/bin/sh\nexit 1\n");
    for (const _ of [1, 2]) {
      await look(home, { env: { ZAG_BIN: bin } });
      await waitFor("its end", () => alive(ownerOf(home)) ? undefined : true);
      assertEquals([rowOf(home, id).outcome, waiting(home).length], [null, 1]);
    }
    bringForward(home);
    await look(home);
    await toldOnce(home, id);
  }),
);

Deno.test(
  "a session that waits is gone on with after a reboot, when its zag's number is somebody else's",
  inHome(async (home) => {
    const id = await asleep(home);
    for (const table of ["processes", "resumes"]) {
      const where = { processes: "status = 'running'", resumes: "1" }[table];
      change(
        home,
        `UPDATE ${table} SET owner_pid = ${Deno.pid}, owner_start = 'proc:old:1' WHERE ${where}`,
      );
    }
    bringForward(home);
    await look(home);
    await toldOnce(home, id);
  }),
);

Deno.test(
  "a session that waits is gone on with when its zag was killed and the index is lost",
  inHome(async (home) => {
    const id = await asleep(home);
    const before = waiting(home);
    await loseIndex(home);
    await look(home);
    const now = waiting(home);
    assertEquals(now.map(({ ownerPid: _p, ownerStart: _s, ...row }) => row), [
      ...before.map(({ ownerPid: _p, ownerStart: _s, ...row }) => row),
    ]);
    const owner = ownerOf(home);
    assert(alive(owner), "another zag looks after it");
    // Lost once more, it finds the one that looks after it.
    await loseIndex(home);
    await look(home);
    assertEquals([ownerOf(home), waiting(home)], [owner, now]);
    await kill9(owner);
    bringForward(home);
    await look(home);
    await toldOnce(home, id);
    await loseIndex(home);
    await look(home);
    assertEquals([rowOf(home, id).outcome, waiting(home)], ["success", []]);
  }),
);

Deno.test(
  "a session that has gone on is dead when its zag is killed then, also without an index",
  inHome(async (home) => {
    const agent = script(limit(HOUR), [{ do: "say", text: "at work" }, { do: "hang" }]);
    const id = await asleep(home, [], agent);
    bringForward(home);
    await look(home, { env: agent });
    await waitFor("the agent", async () => {
      const log = await onlyLog(home);
      return log.some(({ content }) => content === "at work") || undefined;
    });
    assertEquals(waiting(home), []);
    await kill9(ownerOf(home));
    await loseIndex(home);
    await look(home);
    assertEquals([rowOf(home, id).outcome, waiting(home)], ["dead", []]);
    assertEquals(
      (await onlyLog(home)).filter(({ type }) => type === "usage_limit_resumed").length,
      1,
    );
  }),
);

Deno.test(
  "a session that was killed in the moment in which it went on does not go on twice",
  inHome(async (home) => {
    const id = await asleep(home);
    // The agent is noted first, and what waits is removed after that.
    const old = "agent_pid = 1, agent_start = 'proc:old:1'";
    change(home, `UPDATE processes SET ${old} WHERE status = 'running'`);
    await look(home);
    assertEquals([rowOf(home, id).outcome, waiting(home)], ["dead", []]);
    const types = (await onlyLog(home)).map(({ type }) => type);
    assertEquals(types.filter((type) => type === "usage_limit_cancelled").length, 1);
  }),
);

Deno.test(
  "a session that waits follows its index when that is lost: a cancel reaches it",
  inHome(async (home) => {
    await withoutJitter(home);
    const id = await spawn(home, ["do it"], undefined, { env: AGENT });
    const { incidentId } = await untilWaits(home);
    const owner = ownerOf(home);
    await loseIndex(home);
    await look(home);
    assertEquals(waiting(home).map((row) => [row.incidentId, row.ownerPid]), [[incidentId, owner]]);
    const cancelled = await home.zag(["cancel", id]);
    assertEquals([cancelled.code, cancelled.stderr], [0, ""]);
    assertEquals([rowOf(home, id).outcome, waiting(home)], ["killed", []]);
  }),
);

Deno.test(
  "an answer that must be JSON is checked also after the crash",
  inHome(async (home) => {
    const steps = (text: string): Step[] => [{ do: "say", text }];
    const schema = '{"type":"object","required":["n"]}';
    const agent = script(limit(HOUR), steps("no"), steps('{"n":1}'));
    const id = await asleep(home, ["--json-schema", schema], agent);
    bringForward(home);
    await look(home, { env: agent });
    assertEquals(await ended(home, id), 0);
    const log = await onlyLog(home);
    assertEquals(log.filter(({ type }) => type === "usage_limit_resumed").length, 1);
    const refused = log.filter(({ message }) =>
      String(message).startsWith("The answer was refused")
    );
    assertEquals(refused.length, 1);
    const { stdout } = await home.zag(["output", id]);
    assertEquals(stdout, '{"n":1}\n');
  }),
);

Deno.test(
  "an agent that has forgotten a session that waits is told everything again",
  inHome(async (home) => {
    await Deno.writeTextFile(`${home.work}/notes.txt`, "remember this");
    const id = await asleep(
      home,
      ["--file", "notes.txt"],
      script([{ do: "limit", reset_in: HOUR }]),
    );
    await Deno.remove(`${home.work}/notes.txt`);
    await Deno.remove(`${home.path}/.zag/agents/mock`, { recursive: true });
    bringForward(home);
    await look(home, { env: script([{ do: "prompt" }]) });
    const told = await toldOnce(home, id);
    assertEquals(told.resumed, false);
    assertStringIncludes(String(told.prompt), "do it");
    assertStringIncludes(String(told.prompt), "remember this");
  }),
);

Deno.test(
  "commands that look after sessions spare one that waits, also when nobody goes on with it",
  inHome(async (home) => {
    const id = await asleep(home);
    const env = { ...AGENT, ZAG_BIN: `${home.path}/nothing` };
    const old = "UPDATE sessions SET started_at = '2020-01-01T00:00:00.000Z'";
    change(home, old);
    const zag = async (...args: string[]) => await home.zag(args, { env });
    assertMatch((await zag("retry", id)).stdout, /it waits for the end of a usage limit/);
    assertMatch((await zag("session", "delete", id)).stderr, /Cannot delete .* it waits for/);
    assertMatch((await zag("exec", "more", "--resume", id)).stderr, /it waits for the end/);
    assertEquals((await zag("gc", "--force", "--older-than", "1d")).code, 0);
    assertEquals([rowOf(home, id).outcome, waiting(home).length], [null, 1]);
    assertEquals((await home.logs()).length, 1);
    assertEquals((await zag("ps", "list", "--orphans")).stdout.includes(id), false);
    await look(home);
    assertMatch((await zag("status", id)).stdout, /running|idle/);
    bringForward(home);
    await kill9(ownerOf(home));
    assertEquals((await home.zag(["wait", id], { env: AGENT })).code, 0);
    await toldOnce(home, id);
  }),
);
