/** The completions in the shells themselves: what is typed, completed and run arrives as it was meant. */
import { canRun, inHome, waitFor } from "./support.ts";
import { fromFileUrl } from "../support/paths.ts";
import { Pty } from "../support/pty.ts";
import { type TestHome, ZAG } from "../support/zag.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** What is typed, where a tab stands for the key, and the arguments that the program then gets. */
const TYPED: readonly (readonly [typed: string, args: readonly string[]])[] = [
  ["zag exe\thi", ["exec", "hi"]],
  ["zag -q outp\t--lat\t", ["-q", "output", "--latest"]],
  ["zag session upd\tplain --clear\t", ["session", "update", "plain", "--clear-tags"]],
  ["zag exec --provider=mo\tx", ["exec", "--provider=mock", "x"]],
  ["zag -p moc\texec -m mock-sm\tx", ["-p", "mock", "exec", "-m", "mock-small", "x"]],
  ["zag output pla\t", ["output", "plain"]],
  ["zag output two\t", ["output", "two words"]],
  ["zag output 'two w\t", ["output", "two words"]],
  ['zag output "two w\t', ["output", "two words"]],
  ["zag output two\\ w\t", ["output", "two words"]],
  ["zag output team:al\t", ["output", "team:alpha"]],
  ["zag output --name=team:al\t", ["output", "--name=team:alpha"]],
  ["zag output it\t", ["output", 'it\'s $HOME `x` "y" \\z']],
  ["zag output 'od\t", ["output", "odd;(name)&*"]],
  ["zag output grü\t", ["output", "grün"]],
  ["zag collect --tag=big\\ t\t", ["collect", "--tag=big tag"]],
  ["zag exec --file not\tx", ["exec", "--file", "notes of mine.md", "x"]],
  ["zag exec --file=not\tx", ["exec", "--file=notes of mine.md", "x"]],
  ["zag exec -r deep\tin x", ["exec", "-r", "deeper/in", "x"]],
  ["zag config provider moc\t", ["config", "provider", "mock"]],
  ["zag config listen.form\tjso\t", ["config", "listen.format", "json"]],
  ["zag man orch\t", ["man", "orchestration"]],
];

const NAMES = [
  "plain",
  "two words",
  "team:alpha",
  'it\'s $HOME `x` "y" \\z',
  "odd;(name)&*",
  "grün",
];

/** A home with sessions of odd names, and a zag that writes down how it is called. */
async function prepare(home: TestHome): Promise<string> {
  const args = `${home.path}/args`;
  await home.program(
    "zag",
    `#!/bin/sh
case $1 in
  complete | completions) exec ${ZAG.shell} "$@" ;;
esac
for word; do printf '%s\\n' "$word"; done >> '${args}.part'
echo --end-- >> '${args}.part'
`,
  );
  for (const name of NAMES) {
    const { code, stderr } = await home.zag(
      ["-p", "mock", "exec", "--name", name, "--tag", "big tag", "hi"],
    );
    assertEquals(code, 0, stderr);
  }
  await Deno.writeTextFile(`${home.work}/notes of mine.md`, "");
  await Deno.mkdir(`${home.work}/deeper`);
  return `${args}.part`;
}

async function recorded(path: string): Promise<string[][]> {
  const text = await Deno.readTextFile(path).catch(() => "");
  return text.split("--end--\n").slice(0, -1).map((call) => call.split("\n").slice(0, -1));
}

Deno.test(
  "docs/completions.md: every line works",
  inHome(async (home) => {
    await prepare(home);
    const page = await Deno.readTextFile(
      fromFileUrl(new URL("../../docs/completions.md", import.meta.url)),
    );
    const [, lines = ""] = /```sh\n([^]*?)```/.exec(page) ?? [];
    const { code, stderr } = await new Deno.Command("sh", {
      args: ["-ec", lines],
      cwd: home.work,
      env: home.env(),
      clearEnv: true,
    }).output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
    const files = [...lines.matchAll(/> ~(\S+)/g)].map((match) => `${home.path}${match[1]}`);
    assertEquals(files.length, 3);
    for (const file of files) assert((await Deno.readTextFile(file)).includes("zag complete"));
  }),
);

interface Shell {
  name: string;
  args: string[];
  /** What makes it know the completions. */
  setUp: string;
}

const SHELLS: Shell[] = [
  {
    name: "bash",
    args: ["--noprofile", "--norc", "-i"],
    setUp: 'bind "set enable-bracketed-paste off"; eval "$(zag completions bash)"',
  },
  {
    name: "zsh",
    args: ["-f", "-i"],
    setUp: 'autoload -Uz compinit && compinit -u && eval "$(zag completions zsh)"',
  },
  {
    name: "fish",
    args: ["--no-config", "-i"],
    setUp: "zag completions fish | source",
  },
];

for (const { name, args, setUp } of SHELLS) {
  Deno.test({
    name: `completions: ${name} completes what is typed in it` +
      (canRun(name) ? "" : ` (not run: there is no ${name} on PATH)`),
    ignore: !canRun(name),
    fn: inHome(async (home) => {
      const calls = await prepare(home);
      const env = home.env({ TERM: "xterm-256color", LC_ALL: "C.UTF-8", SHELL: name, PS1: "> " });
      await using pty = new Pty(name, args, { cwd: home.work, env, columns: 200 });
      pty.type(`${setUp}; echo rea''dy\r`);
      await pty.waitFor("ready");
      for (const [index, [typed, wanted]] of TYPED.entries()) {
        pty.type(`${typed}\r`);
        const call = await waitFor(
          `${typed}\n${pty.text.slice(-2000)}`,
          async () => (await recorded(calls))[index],
        );
        assertEquals(call, wanted, `${JSON.stringify(typed)}\n${pty.text.slice(-1000)}`);
      }
      pty.type("exit\r");
      await pty.waitForExit();
    }),
  });
}
