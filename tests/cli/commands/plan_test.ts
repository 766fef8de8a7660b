import { planCommand } from "../../../src/cli/commands/plan.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { fakeContext, type FakeContextOptions } from "../../fakes/context.ts";
import { assert, assertEquals, assertStringIncludes } from "../../support/assert.ts";
import { TestHome } from "../../support/zag.ts";

const PLAN = { do: "say", text: "# The plan\n" };

async function plan(
  home: TestHome,
  args: string[],
  options: FakeContextOptions = {},
  steps: unknown[] = [PLAN],
) {
  const env = {
    ...home.env(),
    ZAG_MOCK_SCRIPT: JSON.stringify({ turns: [{ steps }] }),
    ...options.env,
  };
  const ctx = fakeContext({ cwd: home.work, ...options, env });
  const code = await createApp([planCommand]).run(["plan", "-p", "mock", ...args], ctx);
  return { code, out: ctx.out, err: ctx.err };
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

Deno.test("plan prints the plan, and asks for one", async () => {
  await using home = await TestHome.create();
  assertEquals(await plan(home, ["the goal"]), { code: 0, out: "# The plan\n", err: "" });
  const [log] = await home.logs();
  const { content } = log!.find(({ type }) => type === "user_message")!;
  assertEquals(content, "the goal");
  const [session] = home.rows("sessions");
  const { composed_prompt } = JSON.parse(String(session!.launch));
  assertStringIncludes(composed_prompt, "## Affected files");
  assertStringIncludes(composed_prompt, "# Goal\n\nthe goal");
});

Deno.test("plan takes its goal from stdin, and puts files and instructions to it", async () => {
  await using home = await TestHome.create();
  await Deno.writeTextFile(`${home.work}/note.txt`, "in the note");
  const args = ["--file", "note.txt", "--instructions", "be brief", "--name", "p1"];
  assertEquals((await plan(home, args, { stdin: "from stdin" })).code, 0);
  const [session] = home.rows("sessions");
  const { composed_prompt: sent } = JSON.parse(String(session!.launch));
  assert(sent.startsWith("<attached-files>"));
  assertStringIncludes(sent, "in the note");
  assertStringIncludes(sent, "# Goal\n\nfrom stdin\n\n# What to heed\n\nbe brief\n");
  assertEquals(session!.name, "p1");
  const [log] = await home.logs();
  const { content } = log!.find(({ type }) => type === "user_message")!;
  assertEquals(content, "from stdin\n\nInstructions: be brief");
});

Deno.test("plan without a goal is a usage error", async () => {
  await using home = await TestHome.create();
  const { code, err } = await plan(home, [], { stdinTty: true });
  assertEquals(code, 64);
  assertStringIncludes(err, 'Missing prompt for "plan"');
});

/** What stands where before, what is asked for, and the file that comes of it. */
const PLACES: readonly [asked: string, made: string][] = [
  ["p.md", "p.md"],
  ["deep/er/p.txt", "deep/er/p.txt"],
  ["plans", "plans/plan-20260102-030405.md"],
  ["plans/", "plans/plan-20260102-030405.md"],
  ["v1.2/", "v1.2/plan-20260102-030405.md"],
  ["there.d", "there.d/plan-20260102-030405.md"],
  [".", "plan-20260102-030405.md"],
  ["a/..", "plan-20260102-030405.md"],
  ["PLAN", "PLAN"],
  ["link.md", "linked.md"],
];

Deno.test("plan -o writes into files and directories, and says where", async () => {
  for (const [asked, made] of PLACES) {
    await using home = await TestHome.create();
    await Deno.mkdir(`${home.work}/there.d`);
    await Deno.writeTextFile(`${home.work}/PLAN`, "old", { mode: 0o640 });
    await Deno.symlink("linked.md", `${home.work}/link.md`);
    const path = `${home.work}/${made}`;
    const { code, out, err } = await plan(home, ["-o", asked, "goal"]);
    // Whoever has not named the file must learn its name.
    const named = made.includes("plan-2026") ? `${path}\n` : "";
    assertEquals([code, out, err], [0, named, `Plan written to ${path}\n`], asked);
    assertEquals(await Deno.readTextFile(path), "# The plan\n");
    if (made === "PLAN") assertEquals((await Deno.stat(path)).mode! & 0o777, 0o640);
    const left = [...Deno.readDirSync(path.slice(0, path.lastIndexOf("/")))];
    assertEquals(left.filter(({ name }) => name.endsWith(".tmp")), []);
  }
});

Deno.test("plan -q -o says nothing", async () => {
  await using home = await TestHome.create();
  assertEquals(await plan(home, ["-q", "-o", "p.md", "goal"]), { code: 0, out: "", err: "" });
  assert(await exists(`${home.work}/p.md`));
});

Deno.test("plan -q -o prints the path of a file that it has named itself", async () => {
  await using home = await TestHome.create();
  const path = `${home.work}/plans/plan-20260102-030405.md`;
  assertEquals(await plan(home, ["-q", "-o", "plans/", "goal"]), {
    code: 0,
    out: `${path}\n`,
    err: "",
  });
  assertEquals(await Deno.readTextFile(path), "# The plan\n");
});

Deno.test("plan -o - prints the plan", async () => {
  await using home = await TestHome.create();
  for (const name of ["-", "/dev/stdout"]) {
    const { code, out } = await plan(home, ["-o", name, "goal"]);
    assertEquals([code, out], [0, "# The plan\n"]);
  }
});

Deno.test({
  name: "plan -o writes through pipes and devices",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using home = await TestHome.create();
    const pipe = `${home.work}/pipe`;
    assert((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success);
    const read = new Deno.Command("cat", { args: [pipe], stdout: "piped" }).output();
    assertEquals((await plan(home, ["-o", pipe, "goal"])).code, 0);
    assertEquals(new TextDecoder().decode((await read).stdout), "# The plan\n");
    assert((await Deno.lstat(pipe)).isFifo);
    assertEquals((await plan(home, ["-o", "/dev/null", "goal"])).code, 0);
    assert((await Deno.lstat("/dev/null")).isCharDevice);
  },
});

Deno.test("plan takes an empty answer for an error", async () => {
  await using home = await TestHome.create();
  const empty = [{ do: "say", text: " \n" }];
  for (const flags of [[], ["-q"], ["-o", "-"], ["--exit-on-failure"]]) {
    const { code, err } = await plan(home, [...flags, "g"], {}, empty);
    assertEquals(code, 1, flags.join(" "));
    assertStringIncludes(err, "gave an empty answer: there is no plan");
  }
});

Deno.test({
  name: "plan -o refuses a place that cannot be written before an agent starts",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using home = await TestHome.create();
    for (const path of ["/proc/p.md", "/proc/new/p.md"]) {
      const { code, err } = await plan(home, ["-o", path, "g"]);
      assertEquals(code, 1);
      assertStringIncludes(err, "/proc cannot be written");
    }
    assertEquals(await exists(`${home.path}/.zag`), false, "no agent was started");
  },
});

