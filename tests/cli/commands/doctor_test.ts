import { doctorCommand } from "../../../src/cli/commands/doctor.ts";
import { execCommand } from "../../../src/cli/commands/exec.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { resolveProject } from "../../../src/config/project.ts";
import type { Finding } from "../../../src/diagnostics/doctor.ts";
import { startTimeOf } from "../../../src/processes/process_table.ts";
import { fakeContext, type FakeContextOptions } from "../../fakes/context.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../../support/assert.ts";
import { record } from "../../support/recorded.ts";
import { MAIN, TestHome } from "../../support/zag.ts";
import { leftovers } from "../../e2e/support.ts";

/** Programs of this machine that a doctor looks for. */
const SYSTEM = ["git", "mkfifo", "ps", "kill", "sh", "stty"];

/** A home on whose PATH are the system's programs and nothing else; Claude is logged in. */
async function doctorHome(agents: Record<string, string> = {}): Promise<TestHome> {
  const home = await TestHome.create();
  await Deno.mkdir(home.bin);
  for (const name of SYSTEM) {
    await Deno.symlink(await which(name), `${home.bin}/${name}`);
  }
  for (const [name, version] of Object.entries(agents)) {
    await home.program(name, `#!/bin/sh\necho "${version}"\n`);
  }
  if (agents.claude !== undefined) {
    await Deno.mkdir(`${home.path}/.claude`);
    await Deno.writeTextFile(credentials(home), '{"claudeAiOauth":{"accessToken":"not shown"}}');
  }
  return home;
}

function credentials(home: TestHome): string {
  return `${home.path}/.claude/.credentials.json`;
}

async function which(name: string): Promise<string> {
  for (const dir of (Deno.env.get("PATH") ?? "").split(":")) {
    if (await Deno.stat(`${dir}/${name}`).then(() => true, () => false)) return `${dir}/${name}`;
  }
  throw new Error(`there is no ${name}`);
}

interface Report {
  ok: boolean;
  sections: { name: string; findings: (Finding & { fix: string | null })[] }[];
}

async function doctor(home: TestHome, args: string[] = [], options: FakeContextOptions = {}) {
  const env = { ...home.env(), PATH: home.bin, ...options.env };
  const ctx = fakeContext({ cwd: home.work, ...options, env });
  const code = await createApp([doctorCommand]).run(["doctor", ...args], ctx);
  return { code, out: ctx.out, err: ctx.err };
}

async function examine(home: TestHome, options: FakeContextOptions = {}) {
  const { code, out, err } = await doctor(home, ["--json"], options);
  assertEquals(err, "");
  const report = JSON.parse(out) as Report;
  assertEquals(code, report.ok ? 0 : 1);
  const all = report.sections.flatMap(({ findings }) => findings);
  return {
    report,
    out,
    /** The finding of this name. */
    find: (id: string) => all.find((finding) => finding.id === id),
    broken: all.filter(({ level }) => level === "problem").map(({ id }) => id),
  };
}

const CLAUDE = { claude: "2.1.197 (Claude Code)" };

async function pipe(path: string): Promise<void> {
  assert((await new Deno.Command("mkfifo", { args: [path] }).output()).success);
}

/** What lies in a home, with sizes and times; a directory can have been tried. */
async function contents(path: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    const { size, mtime, mode } = await Deno.lstat(`${path}/${name}`);
    found.push(`${path}/${name} ${isDirectory ? "" : `${size} ${mtime?.getTime()}`} ${mode}`);
    if (isDirectory) found.push(...await contents(`${path}/${name}`));
  }
  return found.sort();
}

Deno.test("doctor on a new machine says what to install, and that something is broken", async () => {
  await using home = await doctorHome();
  const { code, out } = await doctor(home);
  assertEquals(code, 1);
  assertStringIncludes(out, "  - Claude Code: not installed\n      npm install -g @anthropic-ai/");
  assertStringIncludes(out, "  ✗ no agent can be used\n");
  assert(out.endsWith("\n1 thing is broken.\n"), out);
  const titles = out.split("\n").filter((line) => /^[A-Z][a-z ]+$/.test(line));
  assertEquals(titles, [
    "Agents",
    "Configuration",
    "State directory",
    "Programs",
    "Permissions",
    "Terminal",
  ]);
});

