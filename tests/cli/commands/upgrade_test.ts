import { runUpgrade, upgradeCommand } from "../../../src/cli/commands/upgrade.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import type { ProgramPlace } from "../../../src/cli/upgrade_place.ts";
import { otherWay, programPlace } from "../../../src/cli/upgrade_place.ts";
import { isNewer } from "../../../src/cli/upgrade_release.ts";
import { version as current } from "../../../src/version.ts";
import { fakeContext } from "../../fakes/context.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../support/assert.ts";
import { FakeRelease } from "../../support/fake_release.ts";
import { MAIN, TestHome, ZAG } from "../../support/zag.ts";
import { copyProgram, writeProgram } from "../../support/program_file.ts";

const TARGET = "x86_64-unknown-linux-gnu";
const ASSET = `zag-${TARGET}.gz`;
const OLD = FakeRelease.program(current);

/** A program that was installed, and a release that is newer. */
class Installed implements AsyncDisposable {
  readonly release = new FakeRelease();
  private constructor(readonly dir: string) {}

  static async create(): Promise<Installed> {
    const installed = new Installed(await Deno.realPath(await Deno.makeTempDir()));
    await writeProgram(installed.program, OLD);
    await installed.release.publish("99.0.0", ASSET, FakeRelease.program("99.0.0"));
    return installed;
  }

  get program(): string {
    return `${this.dir}/zag`;
  }

  async upgrade(args: string[] = [], env: Record<string, string> = {}) {
    const place: ProgramPlace = { kind: "binary", path: this.program, target: TARGET };
    const ctx = fakeContext({ env: { ZAG_RELEASE_URL: this.release.url, ...env } });
    // deno-lint-ignore no-explicit-any -- the table of commands forgets the types of their flags
    const run = (ctx: any, flags: any, operands: any) => runUpgrade(ctx, flags, operands, place);
    const code = await createApp([{ ...upgradeCommand, run }]).run(["upgrade", ...args], ctx);
    return { code, out: ctx.out, err: ctx.err };
  }

  /** What lies in the directory, and what the program is. */
  async state() {
    const names = (await Array.fromAsync(Deno.readDir(this.dir))).map(({ name }) => name);
    return { names, program: await Deno.readTextFile(this.program) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release[Symbol.asyncDispose]();
    await Deno.remove(this.dir, { recursive: true });
  }
}

const unchanged = { names: ["zag"], program: OLD };

function check(name: string, test: (installed: Installed) => Promise<void>): void {
  Deno.test({
    name: `upgrade ${name}`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      await using installed = await Installed.create();
      await test(installed);
    },
  });
}

check("puts the newest version in the place of the program", async (installed) => {
  const { code, out, err } = await installed.upgrade();
  assertEquals([code, out], [0, `zag 99.0.0 is installed; it was ${current}\n`]);
  assertEquals(err, "Downloading zag 99.0.0\n");
  assertEquals(await installed.state(), {
    names: ["zag"],
    program: FakeRelease.program("99.0.0"),
  });
  assertEquals((await Deno.stat(installed.program)).mode! & 0o777, 0o755);
});

check("leaves the newest version as it is", async (installed) => {
  await installed.release.publish(current, ASSET, FakeRelease.program(current));
  const { code, out } = await installed.upgrade();
  assertEquals([code, out], [0, `zag ${current} is up to date\n`]);
  assertEquals(installed.release.requests, ["/releases/latest/download/VERSION"]);
});

check("does not go back to an older release by itself", async (installed) => {
  await installed.release.publish("0.9.0", ASSET, FakeRelease.program("0.9.0"));
  const { code, out } = await installed.upgrade();
  assertEquals([code, out], [0, `zag 0.9.0 is older than this one, which is ${current}\n`]);
  assertEquals(await installed.state(), unchanged);
});

check("takes the version that is named, older ones too", async (installed) => {
  await installed.release.publish("0.9.0", ASSET, FakeRelease.program("0.9.0"));
  const { code, out } = await installed.upgrade(["v0.9.0", "-q"]);
  assertEquals([code, out], [0, `zag 0.9.0 is installed; it was ${current}\n`]);
  assertEquals((await installed.state()).program, FakeRelease.program("0.9.0"));
  assert(!installed.release.requests.some((path) => path.includes("latest")));
  assertEquals((await installed.upgrade(["newest"])).code, 64);
});

check("--check says what there is and changes nothing", async (installed) => {
  const { code, out, err } = await installed.upgrade(["--check"]);
  assertEquals([code, err], [0, ""]);
  assertEquals(out, `zag 99.0.0 is newer than this one, which is ${current}\n`);
  assertEquals(installed.release.requests, ["/releases/latest/download/VERSION"]);
  assertEquals(await installed.state(), unchanged);
});

