import { fileURLToPath } from "node:url";
import type { SelfCommand } from "../../src/processes/self.ts";
import { ensureShim } from "../../src/processes/shim.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { rewriteProgram } from "../support/program_file.ts";
import { keptEnvironment } from "./support.ts";

const SOURCES = new URL("../../src/", import.meta.url);

/** A program that prints its own command, or shows that it is the same again. */
function mainText(self: string): string {
  return `
    import { selfCommand, setEntry } from ${JSON.stringify(self)};
    import { dep } from "./dep.ts";
    import { mapped } from "mapped";
    setEntry(import.meta.url);
    const state = (name) => Deno.permissions.querySync(name).state;
    const options = { run: ["sleep", "zag,comma"], read: [Deno.args[1] ?? "/"], net: ["localhost:1"] };
    console.log(JSON.stringify(Deno.args[0] === "self" ? selfCommand(options) : {
      args: Deno.args, dep, mapped, cwd: Deno.args.length > 0 && Deno.cwd(),
      run: state({ name: "run" }), sleep: state({ name: "run", command: "sleep" }),
      cat: state({ name: "run", command: "cat" }),
    }));
  `;
}

/** The program in one directory, and in another one a configuration that must not matter. */
class Stage implements AsyncDisposable {
  private constructor(readonly dir: string, readonly program: string, readonly elsewhere: string) {}

  static async make(self = new URL("processes/self.ts", SOURCES).href): Promise<Stage> {
    const dir = await Deno.realPath(await Deno.makeTempDir());
    const program = `${dir}/it's a "program"`;
    const elsewhere = `${dir}/else where`;
    await Deno.mkdir(program);
    await Deno.mkdir(elsewhere);
    const config = { imports: { mapped: "./mapped.ts" }, lock: false };
    await Deno.writeTextFile(`${program}/deno.json`, JSON.stringify(config));
    await Deno.writeTextFile(`${program}/main.ts`, mainText(self));
    await Deno.writeTextFile(`${program}/dep.ts`, 'export const dep = "dep";');
    await Deno.writeTextFile(`${program}/mapped.ts`, 'export const mapped = "right";');
    const foreign = { imports: { mapped: "./wrong.ts" }, lock: { frozen: true } };
    await Deno.writeTextFile(`${elsewhere}/deno.json`, JSON.stringify(foreign));
    await Deno.writeTextFile(`${elsewhere}/wrong.ts`, 'export const mapped = "wrong";');
    await Deno.writeTextFile(`${elsewhere}/deno.lock`, '{"version":"5"}');
    return new Stage(dir, program, elsewhere);
  }

  /** Runs a command elsewhere and reads the JSON that it prints. */
  // deno-lint-ignore no-explicit-any -- the staged program prints JSON of its own shape
  async run(program: string, args: readonly string[], env = {}): Promise<any> {
    const { stdout, stderr } = await new Deno.Command(program, {
      args: [...args],
      cwd: this.elsewhere,
      env: { ...keptEnvironment(), ...env },
      clearEnv: true,
      stdin: "null",
    }).output();
    const text = new TextDecoder().decode(stdout);
    if (text === "") throw new Error(new TextDecoder().decode(stderr));
    return JSON.parse(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.dir, { recursive: true });
  }
}

Deno.test("selfCommand() starts the same program from a directory with its own deno.json", async () => {
  await using stage = await Stage.make();
  const main = `${stage.program}/main.ts`;
  const self: SelfCommand = await stage.run(Deno.execPath(), ["run", "-A", main, "self"]);
  assertEquals([self.program, self.args], [
    Deno.execPath(),
    ["run", "--quiet", "--allow-all", main],
  ]);
  const again = await stage.run(self.program, [...self.args, "a b", "--run"]);
  assertEquals(again, {
    args: ["a b", "--run"],
    dep: "dep",
    mapped: "right",
    cwd: stage.elsewhere,
    run: "granted",
    sleep: "granted",
    cat: "granted",
  });
});

Deno.test("selfCommand() survives a broken configuration in the current directory", async () => {
  await using stage = await Stage.make();
  const main = `${stage.program}/main.ts`;
  await Deno.writeTextFile(`${stage.elsewhere}/deno.json`, "{ broken");
  await Deno.writeTextFile(`${stage.elsewhere}/package.json`, "{ broken");
  const self: SelfCommand = await stage.run(Deno.execPath(), ["run", "-A", main, "self"]);
  assertEquals((await stage.run(self.program, [...self.args, "x"])).mapped, "right");
});

Deno.test("selfCommand() passes on no permission that it does not have", async () => {
  await using stage = await Stage.make();
  const main = `${stage.program}/main.ts`;
  const { elsewhere } = stage;
  const rows: [string[], string[]][] = [
    [[], []],
    [["--allow-run"], ["--allow-run"]],
    [["--allow-run=sleep,cat"], ["--allow-run=sleep"]],
    [["--allow-read", "--allow-run=sleep"], ["--allow-read", "--allow-run=sleep"]],
    [[`--allow-read=${elsewhere}`], [`--allow-read=${elsewhere}`]],
    [["--allow-read=/usr"], []],
    [["--allow-net=localhost"], ["--allow-net=localhost:1"]],
    [["--allow-env", "--allow-sys"], ["--allow-env", "--allow-sys"]],
    [["--allow-all", "--deny-run=cat"], [
      "--allow-read",
      "--allow-write",
      "--allow-net",
      "--allow-env",
      "--allow-sys",
      "--allow-run=sleep",
      "--allow-ffi",
      "--allow-import",
    ]],
  ];
  for (const [given, kept] of rows) {
    const call = ["run", "--no-prompt", ...given, main, "self", elsewhere];
    const self: SelfCommand = await stage.run(Deno.execPath(), call);
    assertEquals(self.args, ["run", "--quiet", "--no-prompt", ...kept, main], given.join(" "));
  }
  const limited = ["run", "--no-prompt", "--allow-run=sleep", main, "self"];
  const self: SelfCommand = await stage.run(Deno.execPath(), limited);
  const again = await stage.run(self.program, self.args);
  assertEquals([again.run, again.sleep, again.cat], ["prompt", "granted", "prompt"]);
});