Deno.test("doctor tells versions, what was tested, and who is logged in", async () => {
  await using home = await doctorHome({
    ...CLAUDE,
    codex: "codex-cli 99.0.0",
    gemini: "0.1.0",
    copilot: "; exit 3 #",
  });
  await Deno.mkdir(`${home.path}/.codex`);
  await Deno.writeTextFile(`${home.path}/.codex/auth.json`, '{"OPENAI_API_KEY":"sk-not-shown"}');
  const { find, broken, out } = await examine(home, { env: { ZAG_CLAUDE_ALLOW_PRINT: "1" } });
  assertEquals(broken, ["agent.gemini", "agent.copilot"]);
  assertEquals(find("agent.claude")!.facts, {
    installed: true,
    path: `${home.bin}/claude`,
    version: "2.1.197",
    oldest: "2.1.110",
    tested: "2.1.197",
    login: "yes",
  });
  assertStringIncludes(find("agent.codex")!.text, "this one is newer");
  assertStringIncludes(find("agent.gemini")!.text, "too old, zag needs 0.47.0");
  assertEquals(find("agent.gemini")!.fix, "npm install -g @google/gemini-cli");
  assertStringIncludes(find("agent.copilot")!.text, "printed no version");
  assertEquals(find("login.codex")!.text, "Codex: logged in, by auth.json");
  assertEquals(find("gate.claude")!.level, "ok");
  assertEquals(find("agent.default")!.text, "default: Claude Code");
  assert(!out.includes("sk-not-shown"));
});

Deno.test("doctor without anything broken exits with 0, and changes nothing", async () => {
  await using home = await doctorHome(CLAUDE);
  await Deno.mkdir(`${home.path}/.zag`, { mode: 0o700 });
  record(home, "s-1");
  // What programs say about their versions is the one thing that is kept.
  await examine(home);
  const before = await contents(home.path);
  const { report, find } = await examine(home);
  assertEquals(report.ok, true, JSON.stringify(report));
  assertEquals(await contents(home.path), before);
  assertEquals(find("state.index")!.facts, { state: "sound", sessions: 1, running: 0 });
  assertEquals(find("state.permissions")!.level, "ok");
  assertEquals(find("gate.claude")!.fix, "zag config --global claude.allow_print true");
  const quiet = await doctor(home, ["-q"]);
  assertEquals(quiet.code, 0);
  assert(!/[✓✗-] /.test(quiet.out.replaceAll(/^ {6}.*$/gm, "")), quiet.out);
});

Deno.test("doctor does not show the values of keys", async () => {
  await using home = await doctorHome(CLAUDE);
  const env = {
    ANTHROPIC_API_KEY: "sk-ant-very-private",
    MY_TOKEN: "hidden-5Kq9xT2w",
    GEMINI_API_KEY: "AIza-private-too",
    ZAG_BIN: "/nowhere/hidden-5Kq9xT2w",
  };
  for (const args of [[], ["--json"], ["-v", "-d"]]) {
    const { out, err } = await doctor(home, args, { env });
    assertStringIncludes(out, "ANTHROPIC_API_KEY");
    for (const secret of ["sk-ant-very-private", "hidden-5Kq9xT2w", "AIza-private-too"]) {
      assert(!(out + err).includes(secret), out);
    }
  }
});