check("--json prints one object", async (installed) => {
  const answer = { current, version: "99.0.0", newer: true, path: installed.program };
  const checked = await installed.upgrade(["--check", "--json"]);
  assertEquals(JSON.parse(checked.out), { ...answer, upgraded: false });
  const done = await installed.upgrade(["--json", "-q"]);
  assertEquals([JSON.parse(done.out), done.err], [{ ...answer, upgraded: true }, ""]);
});

check("leaves the program when the checksum is wrong", async (installed) => {
  const sums = new TextEncoder().encode(`${"a".repeat(64)}  ${ASSET}\n`);
  installed.release.files.set("/releases/download/v99.0.0/SHA256SUMS", sums);
  const { code, out, err } = await installed.upgrade();
  assertEquals([code, out], [1, ""]);
  assertStringIncludes(err, `and has to be ${"a".repeat(64)}`);
  assertEquals(await installed.state(), unchanged);
});

check("leaves the program when the download breaks off", async (installed) => {
  installed.release.cut.add(`/releases/download/v99.0.0/${ASSET}`);
  const { code, err } = await installed.upgrade();
  assertEquals(code, 1);
  assertStringIncludes(err, `Cannot download ${installed.release.url}`);
  assertEquals(await installed.state(), unchanged);
});

check("leaves the program when a file is missing", async (installed) => {
  installed.release.files.delete(`/releases/download/v99.0.0/${ASSET}`);
  const missing = await installed.upgrade();
  assertEquals(missing.code, 1);
  assertStringIncludes(missing.err, "answers 404");
  await installed.release.publish("99.0.0", "zag-another.gz", "");
  const other = await installed.upgrade();
  assertEquals(other.code, 1);
  assertStringIncludes(other.err, `SHA256SUMS does not name ${ASSET}`);
  assertEquals(await installed.state(), unchanged);
});

check("leaves the program when the new one does not run", async (installed) => {
  await installed.release.publish("99.0.0", ASSET, "#!/bin/sh\necho zag 98.0.0\n");
  const { code, err } = await installed.upgrade();
  assertEquals(code, 1);
  assertStringIncludes(err, 'has to say "zag 99.0.0", and says "zag 98.0.0"');
  assertEquals(await installed.state(), unchanged);
});

check("brings the old program back when the new one fails in its place", async (installed) => {
  const program = `#!/bin/sh\ncase $0 in *upgrade*) echo zag 99.0.0 ;; *) exit 1 ;; esac\n`;
  await installed.release.publish("99.0.0", ASSET, program);
  const { code, err } = await installed.upgrade();
  assertEquals(code, 1);
  assertStringIncludes(
    err,
    "it does not run here\nNothing was changed. --version ends with code 1",
  );
  assertEquals(await installed.state(), unchanged);
});

check("says why the new one cannot be started", async (installed) => {
  await installed.release.publish("99.0.0", ASSET, "#!/no/such/interpreter\n");
  const { code, err } = await installed.upgrade();
  assertEquals(code, 1);
  assertMatch(err, /it does not run here\nNothing was changed. .*\/zag.*(os error 2|not found)/i);
  assertEquals(await installed.state(), unchanged);
});

Deno.test({
  name: "upgrade waits while the new program can still be written by somebody",
  // Other systems run such a file.
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using installed = await Installed.create();
    const { create } = Deno;
    let held = 0;
    Deno.create = async (path) => {
      const file = await create(path);
      if (!String(path).endsWith("/zag")) return file;
      const writer = await Deno.open(path, { write: true });
      setTimeout(() => writer.close(), 400);
      held++;
      return file;
    };
    try {
      const { code, out } = await installed.upgrade();
      assertEquals([code, out], [0, `zag 99.0.0 is installed; it was ${current}\n`]);
      assertEquals(held, 1);
    } finally {
      Deno.create = create;
    }
  },
});

check("says when its directory cannot be written to", async (installed) => {
  const place: ProgramPlace = { kind: "binary", path: "/proc/none/zag", target: TARGET };
  const ctx = fakeContext({ env: { ZAG_RELEASE_URL: installed.release.url } });
  // deno-lint-ignore no-explicit-any -- the table of commands forgets the types of their flags
  const run = (ctx: any, flags: any, operands: any) => runUpgrade(ctx, flags, operands, place);
  assertEquals(await createApp([{ ...upgradeCommand, run }]).run(["upgrade"], ctx), 1);
  assertStringIncludes(ctx.err, "Cannot write to /proc/none");
});

