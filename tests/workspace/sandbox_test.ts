import { join } from "node:path";
import { loadProvider, PROVIDER_NAMES } from "../../src/providers/registry.ts";
import type { LaunchPlan, PlanRequest } from "../../src/providers/launch_plan.ts";
import {
  checkSandboxName,
  Docker,
  enterSandbox,
  type Sandbox,
  sandboxed,
  SandboxError,
} from "../../src/workspace/mod.ts";
import { clearShared, sharedDirectory } from "../../src/workspace/docker.ts";
import { isSandboxName, quote, variablesFile } from "../../src/workspace/sandbox.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "../support/assert.ts";
import { PLAIN_REQUEST } from "../support/plan_request.ts";
import { atSite, environment, isThere, type Site } from "./support.ts";
import { writeProgramSync } from "../support/program_file.ts";

const UNIX = Deno.build.os !== "windows";
const TEMPLATES = "docker/sandbox-templates";

async function template(name: string) {
  return (await loadProvider(name))!;
}

async function wrapped(name: string, request: Partial<PlanRequest>): Promise<LaunchPlan> {
  const provider = await template(name);
  const plan = provider.plan(planRequest(request));
  return sandboxed(plan, box(provider.sandbox!), { ZAG_SESSION_ID: "s" });
}

function planRequest(changes: Partial<PlanRequest>): PlanRequest {
  return { ...PLAIN_REQUEST, ...changes };
}

function box(sandbox: Sandbox["template"], more: Partial<Sandbox> = {}): Sandbox {
  return { name: "box", template: sandbox, workspace: "/work/app", shared: "/state/box", ...more };
}

/** What stands before and behind the first `--`. */
function parts({ args }: LaunchPlan): [string[], string[]] {
  const at = args.indexOf("--");
  return [args.slice(0, at), args.slice(at + 1)];
}

Deno.test("sandboxed() calls docker as its manual says, for every agent that it knows", async () => {
  const known: Record<string, [string, string]> = {
    claude: ["claude", "claude-code"],
    codex: ["codex", "codex"],
    gemini: ["gemini", "gemini"],
    copilot: ["copilot", "copilot"],
    ollama: ["shell", "shell"],
  };
  for (const name of PROVIDER_NAMES) {
    const { sandbox } = await template(name);
    assertEquals(sandbox !== undefined, name in known, name);
    if (!sandbox) continue;
    const [agent, image] = known[name]!;
    const plan = await wrapped(name, { mode: "interactive", prompt: undefined });
    assertEquals(plan.program, "docker");
    // docker sandbox run [--name NAME] [--template IMAGE] AGENT WORKSPACE [WORKSPACE...] -- AGENT_ARGS
    assertEquals(parts(plan)[0], [
      "sandbox",
      "run",
      "--name",
      "box",
      "--template",
      `${TEMPLATES}:${image}`,
      agent,
      "/work/app",
      "/state/box",
    ]);
  }
});

Deno.test("sandboxed() passes the agent's arguments on as they are", async () => {
  const provider = await template("claude");
  const plan = provider.plan(planRequest({ systemPrompt: "a b", addDirs: ["/x y"] }));
  const inside = sandboxed(plan, box(provider.sandbox!, { extra: ["/x y"] }), {});
  assertEquals(parts(inside)[1], [...plan.args]);
  assertEquals(parts(inside)[0].at(-1), "/x y");
  assertEquals([inside.stdin, inside.stdout, inside.cwd], [plan.stdin, plan.stdout, plan.cwd]);
});

Deno.test("sandboxed() drops permission flags that Docker gives by itself", async () => {
  for (const name of ["claude", "gemini", "copilot"]) {
    const { sandbox } = await template(name);
    const flag = sandbox!.implied![0]!;
    const with_ = await wrapped(name, { autoApprove: true });
    assertEquals(parts(with_)[1].includes(flag), false, name);
    const outside = (await template(name)).plan(planRequest({ autoApprove: true }));
    assert(outside.args.includes(flag), `${name} has the flag elsewhere`);
  }
  // Here the first argument is a word: then Docker gives nothing, and the flag is the person's.
  const codex = parts(await wrapped("codex", { autoApprove: true }))[1];
  assertEquals(codex[0], "exec");
  assert(codex.includes("--dangerously-bypass-approvals-and-sandbox"));
  const interactive = await wrapped("codex", { autoApprove: true, mode: "interactive" });
  assertEquals(parts(interactive)[1].includes("--dangerously-bypass-approvals-and-sandbox"), false);
});

