/** `zag discover` as a process, with stand-ins for the agents' programs. */
import { loadProvider, PROVIDER_NAMES } from "../../src/providers/registry.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { inHome, livingWith, waitFor } from "./support.ts";

type Entry = Record<string, unknown>;

/** No program is on PATH but what a test has put there, and no server answers. */
function bare(home: TestHome): Record<string, string> {
  return { PATH: home.bin, OLLAMA_HOST: "127.0.0.1:1" };
}

async function discover(home: TestHome, ...args: string[]) {
  const ran = await home.zag(["discover", ...args], { env: bare(home) });
  assertEquals([ran.code, ran.stderr], [0, ""]);
  return ran.stdout;
}

async function entries(home: TestHome): Promise<Map<unknown, Entry>> {
  const list: Entry[] = JSON.parse(await discover(home, "--json"));
  return new Map(list.map((entry) => [entry.provider, entry]));
}

/** What was found out about a provider's program. */
function found({ installed, path, version, usable, reason }: Entry = {}): Entry {
  return { installed, path, version, usable, reason };
}

/** A program that says this when it is asked for its version, and keeps count. */
async function install(home: TestHome, name: string, body: string): Promise<string> {
  return await home.program(name, `#!/bin/sh\necho run >> "${home.path}/${name}.runs"\n${body}\n`);
}

async function runs(home: TestHome, name: string): Promise<number> {
  return (await Deno.readTextFile(`${home.path}/${name}.runs`)).split("\n").length - 1;
}

/** Providers that stand or fall with a program. */
async function programs(): Promise<(Provider & { binary: { name: string } })[]> {
  const providers = await Promise.all(PROVIDER_NAMES.map((name) => loadProvider(name)));
  return providers.flatMap((provider) =>
    provider?.binary && !provider.service ? [{ ...provider, binary: provider.binary }] : []
  );
}

Deno.test(
  "discover finds nothing where nothing is installed",
  inHome(async (home) => {
    const all = await entries(home);
    assertEquals([...all.keys()].sort(), [...PROVIDER_NAMES].sort());
    for (const { name, binary } of await programs()) {
      assertEquals(found(all.get(name)), {
        installed: false,
        path: undefined,
        version: undefined,
        usable: false,
        reason: `there is no program "${binary.name}" on PATH`,
      });
    }
    assertEquals(all.get("mock")?.usable, true);
    assertEquals((await home.logs()).length, 0);
  }),
);

Deno.test(
  "discover finds all programs, and remembers what they answered",
  inHome(async (home) => {
    for (const { binary } of await programs()) {
      await install(home, binary.name, "echo 'The agent, version 99.1.2.'");
    }
    for (let time = 1; time <= 2; time++) {
      const all = await entries(home);
      for (const { name, binary } of await programs()) {
        assertEquals(found(all.get(name)), {
          installed: true,
          path: `${home.bin}/${binary.name}`,
          version: "99.1.2",
          usable: true,
          reason: undefined,
        });
        assertEquals(await runs(home, binary.name), 1);
      }
    }
  }),
);

Deno.test(
  "discover tells those that work from those that do not",
  inHome(async (home) => {
    const [first, ...others] = await programs();
    assert(first);
    await install(home, first.binary.name, "echo 99.1.2");
    const second = others[0];
    if (second) await install(home, second.binary.name, "echo 'no\x1b[31m licence' >&2; exit 1");
    const table = await discover(home);
    assertStringIncludes(table, " 99.1.2\n");
    assertEquals(table.includes(`  ${first.name} `), false);
    for (const { name } of others) assertStringIncludes(table, `\n  ${name.padEnd(10)}`);
    if (second) {
      assertStringIncludes(table, "asked for its version: no[31m licence\n");
      assertEquals(found((await entries(home)).get(second.name)).installed, true);
    }
    const detail = await discover(home, "-p", first.name);
    assertStringIncludes(detail, "Version:       99.1.2\n");
    assertStringIncludes(detail, `Program:       ${home.bin}/${first.binary.name}\n`);
  }),
);

Deno.test(
  "discover waits for a program that hangs until its limit, once",
  inHome(async (home) => {
    const [first, second] = await programs();
    assert(first);
    await install(home, first.binary.name, "trap '' TERM\n/bin/sleep 300 &\nwait\nwait");
    if (second) await install(home, second.binary.name, "echo 99.1.2");
    for (let time = 1; time <= 2; time++) {
      const all = await entries(home);
      const { installed, usable, reason } = found(all.get(first.name));
      assertEquals([installed, usable], [true, false]);
      assertEquals(reason, 'its program did not answer "--version" within 5 s');
      if (second) assertEquals(all.get(second.name)?.usable, true);
      assertEquals(await runs(home, first.binary.name), 1);
    }
  }),
);

Deno.test(
  "discover names the version that is needed",
  inHome(async (home) => {
    for (const { name, binary } of await programs()) {
      if (binary.oldest === undefined) continue;
      await install(home, binary.name, "echo 0.0.1");
      const reason = `version 0.0.1 is too old: zag needs ${binary.oldest} or newer`;
      const text = await discover(home, "-p", name);
      assertStringIncludes(text, `Reason:        ${reason}\nInstall:       ${binary.install}\n`);
      assertEquals((await entries(home)).get(name)?.reason, reason);
    }
  }),
);

Deno.test(
  "discover that is interrupted leaves no program behind",
  inHome(async (home) => {
    const all = await programs();
    for (const { binary } of all) {
      await install(home, binary.name, "trap '' TERM INT\n/bin/sleep 300 &\nwait\nwait");
    }
    // The programs get a home of their own.
    const child = home.spawn(["discover"], { env: { ...bare(home), TEST_HOME: home.path } });
    const sleeping = async () =>
      (await livingWith(`TEST_HOME=${home.path}`)).filter(({ command }) =>
        /sleep 300/.test(command)
      );
    await waitFor(
      "all programs",
      async () => (await sleeping()).length === all.length || undefined,
    );
    child.kill("SIGINT");
    const { code, stdout } = await child.output();
    assertEquals([code, stdout.length], [130, 0]);
    assertEquals(await sleeping(), []);
  }),
);

Deno.test(
  "discover and capability take their flags before the command, too",
  inHome(async (home) => {
    const env = bare(home);
    const capability = await home.zag(["-p", "mock", "--pretty", "capability"], { env });
    assertEquals([capability.code, JSON.parse(capability.stdout).provider], [0, "mock"]);
    const models = await home.zag(["-p", "mock", "discover", "--models"], { env });
    assertEquals(models.stdout, "mock-small\nmock-medium\nmock-large\n");
  }),
);
