import { loadProvider, TIERS } from "../../src/providers/registry.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { Finished, TestHome, ZagOptions } from "../support/zag.ts";
import { claude, inHome, mock, replay, seen, standIn } from "./support.ts";

/** A provider besides claude whose program is needed, for tests in which claude stands in for it. */
const others = (await Promise.all(TIERS.map(loadProvider))).filter((provider) =>
  provider?.binary && provider.name !== "claude" && !provider.binary.interactiveOnly
);
const other = others[0];
const outdated = others.find((provider) => provider?.binary?.oldest !== undefined);

async function configure(home: TestHome, config: unknown): Promise<void> {
  await Deno.mkdir(`${home.path}/.zag`, { recursive: true });
  await Deno.writeTextFile(`${home.path}/.zag/zag.jsonc`, JSON.stringify(config));
}

/**
 * Runs `zag exec` without naming a provider; no agent is on the PATH but the programs of the home, and
 * no server is up.
 */
async function unpinned(
  home: TestHome,
  args: readonly string[] = [],
  options: ZagOptions = {},
): Promise<Finished> {
  return await home.zag(["exec", "hi", ...args], {
    ...options,
    env: {
      ZAG_CLAUDE_ALLOW_PRINT: "1",
      PATH: `${home.bin}:/usr/bin:/bin`,
      OLLAMA_HOST: "127.0.0.1:1",
      ...options.env,
    },
  });
}

/** A program that answers `--version` so, and notes every other call. */
async function program(home: TestHome, name: string, version: string): Promise<void> {
  await home.program(
    name,
    `#!/bin/sh
if [ "$*" = --version ]; then ${version}; exit; fi
echo "$0" >> "$HOME/called"
exit 1
`,
  );
}

async function called(home: TestHome): Promise<string> {
  return await Deno.readTextFile(`${home.path}/called`).catch(() => "");
}

function downgrade(reason: string): string {
  return `warning: Downgrading provider: ${other?.name} → claude (${reason})\n`;
}

Deno.test(
  "exec takes claude where nobody says anything, without a word",
  inHome(async (home) => {
    await standIn(home, replay("simple"));
    const { code, stdout, stderr } = await unpinned(home);
    assertEquals([code, stdout, stderr], [0, "STUB:hello\n", ""]);
    assertEquals(home.rows("sessions")[0]?.provider, "claude");
    assert(!/^--model/m.test(await seen(home, "args")), "the CLI's own model holds");
  }),
);

Deno.test(
  "exec with nothing installed says what it looked for, in the order of the tiers",
  inHome(async (home) => {
    const { code, stdout, stderr } = await unpinned(home, [], { env: { PATH: home.bin } });
    assertEquals([code, stdout], [2, ""]);
    assertMatch(stderr, /^error: Cannot start an agent: Claude Code: there is no program "claude"/);
    const found = (await Promise.all(TIERS.map(loadProvider))).map((provider) => {
      assertStringIncludes(stderr, provider!.binary!.install);
      return stderr.indexOf(provider!.displayName);
    });
    assertEquals(found, found.toSorted((a, b) => a - b));
    assert(found.every((at) => at > 0));
    assertEquals(await home.logPaths(), []);
  }),
);

Deno.test({
  name: "exec stands claude in for a configured provider that is missing, with one warning",
  ignore: !other,
  fn: inHome(async (home) => {
    await standIn(home, replay("simple"));
    await configure(home, { defaults: { provider: other!.name.toUpperCase() } });
    const { code, stdout, stderr } = await unpinned(home);
    assertEquals([code, stdout], [0, "STUB:hello\n"]);
    assertEquals(stderr, downgrade(`there is no program "${other!.binary!.name}" on PATH`));
    assertEquals(home.rows("sessions")[0]?.provider, "claude");
    assertEquals((await unpinned(home, ["-q"])).stderr, "");
  }),
});

Deno.test({
  name: "exec passes over a program that hangs, and leaves nothing of it running",
  ignore: !other,
  fn: inHome(async (home) => {
    await standIn(home, replay("simple"));
    await program(home, other!.binary!.name, "exec sleep 1000");
    await configure(home, { defaults: { provider: other!.name } });
    const { code, stdout, stderr } = await unpinned(home);
    assertEquals([code, stdout], [0, "STUB:hello\n"]);
    assertEquals(stderr, downgrade('its program did not answer "--version" within 5 s'));
    assertEquals(await called(home), "");
  }),
});

