/** `zag retry`: sessions are started again as they were. */
import type { Step } from "../../src/providers/mock/script.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { agentOf, commands, ended, endOf, kill9, rowOf, spawn } from "./spawn_support.ts";
import { inHome, jsonLines, mock, script, waitFor } from "./support.ts";

const FAILS: Step[] = [{ do: "error", message: "no luck", fatal: true }];
const TELLS: Step[] = [{ do: "prompt" }];

/** Retries; returns the new ids by the old ones. */
async function retry(
  home: TestHome,
  args: readonly string[],
  steps: Step[] = TELLS,
  env: Record<string, string> = {},
): Promise<Map<string, string>> {
  const { code, stdout, stderr } = await home.zag(["retry", ...args], {
    env: { ...script(steps), ...env },
  });
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  return new Map(
    stdout.trim().split("\n").filter((line) => line !== "").map((line) => {
      const [, old, now] = /^✓ ([0-9a-f-]{36}) → ([0-9a-f-]{36})$/.exec(line)!;
      return [old!, now!];
    }),
  );
}

/** Retries one session, waits for its end, and returns the new id. */
async function retried(home: TestHome, id: string, ...args: string[]): Promise<string> {
  const now = (await retry(home, [id, ...args])).get(id)!;
  assertEquals([await ended(home, now), rowOf(home, now).retried_from], [0, id]);
  return now;
}

/** What reached the agent of a session. */
async function got(home: TestHome, id: string): Promise<Record<string, unknown>> {
  const { stdout } = await home.zag(["output", id]);
  return JSON.parse(stdout);
}

function launchOf(home: TestHome, id: string): Record<string, unknown> {
  return JSON.parse(String(rowOf(home, id).launch));
}

Deno.test(
  "retry starts a session with everything that it was started with",
  inHome(async (home) => {
    const extra = `${home.path}/extra`;
    const elsewhere = `${home.path}/elsewhere`;
    for (const path of [extra, elsewhere]) await Deno.mkdir(path);
    await Deno.writeTextFile(`${home.work}/mcp.json`, '{"mcpServers": {}}');
    const id = await spawn(home, [
      ...["--name", "worker", "--description", "why", "--tag", "a", "--tag", "b", "-m", "large"],
      ...["-r", "../elsewhere", "-s", "be brief", "-a", "--add-dir", extra, "--max-turns", "7"],
      ...["--mcp-config", "mcp.json", "--timeout", "90s", "--idle-timeout", "80s"],
      ...["--fallback", "claude", "do it"],
    ], FAILS);
    assertEquals(await ended(home, id), 1);
    await home.zag(["session", "update", id, "--description", "changed since"]);
    const other = `${home.path}/other`;
    await Deno.mkdir(other);
    const said = await home.zag(["retry", id], { cwd: other, env: script(TELLS) });
    assertEquals([said.code, said.stderr], [0, ""]);
    const now = said.stdout.trim().split(" → ")[1]!;
    assertEquals(await ended(home, now), 0);
    const told = await got(home, now);
    assertEquals(
      [told.prompt, told.system_prompt, told.model, told.cwd, told.add_dirs],
      ["do it", "be brief", "mock-large", elsewhere, [extra]],
    );
    assertEquals([told.max_turns, told.auto_approve, told.resumed], [7, true, false]);
    assertEquals(told.mcp_config, { mcpServers: {} });
    const [before, after] = [rowOf(home, id), rowOf(home, now)];
    for (const field of ["name", "tags", "project", "cwd", "provider", "model", "command"]) {
      assertEquals(after[field], before[field], field);
    }
    assertEquals([after.description, after.retried_from], ["changed since", id]);
    const { sessionId: _a, model: _m, ...first } = launchOf(home, id);
    const { sessionId: _b, ...second } = launchOf(home, now);
    assertEquals(second, { ...first, description: "changed since" });
    // The name means the newest session that has it.
    assertEquals((await home.zag(["output", "worker"])).stdout.trim(), JSON.stringify(told));
  }),
);

Deno.test(
  "retry holds to the configuration of then",
  inHome(async (home) => {
    const set = (value: string) =>
      Deno.writeTextFile(`${home.path}/.zag/zag.jsonc`, `{"defaults": ${value}}`);
    await Deno.mkdir(`${home.path}/.zag`, { mode: 0o700 });
    await set('{"system_prompt": "then", "model": "small"}');
    const id = await spawn(home, ["hi"], FAILS);
    assertEquals(await ended(home, id), 1);
    await set('{"system_prompt": "now", "model": "large", "auto_approve": true, "max_turns": 9}');
    const told = await got(home, await retried(home, id));
    assertEquals(
      [told.system_prompt, told.model, told.auto_approve, told.max_turns],
      ["then", "mock-small", false, null],
    );
  }),
);

