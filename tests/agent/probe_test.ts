import { Interrupt } from "../../src/agent/interrupt.ts";
import {
  type ProbeOptions,
  probeProgram,
  probeProvider,
  type ProviderProbeOptions,
} from "../../src/agent/probe.ts";
import { provider as mock } from "../../src/providers/mock/mod.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { fakeContext } from "../fakes/context.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../support/assert.ts";
import { livingWith, waitFor } from "../support/living.ts";
import { writeProgram } from "../support/program_file.ts";

/** A directory with programs, and a cache that does not exist yet. */
class Bench implements AsyncDisposable {
  readonly path: string;
  readonly cache: string;

  private constructor(path: string) {
    this.path = path;
    this.cache = `${path}/state/probes.json`;
  }

  static async create(): Promise<Bench> {
    return new Bench(await Deno.realPath(await Deno.makeTempDir({ prefix: "zag-probe-" })));
  }

  /** A shell script that also counts how often it runs. */
  async program(body: string, name = "agent"): Promise<string> {
    const path = `${this.path}/${name}`;
    await writeProgram(path, `#!/bin/sh\necho x >> '${path}.runs'\n${body}\n`);
    return path;
  }

  async runs(name = "agent"): Promise<number> {
    return (await Deno.readTextFile(`${this.path}/${name}.runs`)).length / 2;
  }

  env(): Record<string, string> {
    return { PATH: Deno.env.get("PATH") ?? "", ZAG_TEST_BENCH: this.path };
  }

  async ask(program: string, options: Partial<ProbeOptions> = {}) {
    return await probeProgram(program, { cache: this.cache, env: this.env(), ...options });
  }

  /** What runs with the environment of this bench. */
  async living(): Promise<string[]> {
    return (await livingWith(`ZAG_TEST_BENCH=${this.path}`)).map(({ command }) => command);
  }

