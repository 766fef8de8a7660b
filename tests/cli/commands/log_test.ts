import { logCommand } from "../../../src/cli/commands/log.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { fakeContext } from "../../fakes/context.ts";
import { record } from "../../support/recorded.ts";
import { TestHome } from "../../support/zag.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "../../support/assert.ts";

async function log(
  home: TestHome,
  args: string[],
  { env = {}, cwd = home.work }: { env?: Record<string, string>; cwd?: string } = {},
) {
  const ctx = fakeContext({ env: home.env(env), cwd });
  const code = await createApp([logCommand]).run(["log", ...args], ctx);
  return { code, out: ctx.out, err: ctx.err };
}

/** Only this zag writes such a line: without it the log would be another program's, and be copied. */
const META = { type: "session_meta", meta: {} } as const;

const SILENT = { code: 0, out: "", err: "" };

/** What a log holds behind its {@linkcode META}. */
async function lines(path: string): Promise<Record<string, unknown>[]> {
  const text = await Deno.readTextFile(path);
  return text.split("\n").slice(1, -1).map((line) => JSON.parse(line));
}

Deno.test("log adds a line to the session and prints nothing", async () => {
  await using home = await TestHome.create();
  const path = record(home, "s-1", {
    providerSessionId: "native-1",
    kinds: [META, { type: "session_ended", success: true, error: null }],
  });
  assertEquals(await log(home, ["half way", "--session", "s-1"]), SILENT);
  const data = '{"done": [1, null, "ä"]}';
  assertEquals(
    await log(home, ["--level", "error", "--session", "native-1", "--data", data, "oh"]),
    SILENT,
  );
  const [, first, second, ...rest] = await lines(path);
  assertEquals(rest, []);
  const { ts, ...event } = first!;
  assertMatch(String(ts), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assertEquals(event, {
    seq: 3,
    provider: "mock",
    wrapper_session_id: "s-1",
    provider_session_id: null,
    source_kind: "wrapper",
    completeness: "full",
    type: "user_event",
    level: "info",
    message: "half way",
  });
  assertEquals(
    [second?.seq, second?.level, second?.message, second?.data],
    [4, "error", "oh", { done: [1, null, "ä"] }],
  );
});

Deno.test("log keeps any JSON value as it is", async () => {
  await using home = await TestHome.create();
  const path = record(home, "s-1", { kinds: [META] });
  const values = ["null", "false", "0", '""', "[]", "{}"];
  for (const value of values) {
    assertEquals(await log(home, ["m", "--session", "s-1", `--data=${value}`]), SILENT);
  }
  assertEquals((await lines(path)).map(({ data }) => JSON.stringify(data)), values);
});

Deno.test("log takes the session around it, unless another is named", async () => {
  await using home = await TestHome.create();
  const own = record(home, "s-own", { kinds: [META] });
  const other = record(home, "s-other", { name: "other", kinds: [META] });
  const env = { ZAG_SESSION_ID: "s-own" };
  assertEquals(await log(home, ["one"], { env }), SILENT);
  assertEquals(await log(home, ["two", "--session", "other"], { env }), SILENT);
  const messages = async (path: string) => (await lines(path)).map(({ message }) => message);
  assertEquals([await messages(own), await messages(other)], [["one"], ["two"]]);
});

Deno.test("log finds its session from any directory and project", async () => {
  await using home = await TestHome.create();
  const path = record(home, "s-1", {
    project: "app-0a1b2c3d",
    name: "there",
    kinds: [META],
  });
  await Deno.mkdir(`${home.path}/elsewhere`);
  await new Deno.Command("git", { args: ["init", "-q"], cwd: `${home.path}/elsewhere` }).output();
  for (const cwd of [home.path, `${home.path}/elsewhere`]) {
    assertEquals(await log(home, ["m"], { env: { ZAG_SESSION_ID: "s-1" }, cwd }), SILENT);
    const named = ["m", "--session", "there"];
    assertStringIncludes((await log(home, named, { cwd })).err, "give its id, or --global");
    assertEquals(await log(home, [...named, "--global"], { cwd }), SILENT);
    assertEquals(await log(home, ["m", "--session", "s-1", "-r", home.work], { cwd }), SILENT);
  }
  assertEquals((await lines(path)).map(({ seq }) => seq), [2, 3, 4, 5, 6, 7]);
});

Deno.test("log does not bring back a log that is gone", async () => {
  await using home = await TestHome.create();
  const path = record(home, "s-1", { kinds: null });
  const { code, out, err } = await log(home, ["m", "--session", "s-1"]);
  assertEquals([code, out], [1, ""]);
  assertStringIncludes(err, 'Cannot log to session "s-1": it has no log any more');
  assertStringIncludes(err, path);
});

const refused: [string[], string, number][] = [
  [["m"], "Cannot choose a session: give --session", 64],
  [["--session", "s-1"], "", 64],
  [["", "--session", "s-1"], "Cannot log an empty message", 64],
  [["a", "b", "--session", "s-1"], "", 64],
  [["m", "--session", "s-1", "--level", "fatal"], "info, warn, error, debug", 64],
  [["m", "--session", "s-1", "--data", "{a:1}"], 'Wrong value for "--data": it is no JSON', 64],
  [["m", "--session", "nope"], 'Cannot find session "nope"', 1],
];

for (const [args, message, expected] of refused) {
  Deno.test(`log refuses "${args.join(" ")}"`, async () => {
    await using home = await TestHome.create();
    const path = record(home, "s-1");
    const { code, out, err } = await log(home, args);
    assertEquals([code, out], [expected, ""]);
    assertStringIncludes(err, message);
    assertEquals(await Deno.readTextFile(path), "");
  });
}

Deno.test("log takes an empty ZAG_SESSION_ID for none", async () => {
  await using home = await TestHome.create();
  assertEquals((await log(home, ["m"], { env: { ZAG_SESSION_ID: "" } })).code, 64);
});
