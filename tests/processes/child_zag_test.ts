import { fromFileUrl } from "../support/paths.ts";
import { assertEquals } from "../support/assert.ts";
import { keptEnvironment } from "./support.ts";

const SOURCE = new URL("../../src/processes/child_zag.ts", import.meta.url).href;

/** The flags that a zag which was started with others passes on to the one that runs a command. */
async function passedOn(flags: readonly string[], command: string | undefined): Promise<string[]> {
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(
      path,
      `import { childZag } from ${JSON.stringify(SOURCE)};
       const place = { env: { get: (name) => name === "HOME" ? "/home" : undefined }, cwd: "/project" };
       console.log(JSON.stringify(childZag(${JSON.stringify(command)}, place).args));`,
    );
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", ...flags, path],
      cwd: fromFileUrl(new URL("../../", import.meta.url)),
      env: keptEnvironment(),
      clearEnv: true,
    }).output();
    const text = new TextDecoder().decode(stdout);
    if (text === "") throw new Error(new TextDecoder().decode(stderr));
    return JSON.parse(text).filter((arg: string) => /^--(allow|no-prompt)/.test(arg));
  } finally {
    await Deno.remove(path);
  }
}

const BROAD = ["--allow-read", "--allow-write", "--allow-env", "--allow-run", "--allow-net"];
const NARROW = [
  "--allow-env=HOME,SECRET",
  "--allow-read=/home/.zag,/project,/etc",
  "--allow-run=ps,cat",
];

Deno.test("childZag() passes on what the row of a command has, as far as it is there", async () => {
  assertEquals(await passedOn(BROAD, "status"), [
    "--no-prompt",
    "--allow-env",
    "--allow-read",
    "--allow-write",
    "--allow-run",
  ]);
  assertEquals(await passedOn(NARROW, "status"), [
    "--no-prompt",
    "--allow-env=HOME",
    "--allow-read=/home/.zag,/project",
    "--allow-run=ps",
  ]);
  assertEquals(await passedOn(BROAD, "man"), ["--no-prompt"]);
});

Deno.test("childZag() without a command passes on the sum of all rows, and never everything", async () => {
  assertEquals(await passedOn(NARROW, undefined), [
    "--no-prompt",
    "--allow-env=HOME",
    "--allow-read=/home/.zag,/project",
    "--allow-run=ps",
  ]);
  assertEquals(await passedOn([...BROAD, "--allow-sys", "--allow-ffi"], undefined), [
    "--no-prompt",
    ...["env", "read", "write", "run", "net", "sys", "ffi"].map((kind) => `--allow-${kind}`),
  ]);
});

Deno.test("childZag() passes everything on where everything is allowed", async () => {
  assertEquals(await passedOn(["-A"], "status"), ["--allow-all"]);
});