Deno.test("selfCommand() keeps the variables that make it the same program", async () => {
  await using stage = await Stage.make();
  const main = `${stage.program}/main.ts`;
  const env = {
    ZAG_HOME: "/state",
    DENO_TLS_CA_STORE: "mozilla",
    SECRET: "x",
    ZAG_SESSION_ID: "y",
  };
  const kept = { ...keptEnvironment(), ...env } as Record<string, string>;
  const names = ["ZAG_HOME", "DENO_DIR", "DENO_CERT", "DENO_TLS_CA_STORE"];
  const expected = Object.fromEntries(
    names.filter((name) => kept[name] !== undefined).map((name) => [name, kept[name]!]),
  );
  const self: SelfCommand = await stage.run(Deno.execPath(), ["run", "-A", main, "self"], env);
  assertEquals(self.env, expected);
  const blind = ["run", "--no-prompt", "--allow-env=ZAG_HOME", main, "self"];
  assertEquals((await stage.run(Deno.execPath(), blind, env)).env, { ZAG_HOME: "/state" });
});

Deno.test("selfCommand() starts a module of a server without foreign configuration", async () => {
  await using stage = await Stage.make("./src/processes/self.ts");
  await Deno.writeTextFile(
    `${stage.program}/main.ts`,
    mainText("./src/processes/self.ts").replace('from "mapped"', 'from "./mapped.ts"'),
  );
  await Deno.writeTextFile(`${stage.elsewhere}/deno.json`, "{ broken");
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const path = decodeURIComponent(new URL(request.url).pathname);
    const file = path.startsWith("/src/")
      ? fileURLToPath(new URL(path.slice("/src/".length), SOURCES))
      : stage.program + path;
    return new Response(Deno.readTextFileSync(file), {
      headers: { "content-type": "application/typescript" },
    });
  });
  const main = `http://127.0.0.1:${server.addr.port}/main.ts`;
  const env = { DENO_DIR: `${stage.dir}/cache` };
  const call = ["run", "--quiet", "-A", main, "self"];
  const self: SelfCommand = await stage.run(Deno.execPath(), call, env);
  assertEquals(self.args.slice(2), ["--allow-all", "--no-config", "--no-lock", main]);
  assertEquals(self.env.DENO_DIR, env.DENO_DIR);
  const again = await stage.run(self.program, [...self.args, "x"], env);
  assertEquals([again.mapped, again.cwd], ["right", stage.elsewhere]);
});

Deno.test("selfCommand() of the library needs to be told the entry", async () => {
  const copy = await Deno.makeTempDir();
  try {
    for (const room of ["config", "processes"]) {
      await Deno.mkdir(`${copy}/src/${room}`, { recursive: true });
    }
    const names = ["self", "permissions", "entry", "own_program"].map((each) =>
      `processes/${each}`
    );
    const files = ["errors", "config/paths", ...names].map((name) => `${name}.ts`);
    for (const file of files) await Deno.copyFile(new URL(file, SOURCES), `${copy}/src/${file}`);
    const script = `
      import { selfCommand } from ${JSON.stringify(`file://${copy}/src/processes/self.ts`)};
      try { console.log(selfCommand().args.at(-1)); } catch (error) { console.log(error.name, error.message); }
    `;
    const run = async () => {
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", `data:application/typescript,${encodeURIComponent(script)}`],
        stdin: "null",
      }).output();
      return new TextDecoder().decode(stdout);
    };
    assertStringIncludes(
      await run(),
      `SelfCommandError Cannot start zag again: there is no "file://${copy}/main.ts"`,
    );
    await Deno.writeTextFile(`${copy}/main.ts`, "");
    assertEquals(await run(), `${copy}/main.ts\n`);
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
});

Deno.test("ensureShim() makes a zag that is this very program", async () => {
  await using stage = await Stage.make();
  const main = `${stage.program}/main.ts`;
  const call = ["run", "--no-prompt", "--allow-run=sleep", "--allow-read", main, "self"];
  const self: SelfCommand = await stage.run(Deno.execPath(), call);
  const bin = await ensureShim(`${stage.dir}/shims of 'it'`, self);
  await rewriteProgram(`${bin}/zag`);
  const again = await stage.run("zag", ["ps", "kill self", "--x=$HOME"], {
    PATH: `${bin}:/usr/bin:/bin`,
  });
  assertEquals(again.args, ["ps", "kill self", "--x=$HOME"]);
  assertEquals([again.mapped, again.run, again.sleep], ["right", "prompt", "granted"]);
  assert(bin.startsWith(`${stage.dir}/shims of 'it'/`));
});
