import { configCommand } from "../../../src/cli/commands/config.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { resolveProject } from "../../../src/config/project.ts";
import { fakeContext, type FakeContextOptions } from "../../fakes/context.ts";
import { TestHome } from "../../support/zag.ts";
import { assert, assertEquals, assertStringIncludes } from "../../support/assert.ts";

/** A home whose working directory is a repository, and its two files. */
async function given() {
  const home = await TestHome.create();
  await Deno.mkdir(`${home.work}/.git`);
  await Deno.writeTextFile(`${home.work}/.git/HEAD`, "ref: refs/heads/main\n");
  const { key } = await resolveProject({ cwd: home.work });
  const own = `${home.path}/.zag/projects/${key}/zag.jsonc`;
  const general = `${home.path}/.zag/zag.jsonc`;
  const zag = async (args: string[], options: FakeContextOptions = {}) => {
    const ctx = fakeContext({ cwd: home.work, ...options, env: home.env(options.env) });
    const code = await createApp([configCommand]).run(["config", ...args], ctx);
    return { code, out: ctx.out, err: ctx.err };
  };
  return {
    home,
    own,
    general,
    zag,
    /** What a command printed that has to end well. */
    async out(...args: string[]): Promise<string> {
      const { code, out, err } = await zag(["-q", ...args]);
      assertEquals([code, err], [0, ""], args.join(" "));
      return out;
    },
    async write(path: string, text: string): Promise<void> {
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(path, text);
    },
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  };
}

interface Listed {
  key: string;
  value: unknown;
  source: string | null;
  from: string | null;
  default: unknown;
}

Deno.test("config sets and tells a setting in each of its forms", async () => {
  await using it = await given();
  for (
    const [args, said] of [
      [["model", "one"], "model = one\n"],
      [["model=two=2"], "model = two=2\n"],
      [["set", "model", "three"], "model = three\n"],
      [["set", "model=four"], "model = four\n"],
      [["defaults.model", "five"], "model = five\n"],
      [["model.codex", "six"], "model.codex = six\n"],
      [["auto_approve", "Yes"], "auto_approve = true\n"],
      [["provider", "CODEX"], "provider = codex\n"],
      [["system_prompt", "a\nb"], "system_prompt = a\nb\n"],
      [["model"], "five\n"],
      [["get", "defaults.model"], "five\n"],
      [["models.codex"], "six\n"],
      [["get", "auto_approve"], "true\n"],
      [["listen.format"], "text\n"],
      [["max_turns"], "(not set)\n"],
      [["unset", "model"], "model (unset)\n"],
      [["unset", "model"], "model (unset)\n"],
      [["model"], "(not set)\n"],
      [["path"], `${it.own}\n`],
      [["--global", "path"], `${it.general}\n`],
    ] as [string[], string][]
  ) {
    assertEquals(await it.out(...args), said, args.join(" "));
  }
  assertEquals(await it.out(), await Deno.readTextFile(it.own));
  assertEquals(await Deno.stat(it.general).catch(() => "none"), "none");
});

Deno.test("config list tells every value and who says so", async () => {
  await using it = await given();
  await it.write(it.general, '{"defaults": {"model": "small", "max_turns": 3}}');
  await it.write(it.own, '{"defaults": {"model": "large"}}');
  const list = async (args: string[] = [], env = {}) => {
    const { out } = await it.zag(["list", "--json", ...args], { env });
    assertEquals(out.split("\n").length, 2);
    const all = JSON.parse(out) as Listed[];
    return (key: string) => {
      const { value, source, from } = all.find((each) => each.key === key)!;
      return [value, source, from];
    };
  };
  const here = await list();
  assertEquals(here("model"), ["large", "project", it.own]);
  assertEquals(here("max_turns"), [3, "global", it.general]);
  assertEquals(here("provider"), ["claude", "built_in", null]);
  assertEquals(here("system_prompt"), [null, null, null]);
  assertEquals((await list(["--global"]))("model"), ["small", "global", it.general]);
  assertEquals((await list(["-r", it.home.path]))("model"), ["small", "global", it.general]);
  const opened = await list([], { ZAG_CLAUDE_ALLOW_PRINT: "1" });
  assertEquals(opened("claude.allow_print"), [true, "environment", "ZAG_CLAUDE_ALLOW_PRINT"]);
  const shut = await list([], { ZAG_CLAUDE_ALLOW_PRINT: "false" });
  assertEquals(shut("claude.allow_print"), [false, "built_in", null]);

  const table = await it.out("list");
  const line = (text: string, key: string) =>
    text.split("\n").find((each) => each.startsWith(`${key} `))!.split(/ {2,}/);
  assertEquals(line(table, "KEY"), ["KEY", "VALUE", "SOURCE"]);
  assertEquals(line(table, "model"), ["model", "large", "project"]);
  assertEquals(line(table, "system_prompt"), ["system_prompt", "(not set)"]);
  assertEquals(line(await it.out("list", "-v"), "model"), ["model", "large", it.own]);
  assertEquals(JSON.parse(await it.out("get", "model", "--json")).value, "large");
});

