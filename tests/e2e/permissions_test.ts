/** What each command needs of Deno: with just that it works, and without any part it does not begin. */
import { isGroup } from "../../src/cli/command.ts";
import { commands } from "../../src/cli/commands.ts";
import { PERMISSIONS } from "../../src/permissions.ts";
import { flagsFor, type Need } from "../../src/processes/permission_needs.ts";
import { fromFileUrl } from "../support/paths.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import {
  CASES,
  denoArgs,
  fillHome,
  needsOfCase,
  type PermissionCase,
  runCase,
  startLiving,
} from "../support/permission_cases.ts";
import { Pty } from "../support/pty.ts";
import { sizeOf } from "../support/size.ts";
import { MAIN, type TestHome, ZAG } from "../support/zag.ts";
import { chances } from "./faults_support.ts";
import { inHome, livingWith, replay, standIn, waitFor } from "./support.ts";

/** A compiled program has its permissions in itself. */
const ignore = ZAG.isCompiled;

const title = ({ command, extras = [] }: PermissionCase) =>
  extras.length === 0 ? `zag ${command}` : `zag ${command} (${extras.join(", ")})`;

Deno.test("permissions: every command has its row, and every row its command", () => {
  const words = commands.flatMap((route) =>
    isGroup(route) ? route.commands.map(({ name }) => `${route.name} ${name}`) : [route.name]
  );
  assertEquals(Object.keys(PERMISSIONS).sort(), words.sort());
  assertEquals([...new Set(CASES.map(({ command }) => command))].sort(), words);
});

Deno.test({
  name: "permissions: each command does its work with exactly those of its row",
  ignore,
  fn: async (t) => {
    await inHome(async (home) => {
      await fillHome(home);
      for (const each of CASES) {
        await t.step(title(each), () => works(home, each));
      }
      const { code, stderr } = await home.zag(["cancel", "pipe", "shown"]);
      assertEquals(code, 0, stderr);
    })();
  },
});

async function works(home: TestHome, each: PermissionCase): Promise<void> {
  if (each.living !== undefined) await startLiving(home, each.living);
  const needs = needsOfCase(home, each);
  const { code = 0 } = each;
  if (each.terminal) return await worksInTerminal(home, each, needs);
  if (each.interrupted) return await worksUntilInterrupted(home, each, needs);
  const result = await runCase(home, each, needs);
  assertEquals(result.code, code, `${result.stdout}\n${result.stderr}`);
  assert(!/permission|Requires .* access|at file:/.test(result.stderr), result.stderr);
}

async function worksUntilInterrupted(
  home: TestHome,
  each: PermissionCase,
  needs: readonly Need[],
): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: denoArgs(needs, each),
    cwd: home.work,
    env: home.env(),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  const reader = child.stdout.getReader();
  // Sessions come until one is seen: nothing says when it begins to look.
  let settled = false;
  const first = Promise.race([reader.read(), child.status]).then(() => settled = true);
  while (!settled) {
    const { code } = await home.zag(["-p", "mock", "exec", "again"]);
    assertEquals(code, 0);
  }
  await first;
  child.kill("SIGINT");
  await reader.cancel();
  const { code } = await child.status;
  assertEquals(code, each.code ?? 0, await errors);
}

async function worksInTerminal(
  home: TestHome,
  each: PermissionCase,
  needs: readonly Need[],
): Promise<void> {
  await using pty = new Pty(Deno.execPath(), denoArgs(needs, each), {
    cwd: home.work,
    env: home.env(),
  });
  await pty.waitFor("hi");
  pty.type("/exit\r");
  const { code } = await pty.waitForExit();
  assertEquals(code, each.code ?? 0, pty.text);
  assert(!/permission|Requires .* access|at file:/.test(pty.text), pty.text);
}

/** Without so many of its needs each command is run that needs the same as one before. */
const MISSING = sizeOf("ZAG_TEST_MISSING", 1);

/** What a command is run without: all that it needs, if it is the first with just these needs. */
function missed(needs: readonly Need[], shown: Set<string>, chance: () => number): Need[] {
  const key = JSON.stringify(needs);
  const isFirst = !shown.has(key);
  shown.add(key);
  const left = [...needs];
  const most = isFirst ? needs.length : Math.min(MISSING, needs.length);
  return Array.from({ length: most }, () => left.splice(Math.floor(chance() * left.length), 1)[0]!);
}

