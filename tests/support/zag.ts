/** Runs the program as a user does: a real process, with a home of its own. */
import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fromFileUrl } from "./paths.ts";
import { writeProgram } from "./program_file.ts";

/** The main module: the repository's, or another build of it, such as a bundle: `$ZAG_TEST_MAIN`. */
export const MAIN = Deno.env.get("ZAG_TEST_MAIN") ||
  fromFileUrl(new URL("../../main.ts", import.meta.url));

/** What starts the program under test, before any argument of its own. */
export interface ZagProgram {
  readonly program: string;
  readonly args: readonly string[];
  /** Both as words of a shell. */
  readonly shell: string;
  /** Whether it is a program of its own, which needs no Deno. */
  readonly isCompiled: boolean;
}

/** The program under test: the main module, or `$ZAG_TEST_BIN` in place of it. */
export const ZAG: ZagProgram = programUnderTest(Deno.env.get("ZAG_TEST_BIN") || undefined);

function programUnderTest(compiled: string | undefined): ZagProgram {
  const program = compiled ?? Deno.execPath();
  const args = compiled === undefined ? ["run", "-A", "--no-prompt", MAIN] : [];
  const shell = [program, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  return { program, args, shell, isCompiled: compiled !== undefined };
}

/** Far more than the longest run of a test takes, in the largest size. */
const PATIENCE_MS = 300_000;

/** How a finished process ended and what it said. */
export interface Finished {
  code: number;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/** How zag is run. */
export interface ZagOptions {
  env?: Record<string, string | undefined>;
  /** Text for stdin; `"null"` (the default) closes it, `"open"` leaves a pipe open and silent. */
  stdin?: string | Uint8Array;
  cwd?: string;
}

let denoDir: string | undefined;

/** A fresh HOME would move Deno's cache too, and every test would download its packages again. */
async function cacheDir(): Promise<string> {
  if (denoDir === undefined) {
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] })
      .output();
    denoDir = String(JSON.parse(new TextDecoder().decode(stdout)).denoDir);
  }
  return denoDir;
}

/** A home directory for one test, with nothing in it. */
export class TestHome implements AsyncDisposable {
  /** HOME; the state directory is `.zag` below it unless a test says otherwise. */
  readonly path: string;
  /** An empty directory to work in, outside of any repository. */
  readonly work: string;
  /** Stands first on the PATH; programs that {@linkcode program} writes are here. */
  readonly bin: string;
  readonly #env: Record<string, string>;

  private constructor(path: string, work: string, env: Record<string, string>) {
    this.path = path;
    this.work = work;
    this.bin = `${path}/bin`;
    this.#env = { ...env, PATH: `${this.bin}:${env.PATH}` };
  }

  static async create(): Promise<TestHome> {
    const path = await Deno.realPath(await Deno.makeTempDir({ prefix: "zag-home-" }));
    const work = `${path}/work`;
    await Deno.mkdir(work);
    const inherited: Record<string, string> = {};
    for (const [name, value] of Object.entries(Deno.env.toObject())) {
      if (
        /^(PATH|LANG|LC_.*|TERM|TMPDIR|SYSTEMROOT|.*_CERT.*|.*_CA_.*|NPM_CONFIG_.*)$/i.test(name)
      ) {
        inherited[name] = value;
      }
    }
    return new TestHome(path, work, {
      ...inherited,
      HOME: path,
      DENO_DIR: await cacheDir(),
      // Whoever works on zag may have a server of their own; nothing answers at this address.
      OLLAMA_HOST: "127.0.0.1:1",
    });
  }