  /** Lets everything in the cache be older. */
  async age(ms: number): Promise<void> {
    const entries = JSON.parse(await Deno.readTextFile(this.cache));
    for (const entry of Object.values<{ at: number }>(entries)) entry.at -= ms;
    await Deno.writeTextFile(this.cache, JSON.stringify(entries));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const answers: [string, string, string][] = [
  ["alone", "echo 1.2.3", "1.2.3"],
  ["with a name around it", "echo 'agent-cli v10.20.30 (Agent)'", "10.20.30"],
  ["with a full stop behind it", "echo 'Agent 1.0.102.'; echo 'Commit 9.9'", "1.0.102"],
  ["of a preview", "echo 0.170.0-alpha.3", "0.170.0-alpha.3"],
  ["on stderr", "echo 'Warning: version is 0.12.3' >&2", "0.12.3"],
  ["on stdout rather than on stderr", "echo 'node 20.1.0 is old' >&2; echo 1.2.3", "1.2.3"],
  ["behind an address", "echo 'no server at 127.0.0.1, client is 1.2.3'", "1.2.3"],
];

for (const [title, body, version] of answers) {
  Deno.test(`probeProgram reads a version ${title}`, async () => {
    await using bench = await Bench.create();
    assertEquals(await bench.ask(await bench.program(body)), { version, problem: undefined });
  });
}

const failures: [string, string, string][] = [
  [
    "an exit code",
    "echo 1.2.3; echo 'no\nlicence' >&2; exit 3",
    "its program ended with exit code 3 when asked for its version: licence",
  ],
  [
    "an exit code without a word",
    "exit 1",
    "its program ended with exit code 1 when asked for its version",
  ],
  ["a signal", "kill -SEGV $$", "its program was ended by SIGSEGV when asked for its version"],
  ["silence", "exit 0", "its program printed no version"],
  ["an answer without a version", "echo 'version 7'", "its program printed no version"],
];

for (const [title, body, problem] of failures) {
  Deno.test(`probeProgram says what is wrong: ${title}`, async () => {
    await using bench = await Bench.create();
    assertEquals(await bench.ask(await bench.program(body)), { version: undefined, problem });
  });
}

Deno.test("probeProgram says what is wrong: a program that cannot be started", async () => {
  await using bench = await Bench.create();
  const path = `${bench.path}/broken`;
  const problem = "its program cannot be started: ";
  assertEquals((await bench.ask(path)).problem, `${problem}not found`);
  await writeProgram(path, "#!/no/such/interpreter\n");
  assertEquals((await bench.ask(path)).problem, `${problem}not executable`);
});

Deno.test("probeProgram ends a program that hangs, with all that it started", async () => {
  await using bench = await Bench.create();
  const up = `${bench.path}/up`;
  const program = await bench.program(
    `trap '' TERM\nsetsid sleep 300 &\nsleep 300 &\necho 1.2.3\n: > '${up}'\nwait`,
  );
  // It has to be there with all that it starts before the limit ends it.
  const asked = bench.ask(program, { limitMs: 5000 });
  const problem = 'its program did not answer "--version" within 5 s';
  assertEquals(await asked, { version: undefined, problem });
  assert((await Deno.stat(up)).isFile);
  assertEquals(await bench.living(), []);
});

Deno.test("probeProgram does not wait for a child that holds the output open", async () => {
  await using bench = await Bench.create();
  const program = await bench.program("setsid sleep 300 &\necho 1.2.3");
  assertEquals(await bench.ask(program), { version: "1.2.3", problem: undefined });
  assertEquals(await bench.living(), []);
});

Deno.test("probeProgram ends with the reason of the signal that aborts it", async () => {
  await using bench = await Bench.create();
  const program = await bench.program("sleep 300");
  const controller = new AbortController();
  const asked = bench.ask(program, { signal: controller.signal });
  asked.catch(() => {});
  await waitFor("the program", async () => (await bench.living()).length > 0 || undefined);
  controller.abort(new Interrupt("SIGINT"));
  await assertRejects(() => asked, Interrupt);
  assertEquals(await bench.living(), []);
  await assertRejects(() => Deno.stat(bench.cache), Deno.errors.NotFound);
});

Deno.test("probeProgram gives the program its environment and nothing on stdin", async () => {
  await using bench = await Bench.create();
  const program = await bench.program('cat; echo "1.2.3-$QUIET-${NOISY-unset}"');
  const env = { ...bench.env(), QUIET: "yes", NOISY: undefined };
  assertEquals((await bench.ask(program, { env })).version, "1.2.3-yes-unset");
});

Deno.test("probeProgram leaves nothing in the home, nor where an agent keeps its own", async () => {
  await using bench = await Bench.create();
  const program = await bench.program(
    'for d in "$HOME" "$XDG_CACHE_HOME" "${CODEX_HOME-$HOME}"; do mkdir -p "$d/made"; done\n' +
      'echo "$HOME" > "$ZAG_TEST_BENCH/seen"; echo 1.2.3',
  );
  const home = `${bench.path}/home`;
  await Deno.mkdir(home);
  const env = {
    ...bench.env(),
    HOME: home,
    XDG_CACHE_HOME: `${home}/.cache`,
    CODEX_HOME: `${home}/.codex`,
  };
  assertEquals((await bench.ask(program, { env })).version, "1.2.3");
  assertEquals([...Deno.readDirSync(home)], []);
  const seen = (await Deno.readTextFile(`${bench.path}/seen`)).trim();
  assert(seen !== home);
  await assertRejects(() => Deno.stat(seen), Deno.errors.NotFound);
});

Deno.test("probeProgram asks in the real home where a program needs that", async () => {
  await using bench = await Bench.create();
  const program = await bench.program('cat "$HOME/.versions" || exit 1');
  await Deno.writeTextFile(`${bench.path}/.versions`, "4.5.6\n");
  const env = { ...bench.env(), HOME: bench.path };
  assertEquals((await bench.ask(program, { env })).version, "4.5.6");
});

Deno.test("probeProgram asks a file once, and a changed one again", async () => {
  await using bench = await Bench.create();
  const program = await bench.program("echo 1.2.3");
  const link = `${bench.path}/link`;
  await Deno.symlink(program, link);
  await bench.ask(program);
  assertEquals((await bench.ask(link)).version, "1.2.3");
  assertEquals(await bench.runs(), 1);
  await bench.program("echo 1.2.34");
  assertEquals((await bench.ask(link)).version, "1.2.34");
  await Deno.utime(program, 1_700_000_000, 1_700_000_000);
  await bench.ask(program);
  assertEquals(await bench.runs(), 3);
});

Deno.test("probeProgram trusts a version for a day and a problem for a minute", async () => {
  await using bench = await Bench.create();
  const good = await bench.program("echo 1.2.3", "good");
  const bad = await bench.program("exit 1", "bad");
  const runs = async () => {
    for (const program of [good, bad]) await bench.ask(program);
    return [await bench.runs("good"), await bench.runs("bad")];
  };
  assertEquals(await runs(), [1, 1]);
  await bench.age(MINUTE / 2);
  assertEquals(await runs(), [1, 1]);
  await bench.age(MINUTE);
  assertEquals(await runs(), [1, 2]);
  await bench.age(DAY);
  assertEquals(await runs(), [2, 3]);
  await bench.age(-DAY);
  assertEquals(await runs(), [3, 4], "an answer from the future is not trusted");
});

Deno.test("probeProgram asks again for a remembered version that is not accepted", async () => {
  await using bench = await Bench.create();
  const program = await bench.program("echo 1.2.3");
  const refuse = () => bench.ask(program, { accepts: (version) => version !== "1.2.3" });
  assertEquals((await refuse()).version, "1.2.3");
  assertEquals(await bench.runs(), 1);
  await refuse();
  assertEquals(await bench.runs(), 2);
  await bench.ask(program, { accepts: () => true });
  assertEquals(await bench.runs(), 2);
});

const damages: [string, (bench: Bench, program: string) => Promise<unknown>][] = [
  ["holds something else", (bench) => Deno.writeTextFile(bench.cache, '["x"]')],
  ["is torn", (bench) => Deno.writeTextFile(bench.cache, '{"/bin/x": {"ver')],
  ["has an entry without an answer", async (bench, program) => {
    const { mtime, size } = await Deno.stat(program);
    const entry = { mtime: mtime?.getTime(), size, at: Date.now(), version: 7 };
    await Deno.writeTextFile(bench.cache, JSON.stringify({ [program]: entry }));
  }],
  ["is a directory", (bench) => Deno.mkdir(bench.cache)],
];

for (const [title, damage] of damages) {
  Deno.test(`probeProgram answers where the cache ${title}`, async () => {
    await using bench = await Bench.create();
    const program = await bench.program("echo 1.2.3");
    await Deno.mkdir(`${bench.path}/state`);
    await damage(bench, program);
    assertEquals(await bench.ask(program), { version: "1.2.3", problem: undefined });
    const left = (await Array.fromAsync(Deno.readDir(`${bench.path}/state`))).map((e) => e.name);
    assertEquals(left, ["probes.json"]);
  });
}

Deno.test("probeProgram answers where the cache cannot be written", async () => {
  await using bench = await Bench.create();
  const program = await bench.program("echo 1.2.3");
  await Deno.writeTextFile(`${bench.path}/state`, "a file");
  assertEquals((await bench.ask(program)).version, "1.2.3");
});

Deno.test("probeProgram keeps the cache private, and forgets what is too old", async () => {
  await using bench = await Bench.create();
  await bench.ask(await bench.program("echo 1.2.3", "old"));
  assertEquals((await Deno.stat(bench.cache)).mode! & 0o777, 0o600);
  await bench.age(DAY);
  const fresh = await bench.program("echo 1.2.3", "new");
  await bench.ask(fresh);
  assertEquals(Object.keys(JSON.parse(await Deno.readTextFile(bench.cache))), [fresh]);
});

Deno.test("probeProgram keeps the answers of many programs that are asked at once", async () => {
  await using bench = await Bench.create();
  const programs: string[] = [];
  for (let i = 0; i < 6; i++) programs.push(await bench.program(`echo 1.0.${i}`, `agent${i}`));
  await Promise.all(programs.map((program) => bench.ask(program)));
  await Promise.all(programs.map((program) => bench.ask(program)));
  for (let i = 0; i < 6; i++) assertEquals(await bench.runs(`agent${i}`), 1);
});

Deno.test("probeProgram leaves a whole cache behind when several zags ask at once", async () => {
  await using bench = await Bench.create();
  const probe = new URL("../../src/agent/probe.ts", import.meta.url).href;
  const code = `import { probeProgram } from ${JSON.stringify(probe)};
    for (let i = 0; i < 5; i++) {
      const { version } = await probeProgram(Deno.args[0], { cache: Deno.args[1], accepts: () => false });
      console.log(version);
    }`;
  await Deno.writeTextFile(`${bench.path}/ask.ts`, code);
  const zags = await Promise.all([1, 2, 3].map(async (number) => {
    const program = await bench.program(`echo 1.0.${number}`, `agent${number}`);
    return await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-config", `${bench.path}/ask.ts`, program, bench.cache],
    }).output();
  }));
  assertEquals(
    zags.map(({ stdout }) => new TextDecoder().decode(stdout)),
    [1, 2, 3].map((number) => `1.0.${number}\n`.repeat(5)),
  );
  assert(Object.keys(JSON.parse(await Deno.readTextFile(bench.cache))).length > 0);
});