Deno.test({
  name: "exec passes over a program that is too old",
  ignore: !outdated,
  fn: inHome(async (home) => {
    await standIn(home, replay("simple"));
    await program(home, outdated!.binary!.name, "echo 0.0.1");
    await configure(home, { defaults: { provider: outdated!.name } });
    const { code, stdout, stderr } = await unpinned(home);
    assertEquals([code, stdout], [0, "STUB:hello\n"]);
    assertMatch(
      stderr,
      new RegExp(
        `^warning: Downgrading provider: ${
          outdated!.name
        } → .*\\(version 0\\.0\\.1 is too old: zag ` +
          `needs ${outdated!.binary!.oldest}`,
      ),
    );
  }),
});

Deno.test({
  name: "exec keeps a size and drops an exact model name for one that stands in",
  ignore: !other,
  fn: inHome(async (home) => {
    await standIn(home, replay("simple"));
    const provider = other!.name;
    const dropped = (name: string) =>
      `warning: The model "${name}" is left out: it was not meant for claude\n`;
    const rows: [
      args: string[],
      config: Record<string, unknown>,
      model?: string | undefined,
      said?: string,
    ][] = [
      [["-m", "s"], {}, "haiku"],
      [["-m", "brain-9"], {}, undefined, dropped("brain-9")],
      [["-m", "brain-9"], { models: { claude: "opus" } }, "opus", dropped("brain-9")],
      [[], { models: { [provider]: "brain-9" } }],
      [[], { models: { [provider]: "brain-9", claude: "small" } }, "haiku"],
    ];
    for (const [args, config, model, said = ""] of rows) {
      await configure(home, { ...config, defaults: { provider } });
      const { code, stderr } = await unpinned(home, args);
      assertEquals([args, config, code], [args, config, 0]);
      assertEquals(stderr.split("\n").slice(1).join("\n"), said);
      const flag = /^--model=?(.*)$/m.exec(await seen(home, "args"))?.[1];
      assertEquals([args, config, flag], [args, config, model]);
    }
    for (const [general, model] of [["medium", "sonnet"], ["brain-9", undefined]] as const) {
      await configure(home, { defaults: { provider, model: general } });
      await unpinned(home);
      assertEquals(/^--model=?(.*)$/m.exec(await seen(home, "args"))?.[1], model);
    }
  }),
});

Deno.test({
  name: "exec -p never takes another provider, and does not ask the program first",
  ignore: !other,
  fn: inHome(async (home) => {
    await standIn(home, replay("simple"));
    const env = { PATH: `${home.bin}:/usr/bin:/bin` };
    const run = await home.zag(["-p", other!.name, "exec", "hi"], { env });
    assertEquals([run.code, run.stdout], [2, ""]);
    assertEquals(
      run.stderr.split("\n")[0],
      `error: Cannot start an agent: ${other!.displayName}: there is no program ` +
        `"${other!.binary!.name}" on PATH`,
    );
    assertStringIncludes(run.stderr, other!.binary!.install);
    assert(!run.stderr.includes("Claude"), run.stderr);
    await home.program("claude", '#!/bin/sh\necho "$*" >> "$HOME/called"\nexit 1\n');
    assertEquals((await claude(home, ["hi"])).code, 2);
    assert(!(await called(home)).startsWith("--version"), "it was started at once");
  }),
});

Deno.test({
  name: "exec -p says that a program is too old when that program gives no result",
  ignore: !outdated,
  fn: inHome(async (home) => {
    const { binary, displayName, name } = outdated!;
    await program(home, binary!.name, "echo 0.0.1");
    const { code, stderr } = await home.zag(["-p", name, "exec", "hi"]);
    assertEquals(code, 2);
    assertStringIncludes(
      stderr,
      `warning: ${displayName}: version 0.0.1 is too old: zag needs ${
        binary!.oldest
      } or newer; it is ` +
        `installed by: ${binary!.install}\n`,
    );
  }),
});

Deno.test({
  name: "exec takes a closed print gate for an error, never for a reason to downgrade",
  ignore: !other,
  fn: inHome(async (home) => {
    await standIn(home, replay("simple"));
    await program(home, other!.binary!.name, "echo 999.0.0");
    const closed = { env: { ZAG_CLAUDE_ALLOW_PRINT: undefined } };
    const first = await unpinned(home, [], closed);
    assertEquals([first.code, first.stdout], [1, ""]);
    assertMatch(first.stderr, /^error: Cannot run Claude Code non-interactively: /);
    // The one that stands in has a gate as well, and it is clear how one came to it.
    await Deno.remove(`${home.bin}/${other!.binary!.name}`);
    await configure(home, { defaults: { provider: other!.name } });
    const second = await unpinned(home, [], closed);
    assertEquals([second.code, second.stdout], [1, ""]);
    assertMatch(
      second.stderr,
      /^warning: Downgrading .*\nerror: Cannot run Claude Code non-interactively: /,
    );
    assertEquals([await called(home), await home.logPaths()], ["", []]);
  }),
});

