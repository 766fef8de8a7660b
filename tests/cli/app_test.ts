import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { run } from "../../src/cli/app.ts";
import {
  type AnyCommand,
  defineCommand,
  flagName,
  isGroup,
  type Route,
  switchFlag,
} from "../../src/cli/command.ts";
import { commands } from "../../src/cli/commands.ts";
import { createApp } from "../../src/cli/create_app.ts";
import { commandFlags } from "../../src/cli/flag_lookup.ts";
import manifest from "../../deno.json" with { type: "json" };
import { fakeContext } from "../fakes/context.ts";
import { runFake } from "./fake_commands.ts";

const main = new URL("../../main.ts", import.meta.url);

Deno.test("createApp() shows help wherever it is asked for", async () => {
  const topics: Record<string, string[][]> = {
    "": [
      ["--help"],
      ["-h"],
      ["help"],
      ["-q", "--help"],
      ["-qh"],
      ["--wat", "-h"],
      ["help", "-q"],
      [
        "help",
        "help",
      ],
      ["--help", "help"],
      ["help", "--help"],
    ],
    "exec": [
      ["help", "exec"],
      ["exec", "--help"],
      ["exec", "-h"],
      ["--help", "exec"],
      ["-h", "exec", "a", "b"],
      ["exec", "-r", "-h"],
      ["exec", "--root", "x", "hi", "-h"],
      ["exec", "--wat", "--help"],
      ["exec", "-qh"],
      ["-qh", "exec"],
      ["help", "exec", "--wat"],
      ["help", "exec", "-h"],
      ["--sandbox", "help", "exec"],
      ["-p", "run", "exec", "-h"],
    ],
    "ps": [["ps", "-h"], ["help", "ps"], ["ps", "--json", "--help"]],
    "ps kill": [["ps", "kill", "-h"], ["help", "ps", "kill"], ["-h", "ps", "kill", "list"]],
    "relay": [["help", "relay"]],
  };
  for (const [topic, rows] of Object.entries(topics)) {
    for (const args of rows) {
      const { code, calls, ctx } = await runFake(args);
      const shown = JSON.stringify(args);
      assertEquals([code, calls, ctx.err], [0, [], ""], shown);
      const usage = ["Usage: zag [flags]", topic].join(" ").trim();
      const [line = ""] = /^Usage: .*/m.exec(ctx.out) ?? [];
      assertEquals(line.slice(0, usage.length), usage, shown);
      assertMatch(line.slice(usage.length), /^( [<[].*)?$/, shown);
    }
  }
});

Deno.test("createApp() takes text after -- for no request for help", async () => {
  const { code, calls } = await runFake(["exec", "--", "--help"]);
  assertEquals([code, calls[0]?.operands], [0, ["--help"]]);
});

Deno.test("createApp() shows the version before a command", async () => {
  for (const args of [["-V"], ["--version"], ["-q", "--version"], ["-qV"], ["-V", "exec", "x"]]) {
    const { code, ctx } = await runFake(args);
    assertEquals([code, ctx.out], [0, `zag ${manifest.version}\n`], JSON.stringify(args));
  }
});

Deno.test("createApp() prints its help on stderr when it is asked for nothing", async () => {
  const { code, ctx } = await runFake([]);
  assertEquals([code, ctx.out], [64, ""]);
  assertEquals(ctx.err, (await runFake(["help"])).ctx.out);
});

Deno.test("createApp() hands on the exit code, and a context without colour when quiet", async () => {
  const seen: boolean[] = [];
  const app = createApp([defineCommand({
    name: "go",
    brief: "Go",
    flags: {},
    run(ctx) {
      seen.push(ctx.color("stderr"));
      return Promise.resolve(7);
    },
  })]);
  const ctx = fakeContext({ stderrTty: true });
  assertEquals(await app.run(["go"], ctx), 7);
  assertEquals(await app.run(["go", "-q"], ctx), 7);
  assertEquals(seen, [true, false]);
});

Deno.test("commands declare flags that can be read before and after them", () => {
  const readAs = new Map<string, string>();
  for (const command of leaves(commands)) {
    const letters = new Set<string>();
    for (const [key, flag] of Object.entries(commandFlags(command))) {
      const shown = `--${flagName(key)} of ${command.name}`;
      assertMatch(key, /^[a-z][A-Za-z0-9]+$/, shown);
      assert(!["help", "version"].includes(key), shown);
      if (flag.short !== undefined) {
        assertMatch(flag.short, /^[A-Za-z]$/, shown);
        assert(!["h", "V"].includes(flag.short) && !letters.has(flag.short), `-${flag.short}`);
        letters.add(flag.short);
      }
      // Before a command nothing else tells whether a value follows.
      const kind = flag.kind === "list" ? "value" : flag.kind;
      for (const name of [flagName(key), flag.short ?? key]) {
        assertEquals(kind, readAs.get(name) ?? kind, shown);
        readAs.set(name, kind);
      }
    }
  }
  assert(readAs.size > 0);
});

function leaves(routes: readonly Route[]): AnyCommand[] {
  return routes.flatMap((route) => isGroup(route) ? leaves(route.commands) : [route]);
}

Deno.test("renderHelp() writes the pages as recorded", async (t) => {
  for (const topic of [[], ["run"], ["exec"], ["collect"], ["whoami"], ["ps"], ["ps", "list"]]) {
    const { ctx } = await runFake(["help", ...topic]);
    await t.step(["help", ...topic].join(" "), (t) => t.assertSnapshot(ctx.out));
  }
  await t.step("narrow", async (t) => {
    const { ctx } = await runFake(["help", "run"], { stdoutTty: true, columns: 40 });
    await t.assertSnapshot(ctx.out);
  });
});

Deno.test("renderHelp() keeps to the width", async () => {
  for (const columns of [30, 40, 59, 60, 80, 100, 200]) {
    for (const topic of [[], ["exec"], ["run"], ["ps"]]) {
      const options = { stdoutTty: true, columns, env: { NO_COLOR: "1" } };
      const { ctx } = await runFake(["help", ...topic], options);
      for (const line of ctx.out.split("\n")) {
        // Where there is no room for two columns, a flag may be longer: it is never broken.
        const term = columns < 60 && /^ {2,6}\S/.test(line);
        assert(term || line.length <= columns, `${columns}: ${line}`);
      }
    }
  }
  const { ctx } = await runFake(["help", "exec"], { columns: 200 });
  assert(Math.max(...ctx.out.split("\n").map((line) => line.length)) <= 80, "no terminal: 80");
});

Deno.test("renderHelp() is bold only where colour is wanted", async () => {
  const at = async (options: Parameters<typeof fakeContext>[0], args = ["help", "exec"]) =>
    (await runFake(args, options)).ctx.out.includes("\x1b[1m");
  assertEquals(await at({ stdoutTty: true }), true);
  assertEquals(await at({ stdoutTty: true, env: { NO_COLOR: "1" } }), false);
  assertEquals(await at({ stderrTty: true }), false);
});

Deno.test("renderHelp() hides hidden commands and flags", async () => {
  const flags = { inner: switchFlag({ brief: "Not for people", hidden: true }) };
  const app = createApp([
    defineCommand({
      name: "go",
      brief: "Go",
      flags,
      run: (_ctx, { inner }) => Promise.resolve(inner ? 7 : 0),
    }),
  ]);
  const ctx = fakeContext();
  assertEquals(await app.run(["go", "--inner"], ctx), 7);
  assertEquals(await app.run(["help", "go"], ctx), 0);
  assertEquals(await app.run(["go", "--innr"], ctx), 64);
  assertEquals((ctx.out + ctx.err).includes("--inner"), false);
  assertEquals((await runFake(["help"])).ctx.out.includes("relay"), false);
  assertStringIncludes((await runFake(["help", "relay"])).ctx.out, "Usage: zag [flags] relay\n");
});

Deno.test("run() answers --version with three numbers", async () => {
  for (const flag of ["--version", "-V"]) {
    const ctx = fakeContext();
    assertEquals(await run([flag], ctx), 0);
    assertMatch(ctx.out, /^zag \d+\.\d+\.\d+\n$/);
    assertEquals(ctx.err, "");
  }
  const ctx = fakeContext({ stdoutClosed: true });
  assertEquals([await run(["--version"], ctx), ctx.err], [141, ""]);
});

Deno.test("main.ts loads next to nothing for --version", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", main.href],
    stderr: "null",
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as ModuleGraph;
  const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
  const loaded = new Set<string>();
  const visit = (specifier: string) => {
    if (loaded.has(specifier)) return;
    loaded.add(specifier);
    for (const { code, isDynamic } of bySpecifier.get(specifier)?.dependencies ?? []) {
      if (code !== undefined && !isDynamic) visit(code.specifier);
    }
  };
  visit(main.href);
  const names = [...loaded].map((specifier) => specifier.slice(new URL(".", main).href.length));
  assertEquals(names.sort(), [
    "deno.json",
    "main.ts",
    "src/cli/app.ts",
    "src/cli/context.ts",
    "src/version.ts",
  ]);
});

