/**
 * Whether a provider can be used, found out without a session: its program, the program's version,
 * and the server that it may need. Cheap, limited in time, and remembered.
 */
import { zagPaths } from "../config/paths.ts";
import type { Host } from "../host.ts";
import type { Provider } from "../providers/provider.ts";
import { isOlder } from "../providers/version.ts";
import { askService } from "./ask_service.ts";
import { askVersion, type ProgramProbe } from "./ask_version.ts";
import { findBinary, missing, type Mode, needsProgram } from "./locate.ts";
import { programFile, recall, remember } from "./probe_cache.ts";

export type { ProgramProbe } from "./ask_version.ts";

const LIMIT_MS = 5000;
const SERVICE_LIMIT_MS = 2000;

/** How a program is asked. */
export interface ProbeOptions {
  /** Absolute path of the file in which answers are kept. */
  cache: string;
  /** @default 5000 */
  limitMs?: number | undefined;
  /** The program's environment, undefined values left out. @default that of zag */
  env?: Readonly<Record<string, string | undefined>>;
  /** A remembered version that this refuses is asked for again. */
  accepts?(version: string): boolean;
  signal?: AbortSignal | undefined;
}

/**
 * Runs `PROGRAM --version`, unless the answer is known for this very file: a version for 24 hours, a
 * problem for one minute. Throws nothing but the reason of an aborted `signal`.
 *
 * @param program Absolute path.
 */
export async function probeProgram(program: string, options: ProbeOptions): Promise<ProgramProbe> {
  const { cache, limitMs = LIMIT_MS, env = Deno.env.toObject(), signal } = options;
  signal?.throwIfAborted();
  const file = await programFile(program);
  const known = file && recall(cache, file);
  if (known && (known.version === undefined || options.accepts?.(known.version) !== false)) {
    return known;
  }
  let probe: ProgramProbe;
  try {
    probe = await askVersion(program, { env: defined(env), limitMs, signal });
  } catch (error) {
    // That is no property of the program, so it is not kept.
    return { version: undefined, problem: `its program may not be started: ${messageOf(error)}` };
  }
  signal?.throwIfAborted();
  if (file) remember(cache, file, probe);
  return probe;
}

/** Whether a provider can be used here and now. What is unknown is absent. */
export interface ProviderProbe {
  /** Its program is on PATH, or it is built in. */
  installed: boolean;
  /** Absolute path of its program. */
  path?: string;
  /** Of the program, or of the server where only that was asked. */
  version?: string;
  usable: boolean;
  /** Why it is not usable, for example `version 0.9.0 is too old: zag needs 1.2.0 or newer`. */
  reason?: string;
}

/** What a provider is probed for. */
export interface ProviderProbeOptions {
  /** The kind of session; some providers need their program only for `run`. @default "exec" */
  mode?: Mode;
  /** @default the file of {@linkcode zagPaths} */
  cache?: string;
  /** For the program. @default 5000 */
  limitMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Looks for everything that a session with this provider would need.
 */
export async function probeProvider(
  provider: Provider,
  host: Host,
  options: ProviderProbeOptions = {},
): Promise<ProviderProbe> {
  const { binary, service } = provider;
  const [program, server] = await Promise.all([
    binary && lookAt(provider, host, options),
    service && askService(
      service,
      host.env.toObject(),
      Math.min(SERVICE_LIMIT_MS, options.limitMs ?? LIMIT_MS),
      options.signal,
    ),
  ]);
  options.signal?.throwIfAborted();
  const version = program?.version ?? server?.version;
  const reasons = [program?.reason, server?.problem].filter((reason) => reason !== undefined);
  const { oldest } = binary ?? {};
  if (version !== undefined && oldest !== undefined && isOlder(version, oldest)) {
    reasons.push(`version ${version} is too old: zag needs ${oldest} or newer`);
  }
  return {
    installed: !binary || program?.path !== undefined,
    ...(program?.path === undefined ? {} : { path: program.path }),
    ...(version === undefined ? {} : { version }),
    usable: reasons.length === 0,
    ...(reasons.length === 0 ? {} : { reason: reasons.join("; ") }),
  };
}

/** The command that installs a provider's program, where that could make it usable. */
export function remedy(
  { binary }: Provider,
  { installed, version }: ProviderProbe,
): string | undefined {
  const isOutdated = version !== undefined && binary?.oldest !== undefined &&
    isOlder(version, binary.oldest);
  return installed && !isOutdated ? undefined : binary?.install;
}

interface ProgramLook {
  path?: string;
  version?: string | undefined;
  reason?: string | undefined;
}

async function lookAt(
  provider: Provider,
  host: Host,
  options: ProviderProbeOptions,
): Promise<ProgramLook> {
  let path: string | undefined;
  try {
    path = await findBinary(provider, host);
  } catch (error) {
    // One that may not be started is none, as one that is not there.
    if (error instanceof Deno.errors.NotCapable) return { reason: messageOf(error) };
    throw error;
  }
  if (!needsProgram(provider, options.mode ?? "exec")) return path === undefined ? {} : { path };
  if (path === undefined) return { reason: missing(provider).reason };
  const { env, oldest } = provider.binary!;
  const { version, problem } = await probeProgram(path, {
    cache: options.cache ?? zagPaths(host.env).probes,
    limitMs: options.limitMs,
    env: { ...host.env.toObject(), ...env },
    // Behind the shims of version managers a program changes while its file stays the same.
    accepts: (version) => oldest === undefined || !isOlder(version, oldest),
    signal: options.signal,
  });
  return { path, version, reason: problem };
}

function defined(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
