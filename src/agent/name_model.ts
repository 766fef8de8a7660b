/** Which model a word stands for, for whoever asks without starting anything. */
import type { Config } from "../config/config.ts";
import type { Provider } from "../providers/provider.ts";
import { chooseModel } from "./models.ts";

/** A word and the model that it stands for. */
export interface ModelResolution {
  /** The word. */
  readonly input: string;
  /** Name of the model. */
  readonly resolved: string;
  /** The word is not that name. */
  readonly is_alias: boolean;
  /** Name of the provider. */
  readonly provider: string;
}

/**
 * Finds it.
 *
 * @param warn Hears that the provider is not known to have such a model.
 * @throws {InvalidModelError} when the provider's list is complete and the name is not on it
 */
export async function nameModel(
  input: string,
  provider: Provider,
  config: Config,
  warn: (message: string) => void,
): Promise<ModelResolution> {
  const { name } = await chooseModel({
    provider,
    model: input,
    size: undefined,
    config,
    standsIn: false,
    stored: undefined,
    warn,
  });
  return { input, resolved: name, is_alias: name !== input, provider: provider.name };
}
