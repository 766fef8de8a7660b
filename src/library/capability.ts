/** What providers can do, and which model a word stands for. */
import {
  checkArguments,
  FUNCTION,
  optional,
  parts,
  SIGNAL,
  TEXT,
} from "../agent/argument_check.ts";
import type { ProviderCapability } from "../agent/capability_report.ts";
import { OptionUsageError } from "../agent/errors.ts";
import type { ModelResolution } from "../agent/name_model.ts";
import { realHost } from "../host.ts";
import { PROVIDER_NAMES } from "../providers/registry.ts";

/** How the model of a word is found. */
export interface ResolveOptions {
  /** Directory whose configuration counts. Default: the current directory. */
  readonly root?: string | undefined;
  /** Hears that a provider is not known to have the model. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** What may be chosen by a model that knows the task. */
export interface SelectOptions {
  /** The provider, where only its model is to be chosen. Default: it is chosen. */
  readonly provider?: string | undefined;
  /** The model, where only the provider is to be chosen. Default: it is chosen. */
  readonly model?: string | undefined;
  /** The directory that the work is about. Default: the current directory. */
  readonly root?: string | undefined;
  /** Ends the selection with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Hears why something else was chosen than the answer says. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Who shall work on a task. */
export interface Selection {
  /** Name of the provider. */
  readonly provider: string;
  /** Name of the model. */
  readonly model: string;
}

const RESOLVE = parts<ResolveOptions>({ root: TEXT, onWarning: FUNCTION });
const SELECT = parts<SelectOptions>({
  provider: TEXT,
  model: TEXT,
  root: TEXT,
  signal: SIGNAL,
  onWarning: FUNCTION,
});

/** The names of all providers. */
export function listProviders(): readonly string[] {
  return PROVIDER_NAMES;
}

/**
 * What a provider can do, and which models it has. Nothing is started.
 *
 * @param provider Its name, in any case. Default: the configured one.
 * @throws {InvalidProviderError} when there is no such provider
 */
export async function getCapability(provider?: string): Promise<ProviderCapability> {
  checkArguments("getCapability()", [provider, "provider", optional(TEXT)]);
  const [{ capabilityReport }, { configAt, configuredProvider }] = await Promise.all([
    import("../agent/capability_report.ts"),
    import("../agent/configured_provider.ts"),
  ]);
  const config = provider === undefined ? await configAt(undefined, realHost()) : {};
  return capabilityReport(await configuredProvider(provider, config));
}

/** What every provider can do: in the order in which they stand in for one another, then the others. */
export async function getAllCapabilities(): Promise<ProviderCapability[]> {
  const [{ capabilityReport }, { allProviders }] = await Promise.all([
    import("../agent/capability_report.ts"),
    import("../agent/configured_provider.ts"),
  ]);
  return (await allProviders()).map(capabilityReport);
}

/**
 * Which model a size or a name stands for.
 *
 * @throws {InvalidProviderError} when there is no such provider
 * @throws {InvalidModelError} when the provider's list is complete and the name is not on it
 */
export async function resolveModel(
  provider: string,
  name: string,
  options: ResolveOptions = {},
): Promise<ModelResolution> {
  checkArguments(
    "resolveModel()",
    [provider, "provider", TEXT],
    [name, "name", TEXT],
    [options, "options", RESOLVE],
  );
  const { hearsSetterNames, inLibrary } = await import("../agent/setter_names.ts");
  const onWarning = hearsSetterNames(options.onWarning);
  return await inLibrary(() => resolve(provider, name, { ...options, onWarning }));
}

async function resolve(
  provider: string,
  name: string,
  { root, onWarning }: ResolveOptions,
): Promise<ModelResolution> {
  const [{ nameModel }, { configAt, configuredProvider }, { isAuto }] = await Promise.all([
    import("../agent/name_model.ts"),
    import("../agent/configured_provider.ts"),
    import("../agent/choose_provider.ts"),
  ]);
  if (isAuto(name)) {
    throw new OptionUsageError(
      "Cannot resolve auto: which model that is, is decided for a prompt",
      { hint: "use autoSelect()" },
    );
  }
  const config = await configAt(root, realHost());
  const warn = (message: string) => onWarning?.(message);
  return await nameModel(name, await configuredProvider(provider, config), config, warn);
}

/**
 * Lets a model that is given the task choose who shall work on it: a provider, a model, or both. It takes
 * one short call of an agent, which is recorded as a session of its own.
 *
 * @throws {SelectionError} when the model declines
 * @throws {OptionUsageError} when provider and model are given both, or the prompt is empty
 */
export async function autoSelect(prompt: string, options: SelectOptions = {}): Promise<Selection> {
  checkArguments("autoSelect()", [prompt, "prompt", TEXT], [options, "options", SELECT]);
  const { hearsSetterNames, inLibrary } = await import("../agent/setter_names.ts");
  const onWarning = hearsSetterNames(options.onWarning);
  return await inLibrary(() => select(prompt, { ...options, onWarning }));
}

async function select(prompt: string, options: SelectOptions): Promise<Selection> {
  const { provider, model, root, signal, onWarning } = options;
  if (prompt.trim() === "") {
    throw new OptionUsageError("Cannot choose by an empty prompt: say what the task is");
  }
  if (provider !== undefined && model !== undefined) {
    throw new OptionUsageError("Cannot choose anything: both provider and model are given");
  }
  const [{ settle }, { openStore }] = await Promise.all([
    import("../agent/settle.ts"),
    import("../agent/session_access.ts"),
  ]);
  const host = realHost();
  const warning = (message: string) => onWarning?.(message);
  using store = await openStore(host.env, { warning });
  const settled = await settle(
    {
      command: "exec",
      options: {
        provider: provider ?? "auto",
        ...(model === undefined ? { model: "auto" } : { model }),
        ...(root === undefined ? {} : { root }),
      },
      prompt,
      resume: undefined,
      streamInput: false,
      ...(signal ? { signal } : {}),
      observer: { warning },
    },
    host,
    store.open,
  );
  for (const message of settled.warnings) warning(message);
  return { provider: settled.provider.name, model: settled.modelName };
}
