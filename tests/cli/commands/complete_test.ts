import { commands } from "../../../src/cli/commands.ts";
import { complete } from "../../../src/cli/complete.ts";
import { splitLine } from "../../../src/cli/shell_line.ts";
import { TOPICS } from "../../../src/man/pages.ts";
import { PROVIDER_NAMES } from "../../../src/providers/registry.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { ago, ALIVE, Recorded, uuid } from "./session/support.ts";

/** What is offered behind these words, the last of which is being typed. */
async function offered(
  given: Recorded,
  words: readonly string[],
  env: Record<string, string> = {},
): Promise<string[]> {
  const [kind = "", ...lines] = (await given.out(["complete", "zsh", "--", ...words], { env }))
    .trimEnd().split("\n");
  return kind.startsWith("words") ? lines.map((line) => line.split("\t")[0]!) : [kind];
}

const LISTED = commands.filter(({ hidden }) => !hidden).map(({ name }) => name);

Deno.test("complete offers commands, subcommands and nothing hidden", async () => {
  await using given = await Recorded.create();
  assertEquals(await offered(given, [""]), [...LISTED, "help"]);
  assertEquals(await offered(given, ["-q", "-p", "mock", ""]), [...LISTED, "help"]);
  assertEquals(await offered(given, ["ses"]), ["session"]);
  assertEquals(await offered(given, ["ps", ""]), ["list", "show", "stop", "kill"]);
  assertEquals(await offered(given, ["help", "ps", "k"]), ["kill"]);
  assertEquals(await offered(given, ["help", "exec", ""]), []);
  assertEquals(await offered(given, ["no-such-command", ""]), []);
});

Deno.test("complete offers flags that can still be given", async () => {
  await using given = await Recorded.create();
  const all = await offered(given, ["exec", "-"]);
  for (const flag of ["--model", "--tag", "--output", "--quiet", "--help"]) {
    assert(all.includes(flag));
  }
  assert(!all.includes("--exit"), "hidden");
  const left = await offered(given, ["-q", "exec", "-m", "x", "--tag", "a", "-o", "json", "-"]);
  for (const flag of ["--model", "--quiet"]) assert(!left.includes(flag), flag);
  for (const flag of ["--tag", "--output"]) assert(left.includes(flag), flag);
  assertEquals(await offered(given, ["exec", "-q"]), ["-q"]);
  assertEquals(await offered(given, ["exec", "--", "--mod"]), []);
  assertEquals(await offered(given, ["--help-"]), ["--help-agent"]);
  assertEquals(await offered(given, ["ps", "--orph"]), ["--orphans"]);
});

Deno.test("complete offers the values of a flag, however they are written", async () => {
  await using given = await Recorded.create();
  assertEquals(await offered(given, ["exec", "-p", ""]), [...PROVIDER_NAMES, "auto"]);
  assertEquals(await offered(given, ["-p", "co"]), ["codex", "copilot"]);
  assertEquals(await offered(given, ["exec", "--provider=mo"]), ["mock"]);
  assertEquals(await offered(given, ["exec", "-pmo"]), ["mock"]);
  assertEquals(await offered(given, ["exec", "-qp", "mo"]), ["mock"]);
  assertEquals(await offered(given, ["exec", "-o", "json"]), ["json", "json-pretty"]);
  assertEquals(await offered(given, ["capability", "-f", ""]), ["json", "yaml", "toml"]);
  assertEquals(await offered(given, ["exec", "--timeout", ""]), []);
  assertEquals(await offered(given, ["exec", "--file", "x"]), ["files 0"]);
  assertEquals(await offered(given, ["exec", "--file=x"]), ["files 7"]);
  assertEquals(await offered(given, ["exec", "--add-dir", ""]), ["directories 0"]);
  assertEquals(await offered(given, ["watch", "x", "--on", "session_e"]), ["session_ended"]);
  assertEquals(await offered(given, ["watch", "--filter", "to"]), ["tool="]);
  assertEquals(await offered(given, ["listen", "--filter", "session_e"]), ["session_ended"]);
  assertEquals(await offered(given, ["exec", "--env", "ODD"], { ODD_ONE: "1" }), ["ODD_ONE="]);
  assertEquals(await offered(given, ["mcp", "add", "x", "--args", "-y", "a"]), ["files 0"]);
});