Deno.test("plan -o stays in ZAG_USER_HOME_DIR although the agent makes a link out of it", async () => {
  await using home = await TestHome.create();
  await Deno.mkdir(`${home.work}/jail/d`, { recursive: true });
  await Deno.mkdir(`${home.work}/out`);
  const cases = [["jail/d/p.md", "jail/d"], ["jail/new/p.md", "jail/new"], [
    "jail/e/f/p.md",
    "jail/e",
  ]];
  for (const [asked, made] of cases) {
    const { code, out, err } = await plan(
      home,
      ["-a", "-o", asked!, "g"],
      { env: { ZAG_USER_HOME_DIR: `${home.work}/jail` } },
      [
        {
          do: "run",
          command: ["sh", "-c", `rm -rf ${made}; ln -s ${home.work}/out ${home.work}/${made}`],
        },
        PLAN,
      ],
    );
    assertEquals([code, out], [1, "# The plan\n"]);
    assertStringIncludes(err, `it is outside of ${home.work}/jail`);
  }
  assertEquals([...Deno.readDirSync(`${home.work}/out`)], []);
});

Deno.test("plan -o makes no file where there is no plan", async () => {
  await using home = await TestHome.create();
  const empty = await plan(home, ["-o", "new/p.md", "g"], {}, [{ do: "say", text: " \n" }]);
  assertEquals(empty.code, 1);
  assertStringIncludes(empty.err, "the agent's answer is empty");
  const failed = await plan(home, ["-o", "new/p.md", "g"], {}, [
    PLAN,
    { do: "error", message: "no more", fatal: true },
  ]);
  assertEquals(failed.code, 1);
  assertStringIncludes(failed.err, "no more");
  assert(!await exists(`${home.work}/new`));
});