/** The mock agent as if it were a program called `agent`. */
function described(change: Partial<Provider>): Provider {
  return { ...mock, binary: { name: "agent", install: "get agent" }, ...change };
}

async function look(bench: Bench, provider: Provider, options: ProviderProbeOptions = {}) {
  const host = fakeContext({ env: { PATH: bench.path }, cwd: bench.path });
  return await probeProvider(provider, host, { cache: bench.cache, ...options });
}

const OLD = { name: "agent", install: "get agent", oldest: "1.2.0" };

Deno.test("probeProvider: what is built in is always usable", async () => {
  await using bench = await Bench.create();
  assertEquals(await look(bench, mock), { installed: true, usable: true });
});

Deno.test("probeProvider: a program that is there", async () => {
  await using bench = await Bench.create();
  const path = await bench.program("echo 1.2.3");
  const expected = { installed: true, path, version: "1.2.3", usable: true };
  assertEquals(await look(bench, described({})), expected);
  assertEquals(await look(bench, described({ binary: OLD })), expected);
});

Deno.test("probeProvider: a program that is missing", async () => {
  await using bench = await Bench.create();
  const reason = 'there is no program "agent" on PATH';
  assertEquals(await look(bench, described({})), { installed: false, usable: false, reason });
});

Deno.test("probeProvider: a program that does not work", async () => {
  await using bench = await Bench.create();
  const path = await bench.program("exit 7");
  const reason = "its program ended with exit code 7 when asked for its version";
  assertEquals(await look(bench, described({ binary: OLD })), {
    installed: true,
    path,
    usable: false,
    reason,
  });
});