Deno.test("sandboxed() never takes a prompt for a flag", async () => {
  const prompt = "--dangerously-skip-permissions";
  const plan = await wrapped("claude", { mode: "interactive", prompt });
  assertEquals(plan.args.at(-1), prompt);
});

Deno.test("sandboxed() keeps variables off the command line", async () => {
  const provider = await template("claude");
  const plan = { ...provider.plan(planRequest({})), joinedEnv: { A: "b" } };
  const inside = sandboxed(plan, box(provider.sandbox!), {
    ZAG_SESSION_ID: "s",
    TOKEN: "it's; $(secret)",
    "not a name": "x",
  });
  assertEquals([inside.env, inside.joinedEnv], [{}, undefined]);
  assertEquals(inside.args.join(" ").includes("secret"), false);
  assertEquals(inside.files.at(-1), {
    path: variablesFile("/state/box"),
    content: "export ZAG_SESSION_ID=s\nexport TOKEN='it'\\''s; $(secret)'\n",
  });
});

Deno.test("sandboxed() quotes every word for the shell of an agent that Docker does not know", async () => {
  const nasty = "a;b|c&d<e>f(g)*h$i`j\"k'l\nm\\n o";
  const plan = await wrapped("ollama", { mode: "interactive", model: nasty });
  const [flag, line] = parts(plan)[1];
  assertEquals(flag, "-c");
  assertStringIncludes(line!, "ollama run ");
  assertEquals(parts(plan)[1].length, 2);
});

Deno.test({
  name: "quote() makes one word of any text",
  ignore: !UNIX,
  fn: async () => {
    const texts = [
      "",
      "a",
      "a b",
      "'",
      "''",
      "\\",
      "$HOME",
      "`id`",
      "a\nb",
      "~",
      "*",
      "!",
      "-n",
      "#x",
    ];
    const line = `printf '%s\\0' ${texts.map(quote).join(" ")}`;
    const { stdout } = await new Deno.Command("sh", { args: ["-c", line] }).output();
    assertEquals(new TextDecoder().decode(stdout), texts.map((text) => `${text}\0`).join(""));
  },
});

Deno.test("sandboxed() refuses an agent that is a part of zag", async () => {
  const provider = await template("ollama");
  const error = assertThrows(
    () => sandboxed(provider.plan(planRequest({})), box(provider.sandbox!), {}),
    SandboxError,
  );
  assertEquals(error.problem, "unsupported");
});

Deno.test("checkSandboxName() takes names that Docker takes", () => {
  const names = ["a", "box-1", "A.b_c", "9"];
  assertEquals(names.map(checkSandboxName), names);
  const others = ["", "-a", "a/b", "a b", "a..b", ".a", "x".repeat(101), "a\n"];
  assertEquals(others.filter(isSandboxName), []);
});

/** Lets `docker` be a shell script that keeps its arguments, a line for each call. */
function standIn(
  site: Site,
  body: string,
): { env: ReturnType<typeof environment>; calls: () => string[] } {
  const bin = join(site.dir, "bin");
  const log = join(site.dir, "calls");
  Deno.mkdirSync(bin, { recursive: true });
  writeProgramSync(
    join(bin, "docker"),
    `#!/bin/sh\nprintf '<%s>' "$@" >> '${log}'\necho >> '${log}'\n${body}\n`,
  );
  return {
    env: environment({ PATH: `${bin}:${Deno.env.get("PATH")}` }),
    calls: () => isThere(log) ? Deno.readTextFileSync(log).trimEnd().split("\n") : [],
  };
}

const WORKS = (names: string) => `case "$2" in ls) printf '${names}';; esac`;

