/**
 * Makes one program of zag that needs no Deno: `dist/zag-TARGET` (with `.exe` for Windows), the same
 * with `.gz` for the download, and `dist/SHA256SUMS` over what lies there.
 *
 * `deno run -A scripts/compile.ts [--all | --target=TARGET...] [--bundle=ZAG.JS] [--outdir=DIR]`
 *
 * Without a target, the one of this machine. What is compiled is the bundle: made by
 * `scripts/bundle.ts` if none is named. So no package of npm and nothing that is unused is inside.
 *
 * `deno compile` takes the runtime from `$DENORT_BIN`, else it downloads it from dl.deno.land. The
 * runtime is that of one target, so `DENORT_BIN` and several targets do not go together. A program
 * for this machine has to answer `--version`; one for another machine is looked at, and has to be a
 * program for that machine. What fails is removed.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "../deno.json" with { type: "json" };
import { BundleError, makeBundle } from "./bundle.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** The systems that zag is released for, as Deno names them. */
export const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
] as const;

/** One of {@linkcode TARGETS}. */
export type Target = typeof TARGETS[number];

/** What is compiled, and with what. */
export interface CompileOptions {
  /** Path of `zag.js`. */
  readonly bundle: string;
  readonly outdir: string;
  /** The Deno that compiles; the one that runs this by default. */
  readonly deno?: string;
  /** The target of this machine; other programs are not started. */
  readonly host?: string;
}

/** A program cannot be made, or is not zag. */
export class CompileError extends Error {
  override name = "CompileError";
}

/** Name of the program for a target. */
export function programName(target: Target): string {
  return `zag-${target}${target.includes("windows") ? ".exe" : ""}`;
}

/**
 * What a program for this target is allowed to do. Whoever starts a compiled program cannot change
 * it, so this has to be enough for every command.
 *
 * - `read`, `write`, `env`, `run`: agents work in any directory, with any variable and program.
 * - `net`: the server of Ollama wherever it is, and releases wherever they are.
 * - `sys`: the user's id, and the free space of a disk.
 * - `ffi`: the pseudo-terminal of `run --headless`, which Windows has not.
 *
 * `import` is not among them: every module is inside. But Deno shows `/proc` only to a program that
 * may do everything, and on Linux zag finds an agent's children there; without it, it would have to
 * run `ps` every time, which slim containers do not have. So on Linux it is everything.
 */
export function permissionsFor(target: Target): string[] {
  if (target.includes("linux")) return ["--allow-all"];
  const names = ["read", "write", "env", "run", "net", "sys=uid,statfs"];
  if (!target.includes("windows")) names.push("ffi");
  return ["--no-prompt", ...names.map((name) => `--allow-${name}`)];
}

/**
 * Compiles for one target, and checks what came out.
 *
 * @returns The path of the program.
 * @throws {CompileError} When there is no program of zag at the end; nothing is left then.
 */
export async function compileFor(target: Target, options: CompileOptions): Promise<string> {
  const { bundle, outdir, deno = Deno.execPath(), host = Deno.build.target } = options;
  await Deno.mkdir(outdir, { recursive: true });
  const program = join(outdir, programName(target));
  // A program that runs cannot be overwritten, but removed.
  await Deno.remove(program).catch(ignoreMissing);
  try {
    await runCompiler(deno, compilerArguments(target, bundle, program), target);
    if (target === host) await checkAnswer(program);
    else await checkHead(program, target);
    return program;
  } catch (error) {
    await Deno.remove(program).catch(ignoreMissing);
    throw error;
  }
}

/** The arguments for Deno. Nothing beside the bundle counts: no configuration, lock or package. */
export function compilerArguments(target: Target, bundle: string, program: string): string[] {
  return [
    "compile",
    "--quiet",
    "--no-check",
    "--no-config",
    "--no-lock",
    "--no-npm",
    "--no-remote",
    `--target=${target}`,
    "--app-name=zag",
    `--output=${program}`,
    ...permissionsFor(target),
    bundle,
  ];
}

async function runCompiler(deno: string, args: string[], target: Target): Promise<void> {
  const { code, stderr } = await new Deno.Command(deno, {
    args,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code === 0) return;
  const said = new TextDecoder().decode(stderr).trim();
  const url = said.match(/https?:\/\/[^\s)]*denort[^\s)]*/)?.[0];
  if (url !== undefined) {
    throw new CompileError(
      `Cannot compile for ${target}: the runtime cannot be downloaded\n` +
        `Download ${url} where that is possible, and set DENORT_BIN to the denort in it\n\n${said}`,
    );
  }
  const given = Deno.env.get("DENORT_BIN");
  const about = given ? ` with DENORT_BIN=${given}` : "";
  throw new CompileError(`Cannot compile for ${target}${about}: deno says\n\n${said}`);
}

/** Runs the program: a runtime that is not one makes a copy of itself that knows nothing of zag. */
async function checkAnswer(program: string): Promise<void> {
  const expected = `zag ${manifest.version}\n`;
  let answer: string;
  try {
    const { code, stdout } = await new Deno.Command(resolve(program), {
      args: ["--version"],
      stdin: "null",
      stderr: "null",
    }).output();
    answer = code === 0 ? new TextDecoder().decode(stdout) : `exit code ${code}`;
  } catch (error) {
    answer = error instanceof Error ? error.message : String(error);
  }
  if (answer === expected) return;
  throw new CompileError(
    `What was compiled is not zag: --version says ${JSON.stringify(answer.slice(0, 200))} ` +
      `instead of ${JSON.stringify(expected)}\n` +
      "If DENORT_BIN is set, it has to be a denort, the runtime for compiled programs, not deno",
  );
}

