/**
 * Collects what a release consists of into `dist/release/`:
 *
 * - `zag-TARGET.gz`: the programs that lie in `dist/`, of which all have to be there
 * - `zag-bundle.tar.gz`: `zag.js`, `zag-agent.js` and `zag/`
 * - `install.sh` and `install.ps1`, which know the address
 * - `VERSION`: the three numbers
 * - `SHA256SUMS` over all of them
 *
 * `deno run -A scripts/release.ts --url=URL [--tag=TAG] [--dist=DIR] [--partial]`
 *
 * The URL is where `URL/latest/download/FILE` and `URL/download/vX.Y.Z/FILE` will answer; on GitHub
 * it is the address of the releases. The tag has to be `v` and the version of deno.json. With
 * `--partial` targets may be missing.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "../deno.json" with { type: "json" };
import { programName, TARGETS, writeChecksums } from "./compile.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const BUNDLE = ["zag.js", "zag-agent.js", "zag"];
/** How each script holds the address, and the quotes around it. */
const SCRIPTS = {
  "install.sh": ['\nRELEASE_URL=""\n', (url: string) => `\nRELEASE_URL="${url}"\n`],
  "install.ps1": ["\n$ReleaseUrl = ''\n", (url: string) => `\n$ReleaseUrl = '${url}'\n`],
} as const;

/** What is released, and where. */
export interface ReleaseOptions {
  readonly url: string;
  /** Holds bundle and programs; takes `release/`. */
  readonly dist: string;
  /** Whether programs may be missing. */
  readonly partial: boolean;
}

/** A release cannot be made of what is there. */
export class ReleaseError extends Error {
  override name = "ReleaseError";
}

/**
 * Collects a release.
 *
 * @returns The names of its files, `SHA256SUMS` not counted.
 * @throws {ReleaseError} When something is missing.
 */
export async function collectRelease(
  { url, dist, partial }: ReleaseOptions,
): Promise<string[]> {
  const release = join(dist, "release");
  await Deno.remove(release, { recursive: true }).catch(ignoreMissing);
  await Deno.mkdir(release, { recursive: true });
  const names: string[] = [];
  for (const target of TARGETS) {
    const name = `${programName(target)}.gz`;
    try {
      await Deno.copyFile(join(dist, name), join(release, name));
      names.push(name);
    } catch (error) {
      ignoreMissing(error);
      if (!partial) throw new ReleaseError(`${name} is missing: run scripts/compile.ts for it`);
    }
  }
  await packBundle(dist, join(release, "zag-bundle.tar.gz"));
  for (const [name, [empty, full]] of Object.entries(SCRIPTS)) {
    const text = await Deno.readTextFile(join(ROOT, "scripts", name));
    if (!text.includes(empty)) throw new ReleaseError(`${name} has no place for the address`);
    await Deno.writeTextFile(join(release, name), text.replace(empty, () => full(url)));
  }
  await Deno.writeTextFile(join(release, "VERSION"), `${manifest.version}\n`);
  names.push("zag-bundle.tar.gz", ...Object.keys(SCRIPTS), "VERSION");
  await writeChecksums(release, names);
  return names;
}

async function packBundle(dist: string, to: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("tar", {
    args: ["-czf", to, "-C", dist, ...BUNDLE],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  throw new ReleaseError(
    `the bundle cannot be packed: ${new TextDecoder().decode(stderr).trim()}\n` +
      "Run scripts/bundle.ts before",
  );
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

async function main(args: readonly string[]): Promise<number> {
  const value = (flag: string) =>
    args.find((arg) => arg.startsWith(`${flag}=`))?.slice(flag.length + 1);
  const unknown = args.find((arg) => !/^--(partial|(url|tag|dist)=.+)$/.test(arg));
  if (unknown !== undefined) {
    console.error(`Cannot use ${JSON.stringify(unknown)}: see the head of scripts/release.ts`);
    return 64;
  }
  const url = value("--url")?.replace(/\/+$/, "");
  // It becomes a part of two scripts.
  if (url === undefined || !/^https?:\/\/[\w.:\/~-]+$/.test(url)) {
    console.error("Cannot make a release without its address: give --url=https://...");
    return 64;
  }
  const tag = value("--tag");
  if (tag !== undefined && tag !== `v${manifest.version}`) {
    console.error(
      `Cannot release ${tag}: deno.json says ${manifest.version}, which needs v${manifest.version}`,
    );
    return 1;
  }
  const dist = resolve(value("--dist") ?? join(ROOT, "dist"));
  try {
    const names = await collectRelease({ url, dist, partial: args.includes("--partial") });
    for (const name of [...names, "SHA256SUMS"]) console.log(join(dist, "release", name));
    return 0;
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    console.error(`Cannot make the release: ${error.message}`);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
