/** Reads a release, and puts its program in the place of this one. */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { delay } from "../delay.ts";
import { CliError } from "./errors.ts";

/** Where releases are, as {@linkcode checkReleaseUrl} let it pass. */
export interface Releases {
  readonly url: string;
  readonly signal: AbortSignal;
}

const NOTHING_CHANGED = "Nothing was changed";

/**
 * Checks an address and cuts the slashes at its end. What comes over plain HTTP could be anything,
 * and so could the checksums beside it.
 *
 * @throws {CliError} When there is none, or it cannot be trusted.
 */
export function checkReleaseUrl(given: string): string {
  if (given === "") {
    throw new CliError(
      "Cannot look for releases: nobody has said where they are",
      undefined,
      "Give --url, or set ZAG_RELEASE_URL",
    );
  }
  if (!isTrusted(given)) {
    throw new CliError(
      `Cannot use the address ${JSON.stringify(given)}: only https can be trusted`,
      undefined,
      "Give one with https",
    );
  }
  return given.replace(/\/+$/, "");
}

function isTrusted(url: string): boolean {
  return /^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost)[:/])/.test(url);
}

/**
 * The version of the newest release.
 *
 * @throws {CliError} When it cannot be told.
 */
export async function newestVersion({ url, signal }: Releases): Promise<string> {
  const from = `${url}/latest/download/VERSION`;
  const text = (await (await get(from, signal, "Cannot find out the newest version")).text())
    .trim();
  if (isVersion(text)) return text;
  throw new CliError(
    `Cannot find out the newest version: ${from} holds none`,
    undefined,
    "Check the address, or name a version",
  );
}

/** Whether a text is three numbers. */
export function isVersion(text: string): boolean {
  return /^\d+\.\d+\.\d+$/.test(text);
}

/** Whether one version is newer than another; both are three numbers. */
export function isNewer(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split(".").map(Number));
  const index = a!.findIndex((number, index) => number !== b![index]);
  return index >= 0 && a![index]! > b![index]!;
}

/** Which program of a release replaces which file. */
export interface Replacement {
  readonly version: string;
  /** As Deno names it, for example `x86_64-unknown-linux-gnu`. */
  readonly target: string;
  /** Absolute path of the program that is replaced. */
  readonly program: string;
}

/**
 * Downloads a program, checks it, lets it answer `--version`, and puts it in the place of another one
 * in one step. The old one comes back if the new one does not answer in its place.
 *
 * @throws {CliError} When that cannot be done; the old program is then where it was.
 */
export async function replaceProgram(
  releases: Releases,
  { version, target, program }: Replacement,
): Promise<void> {
  const work = await makeWorkDirectory(dirname(program));
  const suffix = target.includes("windows") ? ".exe" : "";
  const fresh = join(work, `zag${suffix}`);
  try {
    const asset = `zag-${target}${suffix}.gz`;
    const packed = join(work, asset);
    const from = `${releases.url}/download/v${version}`;
    const wanted = await checksumOf(releases, from, asset, version);
    const found = await download(`${from}/${asset}`, packed, releases.signal);
    if (found !== wanted) {
      throw new CliError(
        `Cannot use the download: its checksum is ${found}, and has to be ${wanted}`,
        undefined,
        `${NOTHING_CHANGED}. Try again; if it stays, do not trust ${releases.url}`,
      );
    }
    await unpack(packed, fresh, asset);
    await checkProgram(fresh, version);
    releases.signal.throwIfAborted();
    await swap(program, fresh, version, work);
  } finally {
    // On Windows the old program still runs, and cannot be removed before it ends.
    await Deno.remove(work, { recursive: true }).catch(() => {});
  }
}

async function makeWorkDirectory(beside: string): Promise<string> {
  try {
    // Only within a directory is a move one step.
    return await Deno.makeTempDir({ dir: beside, prefix: ".upgrade-" });
  } catch (error) {
    throw new CliError(
      `Cannot write to ${beside}: ${reasonOf(error)}`,
      undefined,
      "Upgrade as the user who installed it, or install another zag in a directory of your own",
      { cause: error },
    );
  }
}

async function get(url: string, signal: AbortSignal, what: string): Promise<Response> {
  let reason: string;
  try {
    const response = await fetch(url, { signal });
    const isSafe = isTrusted(response.url);
    if (response.ok && isSafe) return response;
    await response.body?.cancel();
    reason = isSafe ? `${url} answers ${response.status}` : `${url} leads to ${response.url}`;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Deno.errors.NotCapable) throw error;
    reason = reasonOf(error);
  }
  throw new CliError(`${what}: ${reason}`, undefined, NOTHING_CHANGED);
}