Deno.test("config says on stderr where it wrote, and when another value holds", async () => {
  await using it = await given();
  await it.zag(["model", "large"]);
  const { out, err } = await it.zag(["--global", "model", "small"]);
  assertEquals(out, "model = small\n");
  assertEquals(err, `> in ${it.general}\n> here large holds, from ${it.own}\n`);
  const unset = await it.zag(["unset", "model"]);
  assertEquals(unset.err, `> in ${it.own}\n> here small holds, from ${it.general}\n`);
});

Deno.test("config refuses what it does not understand, and says what to write", async () => {
  await using it = await given();
  for (
    const [args, said] of [
      [
        ["modle"],
        'the setting "modle": there is none of this name\nDid you mean "model"?\nThe settings are provider, ',
      ],
      [["get", "modle"], 'Did you mean "model"?'],
      [["unset", "modle"], 'Did you mean "model"?'],
      [["modle=x"], 'Did you mean "model"?'],
      [["lst"], 'Did you mean "list"?'],
      [["system_prompt", "be", "brief"], 'Cannot use "brief" here: write zag config KEY VALUE'],
      [["model=a", "b"], 'Cannot use "b" here'],
      [["set", "model", "a", "b"], 'Cannot use "b" here: write zag config set KEY VALUE'],
      [["set", "model"], "without a value: write zag config set KEY VALUE"],
      [["set"], "without a key"],
      [["get"], "without a key: write zag config get KEY"],
      [["get", "model", "x"], 'Cannot use "x" here: write zag config get KEY'],
      [["unset", "model", "x"], 'Cannot use "x" here: write zag config unset KEY'],
      [["list", "x"], 'Cannot use "x" here: write zag config list'],
      [["reset", "model"], 'Cannot use "model" here: write zag config reset'],
      [["provider", "clude"], 'Cannot set provider to "clude": it must be one of claude, codex, '],
      [["auto_approve", "maybe"], "it must be true or false"],
      [["max_turns", "0"], "it must be a whole number above 0"],
      [["listen.format", "xml"], "it must be one of text, json, rich-text"],
      [["model", ""], "zag config unset model takes it out"],
      [["claude.allow_print", "true"], "it counts in the global configuration only\nAdd --global"],
      [["path", "--json"], "Cannot use --json here"],
      [["--global", "-r", "/", "list"], "--root"],
    ] as [string[], string][]
  ) {
    const { code, out, err } = await it.zag(args);
    assertEquals([code, out], [64, ""], args.join(" "));
    assertStringIncludes(err, said, args.join(" "));
  }
  assertEquals(await Deno.stat(`${it.home.path}/.zag`).catch(() => "none"), "none");
});

Deno.test("config works on a file that nothing else can use", async () => {
  await using it = await given();
  const broken = '{\n  "defaults": {"model": }\n}';
  await it.write(it.own, broken);
  for (const args of [["list"], ["model"], ["model", "x"], ["unset", "model"]]) {
    const { code, out, err } = await it.zag(args);
    assertEquals([code, out], [1, ""], args.join(" "));
    assertStringIncludes(err, `${it.own}:2:`);
  }
  assertEquals(await it.out(), `${broken}\n`);
  assertEquals(await it.out("path"), `${it.own}\n`);
  assertEquals(await it.out("init"), `${it.own} already exists\n`);
  const said = await it.out("reset");
  const backup = said.trim().split(" ").at(-1)!;
  assertStringIncludes(said, `Reset ${it.own}; what it was is kept in ${it.own}.`);
  assertEquals(await Deno.readTextFile(backup), broken);
  assertEquals(await it.out("model"), "(not set)\n");
});

