import type { SelfCommand } from "../../src/processes/self.ts";
import { ensureShim, posixShim, windowsShim } from "../../src/processes/shim.ts";
import { assert, assertEquals, assertMatch, assertNotEquals } from "../support/assert.ts";
import { rewriteProgram, writeProgram } from "../support/program_file.ts";

const AWKWARD = [
  "",
  " ",
  "a b",
  "it's",
  "''",
  '"q"',
  "$HOME",
  "`id`",
  "$(id)",
  "\\",
  "*",
  "~",
  "\n",
  "é",
  "%PATH%",
];

async function withDir(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir());
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** A program that prints its arguments and some variables, each ended by NUL. */
async function printer(dir: string): Promise<string> {
  const program = `${dir}/the "printer's" home`;
  const text = '#!/bin/sh\nprintf "%s\\0" "$@" "$FIRST" "$SECOND"\n';
  await writeProgram(program, text);
  return program;
}

/** Makes a shim that can be run at once: an agent takes far longer to call it. */
async function runnableShim(dir: string, command: SelfCommand): Promise<string> {
  const bin = await ensureShim(dir, command);
  await rewriteProgram(`${bin}/zag`);
  return bin;
}

Deno.test("ensureShim() passes every argument and variable on unchanged", async () => {
  await withDir(async (dir) => {
    const env = { FIRST: "it's $HOME", SECOND: "made by the shim" };
    const command: SelfCommand = { program: await printer(dir), args: AWKWARD, env };
    const bin = await runnableShim(`${dir}/a 'dir' of "shims"`, command);
    const { stdout } = await new Deno.Command("zag", {
      args: AWKWARD.toReversed(),
      clearEnv: true,
      env: { PATH: `${bin}:/usr/bin:/bin`, SECOND: "set by the caller" },
    }).output();
    assertEquals(new TextDecoder().decode(stdout).split("\0").slice(0, -1), [
      ...AWKWARD,
      ...AWKWARD.toReversed(),
      "it's $HOME",
      "set by the caller",
    ]);
  });
});

Deno.test("ensureShim() runs the program in place of the shell", async () => {
  await withDir(async (dir) => {
    const bin = await runnableShim(dir, { program: "/bin/sh", args: ["-c", "echo $$"], env: {} });
    const child = new Deno.Command(`${bin}/zag`, { stdout: "piped" }).spawn();
    const { stdout } = await child.output();
    assertEquals(Number(new TextDecoder().decode(stdout)), child.pid);
  });
});

Deno.test("ensureShim() may be called by many at once and leaves one private file", async () => {
  await withDir(async (dir) => {
    const command = { program: "/bin/true", args: ["x"], env: {} };
    const shims = `${dir}/a/b`;
    const bins = await Promise.all(Array.from({ length: 30 }, () => ensureShim(shims, command)));
    assertEquals(new Set(bins).size, 1);
    assertEquals([...Deno.readDirSync(shims)].length, 1);
    assertEquals([...Deno.readDirSync(bins[0]!)].map(({ name }) => name), ["zag"]);
    assertMatch(bins[0]!, /\/[0-9a-f]{12}$/);
    for (const path of [bins[0]!, `${bins[0]}/zag`]) {
      assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o700);
    }
  });
});

Deno.test("ensureShim() writes a shim once, and again when it was changed", async () => {
  await withDir(async (dir) => {
    const command = { program: "/bin/true", args: [], env: {} };
    const bin = await ensureShim(dir, command);
    const inode = () => Deno.statSync(`${bin}/zag`).ino;
    const before = inode();
    assertEquals(await ensureShim(dir, command), bin);
    assertEquals(inode(), before);
    await Deno.writeTextFile(`${bin}/zag`, "#!/bin/sh\nexit 1\n");
    assertEquals(await ensureShim(dir, command), bin);
    assertEquals(await Deno.readTextFile(`${bin}/zag`), posixShim(command));
    const other = await ensureShim(dir, { ...command, args: ["y"] });
    assertNotEquals(other, bin);
    assert(Deno.statSync(`${bin}/zag`).isFile);
  });
});

Deno.test("windowsShim() quotes every word and doubles percent signs", () => {
  const text = windowsShim({
    program: "C:\\Program Files\\deno.exe",
    args: ["run", "100%"],
    env: { DENO_DIR: "D:\\a b" },
  });
  assertEquals(text.split("\r\n").slice(2), [
    'if not defined DENO_DIR set "DENO_DIR=D:\\a b"',
    '"C:\\Program Files\\deno.exe" "run" "100%%" %*',
    "",
  ]);
});
