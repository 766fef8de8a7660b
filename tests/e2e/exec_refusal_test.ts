import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { inHome, mock } from "./support.ts";

/** Arguments, the exit code, and what stderr begins with after `error: `. */
type Row = readonly [args: readonly string[], code: number, message: string];

/** Runs each row and fails unless it is refused before anything is started, written or printed. */
async function refused(home: TestHome, rows: readonly Row[]): Promise<void> {
  for (const [args, code, message] of rows) {
    const run = await home.zag(["-p", "mock", "exec", ...args]);
    assertEquals([args, run.code, run.stdout], [args, code, ""]);
    assertStringIncludes(run.stderr, `error: ${message}`);
    assert(run.stderr.startsWith("error: "), run.stderr);
    assert(!/^\s+at /m.test(run.stderr), `no stack: ${run.stderr}`);
    // A name that does not exist needs no usage line: the message lists those that do.
    const usage = code === 64 && !/^Unknown (provider|model)/.test(message);
    assertEquals(/^Usage: zag /m.test(run.stderr), usage);
  }
  assertEquals(await home.logPaths(), []);
}

Deno.test(
  "exec refuses values that its flags do not take, with the usage",
  inHome((home) =>
    refused(home, [
      [["hi", "--env", "NOEQUALS"], 64, 'Cannot use --env "NOEQUALS": it must have the form'],
      [["hi", "--env", "=x"], 64, 'Cannot use --env "=x": it must have the form NAME=VALUE'],
      [
        ["hi", "--timeout", "5parsecs"],
        64,
        'Wrong value for "--timeout": Cannot parse duration "5parsecs": ',
      ],
      [
        ["hi", "--idle-timeout", "soon"],
        64,
        'Wrong value for "--idle-timeout": Cannot parse duration "soon": ',
      ],
      [
        ["hi", "--max-turns", "0"],
        64,
        'Wrong value for "--max-turns": Cannot use "0": it must be a whole',
      ],
      [
        ["hi", "--session", "nonsense"],
        64,
        'Wrong value for "--session": Cannot use "nonsense": it must be a',
      ],
      [["hi", "-o", "xml"], 64, ""],
      [["hi", "-i", "json"], 64, ""],
      [["one", "two"], 64, 'Unexpected operand "two"'],
      [["hi", "--nonsense"], 64, 'Unknown flag "--nonsense"'],
    ])
  ),
);

Deno.test(
  "exec refuses flags that exclude or need each other, naming both",
  inHome((home) => {
    const pairs: [string[], string, string][] = [
      [["--resume", "x", "--continue"], "--resume", "--continue"],
      [["-w", "--sandbox"], "--worktree", "--sandbox"],
      [["-w", "--resume", "x"], "--worktree", "--resume"],
      [["-w", "--continue"], "--worktree", "--continue"],
      [["--sandbox", "--resume", "x"], "--sandbox", "--resume"],
      [["--sandbox", "--continue"], "--sandbox", "--continue"],
      [["--session", crypto.randomUUID(), "--resume", "x"], "--session", "--resume"],
      [["--session", crypto.randomUUID(), "--continue"], "--session", "--continue"],
      [["--json", "--resume", "x"], "--json", "--resume"],
      [["--json", "--continue"], "--json", "--continue"],
      [["--json-schema", "{}", "--resume", "x"], "--json-schema", "--resume"],
      [["--json-schema", "{}", "--continue"], "--json-schema", "--continue"],
      [["--json-stream", "--json"], "--json-stream", "--json"],
      [["--json-stream", "--json-schema", "{}"], "--json-stream", "--json-schema"],
      [["--json-stream", "-o", "text"], "--json-stream", "-o text"],
      [["-i", "stream-json", "-o", "text"], "-i stream-json", "-o text"],
    ];
    return refused(home, [
      ...pairs.map(([args, one, other]): Row => [
        // The dashes keep the prompt from being taken for a name.
        [...args, "--", "hi"],
        64,
        `Cannot use ${one} together with ${other}: they exclude each other`,
      ]),
      [["hi", "--replay-user-messages"], 64, "Cannot use --replay-user-messages: it needs -i"],
      [["hi", "--include-partial-messages"], 64, "Cannot use --include-partial-messages: it needs"],
      [["hi", "--exit"], 64, 'Cannot use --exit with "exec"'],
      [["hi", "--prompt", "two"], 64, 'Cannot use "--prompt" with a positional prompt'],
    ]);
  }),
);

Deno.test(
  "exec refuses isolation that cannot be had",
  inHome((home) =>
    refused(home, [
      [["-w", "--", "hi"], 1, "Cannot use --worktree in "],
      [["--sandbox=box", "hi"], 1, "Cannot use --sandbox with Mock agent: it has no such feature"],
    ])
  ),
);