Deno.test("complete offers the models of the provider that is meant", async () => {
  await using given = await Recorded.create();
  const mock = ["small", "medium", "large", "mock-small", "mock-medium", "mock-large", "auto"];
  assertEquals(await offered(given, ["exec", "-p", "mock", "-m", ""]), mock);
  assertEquals(await offered(given, ["-p", "mock", "exec", "--model="]), mock);
  assert((await offered(given, ["exec", "-m", ""])).includes("haiku"), "of the default one");
  await Deno.writeTextFile(`${given.home.path}/.zag/zag.jsonc`, '{"defaults":{"provider":"mock"}}');
  assertEquals(await offered(given, ["exec", "-m", ""]), mock);
});

Deno.test("complete offers sessions, tags and processes of the project", async () => {
  await using given = await Recorded.create();
  given.add(uuid(1), { name: "build", tags: ["ci", "nightly"], createdAt: ago(3) });
  given.add(uuid(2), { createdAt: ago(2) });
  given.add(uuid(3), { name: "build", createdAt: ago(1), outcome: null }, {
    ...ALIVE,
    id: "run-3",
    agentPid: 4_000_000,
    status: "running",
  });
  given.add("0a000000-1111-4222-8333-444444444444", { name: "other", project: "elsewhere" });
  assertEquals(await offered(given, ["output", ""]), ["build", uuid(2)]);
  assertEquals(await offered(given, ["output", "--global", ""]), ["build", uuid(2), "other"]);
  assertEquals(await offered(given, ["output", "00000003"]), [uuid(3)]);
  assertEquals(await offered(given, ["output", "build", ""]), []);
  assertEquals(await offered(given, ["collect", "build", "bu"]), ["build"]);
  assertEquals(await offered(given, ["exec", "--resume", ""]), ["build", uuid(2)]);
  assertEquals(await offered(given, ["output", "--name", ""]), ["build"]);
  assertEquals(await offered(given, ["exec", "--name", ""]), []);
  assertEquals(await offered(given, ["exec", "--session", ""]), []);
  assertEquals(await offered(given, ["wait", "--tag", ""]), ["ci", "nightly"]);
  assertEquals(await offered(given, ["ps", "kill", ""]), ["build"]);
  assertEquals(await offered(given, ["ps", "kill", "4"]), ["4000000"]);
  assertEquals(await offered(given, ["ps", "kill", "se"], { ZAG_PROCESS_ID: "run-3" }), ["self"]);
  assertEquals(await offered(given, ["input", "--ps", ""]), ["run-3"]);
});

Deno.test("complete offers topics, settings and their values", async () => {
  await using given = await Recorded.create();
  assertEquals(await offered(given, ["man", ""]), [...LISTED, ...Object.keys(TOPICS)]);
  assertEquals(await offered(given, ["man", "ps", "k"]), ["kill"]);
  assertEquals(await offered(given, ["completions", "z"]), ["zsh"]);
  assertEquals(await offered(given, ["config", "claude"]), ["claude.allow_print"]);
  assertEquals(await offered(given, ["config", "claude.allow_print", ""]), ["true", "false"]);
  assertEquals(await offered(given, ["config", "set", "listen.format", "r"]), ["rich-text"]);
  assertEquals(await offered(given, ["config", "listen.format=r"]), ["listen.format=rich-text"]);
  assertEquals(await offered(given, ["config", "model.mock", "mock-s"]), ["mock-small"]);
  assertEquals(await offered(given, ["config", "unset", "auto_"]), ["auto_approve"]);
  await Deno.mkdir(`${given.home.path}/.zag/skills/tests`, { recursive: true });
  await Deno.mkdir(`${given.home.path}/.zag/mcp`);
  await Deno.writeTextFile(`${given.home.path}/.zag/mcp/files.toml`, "");
  assertEquals(await offered(given, ["skills", "show", ""]), ["tests"]);
  assertEquals(await offered(given, ["skills", "add", ""]), []);
  assertEquals(await offered(given, ["mcp", "remove", ""]), ["files"]);
});

