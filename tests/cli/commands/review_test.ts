import { reviewCommand } from "../../../src/cli/commands/review.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { fakeContext, type FakeContextOptions } from "../../fakes/context.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../support/assert.ts";
import { TestHome } from "../../support/zag.ts";
import { inHome, script, seen, standIn, waitFor } from "../../e2e/support.ts";
import { isThere, Site } from "../../workspace/support.ts";

async function review(
  home: TestHome,
  cwd: string,
  args: string[],
  options: FakeContextOptions = {},
  steps?: unknown[],
) {
  const env = {
    ...home.env(),
    ...(steps && { ZAG_MOCK_SCRIPT: JSON.stringify({ turns: [{ steps }] }) }),
    ...options.env,
  };
  const ctx = fakeContext({ cwd, ...options, env });
  const given = args.includes("-p") ? args : ["-p", "mock", ...args];
  const code = await createApp([reviewCommand]).run(["review", ...given], ctx);
  return { code, out: ctx.out, err: ctx.err };
}

function reviewTest(
  name: string,
  test: (home: TestHome, site: Site, top: string) => Promise<void>,
) {
  Deno.test(`review ${name}`, async () => {
    await using home = await TestHome.create();
    const site = new Site(home.work);
    await test(home, site, await site.repository("r", { "a.txt": "a\n" }));
  });
}

reviewTest("shows the agent the changes of the whole repository", async (home, site, top) => {
  await site.git(top, "checkout", "-q", "-b", "topic");
  await site.commit(top, "b.txt", "```\n");
  site.put(`${top}/a.txt`, "changed\n");
  const inside = site.put(`${top}/sub/new.txt`, "new\n").replace("/new.txt", "");
  const args = ["--uncommitted", "--base", "main", "--title", " The title ", "be strict"];
  const { code, out, err } = await review(home, inside, args);
  assertEquals([code, err], [0, ""]);
  assertStringIncludes(out, "# Title of the change\n\nThe title\n");
  assertStringIncludes(out, "# Diff of the uncommitted changes\n\n```diff\n");
  assertStringIncludes(out, "-a\n+changed\n");
  assertStringIncludes(out, "+new\n");
  assertStringIncludes(out, "# Diff of the changes since main\n\n````diff\n");
  assertStringIncludes(out, "# What to heed besides\n\nbe strict");
  const [log] = await home.logs();
  assertEquals(
    log!.find(({ type }) => type === "user_message")!.content,
    "Review the uncommitted changes and the changes since main: The title\n\nbe strict",
  );
  assertEquals(home.rows("processes").map(({ session_id, status }) => [session_id, status]), [
    [home.rows("sessions")[0]!.session_id, "exited"],
  ]);
  assertEquals([...Deno.readDirSync(`${home.path}/.zag/temp`)], [], "no file is left");
});

reviewTest("takes an empty answer for an error", async (home, site, top) => {
  site.put(`${top}/a.txt`, "changed\n");
  const empty = [{ do: "say", text: " \n" }];
  for (const flags of [[], ["-q"]]) {
    const { code, err } = await review(home, top, [...flags, "--uncommitted"], {}, empty);
    assertEquals(code, 1);
    assertStringIncludes(err, "gave an empty answer: there is no review");
  }
});

const REFUSED: readonly [args: string[], code: number, message: string][] = [
  [[], 64, "Missing what to review"],
  [["only a prompt"], 64, "Missing what to review"],
  [["--uncommitted", "-p", "auto"], 64, 'Cannot use -p auto with "review"'],
  [["--uncommitted", "-m", "auto"], 64, 'Cannot use -m auto with "review"'],
  [["--uncommitted", " "], 64, "empty prompt"],
  [["--uncommitted"], 1, "Cannot review the uncommitted changes: there is no difference"],
  [["--base", "main"], 1, "Cannot review the changes since main: there is no difference"],
  [["--base", "nowhere"], 1, 'Cannot review --base "nowhere": there is no such commit'],
  [["--commit", "abc"], 1, 'Cannot review --commit "abc": there is no such commit'],
];

