import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { FakeRelease } from "../support/fake_release.ts";
import { fromFileUrl } from "../support/paths.ts";
import { writeProgram } from "../support/program_file.ts";

const SCRIPT = fromFileUrl(new URL("../../scripts/install.sh", import.meta.url));
const ASSET = `zag-${Deno.build.target}.gz`;
const SHELL = ["/usr/bin/dash", "/bin/dash"].find(isFile) ?? "sh";

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

class Machine implements AsyncDisposable {
  readonly release = new FakeRelease();
  private constructor(readonly home: string) {}

  static async create(): Promise<Machine> {
    const machine = new Machine(await Deno.realPath(await Deno.makeTempDir()));
    await machine.release.publish("9.8.7", ASSET, FakeRelease.program("9.8.7"));
    return machine;
  }

  get bin(): string {
    return `${this.home}/.local/bin`;
  }

  async install(args: string[] = [], env: Record<string, string> = {}) {
    const { code, stdout, stderr } = await new Deno.Command(SHELL, {
      args: [SCRIPT, ...args],
      cwd: this.home,
      env: {
        HOME: this.home,
        PATH: Deno.env.get("PATH")!,
        ZAG_RELEASE_URL: this.release.url,
        ...env,
      },
      clearEnv: true,
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  /** Names in a directory; nothing if it is not there. */
  async names(directory = this.bin): Promise<string[]> {
    try {
      return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).sort();
    } catch {
      return [];
    }
  }

  async put(text: string): Promise<void> {
    await Deno.mkdir(this.bin, { recursive: true });
    await writeProgram(`${this.bin}/zag`, text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release[Symbol.asyncDispose]();
    await Deno.remove(this.home, { recursive: true });
  }
}

function onMachine(test: (machine: Machine) => Promise<void>): () => Promise<void> {
  return async () => {
    await using machine = await Machine.create();
    await test(machine);
  };
}

const ignore = Deno.build.os === "windows";
const check = (name: string, test: (machine: Machine) => Promise<void>) =>
  Deno.test({ name: `install.sh ${name}`, ignore, fn: onMachine(test) });

check("installs the newest version and says how to call it", async (machine) => {
  const { code, stdout, stderr } = await machine.install();
  assertEquals([code, stdout], [0, `zag 9.8.7 is installed: ${machine.bin}/zag\n`]);
  assertStringIncludes(stderr, `export PATH="${machine.bin}:$PATH"`);
  assertEquals(await machine.names(), ["zag"]);
  assertEquals(await Deno.readTextFile(`${machine.bin}/zag`), FakeRelease.program("9.8.7"));
  assertEquals((await Deno.stat(`${machine.bin}/zag`)).mode! & 0o777, 0o755);
});

check("gives no hint where the directory is on PATH", async (machine) => {
  const PATH = `${machine.bin}:${Deno.env.get("PATH")}`;
  const { code, stderr } = await machine.install([], { PATH });
  assertEquals([code, stderr.includes("PATH"), stderr.includes("warning")], [0, false, false]);
});

check("warns when another zag stands first on PATH", async (machine) => {
  const other = `${machine.home}/other`;
  await Deno.mkdir(other);
  await writeProgram(`${other}/zag`, FakeRelease.program("1.0.0"));
  const PATH = `${other}:${machine.bin}:${Deno.env.get("PATH")}`;
  const { code, stderr } = await machine.install([], { PATH });
  assertEquals(code, 0);
  assertStringIncludes(stderr, `warning: zag still means ${other}/zag`);
});

check("takes version, directory and address from flags", async (machine) => {
  await machine.release.publish("9.9.0", ASSET, FakeRelease.program("9.9.0"));
  const dir = `${machine.home}/some where`;
  const args = ["--url", `${machine.release.url}/`, "--version", "v9.8.7", "--dir", dir];
  const { code, stdout } = await machine.install(args, { ZAG_RELEASE_URL: "http://127.0.0.1:1" });
  assertEquals([code, stdout], [0, `zag 9.8.7 is installed: ${dir}/zag\n`]);
  assert(!machine.release.requests.some((path) => path.includes("latest")));
});

check("replaces an older zag", async (machine) => {
  await machine.put(FakeRelease.program("1.0.0"));
  assertEquals((await machine.install()).code, 0);
  assertEquals(await Deno.readTextFile(`${machine.bin}/zag`), FakeRelease.program("9.8.7"));
});

check("leaves a file that is not zag, unless it is forced", async (machine) => {
  await machine.put("#!/bin/sh\necho something else\n");
  const refused = await machine.install();
  assertEquals([refused.code, refused.stdout], [1, ""]);
  assertStringIncludes(refused.stderr, `${machine.bin}/zag is there, and it is not zag`);
  assertEquals(
    await Deno.readTextFile(`${machine.bin}/zag`),
    "#!/bin/sh\necho something else\n",
  );
  assertEquals(machine.release.requests, []);
  const forced = await machine.install(["--force"]);
  assertEquals(forced.code, 0);
  assertStringIncludes(forced.stderr, `warning: ${machine.bin}/zag was not zag, and is replaced`);
});

check("refuses a wrong checksum and leaves the old program", async (machine) => {
  await machine.put(FakeRelease.program("1.0.0"));
  const sums = "/releases/download/v9.8.7/SHA256SUMS";
  const wrong = new TextEncoder().encode(`${"a".repeat(64)}  ${ASSET}\n`);
  machine.release.files.set(sums, wrong);
  const { code, stdout, stderr } = await machine.install();
  assertEquals([code, stdout], [1, ""]);
  assertStringIncludes(stderr, `and has to be ${"a".repeat(64)}`);
  assertEquals(await machine.names(), ["zag"]);
  assertEquals(await Deno.readTextFile(`${machine.bin}/zag`), FakeRelease.program("1.0.0"));
});

check("says which file is missing", async (machine) => {
  machine.release.files.delete(`/releases/download/v9.8.7/${ASSET}`);
  const { code, stderr } = await machine.install();
  assertEquals(code, 1);
  assertStringIncludes(
    stderr,
    `Cannot download ${machine.release.url}/download/v9.8.7/${ASSET}`,
  );
  assertEquals(await machine.names(), []);
});

check("says that a version has no program for this system", async (machine) => {
  await machine.release.publish("9.8.7", "zag-another.gz", FakeRelease.program("9.8.7"));
  const { code, stderr } = await machine.install();
  assertEquals(code, 1);
  assertStringIncludes(stderr, `SHA256SUMS does not name ${ASSET}`);
});

for (const downloader of ["curl", "wget"]) {
  Deno.test({
    name: `install.sh notices a download that breaks off, with ${downloader}`,
    ignore: ignore || !isFile(`/usr/bin/${downloader}`),
    fn: onMachine(async (machine) => {
      machine.release.cut.add(`/releases/download/v9.8.7/${ASSET}`);
      const tools = `${machine.home}/tools`;
      await Deno.mkdir(tools);
      const needed = ["uname", "grep", "sed", "cat", "cut", "mkdir", "mktemp", "rm", "gzip"];
      for (const name of [...needed, "chmod", "mv", "sha256sum", "ldd", downloader]) {
        const at = ["/usr/bin", "/bin"].map((dir) => `${dir}/${name}`).find(isFile);
        if (at) await Deno.symlink(at, `${tools}/${name}`);
      }
      const { code, stderr } = await machine.install([], { PATH: tools });
      assertEquals(code, 1);
      assertStringIncludes(stderr, `Cannot download ${machine.release.url}`);
      assertEquals(await machine.names(), []);
      machine.release.cut.clear();
      assertEquals((await machine.install([], { PATH: tools })).code, 0);
    }),
  });
}

check("refuses a directory that cannot be written to", async (machine) => {
  await Deno.writeTextFile(`${machine.home}/file`, "");
  const dir = `${machine.home}/file/bin`;
  const { code, stderr } = await machine.install(["--dir", dir]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, dir);
  assertStringIncludes(stderr, "--dir DIR");
  assertEquals(machine.release.requests, []);
});

Deno.test({
  name: "install.sh refuses a directory that belongs to somebody else",
  ignore: ignore || Deno.uid() === 0,
  fn: onMachine(async (machine) => {
    await Deno.mkdir(machine.bin, { recursive: true });
    await Deno.chmod(machine.bin, 0o555);
    const { code, stderr } = await machine.install();
    await Deno.chmod(machine.bin, 0o755);
    assertEquals(code, 1);
    assertStringIncludes(stderr, `Cannot write to ${machine.bin}`);
  }),
});

check("does not install what does not run", async (machine) => {
  await machine.release.publish("9.8.7", ASSET, "#!/bin/sh\necho zag 0.0.1\n");
  const { code, stderr } = await machine.install();
  assertEquals(code, 1);
  assertStringIncludes(stderr, 'has to say "zag 9.8.7", and says "zag 0.0.1"');
  assertEquals(await machine.names(), []);
});

check("needs an address, and one that can be trusted", async (machine) => {
  const none = await machine.install([], { ZAG_RELEASE_URL: "" });
  assertEquals(none.code, 1);
  assertStringIncludes(none.stderr, "Give --url URL, or set ZAG_RELEASE_URL");
  const plain = await machine.install(["--url", "http://example.com/releases"]);
  assertEquals(plain.code, 1);
  assertStringIncludes(plain.stderr, "only https can be trusted");
  assertEquals(await machine.names(), []);
});

check("refuses arguments that it does not know", async (machine) => {
  for (const args of [["--nothing"], ["--url"], ["--version", "newest"]]) {
    assertEquals((await machine.install(args)).code, 64, args.join(" "));
  }
  assertEquals(await machine.names(), []);
});
