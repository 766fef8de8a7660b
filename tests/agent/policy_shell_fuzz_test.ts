/**
 * What shells really run, against what policies say of it: lines of commands, quotations, comments,
 * substitutions and redirections, with stand-ins for the programs.
 */
import { decide } from "../../src/agent/policy_match.ts";
import type { PermissionAction, Policy } from "../../src/providers/policy.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { writeProgramSync } from "../support/program_file.ts";

const SEED = 20_261;
const LINES = 120;
const LONGEST_MS = 60_000;

/** Numbers from 0 to below `n`, the same in every run. */
function numbers(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = state + 0x6d2b79f5 | 0;
    let t = Math.imul(state ^ state >>> 15, 1 | state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) % n;
  };
}

/** Writes lines for a shell; `evil` is what must not run, and it ends with 1. */
class Writer {
  readonly #number: (n: number) => number;

  constructor(seed: number) {
    this.#number = numbers(seed);
  }

  #one<T>(values: readonly T[]): T {
    return values[this.#number(values.length)]!;
  }

  #some(most: number, make: () => string, between = ""): string {
    return Array.from({ length: this.#number(most + 1) }, make).join(between);
  }

  line(): string {
    const kind = this.#number(4);
    return kind === 0 ? this.#soup() : kind === 1 ? this.#mild() : this.#list(2);
  }

  /** Such as may be allowed. */
  #mild(): string {
    const words = [
      "a",
      "'b; evil'",
      '"c # \'"',
      "\\;",
      "\\'",
      "a#b",
      "2>&1",
      ">/dev/null",
      "$X",
      '"$X"',
    ];
    const odd = this.#number(3) === 0
      ? ["#'\n", ">&1f", "''#'\n", "'", '"', "\\", "\u00a0# '\n"]
      : [];
    const word = () => " " + this.#one([...words, ...odd]);
    const command = () => "fine" + this.#some(3, word);
    return command() + this.#some(2, () => this.#one(["; ", "&&", "\n", "|", " & "]) + command()) +
      this.#one(["", "", "", "\n# '", "\nevil", "\nevil '"]);
  }

  /** Without any grammar. */
  #soup(): string {
    const tokens = [
      ...["fine", "fine", "evil", "evil", " ", " ", " ", "\n", "'", "'", '"', '"', "#", " #", ";"],
      ...["&", "|", "\\", "\\\n", "`", "$(", ")", "<<E\n", "\nE\n", ">f ", " 2>&1", " >/dev/null"],
      ...[">&1f", "$", " A=1 ", "! ", "if ", "; then ", "; fi", "env ", "\t", "\u00a0", "$'", "\r"],
      ...["{ ", "; }", "(", "x", "-c", "&& ", "|| ", "<f ", "{", "}", ",", "''"],
    ];
    return "fine " + Array.from({ length: 3 + this.#number(12) }, () => this.#one(tokens)).join("");
  }

  #list(depth: number): string {
    const commands = Array.from({ length: 1 + this.#number(3) }, () => this.#command(depth));
    return commands.reduce((line, each) =>
      line + this.#one(["; ", ";", " && ", " || ", "\n", " & ", " | ", "|", "\n\n"]) + each
    ) + this.#one(["", "", "", ";", "\n", " &", " # the end", " # it's", " #'\n"]);
  }

  #command(depth: number): string {
    const inner = () => this.#list(depth - 1);
    if (depth > 0 && this.#number(6) === 0) {
      return this.#one([
        () => `(${inner()}\n)`,
        () => `{ ${inner()}\n}`,
        () => `if ${inner()}\nthen ${inner()}\nelse ${inner()}\nfi`,
        () => `while ${this.#name("evil")}; do fine; break; done`,
        () => `until ${this.#name("fine")}; do ${inner()}\ndone`,
        () => `for x in a b; do ${inner()}\ndone`,
        () => `case x in x) ${inner()}\n;; esac`,
        () => `! ${this.#simple(depth)}`,
        () => `fine <<E\n${this.#word(depth)}\nE\n`,
      ])();
    }
    return this.#simple(depth);
  }

  #simple(depth: number): string {
    const before = this.#some(1, () =>
      this.#one([
        ...["A=1 ", "A='x y' ", 'A="x y" ', "A=x\\ y ", ">f ", '2>>"f g" ', "<f ", "3>f\\ g "],
        ...["env ", "env A=1 ", "command ", "nice ", 'env -i PATH="$PATH" RAN="$RAN" ', "eval "],
      ]));
    const rest = this.#some(3, () => this.#one([" ", "  ", "\t", " \\\n"]) + this.#argument(depth));
    return before + this.#name(this.#one(["fine", "fine", "evil"])) + rest;
  }

  #name(name: string): string {
    if (this.#number(3) > 0) return name;
    const [a, b] = [name.slice(0, 2), name.slice(2)];
    return this.#one([
      ...[`"${name}"`, `'${name}'`, `\\${name}`, `${a}\\${b}`, `${a}''${b}`, `"${a}"${b}`],
      ...[`${a}\\\n${b}`, `"${a}\\\n${b}"`, `$BIN/${name}`, `"$BIN"/${name}`, `${name}$NONE`],
    ]);
  }

  #argument(depth: number): string {
    return this.#one([
      () => this.#word(depth),
      () => this.#word(depth),
      () =>
        this.#one([">f", "> 'f g'", ">&1f", "2>&1", ">/dev/null", "2>>/dev/null", "2>&1.f", "&>f"]),
      () => this.#one(["# no", "#'\n", "# it's \"\n", "a#b", "''#'\n", "\\# x", '"#"', "$#"]),
    ])();
  }

  #word(depth: number): string {
    const inner = () => this.#list(depth - 1);
    const plain = [
      "a",
      "'b; evil'",
      '"c\n evil #"',
      "\\;",
      "\\'",
      '\\"',
      "$X",
      '"$X"',
      "*",
      "''",
      "$'",
    ];
    if (depth === 0 || this.#number(3) > 0) {
      return this.#one([...plain, "\\\\", '"\\""', '"\\\\"', "~"]);
    }
    return this.#one([
      () => `$(${inner()}\n)`,
      () => `"$(${inner()}\n)"`,
      () => `\`${this.#name("evil")}\``,
      () => `"\`evil a\`"`,
      () => `"\${X:-$(${inner()}\n)}"`,
      () => `\${X:-'${this.#one(["evil", "}", "; evil"])}'}`,
      () => `$((1 + $(evil)1))`,
    ])();
  }
}