Deno.test({
  name: "exec takes a refused option for an error, names who refused, and shows the way out",
  ignore: !other,
  fn: inHome(async (home) => {
    await program(home, other!.binary!.name, "echo 999.0.0");
    await configure(home, { defaults: { provider: "mock" } });
    const { code, stderr } = await unpinned(home, ["-o", "native-json"]);
    assertEquals(code, 1);
    assertMatch(
      stderr,
      /^error: Cannot use -o native-json with Mock agent: it has no such feature\n/,
    );
    assertStringIncludes(stderr, "choose another provider with -p");
    const pinned = await mock(home, [], ["hi", "-o", "native-json"]);
    assert(!pinned.stderr.includes("choose another provider"), pinned.stderr);
    assertEquals(await called(home), "");
  }),
});

Deno.test(
  "exec --resume never takes another provider than the session's",
  inHome(async (home) => {
    await standIn(home, replay("simple"));
    assertEquals((await claude(home, ["one"])).code, 0);
    const id = String(home.rows("sessions")[0]?.session_id);
    await Deno.remove(`${home.bin}/claude`);
    for (const provider of TIERS) {
      const { binary } = (await loadProvider(provider))!;
      if (provider !== "claude") await program(home, binary!.name, "echo 999.0.0");
    }
    for (const args of [["--resume", id], ["--continue"]]) {
      const { code, stdout, stderr } = await unpinned(home, args);
      assertEquals([args, code, stdout], [args, 2, ""]);
      assertMatch(
        stderr,
        /^error: Cannot start an agent: Claude Code: there is no program "claude"/,
      );
      assert(!stderr.includes("Downgrading"), stderr);
    }
    assertEquals(await called(home), "");
  }),
);

Deno.test(
  "exec --resume looks for a session that zag does not know among those of every provider",
  inHome(async (home) => {
    // Only the mock agent's own file is left of the session.
    const id = crypto.randomUUID();
    await mock(home, [{ do: "say", text: "one" }], ["hi", "--session", id]);
    for (const suffix of ["", "-wal", "-shm"]) {
      await Deno.remove(`${home.path}/.zag/zag.db${suffix}`).catch(() => {});
    }
    await Deno.remove((await home.logPaths())[0]!);
    const pinned = await home.zag(["-p", "claude", "exec", "two", "--resume", id], {
      env: { ZAG_CLAUDE_ALLOW_PRINT: "1" },
    });
    assertEquals(pinned.code, 1);
    assertStringIncludes(pinned.stderr, `Cannot find session "${id}"`);
    const { code, stdout } = await unpinned(home, ["--resume", id]);
    assertEquals([code, stdout], [0, "hi\n"]);
    const [session] = home.rows("sessions");
    assertEquals([session?.session_id, session?.provider, session?.discovered], [id, "mock", 1]);
    const nobody = await unpinned(home, ["--resume", crypto.randomUUID()]);
    assertEquals(nobody.code, 1);
    assertStringIncludes(nobody.stderr, "Cannot find session");
  }),
);

Deno.test(
  "exec -p names a near provider for one that nobody has, in any case",
  inHome(async (home) => {
    const { code, stderr } = await home.zag(["-p", "cluade", "exec", "hi"]);
    assertEquals(code, 64);
    assertMatch(
      stderr,
      /^error: Unknown provider "cluade": it must be one of claude, .*mock, auto\n/,
    );
    assertStringIncludes(stderr, 'Did you mean "claude"?');
    assertEquals((await home.zag(["-p", "MOCK", "exec", "hi"])).stdout, "hi\n");
  }),
);

Deno.test(
  "exec asks a program for its version once, and remembers the answer",
  inHome(async (home) => {
    await home.program(
      "claude",
      `#!/bin/sh
if [ "$*" = --version ]; then echo asked >> "${home.path}/asked"; echo "2.1.197 (Claude Code)"; exit; fi
mkdir -p "$HOME/seen"
${replay("simple")}
`,
    );
    for (let run = 0; run < 3; run++) assertEquals((await unpinned(home)).code, 0);
    assertEquals(await Deno.readTextFile(`${home.path}/asked`), "asked\n");
  }),
);