/** What `deno info --json` tells about modules, as far as it is used here. */
interface ModuleGraph {
  modules: {
    specifier: string;
    dependencies?: { code?: { specifier: string }; isDynamic?: boolean }[];
  }[];
}

Deno.test("main.ts answers a shell", async (t) => {
  const rows: [args: string[], code: number, out: RegExp, err: RegExp][] = [
    [["--version"], 0, /^zag \d+\.\d+\.\d+\n$/, /^$/],
    [["--help"], 0, /^[^]*Usage: zag [^]*Commands:[^]*$/, /^$/],
    [[], 64, /^$/, /Usage: zag /],
    [["exce"], 64, /^$/, /^error: Unknown command "exce"\n/],
    [["--wat"], 64, /^$/, /^error: Unknown flag "--wat"\n[^\n]*put it after "--"\n/],
    [["--root"], 64, /^$/, /^error: Missing value for "--root"\n/],
  ];
  for (const [args, code, out, err] of rows) {
    await t.step(["zag", ...args].join(" "), async () => {
      // No permission at all: none of this may need one.
      const output = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-prompt", main.href, ...args],
        env: { NO_COLOR: "1" },
      }).output();
      const decoder = new TextDecoder();
      assertMatch(decoder.decode(output.stdout), out);
      assertMatch(decoder.decode(output.stderr), err);
      assertEquals(/^\s+at /m.test(decoder.decode(output.stderr)), false);
      assertEquals(output.code, code);
    });
  }
});

Deno.test("main.ts ends quietly with 141 when stdout is closed", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `import { run } from ${JSON.stringify(new URL("src/cli/app.ts", main).href)};
      for await (const _ of Deno.stdin.readable);
      Deno.exit(await run(["--help"]));`,
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await child.stdout.cancel();
  await child.stdin.close();
  const [status, err] = await Promise.all([child.status, new Response(child.stderr).text()]);
  assertEquals([status.code, err], [141, ""]);
});
