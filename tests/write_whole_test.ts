import { throughLinks, writeWhole } from "../src/write_whole.ts";
import { assert, assertEquals, assertRejects } from "./support/assert.ts";

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "zag-write-" }));
  try {
    await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const names = (directory: string) =>
  [...Deno.readDirSync(directory)].map(({ name }) => name).sort();

Deno.test("writeWhole() makes a private file, or one as the umask says", async () => {
  await inDirectory(async (directory) => {
    await writeWhole(`${directory}/a`, "a");
    await writeWhole(`${directory}/b`, "b", { shared: true });
    await Deno.writeTextFile(`${directory}/c`, "c");
    const mode = async (name: string) => (await Deno.stat(`${directory}/${name}`)).mode! & 0o777;
    assertEquals([await mode("a"), await mode("b")], [0o600, await mode("c")]);
    assertEquals(names(directory), ["a", "b", "c"]);
  });
});

Deno.test("writeWhole() keeps mode and links, and writes names of any length", async () => {
  await inDirectory(async (directory) => {
    const real = `${directory}/${"ä".repeat(127)}`;
    await Deno.writeTextFile(real, "old");
    await Deno.chmod(real, 0o640);
    await Deno.symlink(real, `${directory}/link`);
    assert(await writeWhole(`${directory}/link`, "new"));
    assertEquals([await Deno.readTextFile(real), await throughLinks(`${directory}/link`)], [
      "new",
      real,
    ]);
    assertEquals((await Deno.stat(real)).mode! & 0o777, 0o640);
    await Deno.symlink("ring", `${directory}/ring`);
    const error = await assertRejects(() => writeWhole(`${directory}/ring`, "x"));
    assertEquals((error as Error).message, "its symbolic links form a ring");
  });
});

Deno.test({
  name: "writeWhole() keeps the owner of a file",
  ignore: Deno.build.os === "windows" || Deno.uid() !== 0,
  async fn() {
    await inDirectory(async (directory) => {
      const path = `${directory}/theirs`;
      await Deno.writeTextFile(path, "old");
      await Deno.chown(path, 1000, 1001);
      await writeWhole(path, "new");
      const { uid, gid } = await Deno.stat(path);
      assertEquals([await Deno.readTextFile(path), uid, gid], ["new", 1000, 1001]);
    });
  },
});

Deno.test("writeWhole() refuses a file that is read-only", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/a`;
    await Deno.writeTextFile(path, "old");
    await Deno.chmod(path, 0o400);
    const error = await assertRejects(() => writeWhole(path, "new"));
    assert((error as Error).message.startsWith("it is read-only (mode 0400)"), String(error));
    assertEquals([await Deno.readTextFile(path), names(directory)], ["old", ["a"]]);
  });
});

Deno.test("writeWhole() replaces nothing that has changed or come meanwhile", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/a`;
    const came = await writeWhole(path, "mine", {
      async isAsRead() {
        await Deno.writeTextFile(path, "theirs");
        return true;
      },
    });
    assertEquals([came, await Deno.readTextFile(path), names(directory)], [false, "theirs", ["a"]]);
    assertEquals(await writeWhole(path, "mine", { isAsRead: () => Promise.resolve(false) }), false);
    assertEquals([await Deno.readTextFile(path), names(directory)], ["theirs", ["a"]]);
  });
});