Deno.test(
  "exec refuses what cannot be found or read, naming it",
  inHome(async (home) => {
    await Deno.writeTextFile(`${home.work}/file`, "x");
    await Deno.writeTextFile(`${home.work}/bad.json`, "{");
    await Deno.writeTextFile(`${home.work}/wide`, "");
    await Deno.truncate(`${home.work}/wide`, 10 * 1024 * 1024 + 1);
    await refused(home, [
      [["hi", "-p", "nonsense"], 64, 'Unknown provider "nonsense": it must be one of claude, '],
      [["hi", "-m", "nonsense"], 64, 'Unknown model "nonsense" for mock: it must be one of mock-'],
      [["hi", "-r", "/nowhere/at/all"], 1, 'Cannot use "/nowhere/at/all" as the root: no such'],
      [["hi", "-r", "file"], 1, `Cannot use "${home.work}/file" as the root: it is not a`],
      [["hi", "--file", "nowhere"], 1, 'Cannot attach "nowhere": there is no such file'],
      [["hi", "--file", "file/x"], 1, 'Cannot attach "file/x": there is no such file'],
      [["hi", "--file", "."], 1, 'Cannot attach ".": it is not a file'],
      [["hi", "--file", "wide"], 1, 'Cannot attach "wide": it has 10485761 bytes, and at most'],
      [["hi", "--plan", "nowhere"], 1, 'Cannot read the plan "nowhere": there is no such file'],
      [["hi", "--plan", "."], 1, 'Cannot read the plan ".": it is a directory'],
      [["hi", "--add-dir", "file"], 1, 'Cannot use --add-dir "file": there is no such directory'],
      [["hi", "--mcp-config", "{nonsense"], 1, "Cannot use --mcp-config: "],
      [["hi", "--mcp-config", "nowhere"], 1, 'Cannot use --mcp-config "nowhere": there is no such'],
      [["hi", "--mcp-config", "bad.json"], 1, 'Cannot use --mcp-config "bad.json": '],
      [["hi", "--context", "nowhere"], 1, 'Cannot find session "nowhere"'],
      [["hi", "--resume", "nowhere"], 1, 'Cannot find session "nowhere"'],
      [["hi", "--continue"], 1, "Cannot continue: no mock session of this project is known"],
      [["hi", "--json-schema", "nowhere"], 1, 'Cannot use the schema "nowhere": the file was not'],
      [["hi", "--json-schema", "{"], 1, "Cannot use the schema of --json-schema: it is not JSON"],
      [
        ["hi", "--json-schema", '{"type":"nonsense"}'],
        1,
        "Cannot use the schema of --json-schema: it is no valid schema: /type: must be one of",
      ],
    ]);
  }),
);

Deno.test({
  name: "exec refuses a file that may not be read (not as root)",
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
  fn: inHome(async (home) => {
    await Deno.writeTextFile(`${home.work}/secret`, "x", { mode: 0 });
    await refused(home, [[["hi", "--file", "secret"], 1, 'Cannot attach "secret": it may not be']]);
  }),
});

Deno.test(
  "exec --session refuses an id that is taken, also when the index is gone",
  inHome(async (home) => {
    const id = crypto.randomUUID();
    const args = ["hi", "--session", id];
    assertEquals((await mock(home, [], args)).code, 0);
    const again = await mock(home, [], args);
    assertEquals([again.code, again.stdout], [1, ""]);
    assertMatch(again.stderr, new RegExp(`^error: Cannot create session "${id}": there is one`));
    for (const suffix of ["", "-wal", "-shm"]) {
      await Deno.remove(`${home.path}/.zag/zag.db${suffix}`).catch(() => {});
    }
    const without = await mock(home, [], args);
    assertEquals(without.code, 1);
    assertStringIncludes(without.stderr, `Cannot create session "${id}"`);
    assertEquals(
      (await home.logs())[0]?.filter(({ type }) => type === "session_started").length,
      1,
    );
  }),
);

Deno.test(
  "exec refuses a configuration that it cannot use, with file, line and column",
  inHome(async (home) => {
    const path = `${home.path}/.zag/zag.jsonc`;
    await Deno.mkdir(`${home.path}/.zag`);
    for (
      const [text, place, reason] of [
        ['{\n  "defaults": {\n    "model" "x"\n  }\n}', "3:13", "colon expected"],
        ['{\n  "nonsense": {}\n}', "2:3", 'unknown key "nonsense"'],
        ['{ "defaults": { "nonsense": 1 } }', "1:17", 'unknown key "defaults.nonsense"'],
        ['{ "defaults": {\n"auto_approve": "yes" } }', "2:17", "defaults.auto_approve: it must be"],
        ['{ "defaults": { "max_turns": 0 } }', "1:30", "defaults.max_turns: it must be a whole"],
        [
          '{ "defaults": {\n"provider": "cloude" } }',
          "2:13",
          "defaults.provider: it must be one of",
        ],
        ['{ "defaults": { "provider": 1 } }', "1:29", "defaults.provider: it must be one of"],
        ['{ "auto": { "provider": "auto" } }', "1:25", "auto.provider: it must be one of claude"],
        ['{ "auto": { "model": 1 } }', "1:22", "auto.model: it must be a string"],
        ['{ "models": { "nobody": "x" } }', "1:15", 'unknown key "models.nobody"'],
        ['{ "ollama": { "size": 9 } }', "1:23", "ollama.size: it must be a string"],
        ["[]", "1:1", "it must hold one JSON object"],
      ] as const
    ) {
      await Deno.writeTextFile(path, text);
      const { code, stdout, stderr } = await mock(home, []);
      assertEquals([text, code, stdout], [text, 1, ""]);
      assertStringIncludes(stderr, `error: Cannot use the configuration ${path}:${place}: `);
      assertStringIncludes(stderr, reason);
    }
    assertEquals(await home.logPaths(), []);
  }),
);
