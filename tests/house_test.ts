/** Holds the walls between the rooms. */
import { isGroup } from "../src/cli/command.ts";
import { commands } from "../src/cli/commands.ts";
import { PROVIDER_NAMES } from "../src/providers/registry.ts";
import { assert, assertEquals } from "./support/assert.ts";

const ROOT = new URL("../", import.meta.url);

interface Source {
  /** Relative to the repository, with slashes. */
  path: string;
  text: string;
  /** The text without its comments. */
  code: string;
}

async function sources(folder: string): Promise<Source[]> {
  const found: Source[] = [];
  for await (const entry of Deno.readDir(new URL(folder, ROOT))) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory) found.push(...await sources(`${path}/`));
    else if (path.endsWith(".ts")) {
      const text = await Deno.readTextFile(new URL(path, ROOT));
      found.push({ path, text, code: withoutComments(text) });
    }
  }
  return found.sort((a, b) => a.path.localeCompare(b.path));
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

/** `path: line` for every line of code that matches, so that a failure says where. */
function lines(files: Source[], pattern: RegExp): string[] {
  return files.flatMap(({ path, code }) =>
    code.split("\n").filter((line) => pattern.test(line)).map((line) => `${path}: ${line.trim()}`)
  );
}

const src = await sources("src/");

Deno.test("house: every command has one file and one test of its name", async () => {
  const names = commands.flatMap((route) =>
    isGroup(route) ? route.commands.map(({ name }) => `${route.name}/${name}`) : [route.name]
  );
  const files = names.map((name) => name.replaceAll("-", "_")).sort();
  const listed = async (folder: string, ending: string) =>
    (await sources(folder)).map(({ path }) => path.slice(folder.length))
      .filter((path) => path.endsWith(ending) && !path.endsWith("/mod.ts"))
      .map((path) => path.slice(0, -ending.length)).sort();
  assertEquals(await listed("src/cli/commands/", ".ts"), files);
  assertEquals(await listed("tests/cli/commands/", "_test.ts"), files);
  assertEquals(new Set(names).size, names.length);
});

Deno.test("house: every provider has its folder and its line", async () => {
  const folders: string[] = [];
  for await (const entry of Deno.readDir(new URL("src/providers/", ROOT))) {
    if (entry.isDirectory) folders.push(entry.name);
  }
  assertEquals(folders.sort(), [...PROVIDER_NAMES].sort());
});

Deno.test("house: only config/paths.ts knows where files live", () => {
  const others = src.filter(({ path }) => path !== "src/config/paths.ts");
  assertEquals(lines(others, /["'`/]\.zag\b|["'`]ZAG_HOME\b|["'`](HOME|USERPROFILE)["'`]/), []);
});

Deno.test("house: nothing outside of cli/ prints or exits", () => {
  // The terminal's modes are reset by a sequence that has to go to the terminal itself, and a program
  // can ask for the entries of a log on its stderr.
  const allowed = ["src/processes/terminal.ts", "src/agent/stderr_stream.ts"];
  const others = src.filter(({ path }) => !path.startsWith("src/cli/") && !allowed.includes(path));
  assertEquals(
    lines(others, /\bconsole\.|\bDeno\.(stdout|stderr|exit)\b|\bprocess\.(stdout|exit)/),
    [],
  );
});

Deno.test("house: commands reach the world through their context only", () => {
  const files = src.filter(({ path }) => path.startsWith("src/cli/commands/"));
  assert(files.length > 0);
  assertEquals(lines(files, /\bconsole\.|\bDeno\./), []);
});

Deno.test("house: a command's declaration loads nothing but declarations", () => {
  const files = src.filter(({ path }) => path.startsWith("src/cli/commands/"));
  const light = /from "(\.\.\/){1,2}(command|flags|duration|names)\.ts"/;
  const ofGroup = /^src\/cli\/commands\/\w+\/mod\.ts: [\s\S]*from "\.\/\w+\.ts"/;
  const imports = files.flatMap(({ path, code }) =>
    [...code.matchAll(/^import (?!type )[\s\S]*?;$/gm)].map((match) => `${path}: ${match[0]}`)
  );
  assertEquals(imports.filter((line) => !light.test(line) && !ofGroup.test(line)), []);
});