Deno.test(
  "retry sends what was composed then: files, plan and contexts may be gone",
  inHome(async (home) => {
    const earlier = crypto.randomUUID();
    await mock(home, [{ do: "say", text: "EARLIER" }], ["hi", "--session", earlier]);
    await Deno.writeTextFile(`${home.work}/notes.txt`, "NOTES");
    await Deno.writeTextFile(`${home.work}/plan.md`, "PLAN");
    const flags = ["--file", "notes.txt", "--plan", "plan.md", "--context", earlier];
    const id = await spawn(home, [...flags, "go"], [...TELLS, ...FAILS]);
    assertEquals(await ended(home, id), 1);
    const sent = String(launchOf(home, id).composed_prompt);
    assertMatch(sent, /NOTES[^]*PLAN[^]*EARLIER[^]*go$/);
    for (const name of ["notes.txt", "plan.md"]) await Deno.remove(`${home.work}/${name}`);
    assertEquals((await home.zag(["session", "delete", earlier])).code, 0);
    const now = await retried(home, id);
    assertEquals((await got(home, now)).prompt, sent);
    // A retry can be retried, too.
    const again = await retried(home, now);
    assertEquals((await got(home, again)).prompt, sent);
    const [log] = (await home.logs()).filter((lines) => lines[0]?.wrapper_session_id === again);
    const asked = log!.filter(({ type }) => type === "user_message");
    assertEquals(asked.map(({ content }) => content), ["go"]);
  }),
);

Deno.test(
  "retry of a pipe asks about the same results",
  inHome(async (home) => {
    const input = crypto.randomUUID();
    await mock(home, [{ do: "say", text: "RESULT" }], ["hi", "--session", input]);
    await home.zag(["pipe", "-p", "mock", "--name", "asked", input, "--", "why?"], {
      env: script(FAILS),
    });
    await home.zag(["session", "delete", input]);
    const [id, now] = [...await retry(home, ["asked", "--failed"])][0]!;
    assertEquals(await ended(home, now), 0);
    assertMatch(String((await got(home, now)).prompt), /\nRESULT\n<\/session-result>\n\nwhy\?$/);
    assertEquals(launchOf(home, now).inputs, launchOf(home, id).inputs);
  }),
);

Deno.test(
  "retry --failed starts again what failed, was killed, ran out of time or was cancelled",
  inHome(async (home) => {
    const tag = ["--tag", "t"];
    const good = await spawn(home, [...tag, "good"]);
    const failed = await spawn(home, [...tag, "failed"], FAILS);
    // Its retry has no more time than it had.
    const late = await spawn(home, [...tag, "--timeout", "10s", "late"], [{ do: "hang" }]);
    const killed = await spawn(home, [...tag, "killed"], [{ do: "hang" }]);
    const cancelled = await spawn(home, [...tag, "cancelled"], [{ do: "hang" }]);
    const running = await spawn(home, [...tag, "running"], [{ do: "hang" }]);
    await kill9(Number((await agentOf(home, killed)).owner_pid));
    await agentOf(home, cancelled);
    await home.zag(["cancel", cancelled]);
    await ended(home, good, failed, late, killed, cancelled);
    assertEquals(
      [failed, late, killed, cancelled].map((id) => endOf(home, id)[0]),
      ["failure", "timeout", "dead", "killed"],
    );
    const all = await retry(home, [...tag, "--failed"]);
    assertEquals(new Set(all.keys()), new Set([failed, late, killed, cancelled]));
    assertEquals(await ended(home, ...all.values()), 0);
    assertEquals((await got(home, all.get(killed)!)).prompt, "killed");
    const refused = await home.zag(["retry", good, running, "--json"]);
    assertEquals(refused.code, 1);
    const [one, two] = JSON.parse(refused.stdout);
    assertEquals([one.original_session_id, one.retried, "error" in one], [good, true, false]);
    assertEquals(two, {
      original_session_id: running,
      new_session_id: null,
      retried: false,
      error: "it is running",
    });
    await home.zag(["cancel", running]);
    await ended(home, one.new_session_id);
  }),
);