/** Runs each line in a directory of its own; the end is when what they have put into the background ends. */
function driver(lines: readonly string[]): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const runs = lines.map((line, index) =>
    `cd "$ROOT/work/${index}"; RAN="$ROOT/ran/${index}" "$SHELL_PROGRAM" -c ${quoted(line)}\n`
  );
  return `{ ${runs.join("")} } 9>&1 >/dev/null 2>&1 </dev/null | cat\n`;
}

interface Ran {
  readonly programs: ReadonlySet<string>;
  readonly wrote: boolean;
}

/** What each line runs, and whether it makes a file. */
async function runAll(shell: string, lines: readonly string[]): Promise<Ran[]> {
  const root = await Deno.makeTempDir();
  try {
    for (const name of ["bin", "ran", "work"]) Deno.mkdirSync(`${root}/${name}`);
    for (const [name, code] of [["fine", 0], ["evil", 1]] as const) {
      const program = `#!/bin/sh\necho ${name} >> "$RAN"\nexit ${code}\n`;
      writeProgramSync(`${root}/bin/${name}`, program);
    }
    for (const name of ["env", "nice", "cat"]) {
      const path = ["/usr/bin", "/bin"].map((each) => `${each}/${name}`).find(isThere);
      Deno.symlinkSync(path!, `${root}/bin/${name}`);
    }
    for (const index of lines.keys()) {
      Deno.mkdirSync(`${root}/work/${index}`);
    }
    Deno.writeTextFileSync(`${root}/driver`, driver(lines));
    const child = new Deno.Command("/bin/sh", {
      args: [`${root}/driver`],
      clearEnv: true,
      env: { PATH: `${root}/bin`, BIN: `${root}/bin`, ROOT: root, SHELL_PROGRAM: shell },
      detached: true,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    // A line at which a shell hangs takes those behind it away, and nothing of what was seen.
    const timer = setTimeout(() => Deno.kill(-child.pid, "SIGKILL"), LONGEST_MS);
    await child.status;
    clearTimeout(timer);
    return lines.map((_, index) => ({
      programs: new Set(readIfThere(`${root}/ran/${index}`).split("\n").filter(Boolean)),
      wrote: [...Deno.readDirSync(`${root}/work/${index}`)].length > 0,
    }));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function readIfThere(path: string): string {
  return isThere(path) ? Deno.readTextFileSync(path) : "";
}

function said(policy: Policy, text: string): PermissionAction {
  const context = { cwd: "/project", home: "/home/me", realPath: (path: string) => path };
  return decide(policy, { kind: "shell", text }, context).action;
}

const ALLOWS: Policy = {
  default: "deny",
  rules: [{ action: "allow", kind: "shell", pattern: "fine *" }],
};
const DENIES: Policy = {
  default: "allow",
  rules: [{ action: "deny", kind: "shell", pattern: "evil *" }],
};

const SHELLS = ["/bin/sh", "/bin/bash", "/bin/zsh"].filter(isThere);

Deno.test({
  name: "decide: what a shell runs is what a policy has seen, for lines of every kind",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const writer = new Writer(SEED);
    const lines = Array.from({ length: LINES }, () => writer.line());
    const all = await Promise.all(SHELLS.map((shell) => runAll(shell, lines)));
    let [evil, allowed] = [0, 0];
    for (const [at, ran] of all.entries()) {
      for (const [index, { programs, wrote }] of ran.entries()) {
        const line = lines[index]!;
        const what = `${SHELLS[at]} runs ${[...programs]}: ${JSON.stringify(line)}`;
        const isAllowed = said(ALLOWS, line) === "allow";
        if (programs.has("evil")) {
          evil++;
          assertEquals(said(DENIES, line), "deny", what);
        }
        if (!isAllowed) continue;
        assert(!programs.has("evil"), what);
        assert(!wrote, `a file was made: ${what}`);
        if (programs.has("fine")) allowed++;
      }
    }
    // It says something only as long as both happen often.
    assert(evil > LINES / 5, `evil ran ${evil} times`);
    assert(allowed > LINES / 20, `fine was allowed ${allowed} times`);
  },
});