for (const [args, code, message] of REFUSED) {
  reviewTest(`${JSON.stringify(args)} is refused before an agent starts`, async (home, _, top) => {
    const ran = await review(home, top, args);
    assertEquals([ran.code, ran.out], [code, ""]);
    assertStringIncludes(ran.err, message);
    const left = await Deno.lstat(`${home.path}/.zag/zag.db`).catch(() => undefined);
    assertEquals(left, undefined);
  });
}

reviewTest(
  "is refused outside of a repository, and where auto is configured",
  async (home, _, top) => {
    const outside = await review(home, home.path, ["--uncommitted"]);
    assertEquals(outside.code, 1);
    assertStringIncludes(outside.err, "it is in no git repository");
    await Deno.mkdir(`${home.path}/.zag`, { recursive: true });
    await Deno.writeTextFile(`${home.path}/.zag/zag.jsonc`, '{"defaults": {"provider": "auto"}}');
    const ctx = fakeContext({ cwd: top, env: home.env() });
    assertEquals(await createApp([reviewCommand]).run(["review", "--commit", "HEAD"], ctx), 64);
    const gone = await review(home, top, ["--commit", "HEAD"], { env: { PATH: "" } });
    assertStringIncludes(gone.err, "Cannot review: git is not on PATH");
    assert(!gone.err.includes("worktree"), gone.err);
  },
);

reviewTest(
  "takes what to heed from stdin where it is told to, and only there",
  async (home, _, top) => {
    const args = ["--commit", "HEAD"];
    const told = await review(home, top, [...args, "-"], { stdin: "mind the gap" });
    assertStringIncludes(told.out, "# What to heed besides\n\nmind the gap");
    const open = new ReadableStream<Uint8Array<ArrayBuffer>>();
    const untold = await review(home, top, args, { stdin: open });
    assertEquals([untold.code, untold.err], [0, ""]);
    assert(!untold.out.includes("heed besides"));
  },
);

const LOOK = {
  do: "run",
  command: [
    "sh",
    "-c",
    'for f in "$HOME"/.zag/temp/*/*.diff; do stat -c "%a %n" "$f" "$(dirname "$f")"; wc -l "$f"; done',
  ],
};

reviewTest("gives a huge diff to the agent as a private file", async (home, site, top) => {
  const lines = 60_000;
  await site.commit(top, "huge.txt", "huge\n".repeat(lines));
  const { code, err } = await review(home, top, ["-a", "--commit", "HEAD"], {}, [
    LOOK,
    { do: "say", text: "fine" },
  ]);
  assertEquals([code, err], [0, ""]);
  const [log] = await home.logs();
  const tool = JSON.stringify(log!.filter(({ type }) => String(type).startsWith("tool")));
  assertMatch(tool, /600 \S+\/\.zag\/temp\/[0-9a-f-]+\/commit\.diff/);
  assertMatch(tool, /700 \S+\/\.zag\/temp\/[0-9a-f-]+\\n/);
  assertStringIncludes(tool, String(lines + 6));
  const launch = JSON.parse(String(home.rows("sessions")[0]!.launch));
  assertMatch(
    launch.composed_prompt,
    /in the file \S+\/temp\/[0-9a-f-]+\/commit\.diff, with \d+ bytes\. Read that file part by part,/,
  );
  assertStringIncludes(launch.composed_prompt, '- "huge.txt": +60000 -0 lines');
  assert(launch.composed_prompt.length < 5000);
  assertEquals(launch.addDirs.length, 1);
  assertEquals([...Deno.readDirSync(`${home.path}/.zag/temp`)], []);
});

reviewTest("does not call a small diff long beside a huge one", async (home, site, top) => {
  await site.commit(top, "huge.txt", "huge\n".repeat(60_000));
  site.put(`${top}/a.txt`, "b\n");
  assertEquals((await review(home, top, ["--uncommitted", "--commit", "HEAD"])).code, 0);
  const { composed_prompt } = JSON.parse(String(home.rows("sessions")[0]!.launch));
  assertMatch(
    composed_prompt,
    /uncommitted\.diff, with \d{2,3} bytes\. Read that file, to its end/,
  );
  assertMatch(composed_prompt, /commit\.diff, with \d{6} bytes\. Read that file part by part,/);
  assert(!composed_prompt.includes("too many"));
});