Deno.test("doctor finds configurations that cannot be used, with the place", async () => {
  await using home = await doctorHome(CLAUDE);
  const state = `${home.path}/.zag`;
  await Deno.mkdir(`${state}/projects/other-12345678`, { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(`${state}/zag.jsonc`, '{\n  "defaults": {"provder": "claude"}\n}');
  await Deno.writeTextFile(`${state}/projects/other-12345678/zag.jsonc`, "{");
  const { find, broken } = await examine(home);
  assertEquals(broken, ["config.global", "config.project.other-12345678"]);
  assertStringIncludes(find("config.global")!.text, `${state}/zag.jsonc:2:16: unknown key`);
  assertEquals(find("config.global")!.fix, "Mend the file, or: zag config reset --global");
});

Deno.test("doctor says that another agent stands in for the configured one", async () => {
  await using home = await doctorHome(CLAUDE);
  await Deno.mkdir(`${home.path}/.zag`, { mode: 0o700 });
  const config = `${home.path}/.zag/zag.jsonc`;
  await Deno.writeTextFile(config, '{"defaults": {"provider": "codex"}}');
  const { find, broken } = await examine(home);
  assertEquals(broken, ["agent.default"]);
  assertEquals(find("agent.default")!.fix, "zag config provider claude");
  await Deno.writeTextFile(config, '{"defaults": {"provider": "mock"}}');
  assertEquals((await examine(home)).broken, []);
});

Deno.test("doctor finds what is wrong with the state directory", async () => {
  await using home = await doctorHome(CLAUDE);
  const state = `${home.path}/.zag`;
  await Deno.mkdir(`${state}/fifos`, { recursive: true });
  await Deno.chmod(state, 0o755);
  record(home, "s-1");
  for (const name of ["s-1", "young"]) await pipe(`${state}/fifos/${name}`);
  await Deno.utime(`${state}/fifos/s-1`, new Date(0), new Date(0));
  await Deno.writeTextFile(`${state}/zag.db.corrupt-2026`, "");
  await Deno.writeTextFile(`${state}/processes.json`, "[]");
  const found = await examine(home);
  assertEquals(found.broken, []);
  assertEquals(found.find("state.permissions")!.fix, `chmod 700 ${state}`);
  assertEquals(found.find("state.pipes")!.facts, { pipes: 1 });
  assertStringIncludes(found.find("state.put_aside")!.fix!, "after a week");
  assertStringIncludes(found.find("state.original")!.text, "older zag");
  await Deno.writeTextFile(`${state}/zag.db`, "this is no database at all");
  const damaged = await examine(home);
  assertEquals(damaged.broken, ["state.index"]);
  assertEquals(damaged.find("state.index")!.facts, { state: "damaged" });
  await Deno.remove(state, { recursive: true });
  await Deno.writeTextFile(state, "");
  assertEquals((await examine(home)).broken, ["state.directory"]);
});

Deno.test("doctor finds sessions that have lost their zag, and worktrees", async () => {
  await using home = await doctorHome(CLAUDE);
  await Deno.mkdir(`${home.path}/.zag/fifos`, { recursive: true, mode: 0o700 });
  const own = startTimeOf(Deno.pid)!;
  record(home, "lost", {
    run: { ownerStart: own.replace(/\d+$/, "1"), agentPid: Deno.pid, agentStart: own },
  });
  record(home, "busy", { run: { ownerStart: own } });
  for (const name of ["lost", "busy"]) {
    await pipe(`${home.path}/.zag/fifos/${name}`);
    await Deno.utime(`${home.path}/.zag/fifos/${name}`, new Date(0), new Date(0));
  }
  await Deno.mkdir(`${home.path}/.zag/worktrees/project/tree`, { recursive: true });
  await Deno.writeTextFile(`${home.path}/.zag/worktrees/project/tree/a`, "12345");
  const { find, broken } = await examine(home);
  assertEquals(broken, []);
  assertEquals(find("state.index")!.facts!.running, 2);
  assertEquals(find("state.strays")!.facts, { strays: 1, living_agents: 1 });
  assertEquals(find("state.strays")!.fix, "zag ps list");
  assertEquals(find("state.pipes")!.facts, { pipes: 1 });
  assertEquals(find("state.worktrees")!.facts, { worktrees: 1, bytes: 5, in_use: 0 });
});

Deno.test("doctor finds programs that are missing, and what installs them", async () => {
  await using home = await doctorHome(CLAUDE);
  await Deno.remove(`${home.bin}/git`);
  await Deno.remove(`${home.bin}/mkfifo`);
  assertEquals((await examine(home)).find("programs.git")!.fix, "Install git and put it on PATH");
  await home.program("apt-get", "#!/bin/sh\n");
  const { find, broken } = await examine(home, { env: { ZAG_BIN: "/nowhere/zag" } });
  assertEquals(find("programs.git")!.level, "warning");
  assertEquals(find("programs.git")!.fix, "sudo apt-get install git");
  assertEquals(find("programs.mkfifo")!.fix, "sudo apt-get install coreutils");
  assertEquals(find("programs.docker")!.level, "info");
  assertEquals(broken, ["programs.ZAG_BIN"]);
  assertEquals(find("programs.ZAG_BIN")!.fix, "unset ZAG_BIN");
});

Deno.test("doctor does not print what drives a terminal", async () => {
  await using home = await doctorHome({ claude: "2.1.197" });
  const env = { ZAG_BIN: "\x1b[31m\nevil", TERM: "x\x1b]0;y\x07" };
  const options = { env, stdinTty: true, stdoutTty: true, stderrTty: true };
  const { out } = await doctor(home, [], { ...options, env: { ...env, NO_COLOR: "1" } });
  // deno-lint-ignore no-control-regex
  assert(!/[\x00-\x09\x0b-\x1f\x7f]/.test(out), JSON.stringify(out));
  // deno-lint-ignore no-control-regex
  assert(!/[\x00-\x09\x0b-\x1f]/.test((await doctor(home, ["--json"], options)).out));
});

Deno.test("doctor gives up on a program that does not answer, and leaves none behind", async () => {
  await using home = await doctorHome();
  await home.program("claude", "#!/bin/sh\n/bin/sleep 1000 & wait\n");
  const { find } = await examine(home);
  assertStringIncludes(find("agent.claude")!.text, 'did not answer "--version"');
  assertEquals(await leftovers(home), []);
});

Deno.test("doctor names missing permissions, and does not fail for them", async () => {
  await using home = await doctorHome(CLAUDE);
  const look = async (...permissions: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", ...permissions, MAIN, "doctor", "--json"],
      cwd: new URL("../../../", import.meta.url),
      env: home.env({ LD_LIBRARY_PATH: "/x" }),
      clearEnv: true,
    }).output();
    assertEquals(new TextDecoder().decode(stderr), "");
    const { sections, ok } = JSON.parse(new TextDecoder().decode(stdout)) as Report;
    assertEquals(code, ok ? 0 : 1);
    const all = sections.flatMap(({ findings }) => findings);
    return (id: string) => all.find((finding) => finding.id === id);
  };
  const none = await look("--allow-read", "--allow-env");
  const run = none("permissions.run")!;
  assertEquals([run.level, run.fix], ["problem", "Run zag with --allow-run, or with -A"]);
  assertEquals(none("agent.claude")!.level, "warning");
  assertEquals(none("permissions.linker")!.fix, "unset LD_LIBRARY_PATH");
  const list = await look("--allow-read", "--allow-env", "--allow-run=git,claude", "--allow-write");
  assertEquals(list("permissions.run")!.facts, { state: "partial" });
  assertEquals(list("permissions.write"), undefined);
});