async function checkHead(program: string, target: Target): Promise<void> {
  const bytes = new Uint8Array(4096);
  try {
    using file = await Deno.open(program);
    await file.read(bytes);
  } catch (error) {
    throw new CompileError(`Cannot read what was compiled for ${target}: ${error}`);
  }
  const found = targetOf(bytes);
  if (found === target) return;
  throw new CompileError(
    `What was compiled for ${target} is a program for ${found ?? "an unknown system"}\n` +
      "If DENORT_BIN is set, it has to be the runtime of that target",
  );
}

/** The target that a program was made for, told by its first bytes; undefined for any other. */
export function targetOf(bytes: Uint8Array): Target | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  if (magic === 0x7f454c46) {
    const machines: Record<number, Target> = {
      0x3e: "x86_64-unknown-linux-gnu",
      0xb7: "aarch64-unknown-linux-gnu",
    };
    return machines[view.getUint16(18, true)];
  }
  if (magic === 0xcffaedfe) {
    const machines: Record<number, Target> = {
      0x01000007: "x86_64-apple-darwin",
      0x0100000c: "aarch64-apple-darwin",
    };
    return machines[view.getUint32(4, true)];
  }
  if (view.getUint16(0) !== 0x4d5a) return undefined;
  const header = view.getUint32(0x3c, true);
  const isX64 = header + 6 <= bytes.length && view.getUint32(header) === 0x50450000 &&
    view.getUint16(header + 4, true) === 0x8664;
  return isX64 ? "x86_64-pc-windows-msvc" : undefined;
}

/**
 * Packs a file with gzip.
 *
 * @returns The path of the result, which ends in `.gz`.
 */
export async function pack(path: string): Promise<string> {
  const packed = `${path}.gz`;
  const [from, to] = [await Deno.open(path), await Deno.create(packed)];
  await from.readable.pipeThrough(new CompressionStream("gzip")).pipeTo(to.writable);
  return packed;
}

/**
 * Writes `SHA256SUMS`: a line for each file, in the form that `sha256sum -c` reads.
 *
 * @param names Of files in this directory.
 */
export async function writeChecksums(directory: string, names: readonly string[]): Promise<void> {
  const lines = await Promise.all(
    [...names].sort().map(async (name) => {
      const digest = await crypto.subtle.digest(
        "SHA-256",
        await Deno.readFile(join(directory, name)),
      );
      return `${new Uint8Array(digest).toHex()}  ${name}\n`;
    }),
  );
  await Deno.writeTextFile(join(directory, "SHA256SUMS"), lines.join(""));
}

async function compileAll(targets: readonly Target[], options: CompileOptions): Promise<void> {
  const { outdir } = options;
  for (const target of targets) {
    const program = await compileFor(target, options);
    const packed = await pack(program);
    const size = async (path: string) => `${((await Deno.stat(path)).size / 1e6).toFixed(1)} MB`;
    const checked = target === (options.host ?? Deno.build.target) ? "runs" : "was not run";
    console.log(`${program}: ${await size(program)}, packed ${await size(packed)}, ${checked}`);
  }
  const names: string[] = [];
  for await (const { name } of Deno.readDir(outdir)) {
    if (TARGETS.some((target) => name.startsWith(programName(target)))) names.push(name);
  }
  await writeChecksums(outdir, names);
  console.log(join(outdir, "SHA256SUMS"));
}

/**
 * The program of this script.
 *
 * @param deno The Deno that compiles.
 */
export async function main(args: readonly string[], deno = Deno.execPath()): Promise<number> {
  const value = (flag: string) =>
    args.filter((arg) => arg.startsWith(`${flag}=`)).map((arg) => arg.slice(flag.length + 1));
  const unknown = args.find((arg) => !/^--(all|(target|bundle|outdir)=.+)$/.test(arg)) ??
    value("--target").find((target) => !(TARGETS as readonly string[]).includes(target));
  if (unknown !== undefined) {
    console.error(`Cannot use ${JSON.stringify(unknown)}: see the head of scripts/compile.ts`);
    return 64;
  }
  const named = value("--target") as Target[];
  const targets = args.includes("--all")
    ? TARGETS
    : named.length > 0
    ? named
    : [Deno.build.target as Target];
  if (!TARGETS.includes(targets[0]!)) {
    console.error(`Cannot compile on ${targets[0]} without --target: zag is not released for it`);
    return 64;
  }
  if (targets.length > 1 && Deno.env.get("DENORT_BIN")) {
    console.error("Cannot use DENORT_BIN for several targets: it is the runtime of one. Give one");
    return 64;
  }
  const outdir = resolve(value("--outdir").at(-1) ?? join(ROOT, "dist"));
  try {
    const bundle = value("--bundle").at(-1) ??
      (await makeBundle({ outdir, minify: true })).program;
    await compileAll(targets, { bundle: resolve(bundle), outdir, deno });
    return 0;
  } catch (error) {
    if (!(error instanceof CompileError || error instanceof BundleError)) throw error;
    console.error(error.message);
    return 1;
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