Deno.test("plan -o prints the plan where the file cannot be written", async () => {
  await using home = await TestHome.create();
  // What takes the place of the directory comes while the agent is at work.
  const { code, out, err } = await plan(home, ["-a", "-o", "d/p.md", "g"], {}, [
    { do: "run", command: ["touch", `${home.work}/d`] },
    PLAN,
  ]);
  assertEquals([code, out], [1, "# The plan\n"]);
  assertStringIncludes(err, "The plan is on stdout instead");
});

/** The value of ZAG_USER_HOME_DIR is `jail` below the working directory. */
const OUTSIDE = ["../x.md", "x.md", "jail/../x.md", "jailed/x.md", "jail/out/x.md", "jail/far.md"];
const INSIDE = ["jail/x.md", "jail/new/../y.md", "jail/deep/er/", "jail/in/z.md", "again/w.md"];

Deno.test("plan -o stays in the directory of ZAG_USER_HOME_DIR, through links and ..", async () => {
  await using home = await TestHome.create();
  const env = { ZAG_USER_HOME_DIR: `${home.work}/again` };
  await Deno.mkdir(`${home.work}/jail/real`, { recursive: true });
  await Deno.symlink("jail", `${home.work}/again`);
  await Deno.symlink("real", `${home.work}/jail/in`);
  await Deno.symlink("/nowhere/at/all", `${home.work}/jail/out`);
  await Deno.symlink("../far.md", `${home.work}/jail/far.md`);
  for (const path of OUTSIDE) {
    const { code, err } = await plan(home, ["-o", path, "g"], { env });
    assertEquals(code, 1, path);
    assertStringIncludes(err, `it is outside of ${home.work}/jail`);
  }
  assertEquals(await exists(`${home.path}/.zag`), false, "no agent was started");
  for (const path of INSIDE) {
    const { code, err } = await plan(home, ["-o", path, "g"], { env });
    assertEquals(code, 0, err);
    assertStringIncludes(err, `Plan written to ${home.work}/jail/`);
  }
});

Deno.test("plan -o refuses what can be no file before an agent starts", async () => {
  await using home = await TestHome.create();
  await Deno.writeTextFile(`${home.work}/file`, "");
  await Deno.symlink("ring", `${home.work}/ring`);
  for (const [path, why] of [["file/p.md", "is no directory"], ["", "empty"], ["ring", "ring"]]) {
    const { code, err } = await plan(home, ["-o", path!, "g"]);
    assertEquals(code, 1, path);
    assertStringIncludes(err, why!);
  }
  assertEquals(await exists(`${home.path}/.zag`), false);
});

Deno.test("plan is recorded as plan", async () => {
  await using home = await TestHome.create();
  assertEquals((await plan(home, ["g"])).code, 0);
  assertEquals(home.rows("sessions").map(({ command }) => command), ["plan"]);
  assertEquals(home.rows("processes").map(({ command }) => command), ["plan"]);
  assertEquals(
    (await home.logs())[0]!.find(({ type }) => type === "session_started")!.command,
    "plan",
  );
});