Deno.test("doctor judges the default agent as exec does", async () => {
  await using home = await doctorHome(CLAUDE);
  const closed = await examine(home);
  const { level, text, fix } = closed.find("agent.default")!;
  assertEquals([level, fix], ["warning", "zag config --global claude.allow_print true"]);
  assertStringIncludes(text, '"zag exec" is refused');
  const exec = fakeContext({ cwd: home.work, env: { ...home.env(), PATH: home.bin } });
  assertEquals(await createApp([execCommand]).run(["exec", "hi"], exec), 1);
  assertStringIncludes(exec.err, "Cannot run Claude Code non-interactively");
  await Deno.remove(credentials(home));
  if (Deno.build.os === "darwin") return;
  const out = await examine(home, { env: { ZAG_CLAUDE_ALLOW_PRINT: "1" } });
  assertEquals(out.broken, ["agent.default"]);
  assertEquals(out.find("agent.default")!.fix, "claude auth login");
});

Deno.test("doctor leaves no trace of the agents in the home, and asks them once", async () => {
  await using home = await doctorHome();
  await Deno.mkdir(`${home.path}/.zag`, { mode: 0o700 });
  await home.program(
    "gemini",
    `#!/bin/sh\necho x >> '${home.path}/asked'\n: > "$HOME/gemini-was-here"\necho 0.61.0\n`,
  );
  for (const _ of [1, 2]) {
    assertEquals((await examine(home)).find("agent.gemini")!.facts!.version, "0.61.0");
  }
  assertEquals(await Deno.readTextFile(`${home.path}/asked`), "x\n");
  const names = [...Deno.readDirSync(home.path)].map(({ name }) => name);
  assert(!names.includes("gemini-was-here"), names.join());
});

