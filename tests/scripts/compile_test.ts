import {
  compileFor,
  compilerArguments,
  permissionsFor,
  type Target,
  targetOf,
  TARGETS,
} from "../../scripts/compile.ts";
import { version } from "../../src/version.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";
import { writeProgram } from "../support/program_file.ts";

const SCRIPT = fromFileUrl(new URL("../../scripts/compile.ts", import.meta.url));
const HOST: Target = "x86_64-unknown-linux-gnu";
const OTHER: Target = "aarch64-apple-darwin";
const ZAG = `#!/bin/sh\necho "zag ${version}"\n`;

/** A Deno that notes how it was called and makes a program of what it is given. */
class Compiler implements AsyncDisposable {
  private constructor(readonly dir: string) {}

  /**
   * @param body Shell; `$out` is the program that is to be made.
   */
  static async create(body: string): Promise<Compiler> {
    const compiler = new Compiler(await Deno.makeTempDir());
    await writeProgram(
      compiler.deno,
      `#!/bin/sh
printf '%s\\n' "$@" > '${compiler.dir}/args'
for arg; do case $arg in --output=*) out=\${arg#--output=} ;; esac; done
${body}
`,
    );
    await Deno.writeTextFile(`${compiler.dir}/zag.js`, "");
    return compiler;
  }

  /** One that makes a program with this content. */
  static async making(content: string | Uint8Array): Promise<Compiler> {
    const compiler = await Compiler.create('cp "$(dirname "$0")/content" "$out"');
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(`${compiler.dir}/content`, bytes, { mode: 0o755 });
    return compiler;
  }

  get deno(): string {
    return `${this.dir}/deno`;
  }

  get options() {
    return {
      bundle: `${this.dir}/zag.js`,
      outdir: `${this.dir}/dist`,
      deno: this.deno,
      host: HOST,
    };
  }

  async args(): Promise<string[]> {
    return (await Deno.readTextFile(`${this.dir}/args`)).trimEnd().split("\n");
  }

  async made(): Promise<string[]> {
    const names = await Array.fromAsync(Deno.readDir(`${this.dir}/dist`));
    return names.map(({ name }) => name).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.dir, { recursive: true });
  }
}

/** The first bytes of a program for a target. */
function headOf(target: Target): Uint8Array {
  const bytes = new Uint8Array(256);
  const view = new DataView(bytes.buffer);
  const isX64 = target.startsWith("x86_64");
  if (target.includes("linux")) {
    bytes.set([0x7f, 0x45, 0x4c, 0x46]);
    view.setUint16(18, isX64 ? 0x3e : 0xb7, true);
  } else if (target.includes("apple")) {
    bytes.set([0xcf, 0xfa, 0xed, 0xfe]);
    view.setUint32(4, isX64 ? 0x01000007 : 0x0100000c, true);
  } else {
    bytes.set([0x4d, 0x5a]);
    view.setUint32(0x3c, 0x80, true);
    view.setUint32(0x80, 0x50450000);
    view.setUint16(0x84, 0x8664, true);
  }
  return bytes;
}

const ignore = Deno.build.os === "windows";
const check = (name: string, fn: () => Promise<void>) => Deno.test({ name, ignore, fn });

check("compile makes the program of this machine and lets it say its version", async () => {
  await using compiler = await Compiler.making(ZAG);
  const { options } = compiler;
  const program = await compileFor(HOST, options);
  assertEquals(program, `${options.outdir}/zag-${HOST}`);
  const args = await compiler.args();
  assertEquals(args, compilerArguments(HOST, options.bundle, program));
  assertEquals(args[0], "compile");
  assertEquals(args.at(-1), options.bundle);
  for (const arg of ["--no-config", "--no-lock", "--no-npm", "--no-remote", `--target=${HOST}`]) {
    assert(args.includes(arg), arg);
  }
});

check("compile refuses a program that is not zag, and removes it", async () => {
  for (const answer of ["deno 2.9.6 (stable)", "zag 0.0.1", ""]) {
    await using compiler = await Compiler.making(`#!/bin/sh\necho "${answer}"\n`);
    const error = await assertRejects(() => compileFor(HOST, compiler.options));
    assertStringIncludes((error as Error).message, `What was compiled is not zag`);
    assertStringIncludes((error as Error).message, JSON.stringify(answer).slice(0, -1));
    assertEquals(await compiler.made(), []);
  }
  await using broken = await Compiler.making("\x7fELF");
  await assertRejects(() => compileFor(HOST, broken.options), Error, "is not zag");
});