Deno.test({
  name: "Docker.find() tells a docker that is missing, is not running, or has no sandboxes",
  ignore: !UNIX,
  fn: atSite(async (site) => {
    const find = async (body: string) => {
      const { env, calls } = standIn(site, body);
      const error = await assertRejects(() => Docker.find(env, site.dir), SandboxError);
      assert(!calls().some((call) => /<(create|run|exec)>/.test(call)), "nothing was made");
      return error;
    };
    const none = environment({ PATH: join(site.dir, "nothing") });
    const missing = await assertRejects(() => Docker.find(none, site.dir), SandboxError);
    assertEquals(missing.problem, "docker-missing");
    assertStringIncludes(missing.hint!, "Install Docker Desktop");

    const old = await find(`echo "docker: 'sandbox' is not a docker command." >&2; exit 1`);
    assertEquals(old.problem, "no-plugin");
    const newer = await find(`echo "docker: unknown command: docker sandbox" >&2; exit 1`);
    assertEquals(newer.problem, "no-plugin");

    const stopped = await find(
      `[ "$2" = version ] && exit; echo "Cannot connect to the Docker daemon" >&2; exit 1`,
    );
    assertEquals(stopped.problem, "docker-not-running");
    assertStringIncludes(stopped.hint!, "Start Docker Desktop");

    const odd = await find(`echo "something else" >&2; exit 3`);
    assertEquals(odd.problem, "docker-failed");
    assertStringIncludes(odd.message, "something else");
  }),
});

Deno.test({
  name: "Docker.prepare() makes a new sandbox and lets it read the session's variables",
  ignore: !UNIX,
  fn: atSite(async (site) => {
    const { env, calls } = standIn(site, WORKS(""));
    const docker = await Docker.find(env, site.dir);
    const sandbox = box((await template("claude")).sandbox!, {
      workspace: site.dir,
      shared: sharedDirectory(site.paths, "box"),
    });
    assertEquals(await docker.prepare(sandbox, { resumes: false }), {
      created: true,
      warning: undefined,
    });
    const [version, list, , create, hook] = calls();
    assertEquals([version, list], ["<sandbox><version>", "<sandbox><ls><--quiet>"]);
    assertEquals(
      create,
      `<sandbox><create><--name><box><--template><${TEMPLATES}:claude-code><claude>` +
        `<${site.dir}><${sandbox.shared}>`,
    );
    assertStringIncludes(hook!, "<sandbox><exec><box><sh><-c>");
    assertEquals(Deno.statSync(sandbox.shared).mode! & 0o777, 0o700);
  }),
});

Deno.test({
  name: "Docker.prepare() adds the line once, and shells then find the variables",
  ignore: !UNIX,
  fn: atSite(async (site) => {
    // Runs what is to be run inside, on a file of the test's.
    const file = join(site.dir, "persistent.sh");
    const { env } = standIn(
      site,
      `case "$2" in ls) echo box;; exec) shift 5
         script=$(printf '%s' "$1" | sed "s|/etc/sandbox-persistent.sh|${file}|g")
         shift; sh -c "$script" "$@";; esac`,
    );
    const docker = await Docker.find(env, site.dir);
    const shared = join(site.dir, "it's shared");
    const sandbox = box((await template("claude")).sandbox!, { shared });
    await docker.prepare(sandbox, { resumes: true });
    await docker.prepare(sandbox, { resumes: true });
    assertEquals(Deno.readTextFileSync(file).trimEnd().split("\n").length, 1);
    const ask = async () => {
      const { stdout } = await new Deno.Command("sh", {
        args: ["-c", `. "$0"; printf %s "$TOKEN"`, file],
        clearEnv: true,
      }).output();
      return new TextDecoder().decode(stdout);
    };
    assertEquals(await ask(), "");
    const plan = sandboxed((await template("claude")).plan(planRequest({})), sandbox, {
      TOKEN: "a'b c",
    });
    site.put(plan.files.at(-1)!.path, plan.files.at(-1)!.content);
    assertEquals(await ask(), "a'b c");
    await clearShared(shared, join(shared, "run"));
    assertEquals(await ask(), "");
  }),
});

