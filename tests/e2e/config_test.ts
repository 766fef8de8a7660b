/** Settings as a user makes them: real processes, and the agents that they are made for. */
import { fromFileUrl } from "../support/paths.ts";
import { type TestHome, ZAG } from "../support/zag.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { originalKey, plant } from "./original_home.ts";
import { inHome, mock, script } from "./support.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

async function git(home: TestHome): Promise<void> {
  await new Deno.Command("git", { args: ["init", "-q"], cwd: home.work, env: home.env() }).output();
}

/** What reached an agent that was started without -p. */
async function received(home: TestHome): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await home.zag(["exec", "hi"], { env: script([{ do: "prompt" }]) });
  assertEquals(stderr, "");
  return JSON.parse(stdout);
}

Deno.test(
  "config of 20 processes at once loses no setting",
  inHome(async (home) => {
    await git(home);
    const { SETTINGS, shortKey } = await import("../../src/config/keys.ts");
    const keys = [...SETTINGS].filter(([, { globalOnly }]) => !globalOnly).map(([key]) => key);
    const wanted = keys.slice(0, 20).map((key) => {
      const { type, choices } = SETTINGS.get(key)!;
      const value = choices?.at(-1) ??
        (type === "integer" ? 7 : type === "boolean" ? true : `of ${key}`);
      return { key: shortKey(key), value };
    });
    assertEquals(wanted.length, 20);
    const ended = await Promise.all(
      wanted.map(({ key, value }) => home.zag(["config", "set", key, String(value)])),
    );
    assertEquals(ended.map(({ code }) => code), wanted.map(() => 0));
    const { stdout } = await home.zag(["config", "list", "--json"]);
    const listed = JSON.parse(stdout) as { key: string; value: unknown; source: string }[];
    assertEquals(
      listed.filter(({ source }) => source === "project").map(({ key, value }) => ({ key, value })),
      wanted,
    );
    const { stdout: path } = await home.zag(["config", "path"]);
    const folder = path.trim().slice(0, path.lastIndexOf("/"));
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name);
    assertEquals(left, ["zag.jsonc"]);
  }),
);

Deno.test(
  "config sets what exec then does",
  inHome(async (home) => {
    await git(home);
    for (const args of [["provider", "mock"], ["max_turns", "9"], ["model", "small"]]) {
      assertEquals((await home.zag(["config", "--global", ...args])).code, 0);
    }
    await home.zag(["config", "model.mock", "large"]);
    const got = await received(home);
    assertEquals([got.model, got.max_turns], ["mock-large", 9]);
    await home.zag(["config", "unset", "model.mock"]);
    assertEquals((await received(home)).model, "mock-small");
  }),
);

Deno.test(
  "a configuration that cannot be used stops what needs it, and nothing else",
  inHome(async (home) => {
    await plant(home, { "zag.jsonc": '{\n  "defaults": {"modle": "x"}\n}\n' });
    const place = `${home.path}/.zag/zag.jsonc:2:16: unknown key "defaults.modle"`;
    for (const args of [["exec", "hi"], ["discover"], ["config", "list"]]) {
      const { code, stdout, stderr } = await home.zag(args);
      assertEquals([code, stdout], [1, ""], args.join(" "));
      assertStringIncludes(stderr, place);
      assertStringIncludes(stderr, 'Did you mean "defaults.model"?');
    }
    for (
      const args of [["--version"], ["--help"], ["config", "--help"], ["config"], [
        "config",
        "path",
      ]]
    ) {
      assertEquals((await home.zag(args)).code, 0, args.join(" "));
    }
    assertEquals((await home.zag(["config", "reset"])).code, 0);
    assertEquals((await mock(home, [])).code, 0);
  }),
);

Deno.test(
  "what a zag.toml says holds for agents, and nothing is written by reading it",
  inHome(async (home) => {
    await plant(home, { "zag.toml": '[defaults]\nprovider = "mock"\nmodel = "large"\n' });
    assertEquals((await received(home)).model, "mock-large");
    assertEquals(await Deno.stat(`${home.path}/.zag/zag.jsonc`).catch(() => "none"), "none");
    await home.zag(["config", "max_turns", "3"]);
    const got = await received(home);
    assertEquals([got.model, got.max_turns], ["mock-large", 3]);
    await git(home);
    const own = `projects/${originalKey(home.work)}/zag.toml`;
    await plant(home, { [own]: '[listen]\nformat = "json"\n' });
    const { stdout } = await home.zag(["config", "get", "listen.format", "--json"]);
    assertEquals(JSON.parse(stdout).from, `${home.path}/.zag/${own}`);
  }),
);

Deno.test(
  "docs/configuration.md: every line works, in its order, and its file can be read",
  inHome(async (home) => {
    await git(home);
    await home.program("zag", `#!/bin/sh\nexec ${ZAG.shell} "$@"\n`);
    const page = await Deno.readTextFile(`${ROOT}docs/configuration.md`);
    const block = (language: string) =>
      new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? "";
    const lines = block("sh").trim().split("\n");
    assert(lines.length >= 10);
    for (const line of lines) {
      const { code, stdout } = await new Deno.Command("sh", {
        args: ["-c", line],
        cwd: home.work,
        env: home.env(),
        clearEnv: true,
      }).output();
      const said = new TextDecoder().decode(stdout);
      assertEquals([code, said !== ""], [0, true], line);
      const promised = /# prints: (.*)$/.exec(line)?.[1];
      if (promised !== undefined) assertEquals(said, `${promised}\n`, line);
    }
    await Deno.writeTextFile(`${home.path}/.zag/zag.jsonc`, block("jsonc"));
    assertEquals((await home.zag(["config", "get", "model.codex"])).stdout, "large\n");
  }),
);
