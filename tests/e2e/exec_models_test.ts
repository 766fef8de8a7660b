import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { claude, inHome, mock, replay, seen, standIn } from "./support.ts";

/** Value of the model flag that claude was started with; undefined when there was none. */
async function modelFlag(home: TestHome): Promise<string | undefined> {
  return /^--model=(.*)$/m.exec(await seen(home, "args"))?.[1];
}

async function configure(home: TestHome, config: unknown): Promise<void> {
  await Deno.mkdir(`${home.path}/.zag`, { recursive: true });
  await Deno.writeTextFile(`${home.path}/.zag/zag.jsonc`, JSON.stringify(config));
}

Deno.test(
  "exec -m takes sizes, names in any case, and names that are newer than its list",
  inHome(async (home) => {
    await standIn(home, replay("simple"));
    const rows: [given: string, flag: string | undefined, warning?: string][] = [
      ["small", "haiku"],
      ["M", "sonnet"],
      ["max", undefined],
      ["default", undefined],
      ["OPUS", "opus"],
      [
        "sonet",
        "sonet",
        'warning: claude is not known to have a model "sonet"; it is told this name as it is. Did ' +
        'you mean "sonnet"?\n',
      ],
      [
        "claude-Next-9[1m]",
        "claude-Next-9[1m]",
        'warning: claude is not known to have a model "claude-Next-9[1m]"; it is told this name as ' +
        "it is\n",
      ],
    ];
    for (const [given, flag, warning = ""] of rows) {
      const { code, stderr } = await claude(home, ["hi", "-m", given]);
      assertEquals([given, code, stderr], [given, 0, warning]);
      assertEquals([given, await modelFlag(home)], [given, flag]);
      assertEquals(home.rows("sessions").at(-1)?.model, flag ?? "default");
    }
    assertEquals((await claude(home, ["hi", "-q", "-m", "sonet"])).stderr, "");
  }),
);

Deno.test(
  "exec takes the model of a provider's own key before the general one, and -m before both",
  inHome(async (home) => {
    await standIn(home, replay("simple"));
    await configure(home, { defaults: { model: "small" }, models: { mock: "large" } });
    await claude(home, ["hi"]);
    assertEquals(await modelFlag(home), "haiku");
    await configure(home, { defaults: { model: "small" }, models: { claude: "opus" } });
    await claude(home, ["hi"]);
    assertEquals(await modelFlag(home), "opus");
    await claude(home, ["hi", "-m", "medium"]);
    assertEquals(await modelFlag(home), "sonnet");
    await claude(home, ["hi", "-m", "default"]);
    assertEquals(await modelFlag(home), undefined);
  }),
);

Deno.test(
  "exec --resume goes on with the stored model as it is, without a second look at it",
  inHome(async (home) => {
    await standIn(home, replay("simple"));
    const rows: [args: string[], flag: string | undefined][] = [
      [["-m", "brand-new-1"], "brand-new-1"],
      [["-m", "large"], undefined],
      [["-m", "small"], "haiku"],
      [[], undefined],
    ];
    for (const [args, flag] of rows) {
      const id = crypto.randomUUID();
      await claude(home, ["one", "--session", id, ...args]);
      await configure(home, { defaults: { model: "medium" }, models: { claude: "medium" } });
      const { code, stderr } = await claude(home, ["two", "--resume", id]);
      assertEquals([args, code, stderr], [args, 0, ""]);
      assertEquals([args, await modelFlag(home)], [args, flag]);
      await Deno.remove(`${home.path}/.zag/zag.jsonc`);
    }
    await claude(home, ["three", "--continue", "-m", "medium"]);
    assertEquals(await modelFlag(home), "sonnet");
  }),
);

Deno.test(
  "exec -m refuses a name that a complete list lacks, and names the nearest",
  inHome(async (home) => {
    const { code, stdout, stderr } = await mock(home, [], ["hi", "-m", "mock-smal"]);
    assertEquals([code, stdout], [64, ""]);
    assertStringIncludes(
      stderr,
      'error: Unknown model "mock-smal" for mock: it must be one of mock-',
    );
    assertStringIncludes(stderr, 'Did you mean "mock-small"?');
    assertEquals(await home.logPaths(), []);
  }),
);

Deno.test(
  "exec says what has no effect with this provider, and goes on",
  inHome(async (home) => {
    const { code, stdout, stderr } = await mock(home, [], ["hi", "--size", "9b"]);
    assertEquals([code, stdout], [0, ""]);
    assertEquals(stderr, "warning: --size has no effect with Mock agent\n");
  }),
);