Deno.test("config init fails where a directory has the name of its file", async () => {
  await using it = await given();
  await Deno.mkdir(it.own, { recursive: true });
  const { code, out, err } = await it.zag(["init"]);
  assertEquals([code, out], [1, ""]);
  assertStringIncludes(err, `Cannot write the configuration ${it.own}: it is a directory`);
});

Deno.test("config tells when there is no file, and makes one that explains the settings", async () => {
  await using it = await given();
  const { code, out, err } = await it.zag([]);
  assertEquals([code, out], [0, ""]);
  assertStringIncludes(err, `"zag config init" makes ${it.own}`);
  assertEquals(await it.out("init"), `Created ${it.own}\n`);
  assertStringIncludes(await it.out(), '// "auto_approve": false');
  assert(!(await it.out()).includes("allow_print"));
  await it.out("--global", "init");
  assertStringIncludes(await it.out("--global"), '// "allow_print": false');
});

Deno.test("config takes the original's file over, and says what it leaves out", async () => {
  await using it = await given();
  const toml = `${it.home.path}/.zag/projects/${
    it.home.work.slice(1).replaceAll("/", "-")
  }/zag.toml`;
  const text = '[defaults]\nmodel = "large"\nold = 1\n[usage_limits]\nenabled = true\n';
  await it.write(toml, text);
  const warning = `warning: ${toml} says what zag does not know: defaults.old\n`;
  assertEquals(await it.zag(["model"]), { code: 0, out: "large\n", err: warning });
  const shown = await it.zag([]);
  assertEquals(shown.out, text);
  assertStringIncludes(shown.err, `> from ${toml}; "zag config init" takes it over`);
  assertEquals(await Deno.stat(it.own).catch(() => "none"), "none");
  const set = await it.zag(["max_turns", "4"]);
  assertStringIncludes(
    set.err,
    `> ${toml} was taken over; from now on ${it.own} counts\n${warning}`,
  );
  assertEquals([await it.out("model"), await it.out("max_turns")], ["large\n", "4\n"]);
  assertEquals(await Deno.readTextFile(toml), text);
  assertEquals((await it.zag(["model"])).err, "");
});

Deno.test("config lets no text drive the terminal", async () => {
  await using it = await given();
  await it.out("system_prompt", "a\x1b[2Jb");
  assertEquals(await it.out("system_prompt"), "a\x1b[2Jb\n");
  for (
    const args of [["system_prompt"], ["list"], ["list", "--json"], [], [
      "get",
      "system_prompt",
      "-v",
    ]]
  ) {
    const { out, err } = await it.zag(args, {
      stdoutTty: true,
      stderrTty: true,
      env: { NO_COLOR: "1" },
    });
    assert(!(out + err).includes("\x1b"), args.join(" "));
  }
});

Deno.test("config sets what is said of usage limits, of one provider too", async () => {
  await using it = await given();
  const codex = "usage_limits.providers.codex";
  for (
    const [key, value, shown = value] of [
      ["usage_limits.enabled", "no", "false"],
      ["usage_limits.jitter_secs", "0"],
      [`${codex}.resume_message`, "go on, please"],
      [`${codex}.extra_patterns`, '["(?i)come back", "later$"]', '["(?i)come back","later$"]'],
    ] as const
  ) {
    assertEquals(await it.out(key, value), `${key} = ${shown}\n`);
    assertEquals(await it.out("get", key), `${shown}\n`);
  }
  assertEquals(JSON.parse(await Deno.readTextFile(it.own)).usage_limits.providers, {
    codex: { resume_message: "go on, please", extra_patterns: ["(?i)come back", "later$"] },
  });
  const list = await it.out("list");
  assertStringIncludes(list, `${codex}.resume_message`);
  assert(!list.includes("providers.claude"), "nobody has said anything of it");
  assertEquals(
    await it.out("unset", `${codex}.extra_patterns`),
    `${codex}.extra_patterns (unset)\n`,
  );
  for (
    const [key, value, why] of [
      [`${codex}.extra_patterns`, "come back", "it must be a JSON array of texts"],
      [`${codex}.extra_patterns`, '["("]', "Invalid regular expression"],
      [`${codex}.extra_patterns`, "[1]", "it must be an array of texts"],
      ["usage_limits.jitter_secs", "-1", "it must be a whole number, 0 or more"],
      ["usage_limits.max_wait_secs", "1".padEnd(21, "0"), "a whole number, at most 4294967295"],
      ["budget.max_tokens", "-5", "it must be a whole number above 0"],
      ["budget.max_tokens", "1.5kk", "it must be a whole number above 0"],
      ["usage_limits.providers.nobody.enabled", "true", "usage_limits.providers.PROVIDER.enabled"],
    ] as const
  ) {
    const { code, err } = await it.zag([key, value]);
    assertEquals(code, 64, key);
    assertStringIncludes(err, why);
  }
});