check("needs an address, and one that can be trusted", async (installed) => {
  const plain = await installed.upgrade(["--url", "http://example.com/releases"]);
  assertEquals(plain.code, 1);
  assertStringIncludes(plain.err, "only https can be trusted");
  const none = await installed.upgrade([], { ZAG_RELEASE_URL: "" });
  assertEquals(none.code, 1);
  assertStringIncludes(none.err, "Give --url, or set ZAG_RELEASE_URL");
  assertEquals(await installed.state(), unchanged);
});

Deno.test({
  name: "upgrade follows a redirection, but not to where nothing can be trusted",
  // Other systems have but one address of their own.
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using installed = await Installed.create();
    const { release } = installed;
    const path = "/releases/download/v99.0.0/SHA256SUMS";
    const sums = release.files.get(path)!;
    await using other = Deno.serve(
      { hostname: "127.0.0.2", port: 0, onListen() {} },
      () => new Response(sums),
    );
    release.moved.set(path, `http://127.0.0.2:${other.addr.port}/`);
    const refused = await installed.upgrade();
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.err, "SHA256SUMS leads to http://127.0.0.2");
    assertEquals(await installed.state(), unchanged);
    release.files.set("/releases/elsewhere", sums);
    release.moved.set(path, `${release.url}/elsewhere`);
    assertEquals((await installed.upgrade()).code, 0);
  },
});

Deno.test("upgrade of another kind of zag says how a newer one comes there", () => {
  const hint = (entry: string, version?: string, url = "") => {
    const place = programPlace(entry);
    assert(place.kind !== "binary");
    return otherWay(place, version, url).hint;
  };
  assertEquals(hint("file:///zag/main.ts"), 'Run: git -C "/zag" pull');
  assertEquals(hint("file:///zag/main.ts", "2.0.0"), 'Run: git -C "/zag" checkout v2.0.0');
  assertEquals(
    hint("file:///opt/zag.js"),
    "Unpack zag-bundle.tar.gz of a release in its directory",
  );
  assertEquals(
    hint("file:///opt/zag.js", "2.0.0", "https://example.com/releases"),
    "Unpack https://example.com/releases/download/v2.0.0/zag-bundle.tar.gz in its directory",
  );
  assertStringIncludes(hint("https://jsr.io/@zag/cli/1.0.0/main.ts", "2.0.0"), "@zag/cli@2.0.0");
  assertStringIncludes(hint("https://example.com/zag.js"), "deno cache --reload");
});

// A compiled program would replace itself.
const name = "upgrade from source replaces nothing, and --check works";
Deno.test({ name, ignore: ZAG.isCompiled }, async () => {
  await using home = await TestHome.create();
  await using release = new FakeRelease();
  await release.publish("99.0.0", ASSET, "");
  const env = { ZAG_RELEASE_URL: release.url };
  const refused = await home.zag(["upgrade"], { env });
  assertEquals([refused.code, refused.stdout], [1, ""]);
  assertStringIncludes(refused.stderr, MAIN.slice(0, MAIN.lastIndexOf("/")));
  assertEquals(release.requests, []);
  const checked = await home.zag(["upgrade", "--check", "--json"], { env });
  assertEquals(checked.code, 0, checked.stderr);
  assertEquals(JSON.parse(checked.stdout), {
    current,
    version: "99.0.0",
    newer: true,
    upgraded: false,
    path: null,
  });
});

Deno.test({
  name: "a program that was replaced while it ran starts the one that took its place",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const dir = await Deno.realPath(await Deno.makeTempDir());
    try {
      const program = `${dir}/zag`;
      await copyProgram(Deno.execPath(), program);
      const self = new URL("../../../src/processes/self.ts", import.meta.url).href;
      await Deno.writeTextFile(
        `${dir}/main.ts`,
        `import { selfCommand } from ${JSON.stringify(self)};
        Deno.writeTextFileSync(${JSON.stringify(`${dir}/new`)}, "new");
        Deno.renameSync(${JSON.stringify(`${dir}/new`)}, ${JSON.stringify(program)});
        console.log(selfCommand().program);`,
      );
      const { stdout } = await new Deno.Command(program, {
        args: ["run", "-A", `${dir}/main.ts`],
      }).output();
      assertEquals(new TextDecoder().decode(stdout), `${program}\n`);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

Deno.test("isNewer() compares the three numbers", () => {
  const newer = [["1.0.1", "1.0.0"], ["1.10.0", "1.9.9"], ["2.0.0", "1.99.99"]];
  for (const [a, b] of newer) {
    assertEquals([isNewer(a!, b!), isNewer(b!, a!), isNewer(a!, a!)], [true, false, false]);
  }
});