Deno.test({
  name: "Docker.prepare() refuses a name in use, and a sandbox that is gone",
  ignore: !UNIX,
  fn: atSite(async (site) => {
    const { env, calls } = standIn(site, WORKS("other\\nbox\\n"));
    const docker = await Docker.find(env, site.dir);
    const sandbox = box((await template("claude")).sandbox!, { shared: join(site.dir, "shared") });
    const used = await assertRejects(
      () => docker.prepare(sandbox, { resumes: false }),
      SandboxError,
    );
    assertEquals(used.problem, "exists");
    const gone = await assertRejects(
      () => docker.prepare({ ...sandbox, name: "bo" }, { resumes: true }),
      SandboxError,
    );
    assertEquals(gone.problem, "gone");
    assert(!calls().some((call) => /<(create|exec)>/.test(call)));
    assertEquals((await docker.prepare(sandbox, { resumes: true })).created, false);
    assert(!calls().some((call) => call.includes("<create>")));
  }),
});

Deno.test({
  name: "Docker.prepare() says why a sandbox cannot be made, and when variables do not arrive",
  ignore: !UNIX,
  fn: atSite(async (site) => {
    const sandbox = box((await template("claude")).sandbox!, { shared: join(site.dir, "shared") });
    const full = standIn(
      site,
      `[ "$2" = create ] && { echo "no space left" >&2; exit 1; }; exit 0`,
    );
    const docker = await Docker.find(full.env, site.dir);
    const error = await assertRejects(
      () => docker.prepare(sandbox, { resumes: false }),
      SandboxError,
    );
    assertStringIncludes(error.message, "no space left");
    const deaf = standIn(site, `[ "$2" = exec ] && { echo "read-only" >&2; exit 1; }; exit 0`);
    const { warning } = await (await Docker.find(deaf.env, site.dir))
      .prepare(sandbox, { resumes: false });
    assertStringIncludes(warning!, "read-only");
  }),
});

Deno.test({
  name: "Docker.remove() and Docker.stop() name one sandbox",
  ignore: !UNIX,
  fn: atSite(async (site) => {
    const { env, calls } = standIn(site, WORKS(""));
    const docker = await Docker.find(env, site.dir);
    const kept = site.put(join(sharedDirectory(site.paths, "box"), "x"), "x");
    await docker.remove("box", site.paths);
    assertEquals(isThere(kept), false);
    assert(await docker.stop("box"));
    assert(calls().includes("<sandbox><rm><box>") && calls().includes("<sandbox><stop><box>"));

    const stuck = standIn(site, `case "$2" in ls) echo box;; rm) echo "in use" >&2; exit 1;; esac`);
    const still = await Docker.find(stuck.env, site.dir);
    const error = await assertRejects(() => still.remove("box", site.paths), SandboxError);
    assertStringIncludes(error.message, "in use");
  }),
});

Deno.test({
  name: "enterSandbox() makes a sandbox with a name of its own, and refuses before it makes one",
  ignore: !UNIX,
  fn: atSite(async (site) => {
    const { env, calls } = standIn(site, WORKS(""));
    const sandbox = (await template("gemini")).sandbox;
    const options = {
      paths: site.paths,
      env,
      displayName: "X",
      template: sandbox,
      workspace: site.dir,
      resumes: false,
    };
    for (const wrong of [{ template: undefined }, { name: "../x" }]) {
      await assertRejects(() => enterSandbox({ ...options, ...wrong }), SandboxError);
    }
    assertEquals(calls(), []);
    const entered = await enterSandbox({ ...options, extra: [site.dir, "/other"] });
    assertMatch(entered.sandbox.name, /^sandbox-[0-9a-f]{8}$/);
    assertEquals(entered.sandbox.extra, ["/other"]);
    assertEquals(entered.tempDir("run-1"), join(entered.sandbox.shared, "run-1"));
    assertEquals(entered.docker.program, join(site.dir, "bin", "docker"));
  }),
});