Deno.test(
  "retry --tag --failed comes to an end: each time only the newest retries are tried again",
  inHome(async (home) => {
    const tag = ["--tag", "t"];
    const id = await spawn(home, [...tag, "hi"], FAILS);
    assertEquals((await home.zag(["wait", ...tag])).code, 1);
    const [[, second]] = [...await retry(home, [...tag, "--failed"], FAILS)] as [[string, string]];
    assertEquals((await home.zag(["wait", ...tag])).code, 1);
    const [[from, third]] = [...await retry(home, [...tag, "--failed"])] as [[string, string]];
    assertEquals(from, second);
    const waited = await home.zag(["wait", ...tag, "--json"]);
    assertEquals([waited.code, jsonLines(waited.stdout).map(({ session_id }) => session_id)], [
      0,
      [third],
    ]);
    const { stderr } = await home.zag(["retry", ...tag, "--failed"]);
    assertEquals(stderr, "No session has failed\n");
    const list = await home.zag(["session", "list", ...tag, "--json"]);
    assertEquals(JSON.parse(list.stdout).length, 3);
    assertEquals((await home.zag(["status", id])).stdout, "failed\n");
  }),
);

Deno.test(
  "retry sends a long prompt again, of which the index has nothing",
  inHome(async (home) => {
    const text = "long words ".repeat(50_000).trim();
    await Deno.writeTextFile(`${home.work}/long.txt`, text);
    const has = async (session: string) =>
      String((await got(home, session)).prompt).includes(`\n${text}\n`);
    const id = crypto.randomUUID();
    await mock(home, FAILS, ["--plan", "long.txt", "--session", id, "go"]);
    await Deno.remove(`${home.work}/long.txt`);
    const now = await retried(home, id);
    assert(await has(now));
    for (const { launch } of home.rows("sessions")) {
      assertEquals(JSON.parse(String(launch)).in_log, ["composed_prompt"]);
      assert(String(launch).length < 2000);
    }
    const again = await retried(home, now);
    assert(await has(again));
    // The index that is made again is the same.
    const before = home.rows("sessions").map(({ launch }) => launch);
    for (const name of ["zag.db", "zag.db-wal", "zag.db-shm"]) {
      await Deno.remove(`${home.path}/.zag/${name}`).catch(() => {});
    }
    assertEquals((await home.zag(["session", "list"])).code, 0);
    assertEquals(home.rows("sessions").map(({ launch }) => launch).sort(), before.sort());
  }),
);

Deno.test(
  "retry does a review again whose diff is in its prompt, and refuses one whose diff is gone",
  inHome(async (home) => {
    const git = async (...args: string[]) => {
      const author = ["-c", "user.name=n", "-c", "user.email=e@example.invalid"];
      const { success } = await new Deno.Command("git", {
        args: [...author, ...args],
        cwd: home.work,
        stdout: "null",
        stderr: "null",
      }).output();
      assert(success, args.join(" "));
    };
    await git("init", "-q");
    await git("commit", "-q", "--allow-empty", "-m", "first");
    const review = async () => {
      await home.zag(["-p", "mock", "review", "--uncommitted"], { env: script(FAILS) });
      return String(home.rows("sessions").at(-1)?.session_id);
    };
    await Deno.writeTextFile(`${home.work}/file.txt`, "a line\n");
    const small = await review();
    assertStringIncludes(String((await got(home, await retried(home, small))).prompt), "+a line");
    await Deno.writeTextFile(`${home.work}/file.txt`, "a line\n".repeat(60_000));
    const huge = await review();
    const { code, stdout, stderr } = await home.zag(["retry", huge]);
    assertEquals(code, 1);
    assertStringIncludes(
      stdout,
      "the diff that it reviewed was too long for a prompt, and is gone",
    );
    assertStringIncludes(stderr, 'Start it anew with "zag review"');
  }),
);

Deno.test(
  "retry -m takes another model, and the next retry that one",
  inHome(async (home) => {
    const id = await spawn(home, ["-m", "large", "hi"], FAILS);
    await ended(home, id);
    const small = await retried(home, id, "-m", "small");
    assertEquals((await got(home, small)).model, "mock-small");
    assertEquals((await got(home, await retried(home, small))).model, "mock-small");
    const bad = await home.zag(["retry", id, "-m", " "]);
    assertEquals(bad.code, 1);
    assertStringIncludes(bad.stdout, `✗ ${id}: Cannot use an empty name as the model`);
  }),
);

