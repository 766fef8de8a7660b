/** Which provider runs a session: the one that was named, or the first one that can be used here. */
import type { Config } from "../config/config.ts";
import type { Host } from "../host.ts";
import type { Provider } from "../providers/provider.ts";
import { loadProvider, PROVIDER_NAMES, TIERS } from "../providers/registry.ts";
import { InvalidProviderError, type ProviderAttempt, ProviderUnavailableError } from "./errors.ts";
import { missing, type Mode, needsProgram } from "./locate.ts";

/** The name that leaves the choice to a selector. */
export const AUTO = "auto";

/** Whether a provider or a model is left to the selector. */
export function isAuto(name: string | undefined): boolean {
  return name?.toLowerCase() === AUTO;
}

/** A name, where somebody gave one. */
export function withoutAuto(name: string | undefined): string | undefined {
  return isAuto(name) ? undefined : name;
}

/** The providers among which is chosen. */
export interface Candidates {
  /** Every name that exists. */
  readonly names: readonly string[];
  /** In this order they stand in for one another. */
  readonly tiers: readonly string[];
  load(name: string): Promise<Provider | undefined>;
}

/** All providers that zag has. */
export const ALL_PROVIDERS: Candidates = {
  names: PROVIDER_NAMES,
  tiers: TIERS,
  load: loadProvider,
};

/** A provider that was decided on. */
export interface Choice {
  provider: Provider;
  /**
   * It was asked for by name. Then it is neither looked for nor probed yet: whoever names a provider
   * wants it started.
   */
  pinned: boolean;
  /** Absolute path of the program that was probed; undefined where none is needed. */
  program: string | undefined;
  /** It stands in for the one that was asked for. */
  standsIn: boolean;
}

/** Where, and for what, a provider is chosen. */
export interface ChoiceContext {
  mode: Mode;
  host: Host;
  /** File in which answers of programs are kept, absolute. */
  cache: string;
  candidates: Candidates;
  signal: AbortSignal | undefined;
  warn(message: string): void;
}

/** The name of the provider that is asked for where nobody says anything. */
export function defaultProvider(config: Config, { tiers }: Candidates): string {
  return withoutAuto(config["defaults.provider"]) ?? tiers[0]!;
}

/**
 * The provider of that name, in any case.
 *
 * @throws {InvalidProviderError} when there is none.
 */
export async function namedProvider(name: string, candidates: Candidates): Promise<Provider> {
  const provider = await candidates.load(name);
  if (provider) return provider;
  const { didYouMean } = await import("../suggest.ts");
  const names = [...candidates.names, AUTO];
  throw new InvalidProviderError(name, names, { hint: didYouMean(name.toLowerCase(), names) });
}

/**
 * The first provider that can be used, beginning with the requested one and then in the order of the
 * tiers. Every step down is a warning.
 *
 * @throws {ProviderUnavailableError} when none can be used.
 */
export async function chooseUsable(requested: string, context: ChoiceContext): Promise<Choice> {
  const { candidates, warn } = context;
  const first = await namedProvider(requested, candidates);
  const names = [first.name, ...candidates.tiers.filter((name) => name !== first.name)];
  const attempts: ProviderAttempt[] = [];
  for (const name of names) {
    const provider = await namedProvider(name, candidates);
    const look = await lookAt(provider, context);
    if ("reason" in look) {
      attempts.push(look);
      continue;
    }
    for (const [index, { provider: from, reason }] of attempts.entries()) {
      const to = attempts[index + 1]?.provider ?? name;
      warn(`Downgrading provider: ${from} → ${to} (${reason})`);
    }
    return { provider, program: look.program, pinned: false, standsIn: attempts.length > 0 };
  }
  throw new ProviderUnavailableError(first.name, attempts);
}

/** Every provider of the tiers that can be used, in their order. */
export async function allUsable(context: ChoiceContext): Promise<Choice[]> {
  const choices = await Promise.all(context.candidates.tiers.map(async (name) => {
    const provider = await namedProvider(name, context.candidates);
    const look = await lookAt(provider, context);
    if ("reason" in look) return [];
    return [{ provider, program: look.program, pinned: false, standsIn: false }];
  }));
  return choices.flat();
}

async function lookAt(
  provider: Provider,
  { mode, host, cache, signal }: ChoiceContext,
): Promise<{ program: string | undefined } | ProviderAttempt> {
  const { binary } = provider;
  if (!binary && !provider.service) return { program: undefined };
  const { probeProvider } = await import("./probe.ts");
  const probe = await probeProvider(provider, host, { mode, cache, signal });
  if (probe.usable) return { program: needsProgram(provider, mode) ? probe.path : undefined };
  const { isOlder } = await import("../providers/version.ts");
  const { version } = probe;
  const isOutdated = version !== undefined && binary?.oldest !== undefined &&
    isOlder(version, binary.oldest);
  const lacks = missing(provider);
  return {
    ...lacks,
    reason: probe.reason ?? lacks.reason,
    install: probe.installed && !isOutdated ? undefined : lacks.install,
  };
}