check("compile looks at a program for another machine and does not start it", async () => {
  await using right = await Compiler.making(headOf(OTHER));
  assertEquals(
    await compileFor(OTHER, right.options),
    `${right.options.outdir}/zag-${OTHER}`,
  );
  await using wrong = await Compiler.making(headOf(HOST));
  await assertRejects(() => compileFor(OTHER, wrong.options), Error, `a program for ${HOST}`);
  assertEquals(await wrong.made(), []);
  await using text = await Compiler.making(ZAG);
  await assertRejects(() => compileFor(OTHER, text.options), Error, "an unknown system");
});

Deno.test("targetOf() tells the targets apart by their first bytes", () => {
  assertEquals(TARGETS.map((target) => targetOf(headOf(target))), [...TARGETS]);
  assertEquals(targetOf(new Uint8Array(64)), undefined);
});

Deno.test("permissionsFor() allows everything only where /proc is needed", () => {
  assertEquals(permissionsFor("aarch64-unknown-linux-gnu"), ["--allow-all"]);
  for (const target of ["aarch64-apple-darwin", "x86_64-pc-windows-msvc"] as const) {
    const flags = permissionsFor(target);
    assert(flags.includes("--no-prompt") && flags.includes("--allow-run"));
    assert(!flags.some((flag) => /import|all$/.test(flag)), target);
    assertEquals(flags.includes("--allow-ffi"), target.includes("apple"));
  }
});

check("compile says how to go on without a network", async () => {
  const url = `https://dl.deno.land/release/v2.9.6/denort-${HOST}.zip`;
  await using compiler = await Compiler.create(
    `echo "error: error sending request for url (${url}): dns error" >&2; exit 1`,
  );
  const error = await assertRejects(() => compileFor(HOST, compiler.options)) as Error;
  assertStringIncludes(error.message, "the runtime cannot be downloaded");
  assertStringIncludes(error.message, `Download ${url} where`);
  assertStringIncludes(error.message, "set DENORT_BIN");
});

check("compile packs what it made and writes checksums that sha256sum accepts", async () => {
  await using compiler = await Compiler.making(ZAG);
  const { outdir, bundle } = compiler.options;
  const { stdout, code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `import { main } from ${JSON.stringify(new URL(`file://${SCRIPT}`).href)};
      Deno.exit(await main(Deno.args, ${JSON.stringify(compiler.deno)}));`,
      `--outdir=${outdir}`,
      `--bundle=${bundle}`,
    ],
    env: { DENORT_BIN: "" },
  }).output();
  const name = `zag-${Deno.build.target}`;
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  assertStringIncludes(new TextDecoder().decode(stdout), `${outdir}/${name}: 0.0 MB`);
  assertEquals(await compiler.made(), ["SHA256SUMS", name, `${name}.gz`]);
  const checked = await new Deno.Command("sh", {
    args: ["-c", `sha256sum -c SHA256SUMS && gzip -dc ${name}.gz | cmp - ${name}`],
    cwd: outdir,
  }).output();
  assertEquals(checked.code, 0, new TextDecoder().decode(checked.stderr));
});

Deno.test("compile refuses what it cannot use", async () => {
  // In a process of its own: this one has its variables in common with the other tests.
  const refusal = async (...args: string[]) => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", SCRIPT, ...args],
      env: { DENORT_BIN: "/denort" },
    }).output();
    assertEquals(code, 64, args.join(" "));
    return new TextDecoder().decode(stderr);
  };
  assertStringIncludes(await refusal("--nothing"), "--nothing");
  assertStringIncludes(await refusal("--target=amiga"), "amiga");
  assertStringIncludes(await refusal("--all"), "the runtime of one");
});

Deno.test({
  name: "compile notices that DENORT_BIN is deno itself",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const dir = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${dir}/zag.js`, `console.log("zag ${version}");`);
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", SCRIPT, `--bundle=${dir}/zag.js`, `--outdir=${dir}/dist`],
        env: { DENORT_BIN: Deno.execPath() },
      }).output();
      assertEquals(code, 1);
      assertStringIncludes(
        new TextDecoder().decode(stderr),
        `--version says "deno ${Deno.version.deno}`,
      );
      assertEquals(await Array.fromAsync(Deno.readDir(`${dir}/dist`)), []);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});