Deno.test(
  "retry checks and corrects an answer that must be JSON, as before",
  inHome(async (home) => {
    const id = crypto.randomUUID();
    const schema = '{"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}}';
    await Deno.writeTextFile(`${home.work}/schema.json`, schema);
    const args = ["count", "--session", id, "--json-schema", "schema.json"];
    assertEquals((await mock(home, FAILS, args)).code, 1);
    await Deno.remove(`${home.work}/schema.json`);
    const answers = script([{ do: "say", text: '{"n": "x"}' }], [{
      do: "say",
      text: '{ "n": 4 }',
    }]);
    const { stdout } = await home.zag(["retry", id, "--json"], { env: answers });
    const now = JSON.parse(stdout)[0].new_session_id;
    assertEquals(await ended(home, now), 0);
    assertEquals((await home.zag(["output", now])).stdout, '{"n":4}\n');
    assertEquals(launchOf(home, now).json_schema, JSON.parse(schema));
    const never = script(Array(9).fill({ do: "say", text: "no" }));
    const { stdout: out } = await home.zag(["retry", now, "--json"], { env: never });
    const bad = JSON.parse(out)[0].new_session_id;
    assertEquals(await ended(home, bad), 1);
    assertStringIncludes(String(endOf(home, bad)[1]), "The answer was refused");
  }),
);

Deno.test(
  "retry asks for JSON in both prompts as often as the first start did",
  inHome(async (home) => {
    const tells = script([{ do: "prompt" }]);
    const id = crypto.randomUUID();
    const args = ["count", "--session", id, "--json", "-s", "Be brief."];
    const first = await home.zag(["-p", "mock", "exec", ...args], { env: tells });
    let now = id;
    for (const _ of [1, 2]) {
      const { stdout } = await home.zag(["retry", now, "--json"], { env: tells });
      now = JSON.parse(stdout)[0].new_session_id;
      assertEquals(await ended(home, now), 0);
      const told = JSON.parse((await home.zag(["output", now])).stdout);
      const { prompt, system_prompt } = JSON.parse(first.stdout);
      assertEquals([told.prompt, told.system_prompt], [prompt, system_prompt]);
      assertEquals(prompt.match(/Answer with JSON/g).length, 1);
      assertEquals(system_prompt.match(/Answer with JSON/g).length, 1);
    }
  }),
);