Deno.test("house: nothing listens on a port", () => {
  const listens =
    /\b(Deno\.(listen\w*|serve)|createServer|createSecureServer)\(|node:(net|https?2?)\b/;
  assertEquals(lines(src, listens), []);
});

Deno.test("house: nothing but cli/ imports cli/", () => {
  const others = src.filter(({ path }) => !path.startsWith("src/cli/"));
  assertEquals(lines(others, /(from |import\()"\.[^"]*\/cli\//), []);
});

Deno.test("house: what agents are kept in knows nothing of who keeps them there", () => {
  const low = /^src\/(config|events|extensions|json|notify|processes|redact|search|sessions)\//;
  const files = src.filter(({ path }) => low.test(path));
  assertEquals(
    lines(files, /(from |import\()"[^"]*\/(agent|diagnostics|import|orchestration)\//),
    [],
  );
  // A launch needs neither import nor clean-up.
  const agent = src.filter(({ path }) => path.startsWith("src/agent/"));
  assertEquals(lines(agent, /(from |import\()"[^"]*\/(import|orchestration)\//), []);
});

Deno.test("house: providers describe and do no I/O", () => {
  const pure = src.filter(({ path }) =>
    path.startsWith("src/providers/") && !path.startsWith("src/providers/mock/agent")
  ).filter(({ path }) => /\/(mod|plan|events|transcript|limits|provider|json)\.ts$/.test(path));
  assert(pure.length >= 8);
  assertEquals(lines(pure, /\bDeno\.|node:(fs|child_process)|\bfetch\(/), []);
});

Deno.test("house: nobody outside of providers/ asks which provider it is", () => {
  const others = src.filter(({ path }) => !path.startsWith("src/providers/"));
  const names = PROVIDER_NAMES.join("|");
  assertEquals(lines(others, new RegExp(`[=!]==? ["'](${names})["']|case ["'](${names})["']`)), []);
});

Deno.test("house: every dependency comes from npm at one exact version", async () => {
  const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const loose = Object.entries<string>(config.imports).filter(([, target]) =>
    !/^npm:(@[\w-]+\/)?[\w.-]+@\d+\.\d+\.\d+(\/|$)/.test(target)
  );
  assertEquals(loose, []);
});

Deno.test("house: --version loads no command, provider, parser or server", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "main.ts"],
    cwd: ROOT,
  }).output();
  interface Dependency {
    isDynamic?: boolean;
    code?: { specifier?: string };
  }
  const { roots, modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    roots: string[];
    modules: { specifier: string; dependencies?: Dependency[] }[];
  };
  const loaded = new Set<string>();
  const visit = (specifier: string) => {
    if (loaded.has(specifier)) return;
    loaded.add(specifier);
    const module = modules.find((module) => module.specifier === specifier);
    for (const { isDynamic, code } of module?.dependencies ?? []) {
      if (!isDynamic && code?.specifier !== undefined) visit(code.specifier);
    }
  };
  roots.forEach(visit);
  const paths = [...loaded].map((specifier) => specifier.replace(ROOT.href, "")).sort();
  assertEquals(paths, [
    "deno.json",
    "main.ts",
    "src/cli/app.ts",
    "src/cli/context.ts",
    "src/version.ts",
  ]);
});

Deno.test("house: the version has exactly three numbers", async () => {
  const { version } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  assert(/^\d+\.\d+\.\d+$/.test(version));
});

Deno.test("house: the help of --provider names the providers that exist", async () => {
  const { agentFlags } = await import("../src/cli/flags.ts");
  for (const name of PROVIDER_NAMES) assert(agentFlags.provider.brief.includes(name), name);
});
