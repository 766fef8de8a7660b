import { execCommand } from "../../src/cli/commands/exec.ts";
import { createApp } from "../../src/cli/create_app.ts";
import { fakeContext } from "../fakes/context.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { claude, inHome, onlyLog, replay, script, seen, standIn } from "./support.ts";

const TURNS = script(
  [{ do: "say", text: "first answer" }],
  [{ do: "prompt" }],
  [{ do: "say", text: "third answer" }],
);

/** Runs one more turn of the same script. */
async function turn(home: TestHome, args: string[], cwd?: string) {
  return await home.zag(["-p", "mock", "exec", ...args], {
    env: TURNS,
    ...(cwd === undefined ? {} : { cwd }),
  });
}

Deno.test(
  "exec --resume goes on with the session, its log, its numbers and its turns",
  inHome(async (home) => {
    const id = crypto.randomUUID();
    assertEquals((await turn(home, ["one", "--session", id])).stdout, "first answer\n");
    const second = await turn(home, ["two", "--resume", id]);
    const got = JSON.parse(second.stdout);
    assertEquals([got.turn, got.resumed, got.session_id], [1, true, id]);
    assertEquals(got.history, [{ prompt: "one", answer: "first answer" }]);
    const third = await turn(home, ["three", "--resume", id.slice(0, 8)]);
    assertEquals(third.stdout, "third answer\n");
    const log = await onlyLog(home);
    assertEquals(log.map(({ seq }) => seq), log.map((_, index) => index + 1));
    const starts = log.filter(({ type }) => type === "session_started");
    assertEquals(starts.map(({ resumed }) => resumed), [false, true, true]);
    const [session] = home.rows("sessions");
    assertEquals([session?.session_id, session?.resumed, session?.outcome], [id, 1, "success"]);
    assertEquals(home.rows("processes").length, 3);
  }),
);

Deno.test(
  "exec --resume adds to the tags of the session",
  inHome(async (home) => {
    const id = crypto.randomUUID();
    await turn(home, ["one", "--session", id, "--tag", "a", "--tag", "Keep"]);
    await turn(home, ["two", "--resume", id, "--tag", "KEEP", "--tag", "new"]);
    const tags = ["a", "Keep", "new"];
    assertEquals(home.rows("sessions").map((row) => row.tags), [JSON.stringify(tags)]);
    const metas = (await onlyLog(home)).flatMap(({ meta }) => meta ? [meta] : []);
    assertEquals((metas.at(-1) as Record<string, unknown>).tags, tags);
  }),
);

Deno.test(
  "exec --resume renames the session where it is told to, and leaves the rest of it alone",
  inHome(async (home) => {
    const id = crypto.randomUUID();
    await turn(home, ["one", "--session", id, "--name", "old", "--tag", "a"]);
    const env = { ...TURNS, ZAG_SESSION_ID: "other", ZAG_PROCESS_ID: "other" };
    await home.zag(["-p", "mock", "exec", "two", "--resume", id, "--name", "new", "-m", "large"], {
      env,
    });
    const [session] = home.rows("sessions");
    assertEquals(
      [session?.name, session?.tags, session?.model, session?.parent_session_id],
      ["new", '["a"]', "mock-large", null],
    );
    const told: Record<string, unknown> = {};
    for (const { meta } of await onlyLog(home)) Object.assign(told, meta);
    assertEquals([told.name, told.tags, told.parent_session_id], ["new", ["a"], null]);
    assertEquals(told.launch, JSON.parse(String(session?.launch)));
  }),
);

Deno.test(
  "exec --continue takes the latest session of the project",
  inHome(async (home) => {
    await Deno.mkdir(`${home.path}/other`);
    await new Deno.Command("git", { args: ["init", "-q"], cwd: `${home.path}/other` }).output();
    const ids = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
    await turn(home, ["a", "--session", ids[0]!]);
    await turn(home, ["b", "--session", ids[1]!]);
    await turn(home, ["c", "--session", ids[2]!], `${home.path}/other`);
    const { stdout } = await turn(home, ["go on", "--continue"]);
    assertEquals(JSON.parse(stdout).session_id, ids[1]);
    const there = await turn(home, ["go on", "--continue"], `${home.path}/other`);
    assertEquals(JSON.parse(there.stdout).session_id, ids[2]);
  }),
);

Deno.test(
  "exec --continue goes on with the session that ran last, and -v names it",
  inHome(async (home) => {
    const ids = [crypto.randomUUID(), crypto.randomUUID()];
    await turn(home, ["a", "--session", ids[0]!]);
    await turn(home, ["b", "--session", ids[1]!]);
    await turn(home, ["c", "--resume", ids[0]!]);
    const { stderr } = await turn(home, ["d", "--continue", "-v"]);
    assertEquals(home.rows("processes").at(-1)?.session_id, ids[0]);
    assertStringIncludes(stderr, `> Session: ${ids[0]}\n`);
    for (const [stderrTty, said] of [[true, `> Session: ${ids[0]}\n`], [false, ""]] as const) {
      const ctx = fakeContext({ env: home.env(TURNS), cwd: home.work, stderrTty });
      const code = await createApp([execCommand]).run(["exec", "e", "--continue"], ctx);
      assertEquals([code, ctx.err], [0, said]);
    }
  }),
);