reviewTest("tells the person, too, what is not shown", async (home, site, top) => {
  site.put(`${top}/a.txt`, "b\n");
  site.put(`${top}/large.txt`, "x".repeat(1024 * 1024 + 1));
  await site.repository("r/inner");
  await Deno.writeFile(`${top}/pixel.bin`, new Uint8Array([0, 1]));
  const { code, out, err } = await review(home, top, ["--uncommitted"]);
  assertEquals(code, 0);
  const lines = [
    "inner/: a repository of its own",
    "large.txt: a new file of 1048577 bytes",
    "pixel.bin: not text",
  ];
  assertEquals(err, `warning: not shown to the agent:\n  ${lines.join("\n  ")}\n`);
  for (const line of lines) assertStringIncludes(out, `- "${line}"`);
  assertEquals((await review(home, top, ["-q", "--uncommitted"])).err, "");
});

reviewTest(
  "puts a huge diff into the prompt of a provider that reads no files",
  async (home, site, top) => {
    await site.commit(top, "huge.txt", "huge\n".repeat(60_000));
    const ran = await review(home, top, ["-p", "ollama", "--commit", "HEAD"]);
    // There is no server; it did not fail because of a directory.
    assert(!ran.err.includes("--add-dir"), ran.err);
    const meta = (await home.logs())[0]!.find(({ type }) => type === "session_meta")?.meta;
    const { launch } = meta as { launch: { composed_prompt: string } };
    assert(launch.composed_prompt.length > 300_000);
  },
);

reviewTest(
  "opens the directory of a huge diff to an agent that asks for each",
  async (home, site, top) => {
    await site.commit(top, "huge.txt", "huge\n".repeat(60_000));
    await standIn(home, `cat > /dev/null; exit 3`);
    const env = { ZAG_CLAUDE_ALLOW_PRINT: "1" };
    const args = ["-p", "claude", "--commit", "HEAD", "--add-dir", "."];
    assertEquals((await review(home, top, args, { env })).code, 2);
    const dirs = (await seen(home, "args")).split("\n").filter((arg) =>
      arg.startsWith("--add-dir=")
    );
    assertEquals(dirs[0], `--add-dir=${top}`);
    assert(dirs[1]!.startsWith(`--add-dir=${home.path}/.zag/temp/`), dirs[1]);
    const refused = await review(home, top, args, { env: { ANTHROPIC_API_KEY: "" } });
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.err, "ZAG_CLAUDE_ALLOW_PRINT=1");
    assertEquals([...Deno.readDirSync(`${home.path}/.zag/temp`)], [], "no file is left");
  },
);

Deno.test(
  "review that is interrupted ends its agent and leaves no diff",
  inHome(async (home) => {
    const site = new Site(home.work);
    const top = await site.repository("r", { "huge.txt": "huge\n".repeat(60_000) });
    const child = home.spawn(["-p", "mock", "review", "--commit", "HEAD"], {
      cwd: top,
      env: script([{ do: "hang" }]),
    });
    const temp = `${home.path}/.zag/temp`;
    await waitFor("the agent", () => {
      try {
        return home.rows("processes").some(({ agent_pid }) => agent_pid !== null) || undefined;
      } catch {
        return undefined;
      }
    });
    const files = [...Deno.readDirSync(temp)].map(({ name }) => `${temp}/${name}/commit.diff`);
    assert(files.some((path) => isThere(path)), "the diff is there");
    child.kill("SIGINT");
    assertEquals((await child.output()).code, 130);
    assertEquals([...Deno.readDirSync(temp)], []);
  }),
);

reviewTest("is recorded as review", async (home, _, top) => {
  assertEquals((await review(home, top, ["--commit", "HEAD"])).code, 0);
  assertEquals(home.rows("sessions").map(({ command }) => command), ["review"]);
  assertEquals(home.rows("processes").map(({ command }) => command), ["review"]);
});
