import { costCommand } from "../../../src/cli/commands/cost.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import type { LogKind } from "../../../src/events/log_event.ts";
import { fakeContext, type FakeContextOptions } from "../../fakes/context.ts";
import { record } from "../../support/recorded.ts";
import { TestHome } from "../../support/zag.ts";
import { assert, assertEquals, assertStringIncludes } from "../../support/assert.ts";

/** Noon of a day in March on this machine's clock. */
const noon = (day: number) => new Date(2026, 2, day, 12);
const NOW = noon(10);

async function cost(home: TestHome, args: string[], options: FakeContextOptions = {}) {
  const ctx = fakeContext({ env: home.env(), cwd: home.work, now: NOW, ...options });
  const code = await createApp([costCommand]).run(["cost", ...args], ctx);
  return { code, out: ctx.out, err: ctx.err };
}

interface Row {
  key?: string | null;
  name?: string | null;
  path?: string | null;
  reports: number;
  sessions: number;
  input_tokens: number;
  cost_usd: number | null;
  reports_without_cost: number;
}

async function report(home: TestHome, ...args: string[]) {
  const { code, out, err } = await cost(home, [...args, "--json"]);
  assertEquals([code, err, out.split("\n").length], [0, "", 2]);
  return JSON.parse(out) as {
    by: string;
    from: string | null;
    to: string | null;
    rows: Row[];
    total: Row;
    reports_without_cost: number;
    sessions_cut_off: number;
  };
}

function used(input_tokens: number, total_cost_usd?: number, model?: string): LogKind {
  return {
    type: "usage",
    input_tokens,
    output_tokens: 1,
    ...(total_cost_usd === undefined ? {} : { total_cost_usd }),
    ...(model === undefined ? {} : { model }),
  };
}

/** Three sessions on three days. */
async function spent(): Promise<TestHome> {
  const home = await TestHome.create();
  record(home, "s-1", {
    name: "first",
    createdAt: noon(1).toISOString(),
    kinds: [used(1000, 0.1), used(2000, 0.2)],
  });
  record(home, "s-2", {
    provider: "codex",
    model: "sol",
    createdAt: noon(5).toISOString(),
    kinds: [used(50)],
  });
  record(home, "s-3", {
    project: "app-0a1b2c3d",
    createdAt: noon(9).toISOString(),
    kinds: [used(7, 5, "mock-large")],
  });
  return home;
}

Deno.test("cost adds up the project's days, with a total", async () => {
  await using home = await spent();
  const { by, from, to, rows, total, reports_without_cost } = await report(home);
  assertEquals([by, from, to, reports_without_cost], ["day", null, null, 1]);
  assertEquals(
    rows.map(({ key, reports, cost_usd }) => [key, reports, cost_usd]),
    [["2026-03-01", 2, 0.3], ["2026-03-05", 1, null]],
  );
  assertEquals([total.reports, total.sessions, total.input_tokens], [3, 2, 3050]);
  assertEquals([total.cost_usd, total.reports_without_cost], [0.3, 1]);
});

Deno.test("cost looks at all projects with --global, and at another with -r", async () => {
  await using home = await spent();
  assertEquals((await report(home, "--global")).total.cost_usd, 5.3);
  const repository = `${home.path}/repository`;
  await Deno.mkdir(repository);
  await new Deno.Command("git", { args: ["init", "-q"], cwd: repository }).output();
  assertEquals((await report(home, "-r", repository)).total.reports, 0);
});

Deno.test("cost groups by provider, model, project and session", async () => {
  await using home = await spent();
  const keys = async (by: string) =>
    (await report(home, "--global", "--by", by)).rows.map(({ key, cost_usd }) => [key, cost_usd]);
  assertEquals(await keys("provider"), [["mock", 5.3], ["codex", null]]);
  assertEquals(await keys("model"), [["mock-large", 5], ["mock-medium", 0.3], ["sol", null]]);
  assertEquals(await keys("project"), [["app-0a1b2c3d", 5], [null, 0.3]]);
  assertEquals(await keys("session"), [["s-3", 5], ["s-1", 0.3], ["s-2", null]]);
  const { rows } = await report(home, "--global", "--by", "session");
  assertEquals(rows.map(({ name }) => name), [null, "first", null]);
});