async function checksumOf(
  { signal }: Releases,
  from: string,
  asset: string,
  version: string,
): Promise<string> {
  const url = `${from}/SHA256SUMS`;
  const text = await (await get(url, signal, `Cannot download version ${version}`)).text();
  for (const line of text.split("\n")) {
    const [, sum, name] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line.trimEnd()) ?? [];
    if (sum !== undefined && name === asset) return sum;
  }
  throw new CliError(
    `Cannot check the download: SHA256SUMS does not name ${asset}`,
    undefined,
    `Version ${version} was not made for this system. ${NOTHING_CHANGED}`,
  );
}

/** Saves a file and returns its checksum. */
async function download(url: string, path: string, signal: AbortSignal): Promise<string> {
  const response = await get(url, signal, "Cannot download the program");
  const hash = createHash("sha256");
  using file = await Deno.create(path);
  try {
    for await (const chunk of response.body ?? []) {
      hash.update(chunk);
      for (let rest = chunk; rest.length > 0;) rest = rest.subarray(await file.write(rest));
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new CliError(
      `Cannot download ${url}: ${reasonOf(error)}`,
      undefined,
      NOTHING_CHANGED,
      { cause: error },
    );
  }
  return hash.digest("hex");
}

async function unpack(packed: string, to: string, asset: string): Promise<void> {
  try {
    const [source, target] = [await Deno.open(packed), await Deno.create(to)];
    await source.readable.pipeThrough(new DecompressionStream("gzip")).pipeTo(target.writable);
    if (Deno.build.os !== "windows") await Deno.chmod(to, 0o755);
  } catch (error) {
    throw new CliError(
      `Cannot unpack ${asset}: ${reasonOf(error)}`,
      undefined,
      NOTHING_CHANGED,
      { cause: error },
    );
  }
}

/** Refuses a program that does not start here, or whose `--version` names another version. */
async function checkProgram(program: string, version: string): Promise<void> {
  const problem = await problemOf(program, version);
  if (problem === undefined) return;
  throw new CliError(
    "Cannot use the download: it does not run here",
    undefined,
    `${NOTHING_CHANGED}. ${problem}`,
  );
}

async function problemOf(program: string, version: string): Promise<string | undefined> {
  let output: Deno.CommandOutput;
  try {
    output = await askVersion(program);
  } catch (error) {
    return reasonOf(error);
  }
  if (!output.success) return `--version ends with code ${output.code}`;
  const answer = new TextDecoder().decode(output.stdout).trim();
  if (answer === `zag ${version}`) return undefined;
  return `--version has to say "zag ${version}", and says ${JSON.stringify(answer)}`;
}

/** For about two seconds a program may be busy. */
const BUSY_TRIES = 20;
const BUSY_MS = 100;

/**
 * Runs `--version`. On Linux a file that was just written does not run for as long as anybody could
 * still write it: a program that another thread is starting at this moment, a virus scanner.
 */
async function askVersion(program: string): Promise<Deno.CommandOutput> {
  for (let tried = 1;; tried++) {
    try {
      return await new Deno.Command(program, {
        args: ["--version"],
        stdin: "null",
        stderr: "null",
      }).output();
    } catch (error) {
      if (tried === BUSY_TRIES || !isBusy(error)) throw error;
    }
    await delay(BUSY_MS);
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && error.message.includes("(os error 26)");
}

async function swap(program: string, fresh: string, version: string, work: string): Promise<void> {
  const old = join(work, "old");
  try {
    if (Deno.build.os === "windows") await Deno.rename(program, old);
    // A second name for the same file, so that at no time there is no program.
    else await Deno.link(program, old).catch(() => Deno.copyFile(program, old));
    await Deno.rename(fresh, program).catch(async (error) => {
      if (Deno.build.os === "windows") await Deno.rename(old, program);
      throw error;
    });
  } catch (error) {
    throw new CliError(
      `Cannot replace ${program}: ${reasonOf(error)}`,
      undefined,
      NOTHING_CHANGED,
      { cause: error },
    );
  }
  try {
    await checkProgram(program, version);
  } catch (error) {
    if (Deno.build.os === "windows") await Deno.rename(program, fresh);
    await Deno.rename(old, program);
    throw error;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