Deno.test("doctor makes no state directory where there is none", async () => {
  await using home = await doctorHome(CLAUDE);
  await examine(home);
  await assertRejects(() => Deno.stat(`${home.path}/.zag`), Deno.errors.NotFound);
});

Deno.test("doctor names a ZAG_HOME that cannot be one, and a place that can", async () => {
  await using home = await doctorHome(CLAUDE);
  const file = `${home.path}/file`;
  await Deno.writeTextFile(file, "");
  for (const path of [file, `${file}/below`]) {
    const { find, broken } = await examine(home, { env: { ZAG_HOME: path } });
    assertEquals(broken, ["state.directory"], path);
    assertStringIncludes(find("state.directory")!.text, "is no directory");
    assertEquals(find("state.directory")!.fix, "unset ZAG_HOME");
  }
  const { find } = await examine(home, { env: { ZAG_HOME: `${file}/below`, HOME: file } });
  assertEquals(find("state.directory")!.fix!.startsWith("export ZAG_HOME="), true);
  assert(!find("state.directory")!.fix!.includes(file));
});

Deno.test({
  name: "doctor tries whether the state directory can be written, whatever its mode says",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using home = await doctorHome(CLAUDE);
    // A directory with all permissions in which nothing can be made, not even by root.
    const { find, broken } = await examine(home, { env: { ZAG_HOME: "/proc/self" } });
    assert(broken.includes("state.directory"), broken.join());
    assertStringIncludes(find("state.directory")!.text, "cannot be written");
    assertEquals(find("state.directory")!.fix, "unset ZAG_HOME");
  },
});

Deno.test("doctor names remedies for the project of --root", async () => {
  await using home = await doctorHome(CLAUDE);
  const root = `${home.work}/there`;
  await Deno.mkdir(root);
  const project = await resolveProject({ root, cwd: home.work });
  const file = `${home.path}/.zag/projects/${project.key}/zag.jsonc`;
  await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(file, "{");
  const { out } = await doctor(home, ["--json", "-r", root]);
  assertStringIncludes(out, `zag config reset --root ${root}`);
});

Deno.test("doctor finds skills, servers and settings of agents that cannot be used", async () => {
  await using home = await doctorHome(CLAUDE);
  assertEquals((await examine(home)).find("extensions.own"), undefined);
  const state = `${home.path}/.zag`;
  await Deno.mkdir(`${state}/skills/broken`, { recursive: true, mode: 0o700 });
  await Deno.mkdir(`${state}/mcp`);
  await Deno.writeTextFile(`${state}/mcp/bad.toml`, "= 1\n");
  await Deno.writeTextFile(`${state}/mcp/good.toml`, 'command = "x"\n');
  await Deno.writeTextFile(`${home.path}/.claude.json`, "{ broken");
  const { find, broken } = await examine(home);
  assertEquals(broken, []);
  assertStringIncludes(find("extensions.skill")!.text, "it has no SKILL.md");
  assertStringIncludes(find("extensions.server")!.text, "it is no TOML");
  assertStringIncludes(find("extensions.claude")!.text, `${home.path}/.claude.json cannot be used`);
  assertEquals(find("extensions.own")!.facts, { skills: 0, servers: 1 });
});