Deno.test("complete tells bash only what it replaces, with the quotes that it needs", async () => {
  await using given = await Recorded.create();
  given.add(uuid(1), { name: "a:b c'$d", tags: ["x y"] });
  const bash = async (line: string, breaks = " \t\n\"'><=;|&(:") =>
    (await given.out(["complete", "bash", "--", line, breaks])).trimEnd().split("\n").slice(1);
  const rows: [line: string, shown: string[]][] = [
    ["zag exe", ["exec"]],
    ["A=1 B=2 zag exe", ["exec"]],
    ["/usr/bin/zag  -q\texe", ["exec"]],
    ["zag exec --provider=mo", ["mock"]],
    ["zag output a", ["a:b\\ c\\'\\$d"]],
    ["zag output a:b", ["b\\ c\\'\\$d"]],
    ["zag output a\\:b", ["a:b\\ c\\'\\$d"]],
    ['zag output "a:', ["a:b c'\\$d"]],
    ["zag output 'a:", ["a:b c'\\''$d"]],
    ['zag output --name="a', ["a:b c'\\$d"]],
    ["zag wait --tag=", ["x\\ y"]],
    ["zag output 'other' ", []],
  ];
  for (const [line, shown] of rows) assertEquals(await bash(line), shown, line);
  assertEquals(await bash("zag exec --provider=mo", " "), ["--provider=mock"]);
});

Deno.test("complete tells fish and PowerShell whole words", async () => {
  await using given = await Recorded.create();
  given.add(uuid(1), { name: "it's one" });
  const words = async (...args: string[]) =>
    (await given.out(["complete", ...args])).split("\n")[1]!.split("\t")[0];
  assertEquals(await words("fish", "--", "exec", "--provider=mo"), "--provider=mock");
  assertEquals(await words("fish", "--", "output", "'it"), "it's one");
  assertEquals(await words("fish", "--", "output", "it\\'s\\ "), "it's one");
  assertEquals(await words("powershell", "--", "exec", ":--provider=mo"), "--provider=mock");
  assertEquals(await words("powershell", "--", "output", ":"), "'it''s one'");
  assertEquals(await words("powershell", "--", "output", ":'it"), "'it''s one'");
});

Deno.test("complete changes nothing, and needs nothing to be there", async () => {
  await using given = await Recorded.create();
  const empty = `${given.home.path}/empty`;
  await Deno.mkdir(empty);
  for (const words of [["output", ""], ["wait", "--tag", ""], ["ps", "kill", ""], ["-m", ""]]) {
    await offered(given, words, { ZAG_HOME: `${empty}/none` });
  }
  assertEquals([...Deno.readDirSync(empty)], []);
  // A session that a killed zag has left stays as it is: somebody only typed.
  given.add(uuid(1), { name: "left", outcome: null }, { status: "running", ownerPid: 4_000_000 });
  await offered(given, ["ps", "kill", ""]);
  assertEquals(given.home.rows("processes")[0]?.status, "running");
});

Deno.test("complete leaves out what could drive the terminal", async () => {
  await using given = await Recorded.create();
  given.add(uuid(1), { name: "bad\x1b[31m" });
  given.add(uuid(2), { name: "two\nlines" });
  assertEquals(await offered(given, ["output", "--name", ""]), []);
});

Deno.test("complete refuses a shell that it does not know", async () => {
  await using given = await Recorded.create();
  const { code, err } = await given.zag(["complete", "tcsh", "--", ""]);
  assertEquals([code, err.includes("it must be one of bash, zsh, fish, powershell")], [64, true]);
});