Deno.test("cost counts only a provider, a model, a period", async () => {
  await using home = await spent();
  const tokens = async (...args: string[]) =>
    (await report(home, "--global", ...args)).total.input_tokens;
  assertEquals(await tokens("-p", "Codex"), 50);
  assertEquals(await tokens("-m", "SOL"), 50);
  assertEquals(await tokens("-p", "mock", "-m", "sol"), 0);
  assertEquals(await tokens("--from", "2d"), 7);
  assertEquals(await tokens("--from", "1w"), 57);
  assertEquals(await tokens("--from", "2026-03-05", "--to", "2026-03-05"), 50);
  assertEquals(await tokens("--to", "2026-03-05"), 3050);
  const justBefore = new Date(noon(5).getTime() - 1).toISOString();
  assertEquals(await tokens("--to", justBefore), 3000);
  const { from, to } = await report(home, "--from", "1h", "--to", "2099-03-10T14:00:00+02:00");
  const anHourAgo = new Date(NOW.getTime() - 3_600_000).toISOString();
  assertEquals([from, to], [anHourAgo, "2099-03-10T12:00:00.000Z"]);
});

Deno.test("cost -n keeps the last days and the dearest, and the total of all", async () => {
  await using home = await spent();
  const days = await report(home, "--global", "-n", "2");
  assertEquals(days.rows.map(({ input_tokens }) => input_tokens), [50, 7]);
  assertEquals(days.total.input_tokens, 3057);
  const models = await report(home, "--global", "--by", "model", "-n", "1");
  assertEquals(models.rows.map(({ key }) => key), ["mock-large"]);
  const { out } = await cost(home, ["--global", "-n", "1"]);
  assertStringIncludes(out, "\n2 of 3 rows are not shown; the total has them.\n");
  assertEquals((await report(home, "--global", "-n", "99")).rows.length, 3);
});

Deno.test("cost shows a table as wide as the terminal, plain in a pipe", async () => {
  await using home = await spent();
  const { out } = await cost(home, ["--by", "model"]);
  assertEquals(
    out,
    `MODEL        REPORTS  SESSIONS     IN  OUT  CACHE READ  CACHE WRITTEN  COST USD
mock-medium        2         1  3,000    2           -              -    0.3000
sol                1         1     50    1           -              -         -
TOTAL              3         2  3,050    3           -              -   ≥0.3000

The cost of 1 of 3 reports is not known: the sum is without them.
`,
  );
  const terminal = await cost(home, ["--by", "model"], { stdoutTty: true, columns: 40 });
  assert(terminal.out.startsWith("\x1b[1mMODEL"));
  const rows = terminal.out.split("\n").slice(1);
  assert(rows.every((line) => line.length <= 40), terminal.out);
});

Deno.test("cost counts the sessions that were cut off, in the same range as all else", async () => {
  await using home = await spent();
  const outcomes = [
    "timeout",
    "interrupted",
    "killed",
    "dead",
    "unknown",
    "failure",
    null,
  ] as const;
  outcomes.forEach((outcome, index) =>
    record(home, `cut-${index}`, {
      createdAt: noon(2).toISOString(),
      endedAt: outcome === null ? null : noon(index + 3).toISOString(),
      outcome,
      ...(index === 0 ? { provider: "codex", model: "sol", project: "app-0a1b2c3d" } : {}),
    })
  );
  const cut = async (...args: string[]) => (await report(home, ...args)).sessions_cut_off;
  assertEquals(await cut(), 4);
  assertEquals(await cut("--global"), 5);
  assertEquals(await cut("--global", "-p", "codex"), 1);
  assertEquals(await cut("--global", "-m", "SOL"), 1);
  assertEquals(await cut("--global", "--from", "2026-03-04", "--to", "2026-03-05"), 2);
  assertEquals((await report(home)).total.sessions, 2, "they have told nothing");
  const { out } = await cost(home, []);
  assertStringIncludes(
    out,
    "\n4 sessions were cut off; what their last turn used is not known.\n",
  );
  assertEquals(
    (await cost(home, ["--from", "2026-03-06", "--to", "2026-03-06"])).out,
    "No usage was reported in this project; --global looks in all of them.\n" +
      "1 session was cut off; what its last turn used is not known.\n",
  );
});

