import { AGENTS } from "../../scripts/install_agents.ts";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";
import { writeProgram } from "../support/program_file.ts";

const SCRIPT = fromFileUrl(new URL("../../scripts/install_agents.ts", import.meta.url));
const { version } = AGENTS.claude;

/** A `claude` that knows its version only after the package's own script has run. */
const BROKEN = `printf '#!/bin/sh\\ncat "%s/version" 2>/dev/null\\n' "$home" > "$bin/claude"
echo 'require("fs").writeFileSync("version", "${version}")' > "$home/install.cjs"`;
const WORKING = `printf '#!/bin/sh\\necho ${version}\\n' > "$bin/claude"`;

interface Sandbox {
  /** Runs the script to its end. */
  install(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  /** How often npm was called. */
  npmCalls(): Promise<number>;
  cache: string;
}

/** Runs a test with an npm that installs what a piece of shell script makes. */
async function withNpm(script: string, test: (box: Sandbox) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  const npm = `#!/bin/sh
echo called >> "${root}/calls"
while [ "$1" != --prefix ]; do shift; done
bin="$2/node_modules/.bin"
home="$2/node_modules/@anthropic-ai/claude-code"
mkdir -p "$bin" "$home"
${script}
chmod +x "$bin/claude"
`;
  await Deno.mkdir(`${root}/bin`);
  await writeProgram(`${root}/bin/npm`, npm);
  const cache = `${root}/cache`;
  try {
    await test({
      cache,
      async install(...args) {
        const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", SCRIPT, ...args, "claude"],
          env: {
            PATH: `${root}/bin:${Deno.env.get("PATH")}`,
            ZAG_TEST_AGENTS: "",
            ZAG_TEST_AGENTS_DIR: cache,
          },
        }).output();
        const decoder = new TextDecoder();
        return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
      },
      npmCalls: async () => (await Deno.readTextFile(`${root}/calls`)).split("\n").length - 1,
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("install_agents installs once, and says where", () =>
  withNpm(WORKING, async (box) => {
    const bin = `${box.cache}/claude@${version}/node_modules/.bin`;
    const first = await box.install("--print");
    assertEquals(first.code, 0, first.stderr);
    assertEquals(first.stdout, `${bin}\n`);
    const second = await box.install();
    assertEquals(second.stdout, `claude ${version} is in ${bin}\n`);
    assertEquals(second.stderr, "");
    assertEquals(await box.npmCalls(), 1);
  }));

Deno.test("install_agents installs once when two run at the same time", () =>
  withNpm(`sleep 0.3\n${WORKING}`, async (box) => {
    const both = await Promise.all([box.install("--print"), box.install("--print")]);
    assertEquals(both.map(({ code }) => code), [0, 0]);
    assertEquals(both[0].stdout, both[1].stdout);
    assertEquals(await box.npmCalls(), 1);
  }));

Deno.test("install_agents tries once more when the network fails", () =>
  withNpm(
    `if mkdir "$2/../failed"; then echo "npm error code ECONNRESET" >&2; exit 1; fi\n${WORKING}`,
    async (box) => {
      const ran = await box.install();
      assertEquals(ran.code, 0, ran.stderr);
      assertEquals(await box.npmCalls(), 2);
    },
  ));

Deno.test("install_agents gives up when the network fails twice, and leaves nothing", () =>
  withNpm('echo "npm error code ENOTFOUND" >&2; exit 1', async (box) => {
    const ran = await box.install();
    assertEquals(ran.code, 1);
    assertStringIncludes(ran.stderr, "error: npm could not install @anthropic-ai/claude-code@");
    assertStringIncludes(ran.stderr, "ENOTFOUND");
    assertEquals(await box.npmCalls(), 2);
    const left = (await Array.fromAsync(Deno.readDir(box.cache))).map(({ name }) => name);
    assertEquals(left, [".claude.lock"]);
  }));

Deno.test("install_agents does not repeat what will fail again", () =>
  withNpm('echo "npm error code ETARGET" >&2; exit 1', async (box) => {
    assertEquals((await box.install()).code, 1);
    assertEquals(await box.npmCalls(), 1);
  }));

Deno.test("install_agents runs the package's own script where npm has not", () =>
  withNpm(BROKEN, async (box) => {
    const ran = await box.install("--print");
    assertEquals(ran.code, 0, ran.stderr);
    // The stamp is written last, so the program has run.
    assertEquals((await box.install("--print")).stdout, ran.stdout);
    assertEquals(await box.npmCalls(), 1);
  }));

Deno.test("install_agents refuses a program that does not run", () =>
  withNpm(`printf '#!/bin/sh\\nexit 1\\n' > "$bin/claude"`, async (box) => {
    const ran = await box.install();
    assertEquals(ran.code, 1);
    assertStringIncludes(ran.stderr, "was installed but does not run");
  }));

Deno.test("install_agents refuses a name that it does not know", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", SCRIPT, "cloud"],
  }).output();
  assertEquals(code, 1);
  assertStringIncludes(new TextDecoder().decode(stderr), "the names are claude, codex, gemini");
});