Deno.test({
  name: "permissions: no command begins without one of its row, and each names the flag",
  ignore,
  fn: async (t) => {
    await inHome(async (home) => {
      await fillHome(home);
      const shown = new Set<string>();
      const chance = chances(sizeOf("ZAG_TEST_SEED", Date.now() % 1e6 + 1));
      for (const each of CASES) {
        const needs = needsOfCase(home, each);
        if (needs.length === 0) continue;
        await t.step(title(each), async () => {
          const before = await contentsOf(home.path);
          await inTurns(missed(needs, shown, chance), async (missing) => {
            const rest = needs.filter((need) => need !== missing && !covers(need, missing));
            const { code, stdout, stderr } = await runCase(home, each, rest);
            const what = flagsFor([missing])[0]!;
            assertEquals([code, stdout], [77, ""], `without ${what}: ${stderr}`);
            assertStringIncludes(stderr, what);
            assert(!/^\s+at |file:\/\//m.test(stderr), stderr);
          });
          assertEquals(await contentsOf(home.path), before, "nothing was written");
        });
      }
    })();
  },
});

/** Whether one need is all of a kind, or a directory in which the other one lies: it would stand in for it. */
function covers(one: Need, other: Need): boolean {
  if (one.kind !== other.kind) return false;
  return one.value === undefined || other.value?.startsWith(`${one.value}/`) === true;
}

/** Runs the same for several values, so many at a time as there are processors. */
async function inTurns<T>(values: readonly T[], run: (value: T) => Promise<void>): Promise<void> {
  const queue = [...values];
  await Promise.all(
    Array.from({ length: Math.max(2, navigator.hardwareConcurrency) }, async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) await run(next);
    }),
  );
}

/** Every file below a directory with its size and the time of its last change. */
async function contentsOf(directory: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(directory)) {
    const path = `${directory}/${entry.name}`;
    const { size, mtime } = await Deno.lstat(path);
    found.push(entry.isDirectory ? path : `${path} ${size} ${mtime?.getTime()}`);
    if (entry.isDirectory) found.push(...await contentsOf(path));
  }
  return found.sort();
}