Deno.test(
  "retry --failed restores a chain in which the first failed, results included",
  inHome(async (home) => {
    const chain = ["--tag", "chain"];
    const a = await spawn(home, [...chain, "--name", "a", "first"], FAILS);
    const b = await spawn(home, [
      ...[...chain, "--depends-on", a, "--inject-context", "--name", "b", "second"],
    ]);
    const c = await spawn(home, [...chain, "--depends-on", b, "--name", "c", "third"]);
    assertEquals(await ended(home, a, b, c), 1);
    const alone = await home.zag(["retry", c]);
    assertEquals(alone.code, 1);
    assertStringIncludes(alone.stdout, `session "${b}", which it depends on, did not complete`);
    const now = await retry(home, [...chain, "--failed"], [{ do: "say", text: "A-RESULT" }, {
      do: "prompt",
    }]);
    assertEquals([...now.keys()], [a, b, c], "those that come first are started first");
    assertEquals(await ended(home, ...now.values()), 0);
    const dependencies = (id: string) => JSON.parse(String(rowOf(home, id).dependencies));
    assertEquals(dependencies(now.get(b)!), [now.get(a)]);
    assertEquals(dependencies(now.get(c)!), [now.get(b)]);
    const { prompt } = await got(home, now.get(b)!);
    assertMatch(String(prompt), /^# Result of session [0-9a-f-]{36}\n\n\{[^]*---\n\nsecond$/);
    assertStringIncludes(String(prompt), now.get(a)!);
    // The result that was put before the prompt is replaced when its session is retried, too.
    const both = await retry(home, [now.get(b)!, now.get(a)!]);
    assertEquals(await ended(home, ...both.values()), 0);
    const [a2, b2] = [both.get(now.get(a)!)!, both.get(now.get(b)!)!];
    const second = String((await got(home, b2)).prompt);
    assertEquals(second.match(/# Result of session \S+/g), [`# Result of session ${a2}`]);
    assert(second.endsWith("\n\nsecond"));
    // Alone, it is sent what it was sent before.
    await home.zag(["session", "delete", a2]);
    const told = await home.zag(["retry", b2], { env: script(TELLS) });
    assertStringIncludes(told.stderr, `${a2}", which it depends on, is not known any more`);
    const b3 = told.stdout.trim().split(" → ")[1]!;
    assertEquals(await ended(home, b3), 0);
    assertEquals((await got(home, b3)).prompt, second);
  }),
);

Deno.test(
  "retry of a session counts on an earlier retry of what it depends on",
  inHome(async (home) => {
    const a = await spawn(home, ["first"], FAILS);
    const b = await spawn(home, ["--depends-on", a, "--inject-context", "second"]);
    assertEquals(await ended(home, a, b), 1);
    const again = await retried(home, a);
    const now = await retried(home, b);
    assertEquals(rowOf(home, now).dependencies, JSON.stringify([again]));
    assertStringIncludes(String((await got(home, now)).prompt), `# Result of session ${again}`);
  }),
);

Deno.test(
  "retry takes values of variables from the environment, and warns of those that are not there",
  inHome(async (home) => {
    const id = await spawn(home, ["--env", "TOKEN=one", "--env", "OTHER=two", "hi"], FAILS);
    await ended(home, id);
    assert(!String(rowOf(home, id).launch).includes("one"));
    const steps: Step[] = [{ do: "env", name: "TOKEN" }];
    const { stdout, stderr } = await home.zag(["retry", id], {
      env: { ...script(steps), TOKEN: "three" },
    });
    assertStringIncludes(stderr, "values of variables are not recorded, and OTHER is not set here");
    const now = stdout.trim().split(" → ")[1]!;
    await ended(home, now);
    assertEquals((await home.zag(["output", now])).stdout, "three\n");
  }),
);

Deno.test(
  "retry sends the first prompt of a session that was resumed, with the settings of its beginning",
  inHome(async (home) => {
    const id = crypto.randomUUID();
    await Deno.writeTextFile(`${home.work}/notes.txt`, "NOTES");
    await mock(home, TELLS, ["first", "--session", id, "-s", "be brief", "--file", "notes.txt"]);
    await mock(home, FAILS, ["second", "--resume", id, "-s", "be long"]);
    const told = await got(home, await retried(home, id));
    assertMatch(String(told.prompt), /NOTES[^]*first$/);
    assertEquals([told.system_prompt, told.history], ["be brief", []]);
    assertEquals(home.rows("processes").map(({ prompt }) => prompt), ["first", "second", "first"]);
  }),
);

Deno.test(
  "retry starts a session of spawn --interactive as one that takes messages",
  inHome(async (home) => {
    const id = await spawn(home, ["-I", "--name", "talk", "hello"]);
    await agentOf(home, id);
    await home.zag(["cancel", id]);
    const now = (await retry(home, ["talk"])).get(id)!;
    assertEquals(rowOf(home, now).interactive, 1);
    await home.zag(["cancel", now]);
    await ended(home, now);
  }),
);

Deno.test(
  "retry shows no prompt among the arguments of any process",
  inHome(async (home) => {
    const id = await spawn(home, ["SECRET-PROMPT"], FAILS);
    await ended(home, id);
    const now = (await retry(home, [id], [{ do: "hang" }])).get(id)!;
    await agentOf(home, now);
    const seen = await commands(home);
    assert(seen.length >= 2 && !seen.some((line) => line.includes("SECRET")), seen.join("\n"));
    await home.zag(["cancel", now]);
    await waitFor("its end", () => rowOf(home, now).outcome === null ? undefined : true);
  }),
);

Deno.test(
  "retry prints what became of each session, and -v what its name means now",
  inHome(async (home) => {
    const id = await spawn(home, ["--name", "n", "hi"]);
    await ended(home, id);
    const { code, stdout, stderr } = await home.zag(["retry", "-v", "n", "nobody"]);
    assertEquals(code, 1);
    const now = stdout.trim().split(" → ")[1]!;
    assertEquals(stdout, `✓ ${id} → ${now}\n`);
    assertMatch(stderr, /^error: Cannot find session "nobody"/m);
    assertStringIncludes(stderr, `> "n" now means session ${now}\n`);
    await ended(home, now);
    const events = jsonLines((await home.zag(["events", now, "--json"])).stdout);
    assertEquals(events.at(-1)?.type, "session_ended");
  }),
);