Deno.test("config takes budgets as --max-tokens and --max-cost do", async () => {
  await using it = await given();
  for (
    const [key, text, kept] of [
      ["budget.max_tokens", "200k", "200000"],
      ["budget.max_tokens", "1.5M", "1500000"],
      ["budget.max_tokens", "12", "12"],
      ["budget.max_cost", "$2.50", "2.5"],
    ] as const
  ) {
    assertEquals((await it.zag([key, text])).code, 0, text);
    assertEquals(await it.out(key), `${kept}\n`);
  }
});

Deno.test("config says that a time format is none", async () => {
  await using it = await given();
  const { code, err } = await it.zag(["listen.timestamp_format", "%Q"]);
  assertEquals(code, 64);
  assertStringIncludes(err, 'Cannot set listen.timestamp_format to "%Q": a letter after its %');
});

Deno.test("config reset says that a zag.toml which counted counts no more", async () => {
  await using it = await given();
  const toml = it.general.replace("jsonc", "toml");
  await it.write(toml, '[defaults]\nmodel = "large"\n');
  const first = await it.zag(["reset", "--global"]);
  assertEquals([first.code, first.err], [0, `warning: what ${toml} sets counts no more\n`]);
  assertEquals((await it.zag(["reset", "--global"])).err, "");
});

Deno.test("config init names the command that helps against a zag.toml that is none", async () => {
  await using it = await given();
  await it.write(it.general.replace("jsonc", "toml"), "[defaults\n");
  const { code, err } = await it.zag(["init", "--global"]);
  assertEquals(code, 1);
  assertStringIncludes(err, 'or run "zag config reset --global"');
  assertEquals((await it.zag(["reset", "--global"])).code, 0);
});

Deno.test("config list warns of what a project's file cannot set", async () => {
  await using it = await given();
  await it.write(it.own, '{"claude": {"allow_print": true}}');
  for (const words of [["list"], ["claude.allow_print"]]) {
    const { code, err } = await it.zag(words);
    assertEquals([code, err], [
      0,
      `warning: ${it.own} sets claude.allow_print, which counts in the global configuration only\n`,
    ]);
  }
});

Deno.test("config says what is wrong where the state directory is a file", async () => {
  await using it = await given();
  const file = `${it.home.path}/file`;
  await Deno.writeTextFile(file, "");
  const { code, err } = await it.zag(["--global", "model", "x"], { env: { ZAG_HOME: file } });
  assertEquals(code, 1);
  assertEquals(
    err,
    `error: Cannot create directory "${file}": a file is in its way\n` +
      "Move the file away, or set ZAG_HOME to a directory\n",
  );
});

Deno.test("config refuses to change a file that is read-only", async () => {
  await using it = await given();
  await it.write(it.general, "{}");
  await Deno.chmod(it.general, 0o444);
  const { code, err } = await it.zag(["--global", "model", "x"]);
  assertEquals(code, 1);
  assertStringIncludes(err, `${it.general}: it is read-only (mode 0444)`);
  assertEquals(await Deno.readTextFile(it.general), "{}");
});

Deno.test("config --help keeps the table of its forms", async () => {
  await using it = await given();
  const { out } = await it.zag(["--help"]);
  assertStringIncludes(
    out,
    "\n\n  zag config                  the file of this project\n  zag config list             every",
  );
});