Deno.test(
  "exec resumes with the session's own model and directory, from anywhere",
  inHome(async (home) => {
    const id = crypto.randomUUID();
    await turn(home, ["one", "--session", id, "-m", "large"]);
    const got = JSON.parse((await turn(home, ["two", "--resume", id], home.path)).stdout);
    assertEquals([got.model, got.cwd], ["mock-large", home.work]);
    const unpinned = await home.zag(["exec", "three", "--resume", id], { env: TURNS });
    assertEquals(unpinned.stdout, "third answer\n");
    assertEquals(home.rows("sessions").map(({ model }) => model), ["mock-large"]);
  }),
);

Deno.test(
  "exec refuses to resume what it cannot",
  inHome(async (home) => {
    const id = "aaaaaaaa-0000-4000-8000-000000000001";
    await turn(home, ["one", "--session", id]);
    await turn(home, ["one", "--session", id.replace(/1$/, "2")]);
    const ambiguous = await turn(home, ["two", "--resume", "aaaaaaaa"]);
    assertEquals(ambiguous.code, 1);
    assertMatch(ambiguous.stderr, /^error: Cannot choose a session for "aaaaaaaa": /);
    const short = await turn(home, ["two", "--resume", "aaa"]);
    assertStringIncludes(short.stderr, 'Cannot find session "aaa"');
    const other = await home.zag(["-p", "claude", "exec", "two", "--resume", id], {
      env: { ZAG_CLAUDE_ALLOW_PRINT: "1" },
    });
    assertEquals(other.code, 1);
    assertStringIncludes(
      other.stderr,
      `Cannot resume session "${id}" with claude: it belongs to mock`,
    );
    await Deno.remove(home.work, { recursive: true });
    const gone = await turn(home, ["two", "--resume", id], home.path);
    assertEquals(gone.code, 1);
    assertStringIncludes(gone.stderr, `its directory "${home.work}" is gone`);
    assertStringIncludes(gone.stderr, `Put it back, or start a new session with the result`);
    const anew = ["-p", "mock", "exec", "go on", "--context", id];
    assertStringIncludes(gone.stderr, `zag ${anew.slice(2, 3)} ${anew.slice(4).join(" ")}`);
    assertEquals((await home.zag(anew, { cwd: home.path })).code, 0);
    await Deno.mkdir(home.work);
  }),
);

Deno.test(
  "exec makes a log anew for a session whose log is gone",
  inHome(async (home) => {
    const id = crypto.randomUUID();
    await turn(home, ["one", "--session", id]);
    const [path] = await home.logPaths();
    await Deno.remove(path!);
    assertEquals((await turn(home, ["two", "--resume", id])).code, 0);
    const log = await onlyLog(home);
    assertEquals([log[0]?.seq, log[0]?.type, log[0]?.resumed], [1, "session_started", true]);
  }),
);

Deno.test(
  "exec resumes claude with the id that claude itself gave",
  inHome(async (home) => {
    await standIn(home, replay("simple"));
    await claude(home, ["one"]);
    const [session] = home.rows("sessions");
    assertMatch(await seen(home, "args"), new RegExp(`^--session-id=${session?.session_id}$`, "m"));
    const native = String(session?.provider_session_id);
    assert(native !== session?.session_id, "the recording has an id of its own");
    await claude(home, ["two", "--resume", String(session?.session_id).slice(0, 6)]);
    assertMatch(await seen(home, "args"), new RegExp(`^--resume=${native}$`, "m"));
    await claude(home, ["three", "--resume", native]);
    assertEquals(home.rows("sessions").length, 1);
  }),
);

Deno.test(
  "exec --continue outside of a repository goes on with a session of the same directory only",
  inHome(async (home) => {
    const places = [`${home.work}/one`, `${home.work}/two`];
    for (const place of places) await Deno.mkdir(place);
    const [one, two] = places as [string, string];
    assertEquals((await home.zag(["-p", "mock", "exec", "first"], { cwd: one })).code, 0);
    const elsewhere = await home.zag(["-p", "mock", "exec", "--continue", "x"], { cwd: two });
    assertEquals([elsewhere.code, elsewhere.stdout], [1, ""]);
    assertStringIncludes(elsewhere.stderr, "no mock session of this project is known");
    const there = await home.zag(["-p", "mock", "exec", "--continue", "x"], { cwd: one });
    assertEquals([there.code, there.stdout], [0, "x\n"]);
  }),
);

Deno.test(
  "exec --continue goes on with the latest session of the provider that is named",
  inHome(async (home) => {
    await standIn(home, replay("simple"));
    await turn(home, ["one"]);
    const later = await claude(home, ["hi"]);
    assertEquals(later.code, 0);
    const mine = await turn(home, ["two", "--continue"]);
    assertEquals(JSON.parse(mine.stdout).history, [{ prompt: "one", answer: "first answer" }]);
    const theirs = await claude(home, ["again", "--continue"]);
    assertEquals(theirs.code, 0);
    assert((await seen(home, "args")).includes("--resume="));
    assertEquals(home.rows("sessions").length, 2);
  }),
);