Deno.test("complete never fails, whatever stands on the line", async () => {
  const parts = [
    ...["zag", "exec", "ps", "kill", "help", "man", "config", "set", "mcp", "add", "--args", "-y"],
    ...["--", "-", "-p", "--provider=", "--provider", "mock", "-m", "-pmock", "--no-such", "-zz"],
    ...["'", '"', "\\", "=", ":", " ", "\t", "\n", "é", "\u{1f600}", "$(", "`", "--tag", "x y"],
    ...["-w", "--sandbox", "--exit", "watch", "--on", "--filter", "pipe", "constructor", "-q"],
  ];
  let seed = 7;
  const below = (limit: number) => {
    seed = (seed * 48271) % 0x7fff_ffff;
    return seed % limit;
  };
  const nothing = { values: () => Promise.resolve([{ value: "mock" }]) };
  for (let round = 0; round < 3000; round++) {
    const words = Array.from({ length: below(7) }, () => parts[below(parts.length)]!);
    const line = `zag ${words.join(below(2) === 0 ? " " : "")}`;
    const read = splitLine(line, ":=");
    assert(read.word.startsWith(read.head), JSON.stringify(line));
    const typed: [words: readonly string[], word: string][] = [
      [read.words, read.word],
      [words.slice(0, -1), words.at(-1) ?? ""],
    ];
    for (const [before, word] of typed) {
      const { candidates, kept } = await complete(before, word, commands, nothing);
      assert(kept <= word.length, JSON.stringify(line));
      for (const { value } of candidates) {
        assert((word.slice(0, kept) + value).startsWith(word), JSON.stringify(line));
      }
    }
  }
});

Deno.test("complete offers PowerShell no value that ends its own quotes", async () => {
  await using given = await Recorded.create();
  given.add(uuid(1), { name: "a\u2019; calc; \u2018b" });
  const answer = await given.out(["complete", "powershell", "--", "output", ":"]);
  assertEquals(
    answer.split("\n")[1]!.split("\t")[0],
    "'a\u2019\u2019; calc; \u2018\u2018b'",
  );
});

Deno.test("complete offers nothing behind a flag that there is not", async () => {
  await using given = await Recorded.create();
  given.add(uuid(1), { name: "one" });
  assert((await offered(given, ["listen", ""])).includes("one"));
  for (const flag of ["--tagg", "-z"]) assertEquals(await offered(given, ["listen", flag, ""]), []);
  assert((await offered(given, ["listen", "--nosuch=1", ""])).includes("one"));
});

Deno.test("complete offers variables to be set, and variables to be named", async () => {
  await using given = await Recorded.create();
  const env = { MY_OWN_VARIABLE: "1" };
  for (const words of [["exec"], ["mcp", "add", "x"]]) {
    assertEquals(await offered(given, [...words, "--env", "MY_OWN"], env), ["MY_OWN_VARIABLE="]);
  }
  const words = ["mcp", "add", "x", "--bearer-token-env-var", "MY_OWN"];
  assertEquals(await offered(given, words, env), ["MY_OWN_VARIABLE"]);
});

Deno.test("complete offers branches and commits for a review, and runs no hook", async () => {
  await using given = await Recorded.create();
  const git = async (...args: string[]) => {
    const identity = ["-c", "user.name=n", "-c", "user.email=e@x.test"];
    const { success, stdout } = await new Deno.Command("git", {
      args: [...identity, ...args],
      cwd: given.home.work,
    }).output();
    assert(success, args.join(" "));
    return new TextDecoder().decode(stdout).trim();
  };
  assertEquals(await offered(given, ["review", "--base", ""]), []);
  await git("init", "-q", "-b", "trunk");
  await git("commit", "-q", "--allow-empty", "-m", "first step");
  await git("branch", "feature/x");
  await git("tag", "v1");
  assertEquals(await offered(given, ["review", "--base", ""]), ["feature/x", "trunk", "v1"]);
  assertEquals(await offered(given, ["review", "--base=fe"]), ["feature/x"]);
  const id = await git("rev-parse", "--short", "HEAD");
  assertEquals(await offered(given, ["review", "--commit", ""]), [id]);
});

Deno.test("complete goes on with a section that somebody has begun with", async () => {
  await using given = await Recorded.create();
  assert((await offered(given, ["config", "defaults."])).includes("defaults.provider"));
  assert((await offered(given, ["config", "get", "models.co"])).includes("models.codex"));
  assert(!(await offered(given, ["config", ""])).includes("defaults.provider"));
});
