/** Whether those could go on with a session that may have to: what they would be refused for is said at once. */
import { loadProjectConfig } from "../config/config.ts";
import type { Host } from "../host.ts";
import { callCaps } from "./check_budget.ts";
import { checkCapabilities } from "./check_capabilities.ts";
import { ALL_PROVIDERS, isAuto, namedProvider, withoutAuto } from "./choose_provider.ts";
import { InvalidProviderError, OptionUsageError, UnsupportedOptionError } from "./errors.ts";
import type { LaunchOptions } from "./launch_options.ts";
import { laterOptions } from "./later_options.ts";
import { chooseModel, sizeOf } from "./models.ts";
import { pricesOf } from "./prices.ts";
import type { Settled, SettleRequest } from "./settle.ts";

/** What is asked of those who may go on. */
export interface StandIns {
  readonly request: SettleRequest;
  /** What was settled for the first provider. */
  readonly first: Settled;
  /** Names of the others. */
  readonly names: readonly string[];
  readonly host: Host;
  warn(message: string): void;
}

/** Who may go on, and who has the session first. */
interface Named {
  readonly fallback?: readonly string[] | undefined;
  readonly provider?: string | undefined;
}

/** What was meant for the first provider alone holds for nobody else. */
export function standInOptions(first: Settled): LaunchOptions {
  return { ...laterOptions(first, true), ...sizeAlone(first.options.model) };
}

const NAME_THEM = "Name who may go on, each once and in their order: --fallback codex,gemini";

/**
 * Looks at the names alone.
 *
 * @throws {OptionUsageError} where one is empty, is there twice, or is that of the provider itself
 * @throws {InvalidProviderError} when there is none of such a name
 */
export async function checkNames(
  { fallback = [], provider }: Named,
): Promise<void> {
  const seen = new Set<string>();
  for (const given of fallback) {
    const name = given.toLowerCase();
    const refuse = (why: string) => {
      throw new OptionUsageError(`Cannot use --fallback "${fallback.join(",")}": ${why}`, {
        hint: NAME_THEM,
      });
    };
    if (name.trim() === "") refuse(fallback.length === 1 ? "it names nobody" : "a name is empty");
    if (isAuto(name)) refuse("who goes on is not left to a choice");
    const { names } = ALL_PROVIDERS;
    if (!await ALL_PROVIDERS.load(name)) {
      const { didYouMean } = await import("../suggest.ts");
      throw new InvalidProviderError(given, names, { hint: didYouMean(name, names) ?? NAME_THEM });
    }
    if (seen.has(name)) refuse(`"${name}" is there twice`);
    if (name === withoutAuto(provider)?.toLowerCase()) refuse(`"${name}" has the session already`);
    seen.add(name);
  }
}

/**
 * The same of a provider that nobody has named on the command line.
 *
 * @param first What was settled for it. One that a selector has chosen, or that stands in for another
 *   one, was named by nobody.
 * @throws {OptionUsageError} where it is to go on in its own place
 */
export async function checkOwn(
  { fallback = [], provider }: Named,
  first: Settled,
): Promise<void> {
  if (provider !== undefined || first.autoSelected !== undefined) return;
  const { config } = await loadProjectConfig(first.paths, first.project);
  const own = first.resumed?.provider ?? config["defaults.provider"];
  // Where nobody has named one, it is just not asked twice.
  await checkNames({ fallback, provider: own });
}

/** The model, where it is a size, which every provider has. */
export function sizeAlone(model: string | undefined): Pick<LaunchOptions, "model"> {
  return model === undefined || sizeOf(model) === undefined ? {} : { model };
}

/**
 * Looks at each of those who may have to go on. What cannot be held by one of them and is a promise (a
 * policy, a cap on what is spent) is refused; what else keeps one from going on is a warning.
 *
 * @throws {InvalidProviderError} when there is none of such a name
 * @throws {UnsupportedOptionError} when one could not hold a policy, or a cap of the options
 */
export async function checkStandIns(all: StandIns): Promise<void> {
  const { config } = await loadProjectConfig(all.first.paths, all.first.project);
  const prices = pricesOf(config);
  for (const name of all.names) {
    const { request, first, host } = all;
    const options = standInOptions(first);
    const provider = await namedProvider(name, ALL_PROVIDERS);
    const asked = { ...request, options };
    const stays = (error: unknown) => {
      if (!(error instanceof UnsupportedOptionError)) throw error;
      all.warn(`${provider.name} could not go on: ${error.message}`);
    };
    if (options.permissions !== undefined) {
      await (await import("./policy_settle.ts")).settlePolicy(asked, provider, {
        cwd: host.cwd,
        policies: first.paths.policies,
        isSandboxed: false,
        // It is said when it goes on.
        warn: () => {},
      });
    }
    const model = await chooseModel({
      provider,
      model: options.model,
      size: undefined,
      config,
      standsIn: provider.name !== first.provider.name,
      stored: undefined,
      warn: () => {},
    });
    const capped = {
      provider,
      command: request.command,
      options,
      model: model.flag,
      modelName: model.name,
      isolation: first.isolation,
      prices,
    };
    callCaps({ ...capped, options: first.options }, {});
    try {
      // A cap of the configuration keeps nobody from starting.
      callCaps(capped, {});
      checkCapabilities({ ...asked, resume: undefined }, provider, { pinned: true, config: {} });
    } catch (error) {
      stays(error);
    }
  }
}