Deno.test({
  name: "permissions: an agent that Deno does not allow is refused before anything is recorded",
  ignore,
  fn: inHome(async (home) => {
    await fillHome(home);
    const asks =
      'zag whoami > "$HOME/seen/whoami" 2>&1; cat "$(command -v zag)" > "$HOME/seen/zag"';
    await standIn(home, `${asks}\n${replay("simple")}`);
    const claude = {
      command: "exec",
      args: ["-p", "claude", "exec", "hi"],
      extras: ["for an agent with a CLI of its own"],
      env: { ZAG_CLAUDE_ALLOW_PRINT: "1" },
    };
    const needs = needsOfCase(home, claude);
    const before = [home.rows("sessions"), home.rows("processes"), await home.logPaths()];
    const agents = needs.filter(({ value }) => value?.includes("claude"));
    assertEquals(agents.map(({ kind }) => kind).sort(), ["read", "read", "run"]);
    for (const missing of agents) {
      const rest = needs.filter((need) => need !== missing);
      const { code, stdout, stderr } = await runCase(home, claude, rest);
      assertEquals([code, stdout], [77, ""], stderr);
      assertStringIncludes(stderr, flagsFor([missing])[0]!);
      assert(!/^\s+at |file:\/\//m.test(stderr), stderr);
      const after = [home.rows("sessions"), home.rows("processes"), await home.logPaths()];
      assertEquals(after, before);
    }
    const { code, stderr } = await runCase(home, claude, needs);
    assertEquals(code, 0, stderr);
    assertEquals(home.rows("sessions").length, before[0]!.length + 1);
    // The zag that the agent finds has what its own zag has, and no more.
    const seen = (name: string) => Deno.readTextFile(`${home.path}/seen/${name}`);
    assertStringIncludes(await seen("whoami"), String(home.rows("sessions").at(-1)!.session_id));
    assert(!/--allow-(all|run'|read'|write'|net|ffi)/.test(await seen("zag")), await seen("zag"));
  }),
});

Deno.test({
  name: "permissions: a variable of the dynamic linker is named before anything begins",
  ignore,
  fn: inHome(async (home) => {
    await fillHome(home);
    for (const [command, ...args] of [["exec", "-p", "mock", "exec", "hi"], ["status", "status"]]) {
      const each = { command: command!, args, env: { LD_PRELOAD: "", LD_NOTHING: "x" } };
      const before = await contentsOf(home.path);
      const { code, stderr } = await runCase(home, each, needsOfCase(home, each));
      assertEquals(code, 77, stderr);
      assertStringIncludes(stderr, "LD_NOTHING");
      assertStringIncludes(stderr, "unset LD_");
      assertEquals(await contentsOf(home.path), before);
    }
  }),
});

Deno.test({
  name: "permissions: at a terminal each kind is asked for once, with the reason",
  ignore,
  fn: inHome(async (home) => {
    await fillHome(home);
    await using pty = new Pty(
      Deno.execPath(),
      ["run", MAIN, "-p", "mock", "exec", "hello there"],
      { cwd: home.work, env: home.env(), columns: 200 },
    );
    const kinds = ["env", "read", "write", "run"];
    let at = 0;
    for (const kind of kinds) {
      at = await pty.waitFor(`"zag exec" needs "${kind}" permission`, at);
      at = await pty.waitFor(`--allow-${kind}`, at);
      at = await answer(home, pty, at, "y");
    }
    assertEquals(await pty.waitForExit(), { code: 0, signal: 0 }, pty.text);
    assertEquals(pty.text.match(/Deno requests (\w+) access/g)?.length, kinds.length, pty.text);
    assertStringIncludes(pty.text.slice(at), "hello there");
  }),
});

Deno.test({
  name: "permissions: what a person refuses at a terminal is missing, and nothing is begun",
  ignore,
  fn: inHome(async (home) => {
    await fillHome(home);
    const before = await contentsOf(home.path);
    await using pty = new Pty(
      Deno.execPath(),
      ["run", "--allow-env", "--allow-read", MAIN, "-p", "mock", "exec", "hello there"],
      { cwd: home.work, env: home.env(), columns: 200 },
    );
    let at = 0;
    for (const word of ["y", "n"]) at = await answer(home, pty, at, word);
    assertEquals(await pty.waitForExit(), { code: 77, signal: 0 }, pty.text);
    assertEquals(pty.text.match(/Deno requests (\w+) access/g)?.length, 2, pty.text);
    assertStringIncludes(pty.text, 'error: Cannot run "zag exec": "run" permission is missing');
    assertEquals(await contentsOf(home.path), before);
  }),
});

Deno.test({
  name: "permissions: an agent that is not installed is told as such, whatever is allowed",
  ignore,
  fn: inHome(async (home) => {
    await fillHome(home);
    const each = { command: "exec", args: ["-p", "claude", "exec", "hi"] };
    const { code, stderr } = await runCase(home, each, needsOfCase(home, each));
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, 'there is no program "claude" on PATH');
  }),
});

Deno.test({
  name: "docs/permissions.md: every command line works, in its order",
  ignore,
  fn: inHome(async (home) => {
    await fillHome(home);
    await home.program("deno", `#!/bin/sh\nexec '${Deno.execPath()}' "$@"\n`);
    await standIn(home, replay("simple"));
    await startLiving(home, "living");
    const page = await Deno.readTextFile(new URL("../../docs/permissions.md", import.meta.url));
    const blocks = [...page.matchAll(/```sh\n([^]*?)```/g)].map((match) => match[1]!);
    assertEquals(blocks.length, 5);
    await Deno.writeTextFile(
      `${home.work}/program.ts`,
      `import { AgentBuilder } from "${new URL("../../src/mod.ts", import.meta.url)}";\n` +
        'await new AgentBuilder({ provider: "mock" }).exec("hello");\n',
    );
    for (const block of blocks) {
      const config = fromFileUrl(new URL("../../deno.json", import.meta.url));
      const line = block.replace("main.ts", `'${MAIN}'`).replace("SESSION", "living")
        .replace("program.ts", `--config '${config}' program.ts`);
      const { code, stderr } = await new Deno.Command("/bin/sh", {
        args: ["-c", line],
        cwd: home.work,
        env: home.env({ ZAG_CLAUDE_ALLOW_PRINT: "1" }),
        clearEnv: true,
      }).output();
      assertEquals(code, 0, `${line}\n${new TextDecoder().decode(stderr)}`);
    }
    const spawned = home.rows("sessions").find(({ provider }) => provider === "claude")!;
    const { code, stdout, stderr } = await home.zag(["wait", String(spawned.session_id)]);
    assertEquals(code, 0, `${stdout}\n${stderr}`);
  }),
});

/** Answers a question of Deno's, which throws away what was typed before it is ready to read. */
async function answer(home: TestHome, pty: Pty, from: number, word: string): Promise<number> {
  const asked = await pty.waitFor(/Allow\? \[y\/n[^>]*> /, from);
  if (await untilItReads(home)) {
    pty.type(`${word}\r`);
    return await pty.waitFor(/(Granted|Denied) \w+ access/, asked);
  }
  // An answer too many may answer the next question.
  for (let tries = 1;; tries++) {
    pty.type(`${word}\r`);
    try {
      return await pty.waitFor(/(Granted|Denied) \w+ access/, asked, tries < 20 ? 500 : 20_000);
    } catch (error) {
      if (tries === 20) throw error;
    }
  }
}

/** Waits until the only process of a home reads what is typed; false where the system does not tell. */
async function untilItReads(home: TestHome): Promise<boolean> {
  return await waitFor("the end of typing ahead to be thrown away", async () => {
    const [process] = await livingWith(`HOME=${home.path}`);
    if (process === undefined) return undefined;
    try {
      // "read" of x86-64 and of AArch64, from stdin.
      const call = await Deno.readTextFile(`/proc/${process.pid}/syscall`);
      return /^(0|63) 0x0 /.test(call) || undefined;
    } catch {
      return false;
    }
  });
}
