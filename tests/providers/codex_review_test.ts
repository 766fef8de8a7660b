import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { AgentHome } from "./agent_home.ts";
import { codexTest, conversation, lastBody } from "./codex_support.ts";

/** A repository with two commits, the second of which adds a line, and one line more in its file. */
async function repository(codex: AgentHome, more = "more\n"): Promise<string> {
  const git = async (...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command("git", {
      args: ["-c", "user.name=A", "-c", "user.email=a@example.org", ...args],
      cwd: codex.work,
      env: codex.env(),
      clearEnv: true,
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout).trim();
  };
  await git("init", "-q", "-b", "main");
  const file = `${codex.work}/a.txt`;
  await Deno.writeTextFile(file, "one\n");
  await git("add", ".");
  await git("commit", "-q", "-m", "one");
  await Deno.writeTextFile(file, "one\ntwo\n");
  await git("commit", "-q", "-a", "-m", "two");
  await Deno.writeTextFile(file, `one\ntwo\n${more}`);
  return await git("rev-parse", "HEAD");
}

/** The arguments from the word `review` on, if there is one. */
async function reviewArgs(codex: AgentHome): Promise<string[]> {
  const [first] = await codex.recorded();
  const { args } = first!;
  return args.includes("review") ? args.slice(args.indexOf("review")) : [];
}

/** The CLI's own review tells the model so. */
const OWN = /acting as a reviewer/;

codexTest(["review"], "review is made by the CLI's own command, and logged", async (codex) => {
  await repository(codex);
  await codex.record();
  const { code, stdout, stderr } = await codex.zag(["review", "--uncommitted"]);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^STUB:Review the current code changes/);
  assertEquals(await reviewArgs(codex), ["review", "--uncommitted"]);
  assertMatch(JSON.stringify(lastBody(codex).input), OWN);
  const log = await codex.log();
  assertEquals(log.flatMap((line) => line.type === "assistant_message" ? [line.content] : []), [
    stdout.trimEnd(),
  ]);
  assertEquals((await codex.session()).outcome, "success");
});

codexTest([], "review of one commit hands over its title", async (codex) => {
  const sha = await repository(codex);
  await codex.record();
  const title = "--json [x]";
  const ran = await codex.zag(["review", `--commit=${sha}`, `--title=${title}`]);
  assertEquals([ran.code, ran.stderr], [0, ""]);
  assertEquals(await reviewArgs(codex), ["review", `--commit=${sha}`, `--title=${title}`]);
  assertStringIncludes(JSON.stringify(lastBody(codex).input), title);
});

codexTest([], "review by its own command takes a diff of any length", async (codex) => {
  await repository(codex, "");
  await codex.record();
  await Deno.writeTextFile(`${codex.work}/huge.txt`, "huge\n".repeat(60_000));
  assertEquals((await codex.zag(["review", "--uncommitted"])).code, 0);
  assertEquals(await reviewArgs(codex), ["review", "--uncommitted"]);
  const base = await codex.zag(["review", "--base", "HEAD~1"]);
  assertEquals([base.code, base.stderr], [0, ""]);
});

codexTest([], "review of what its own command does not know goes by the prompt", async (codex) => {
  await repository(codex);
  await codex.record();
  const ran = await codex.zag(["review", "--uncommitted", "[[say:fine, but for line 3]]"]);
  assertEquals([ran.code, ran.stdout, ran.stderr], [0, "fine, but for line 3\n", ""]);
  assertEquals(await reviewArgs(codex), []);
  const [prompt] = conversation(codex).filter((text) => text.startsWith("# Code review"));
  assertStringIncludes(prompt!, "```diff\ndiff --git a/a.txt b/a.txt\n");
  assertStringIncludes(prompt!, "+more\n");
});

codexTest([], "review of two changes goes by the prompt", async (codex) => {
  const sha = await repository(codex);
  await codex.record();
  const title = "[[say:both are fine]]";
  const ran = await codex.zag(["review", "--uncommitted", "--commit", sha, "--title", title]);
  assertEquals([ran.code, ran.stdout, ran.stderr], [0, "both are fine\n", ""]);
  assertEquals(await reviewArgs(codex), []);
});