Deno.test("cost counts no session as cut off whose turn was over, and of several turns each", async () => {
  await using home = await TestHome.create();
  const cut = {
    outcome: "interrupted",
    endedAt: noon(3).toISOString(),
    kinds: [used(5, 1)],
  } as const;
  const cutOff = async () => (await report(home)).sessions_cut_off;
  record(home, "over", { ...cut, createdAt: noon(2).toISOString() });
  assertEquals(await cutOff(), 0, "its turn has told what it used");
  record(home, "again", {
    ...cut,
    createdAt: noon(2).toISOString(),
    startedAt: new Date(noon(3).getTime() - 1).toISOString(),
  });
  assertEquals(await cutOff(), 1, "its newest run has told nothing");
  record(home, "interactive", { ...cut, createdAt: noon(2).toISOString(), interactive: true });
  record(home, "run", { ...cut, createdAt: noon(2).toISOString(), command: "run" });
  const launch = { inputFormat: "stream-json" };
  record(home, "stream", { ...cut, createdAt: noon(2).toISOString(), launch });
  assertEquals(await cutOff(), 4, "of these only some turn has");
});

Deno.test("cost tells what of a budget the sessions below have spent", async () => {
  await using home = await TestHome.create();
  const since = noon(1).toISOString();
  record(home, "parent", {
    createdAt: since,
    budget: { maxCostUsd: 2, maxTokens: null, since },
    kinds: [used(5, 0.01)],
  });
  const under = { parentSessionId: "parent", createdAt: since, kinds: [used(7, 2.6)] };
  record(home, "child", under);
  const { out } = await cost(home, ["--session", "parent"]);
  assertStringIncludes(
    out,
    "Budget: $2.61 of $2.00 spent ($2.60 of it by the sessions below it), $0.00 left.\n",
  );
});

Deno.test("cost counts a session whose agent was killed by --timeout", async () => {
  await using home = await TestHome.create();
  const script = JSON.stringify({ turns: [{ steps: [{ do: "hang" }] }] });
  const run = await home.zag(["-p", "mock", "exec", "--timeout", "1s", "x"], {
    env: { ZAG_MOCK_SCRIPT: script },
  });
  assertEquals(run.code, 124, run.stderr);
  assertEquals((await report(home)).sessions_cut_off, 1);
});

Deno.test("cost names projects by the place of their newest session", async () => {
  await using home = await spent();
  const project = "app-0a1b2c3d";
  record(home, "s-4", { project, workspacePath: "/w/app", createdAt: noon(10).toISOString() });
  record(home, "s-5", {
    project,
    workspacePath: "/w/worktree",
    isWorktree: true,
    createdAt: new Date(noon(10).getTime() + 1).toISOString(),
  });
  const { rows } = await report(home, "--global", "--by", "project");
  assertEquals(rows.map(({ key, path }) => [key, path]), [[project, "/w/app"], [null, null]]);
  const { out } = await cost(home, ["--global", "--by", "project"]);
  assertEquals(out.split("\n").map((line) => line.split("  ")[0]).slice(0, 3), [
    "PROJECT",
    "/w/app",
    "(no project)",
  ]);
});

Deno.test("cost shows nothing raw of what agents call their models", async () => {
  await using home = await TestHome.create();
  const model = "m\x1b[2J\x9b1m\u202egpj\u2066x";
  record(home, "s-1", { kinds: [used(1, 1, model)] });
  // deno-lint-ignore no-control-regex
  const raw = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;
  for (const format of [[], ["--json"]]) {
    const terminal = { stdoutTty: true, env: home.env({ NO_COLOR: "1" }) };
    const { out } = await cost(home, ["--by", "model", ...format], terminal);
    assert(!raw.test(out), JSON.stringify(out));
    if (format.length > 0) assertEquals(JSON.parse(out).rows[0].key, model);
  }
});

Deno.test("cost says where there is nothing", async () => {
  await using home = await TestHome.create();
  const { code, out } = await cost(home, []);
  assertEquals([code, out], [
    0,
    "Nothing was used in this project; --global looks in all of them.\n",
  ]);
  assertEquals((await cost(home, ["--global"])).out, "Nothing was used.\n");
  const { rows, total } = await report(home);
  assertEquals([rows, total.reports, total.cost_usd], [[], 0, null]);
});

const refused: [string[], string][] = [
  [["--by", "week"], "day, provider, model, project, session"],
  [["--from", "yesterday"], 'Cannot read the date "yesterday"'],
  [["--to", "2026-02-30"], "there is no such time"],
  [["--from", "1d", "--to", "2d"], "Cannot report from 1d to 2d"],
  [["-p", "gpt"], 'Unknown provider "gpt"'],
  [["-n", "0"], "it must be a whole number above 0"],
  [["session"], ""],
];

for (const [args, message] of refused) {
  Deno.test(`cost refuses "${args.join(" ")}"`, async () => {
    await using home = await TestHome.create();
    const { code, out, err } = await cost(home, args);
    assertEquals([code, out], [64, ""]);
    assertStringIncludes(err, message);
  });
}