const ages: [string, boolean][] = [["0.9.9", false], ["1.1.99", false], ["1.2.0", true], [
  "1.10.0",
  true,
], ["1.2.0-beta.1", true]];

for (const [version, usable] of ages) {
  Deno.test(`probeProvider: ${version} where 1.2.0 is needed`, async () => {
    await using bench = await Bench.create();
    await bench.program(`echo ${version}`);
    const probe = await look(bench, described({ binary: OLD }));
    const reason = `version ${version} is too old: zag needs 1.2.0 or newer`;
    assertEquals([probe.version, probe.usable], [version, usable]);
    assertEquals(probe.reason, usable ? undefined : reason);
  });
}

Deno.test("probeProvider: an update behind the same file counts at once", async () => {
  await using bench = await Bench.create();
  await bench.program(`cat '${bench.path}/version'`);
  await Deno.writeTextFile(`${bench.path}/version`, "1.1.0");
  const host = fakeContext({ env: { PATH: `${bench.path}:/bin:/usr/bin` } });
  const usable = async () =>
    (await probeProvider(described({ binary: OLD }), host, { cache: bench.cache })).usable;
  assertEquals(await usable(), false);
  await Deno.writeTextFile(`${bench.path}/version`, "1.2.0");
  assertEquals(await usable(), true);
});

Deno.test("probeProvider: the program gets the provider's variables", async () => {
  await using bench = await Bench.create();
  await bench.program('echo "1.2.3-$CALM"');
  const binary = { name: "agent", install: "get agent", env: { CALM: "yes" } };
  assertEquals((await look(bench, described({ binary }))).version, "1.2.3-yes");
});