  /** The environment of this home, with changes. */
  env(changes: Record<string, string | undefined> = {}): Record<string, string> {
    const env: Record<string, string> = { ...this.#env };
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) delete env[name];
      else env[name] = value;
    }
    return env;
  }

  /** Starts zag and returns the running process. */
  spawn(
    args: readonly string[],
    options: ZagOptions & { stdio?: Partial<Deno.CommandOptions> } = {},
  ): Deno.ChildProcess {
    return new Deno.Command(ZAG.program, {
      args: [...ZAG.args, ...args],
      cwd: options.cwd ?? this.work,
      env: this.env(options.env),
      clearEnv: true,
      stdin: options.stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
      ...options.stdio,
    }).spawn();
  }

  /** Runs zag to its end; one that does not come to it is killed, and the test fails. */
  async zag(args: readonly string[], options: ZagOptions = {}): Promise<Finished> {
    const child = this.spawn(args, options);
    let isStuck = false;
    const patience = setTimeout(() => {
      isStuck = true;
      try {
        child.kill("SIGKILL");
      } catch {
        // It is gone, and something else holds its output open.
      }
    }, PATIENCE_MS);
    const finished = await this.#end(child, options).finally(() => clearTimeout(patience));
    if (!isStuck) return finished;
    throw new Error(`zag ${args.join(" ")} did not end, and said: ${finished.stderr}`);
  }

  async #end(child: Deno.ChildProcess, options: ZagOptions): Promise<Finished> {
    if (options.stdin !== undefined && options.stdin !== "open") {
      const writer = child.stdin.getWriter();
      const bytes = typeof options.stdin === "string"
        ? new TextEncoder().encode(options.stdin)
        : options.stdin;
      await writer.write(bytes).catch(() => {});
      await writer.close().catch(() => {});
    }
    const { code, signal, stdout, stderr } = await child.output();
    if (options.stdin === "open") await child.stdin.abort().catch(() => {});
    const decoder = new TextDecoder();
    return { code, signal, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  /** Puts an executable first on the PATH and returns its path. */
  async program(name: string, text: string, mode = 0o755): Promise<string> {
    await Deno.mkdir(this.bin, { recursive: true });
    const path = `${this.bin}/${name}`;
    await writeProgram(path, text, mode);
    return path;
  }

  /**
   * Rows of a table of the index in the order in which they were added; of usage in its own. Paths of
   * logs are made absolute.
   */
  rows(table: "sessions" | "processes" | "usage" | "resumes"): Record<string, unknown>[] {
    const db = new DatabaseSync(`${this.path}/.zag/zag.db`, { readOnly: true });
    try {
      const order = table === "usage" ? "session_id, seq" : "rowid";
      return db.prepare(`SELECT * FROM ${table} ORDER BY ${order}`).all().map((row) =>
        typeof row.log_path === "string"
          ? { ...row, log_path: resolve(this.path, ".zag", row.log_path) }
          : row
      );
    } finally {
      db.close();
    }
  }

  /** Session logs of this home, newest last, each as its parsed lines; they may grow meanwhile. */
  async logs(): Promise<Record<string, unknown>[][]> {
    const logs: Record<string, unknown>[][] = [];
    for (const path of await this.logPaths()) {
      const text = wholeLines(await Deno.readTextFile(path));
      logs.push(text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line)));
    }
    return logs;
  }

  /** Paths of all session logs of this home, oldest first. */
  async logPaths(): Promise<string[]> {
    const found: { path: string; time: number }[] = [];
    for await (const path of walk(`${this.path}/.zag`)) {
      if (!/[/\\]sessions[/\\][^/\\]+\.jsonl$/.test(path)) continue;
      found.push({ path, time: (await Deno.stat(path)).birthtime?.getTime() ?? 0 });
    }
    return found.sort((a, b) => a.time - b.time).map(({ path }) => path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true }).catch(() => {});
  }
}

/** A text without its last line if only a part of that is there: a reader may see half of a write. */
export function wholeLines(text: string): string {
  return text.slice(0, text.lastIndexOf("\n") + 1);
}

async function* walk(directory: string): AsyncGenerator<string> {
  try {
    for await (const entry of Deno.readDir(directory)) {
      const path = `${directory}/${entry.name}`;
      if (entry.isDirectory) yield* walk(path);
      else yield path;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
