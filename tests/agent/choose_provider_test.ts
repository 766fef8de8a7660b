import {
  allUsable,
  type Candidates,
  type Choice,
  type ChoiceContext,
  chooseUsable,
  namedProvider,
} from "../../src/agent/choose_provider.ts";
import { InvalidProviderError, ProviderUnavailableError } from "../../src/agent/errors.ts";
import type { Binary, Provider, Service } from "../../src/providers/provider.ts";
import { provider as mock } from "../../src/providers/mock/mod.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { writeProgram } from "../support/program_file.ts";

/** What a program does when it is asked for its version. */
const PROGRAMS = {
  good: "echo 'one 2.0.0'",
  old: "echo 0.9.0",
  fails: "echo broken >&2; exit 3",
};

interface World extends AsyncDisposable {
  context: ChoiceContext;
  warnings: string[];
  /** Puts a program on the PATH. */
  install(name: string, how: keyof typeof PROGRAMS): Promise<void>;
}

/** Providers that exist nowhere else, and a PATH on which only their programs can be. */
async function world(
  given: Record<string, { binary?: Partial<Binary>; service?: Service; builtIn?: true }>,
  mode: "exec" | "run" = "exec",
): Promise<World> {
  const home = await Deno.makeTempDir({ prefix: "zag-choice-" });
  const env: Record<string, string> = { PATH: `${home}/bin`, HOME: home };
  await Deno.mkdir(env.PATH!);
  const providers = Object.entries(given).map(([name, { binary, service, builtIn }]): Provider => ({
    ...mock,
    name,
    displayName: `The ${name}`,
    binary: builtIn ? undefined : { name, install: `get ${name}`, oldest: "1.0.0", ...binary },
    ...(service ? { service } : {}),
  }));
  const candidates: Candidates = {
    names: providers.map(({ name }) => name),
    tiers: providers.filter(({ binary }) => binary).map(({ name }) => name),
    load: (name) => Promise.resolve(providers.find((one) => one.name === name.toLowerCase())),
  };
  const warnings: string[] = [];
  return {
    warnings,
    context: {
      mode,
      host: {
        env: { get: (name) => env[name], toObject: () => env },
        cwd: home,
        now: () => new Date(),
      },
      cache: `${home}/probes.json`,
      candidates,
      signal: undefined,
      warn: (message) => void warnings.push(message),
    },
    async install(name, how) {
      await writeProgram(
        `${env.PATH}/${name}`,
        `#!/bin/sh\nPATH=/usr/bin:/bin\n${PROGRAMS[how]}\n`,
      );
    },
    [Symbol.asyncDispose]: () => Deno.remove(home, { recursive: true }),
  };
}

/** What a choice amounts to. */
function shown({ provider, program, pinned, standsIn }: Choice) {
  return [provider.name, program?.split("/").at(-1), pinned, standsIn];
}

const THREE = { one: {}, two: {}, three: {} };

const UP: Service = {
  url: () => "data:application/json,%7B%22version%22%3A%221.2.3%22%7D",
  advice: "start it",
};
const DOWN: Service = { url: () => "http://127.0.0.1:1/version", advice: "start it" };

Deno.test("chooseUsable() takes the requested provider where it can be used", async () => {
  await using at = await world(THREE);
  for (const name of ["one", "two", "three"]) await at.install(name, "good");
  assertEquals(shown(await chooseUsable("two", at.context)), ["two", "two", false, false]);
  assertEquals(shown(await chooseUsable("ONE", at.context)), ["one", "one", false, false]);
  assertEquals(at.warnings, []);
});

Deno.test("chooseUsable() goes down the tiers, without the requested one, with a warning each", async () => {
  await using at = await world(THREE);
  await at.install("three", "good");
  assertEquals(shown(await chooseUsable("two", at.context)), ["three", "three", false, true]);
  assertEquals(at.warnings, [
    'Downgrading provider: two → one (there is no program "two" on PATH)',
    'Downgrading provider: one → three (there is no program "one" on PATH)',
  ]);
});

const faults: [keyof typeof PROGRAMS, string][] = [
  ["old", "version 0.9.0 is too old: zag needs 1.0.0 or newer"],
  ["fails", "its program ended with exit code 3 when asked for its version: broken"],
];

for (const [how, reason] of faults) {
  Deno.test(`chooseUsable() passes over a provider: ${reason}`, async () => {
    await using at = await world(THREE);
    await at.install("one", how);
    await at.install("two", "good");
    assertEquals(shown(await chooseUsable("one", at.context)), ["two", "two", false, true]);
    assertEquals(at.warnings, [`Downgrading provider: one → two (${reason})`]);
  });
}

Deno.test("chooseUsable() asks a server where a provider depends on one", async () => {
  await using at = await world({
    down: { binary: { interactiveOnly: true }, service: DOWN },
    up: { binary: { interactiveOnly: true }, service: UP },
  });
  // Only an interactive session needs the program.
  assertEquals(shown(await chooseUsable("down", at.context)), ["up", undefined, false, true]);
  assertEquals(at.warnings.length, 1);
  assertStringIncludes(at.warnings[0]!, "Downgrading provider: down → up (nothing answers at ");
  await assertRejects(
    () => chooseUsable("down", { ...at.context, mode: "run" }),
    ProviderUnavailableError,
    'there is no program "up" on PATH',
  );
});

Deno.test("chooseUsable() takes a built-in provider only where it is requested", async () => {
  await using at = await world({ inside: { builtIn: true }, one: {}, two: {} });
  assertEquals(shown(await chooseUsable("inside", at.context)), [
    "inside",
    undefined,
    false,
    false,
  ]);
  await assertRejects(() => chooseUsable("one", at.context), ProviderUnavailableError);
  assertEquals(at.warnings, []);
});

Deno.test("chooseUsable() names every attempt, and how to install what is missing or old", async () => {
  await using at = await world(THREE);
  await at.install("one", "old");
  await at.install("three", "fails");
  const error = await assertRejects(
    () => chooseUsable("two", at.context),
    ProviderUnavailableError,
    'Cannot start an agent: The two: there is no program "two" on PATH; The one: version 0.9.0 is ' +
      "too old: zag needs 1.0.0 or newer; The three: its program ended with exit code 3",
  );
  assertEquals(error.provider, "two");
  assertEquals(
    error.attempts.map(({ provider, install }) => [provider, install]),
    [["two", "get two"], ["one", "get one"], ["three", undefined]],
  );
  assertStringIncludes(error.hint!, "\n  two       get two\n  one       get one\n");
  // Nobody stands in, so nothing was downgraded.
  assertEquals(at.warnings, []);
});

Deno.test("allUsable() lists those of the tiers that can be used, in their order", async () => {
  await using at = await world({ ...THREE, inside: { builtIn: true } });
  await at.install("one", "good");
  await at.install("two", "old");
  await at.install("three", "good");
  assertEquals((await allUsable(at.context)).map(shown), [
    ["one", "one", false, false],
    ["three", "three", false, false],
  ]);
});

Deno.test("namedProvider() lists the names for one that nobody has, and the nearest", async () => {
  await using at = await world(THREE);
  const error = await assertRejects(
    () => namedProvider("Onee", at.context.candidates),
    InvalidProviderError,
    'Unknown provider "Onee": it must be one of one, two, three, auto',
  );
  assertEquals(error.hint, 'Did you mean "one"?');
  assertEquals((await namedProvider("TWO", at.context.candidates)).name, "two");
});