Deno.test("probeProvider: the state directory holds the cache unless another is named", async () => {
  await using bench = await Bench.create();
  await bench.program("echo 1.2.3");
  const host = fakeContext({ env: { PATH: bench.path, ZAG_HOME: `${bench.path}/zag` } });
  await probeProvider(described({}), host);
  assertMatch(await Deno.readTextFile(`${bench.path}/zag/probes.json`), /"1\.2\.3"/);
});

interface Answer {
  status?: number;
  body: string;
}

/** A server, and a provider that depends on it; `undefined` hangs. */
function serve(answer: Answer | undefined, binary?: Provider["binary"]) {
  const released = Promise.withResolvers<void>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async () => {
    if (!answer) await released.promise;
    return new Response(answer?.body ?? "", { status: answer?.status ?? 200 });
  });
  const address = `127.0.0.1:${server.addr.port}/version`;
  const provider = described({
    binary,
    service: { url: () => `http://me:secret@${address}`, advice: "start it" },
  });
  return {
    provider,
    url: `http://${address}`,
    async [Symbol.asyncDispose]() {
      released.resolve();
      await server.shutdown();
    },
  };
}

Deno.test("probeProvider: a server that answers", async () => {
  await using bench = await Bench.create();
  await using service = serve({ body: '{"version":"0.12.3"}' });
  const expected = { installed: true, version: "0.12.3", usable: true };
  assertEquals(await look(bench, service.provider), expected);
});

const refusals: [string, Answer | undefined, string, limitMs?: number][] = [
  ["that hangs", undefined, "URL did not answer within 0.3 s; start it", 300],
  ["that fails", { status: 500, body: "{}" }, "URL answered with HTTP 500; start it"],
  ["that is something else", { body: "<html>" }, "URL names no version; start it"],
  ["that is something else in JSON", { body: "[1]" }, "URL names no version; start it"],
];

for (const [title, answer, expected, limitMs] of refusals) {
  Deno.test(`probeProvider: a server ${title}`, async () => {
    await using bench = await Bench.create();
    await using service = serve(answer);
    const reason = expected.replace("URL", service.url);
    const probe = await look(bench, service.provider, { limitMs });
    assertEquals(probe, { installed: true, usable: false, reason });
  });
}

Deno.test("probeProvider: a server that is not there", async () => {
  await using bench = await Bench.create();
  // A port that the system gave would soon be that of another server.
  const url = "http://127.0.0.1:2/version";
  const provider = described({
    binary: undefined,
    service: { url: () => url, advice: "start it" },
  });
  const reason = `nothing answers at ${url}; start it`;
  assertEquals(await look(bench, provider), { installed: true, usable: false, reason });
});

Deno.test("probeProvider: a program that only interactive sessions need", async () => {
  await using bench = await Bench.create();
  const binary = { ...OLD, interactiveOnly: true };
  await using service = serve({ body: '{"version":"1.3.0"}' }, binary);
  const missing = await look(bench, service.provider);
  assertEquals(missing, { installed: false, version: "1.3.0", usable: true });
  const run = await look(bench, service.provider, { mode: "run" });
  const reason = 'there is no program "agent" on PATH';
  assertEquals(run, { installed: false, version: "1.3.0", usable: false, reason });
  const path = await bench.program("echo 1.2.3");
  const there = await look(bench, service.provider);
  assertEquals(there, { installed: true, path, version: "1.3.0", usable: true });
  await assertRejects(() => bench.runs(), Deno.errors.NotFound);
  assertEquals((await look(bench, service.provider, { mode: "run" })).version, "1.2.3");
});

Deno.test("probeProvider: a server that is too old", async () => {
  await using bench = await Bench.create();
  const binary = { ...OLD, interactiveOnly: true };
  await using service = serve({ body: '{"version":"1.1.9"}' }, binary);
  const { usable, reason } = await look(bench, service.provider);
  assertEquals([usable, reason], [
    false,
    "version 1.1.9 is too old: zag needs 1.2.0 or newer",
  ]);
});
