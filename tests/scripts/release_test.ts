import { collectRelease } from "../../scripts/release.ts";
import { pack, programName, TARGETS } from "../../scripts/compile.ts";
import { answer } from "../../scripts/serve_release.ts";
import { version } from "../../src/version.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";

const SCRIPT = fromFileUrl(new URL("../../scripts/release.ts", import.meta.url));
const SERVER = fromFileUrl(new URL("../../scripts/serve_release.ts", import.meta.url));
const URL_OF_RELEASES = "https://example.com/releases";

/** A directory with everything that a release is made of. */
async function inDist(test: (dist: string) => Promise<void>): Promise<void> {
  const dist = await Deno.makeTempDir();
  try {
    for (const target of TARGETS) {
      await Deno.writeTextFile(`${dist}/${programName(target)}.gz`, target);
    }
    await Deno.mkdir(`${dist}/zag`);
    for (const name of ["zag.js", "zag-agent.js", "zag/part.js"]) {
      await Deno.writeTextFile(`${dist}/${name}`, name);
    }
    await test(dist);
  } finally {
    await Deno.remove(dist, { recursive: true });
  }
}

const ignore = Deno.build.os === "windows";
const check = (name: string, test: (dist: string) => Promise<void>) =>
  Deno.test({ name, ignore, fn: () => inDist(test) });

check("release collects programs, bundle, scripts and checksums", async (dist) => {
  const names = await collectRelease({ url: URL_OF_RELEASES, dist, partial: false });
  const found = (await Array.fromAsync(Deno.readDir(`${dist}/release`))).map(({ name }) => name);
  assertEquals(found.sort(), [...names, "SHA256SUMS"].sort());
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", "sha256sum -c SHA256SUMS && tar -xzf zag-bundle.tar.gz && cat zag/part.js"],
    cwd: `${dist}/release`,
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const sums = await Deno.readTextFile(`${dist}/release/SHA256SUMS`);
  assertEquals(sums.trimEnd().split("\n").map((line) => line.slice(66)), [...names].sort());
  assertEquals(await Deno.readTextFile(`${dist}/release/VERSION`), `${version}\n`);
});

check("release writes its address into the install scripts", async (dist) => {
  await collectRelease({ url: URL_OF_RELEASES, dist, partial: false });
  const sh = await Deno.readTextFile(`${dist}/release/install.sh`);
  assertStringIncludes(sh, `\nRELEASE_URL="${URL_OF_RELEASES}"\n`);
  const ps1 = await Deno.readTextFile(`${dist}/release/install.ps1`);
  assertStringIncludes(ps1, `\n$ReleaseUrl = '${URL_OF_RELEASES}'\n`);
});

check("release refuses to leave out a target, unless it is partial", async (dist) => {
  const missing = `${programName(TARGETS[1])}.gz`;
  await Deno.remove(`${dist}/${missing}`);
  const options = { url: URL_OF_RELEASES, dist };
  await assertRejects(() => collectRelease({ ...options, partial: false }), Error, missing);
  const names = await collectRelease({ ...options, partial: true });
  assert(!names.includes(missing) && names.includes(`${programName(TARGETS[0])}.gz`));
  await Deno.remove(`${dist}/zag.js`);
  await assertRejects(
    () => collectRelease({ ...options, partial: true }),
    Error,
    "Run scripts/bundle.ts before",
  );
});

check("release takes only the tag of its version, and an address", async (dist) => {
  const run = async (...args: string[]) => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", SCRIPT, `--dist=${dist}`, ...args],
    }).output();
    return { code, stderr: new TextDecoder().decode(stderr) };
  };
  const url = `--url=${URL_OF_RELEASES}/`;
  assertEquals((await run(url, `--tag=v${version}`)).code, 0);
  const other = await run(url, "--tag=v0.0.1");
  assertEquals(other.code, 1);
  assertStringIncludes(other.stderr, `needs v${version}`);
  assertEquals((await run()).code, 64);
  assertEquals((await run('--url=https://x"; rm')).code, 64);
});

check("a release that serve_release serves can be installed", async (dist) => {
  const name = `zag-${Deno.build.target}`;
  await Deno.writeTextFile(`${dist}/${name}`, `#!/bin/sh\necho "zag ${version}"\n`);
  await pack(`${dist}/${name}`);
  await collectRelease({ url: URL_OF_RELEASES, dist, partial: true });
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", SERVER, `--release=${dist}/release`, "--"],
      ...["sh", `${dist}/release/install.sh`, "--dir", `${dist}/bin`],
    ],
  }).output();
  const decoder = new TextDecoder();
  assertEquals(code, 0, decoder.decode(stderr));
  assertStringIncludes(decoder.decode(stdout), `zag ${version} is installed: `);
  assertEquals(
    await Deno.readTextFile(`${dist}/bin/zag`),
    await Deno.readTextFile(`${dist}/${name}`),
  );
  const missing = ["/download/v0.0.1/VERSION", "/latest/download/none", "/../zag.js", "/"];
  for (const path of missing) {
    assertEquals((await answer(`${dist}/release`, path)).status, 404, path);
  }
  assertEquals((await answer(`${dist}/release`, `/download/v${version}/VERSION`)).status, 200);
});
