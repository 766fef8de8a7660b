/** Flags in the code, in the help, in the manual and in the completions are the same ones. */
import { run } from "../../src/cli/app.ts";
import {
  type AnyCommand,
  type Flag,
  flagName,
  isGroup,
  type Route,
} from "../../src/cli/command.ts";
import { commands } from "../../src/cli/commands.ts";
import { knownFlagSource } from "../../src/cli/complete_sources.ts";
import { commandFlags } from "../../src/cli/flag_lookup.ts";
import { globalFlags } from "../../src/cli/flags.ts";
import { PAGE_NAMES } from "../../src/man/pages.ts";
import { fakeContext } from "../fakes/context.ts";
import { sources } from "../man/manual.ts";
import { assert, assertEquals } from "../support/assert.ts";

interface Listed {
  path: string[];
  command: AnyCommand;
}

function listed(routes: readonly Route[], before: readonly string[] = []): Listed[] {
  return routes.filter(({ hidden }) => !hidden).flatMap((route) => {
    const path = [...before, route.name];
    return isGroup(route) ? listed(route.commands, path) : [{ path, command: route }];
  });
}

const LISTED = listed(commands);

async function printed(args: readonly string[]): Promise<string> {
  const ctx = fakeContext({ columns: 500 });
  assertEquals([await run(args, ctx), ctx.err], [0, ""], args.join(" "));
  return ctx.out;
}

/** The flags that a text lists, each at the beginning of a line. */
function listedFlags(text: string): string[] {
  return [...text.matchAll(/^ *(?:-[A-Za-z], )?(--[a-z][a-z-]*)(?: \[?<.*?>| {2}|$)/gm)]
    .map((match) => match[1]!).sort();
}

/** The part of a page that is about a command. */
async function manualOf(path: readonly string[]): Promise<string> {
  const page = await printed(["man", path[0]!]);
  if (path.length === 1) return page;
  const [, part] = page.split(new RegExp(`^### zag ${path.join(" ")}$`, "m"));
  assert(part !== undefined, path.join(" "));
  return part.split(/^##/m)[0]!;
}

/** The lists that the program makes, without what is written by hand around them. */
function lists(page: string): string {
  return [...page.matchAll(/^```text\n([^]*?)^```$/gm)].map((match) => match[1]).join("\n");
}

async function completed(words: readonly string[]): Promise<string[]> {
  const [, ...lines] = (await printed(["complete", "zsh", "--", ...words])).trimEnd().split("\n");
  return lines.map((line) => line.split("\t")[0]!).sort();
}

Deno.test("flags: code, help, manual and completions know the same ones", async () => {
  assert(LISTED.length > 30);
  for (const { path, command } of LISTED) {
    const name = path.join(" ");
    const inCode = Object.entries<Flag>(commandFlags(command))
      .filter(([, { hidden }]) => !hidden).map(([key]) => `--${flagName(key)}`);
    const wanted = [...inCode, "--help"].sort();
    assertEquals(listedFlags(await printed(["help", ...path])), wanted, `help of ${name}`);
    assertEquals(await completed([...path, "--"]), wanted, `completions of ${name}`);
    // Another test tells of pages that are missing.
    if (!PAGE_NAMES.includes(path[0]!)) continue;
    // What all commands take is on the page about the program.
    const shared = [...Object.keys(globalFlags).map((key) => `--${flagName(key)}`), "--help"];
    const own = wanted.filter((flag) => !shared.includes(flag));
    assertEquals(listedFlags(lists(await manualOf(path))), own, `manual of ${name}`);
  }
});

Deno.test("flags: what the program itself takes is known everywhere, too", async () => {
  const wanted = [
    ...Object.keys(globalFlags).map((key) => `--${flagName(key)}`),
    "--help",
    "--help-agent",
    "--version",
  ].sort();
  assertEquals(listedFlags(await printed(["--help"])), wanted);
  assertEquals(listedFlags(lists(await printed(["man", "zag"]))), wanted);
  const before = await completed(["--"]);
  for (const flag of wanted) assert(before.includes(flag), flag);
  // Before a command stands what any command takes.
  const every = new Set(
    LISTED.flatMap(({ command }) =>
      Object.entries<Flag>(command.flags).filter(([, { hidden }]) => !hidden)
        .map(([key]) => `--${flagName(key)}`)
    ),
  );
  assertEquals(before, [...new Set([...wanted, ...every])].sort());
});

Deno.test("flags: the values that a flag allows are those that are told and completed", async () => {
  for (const { path, command } of LISTED) {
    const help = (await printed(["help", ...path])).replace(/\s+/g, " ");
    for (const [key, flag] of Object.entries<Flag>(command.flags)) {
      if (flag.kind !== "value" || !flag.choices || flag.hidden) continue;
      const name = `${path.join(" ")} --${flagName(key)}`;
      assertEquals(
        await completed([...path, `--${flagName(key)}`, ""]),
        [...flag.choices].sort(),
        name,
      );
      assert(help.includes(`[one of: ${flag.choices.join(", ")}]`), name);
    }
  }
});

Deno.test("flags: somebody has said where the values of each come from", () => {
  const unknown = LISTED.flatMap(({ path, command }) =>
    Object.entries<Flag>(command.flags).filter(([key, flag]) =>
      flag.kind !== "switch" && knownFlagSource(path, key, flag) === undefined
    ).map(([key]) => `${[...path, key].join(" ")}: a line in src/cli/complete_sources.ts`)
  );
  assertEquals(unknown, []);
});

Deno.test("flags: the manual speaks of none that does not exist", async () => {
  const known = new Set(["--help", "--help-agent", "--version"]);
  for (const { command } of LISTED) {
    for (const [key, { hidden }] of Object.entries<Flag>(commandFlags(command))) {
      if (!hidden) known.add(`--${flagName(key)}`);
    }
  }
  for (const { name, text } of await sources()) {
    const prose = text.replace(/^```[^]*?^```$/gm, "");
    for (const [flag] of prose.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)) {
      if (flag !== "--flag") assert(known.has(flag), `${name} speaks of ${flag}`);
    }
  }
});
