/** Model names: sizes and their aliases, and what the provider is finally told. */
import type { ModelCatalogue, ModelSize } from "../providers/provider.ts";
import { InvalidModelError } from "./errors.ts";

const SIZES: Readonly<Record<string, ModelSize>> = {
  small: "small",
  s: "small",
  medium: "medium",
  m: "medium",
  large: "large",
  l: "large",
  max: "large",
};

/**
 * The model flag's value for a wanted model; undefined means that no flag is passed and the CLI's
 * own default holds.
 *
 * @throws {InvalidModelError} when the provider's list is complete and the name is not on it.
 */
export function resolveModel(
  wanted: string | undefined,
  provider: string,
  catalogue: ModelCatalogue,
): string | undefined {
  if (wanted === undefined) return undefined;
  const size = SIZES[wanted.toLowerCase()];
  const name = size === undefined ? wanted : catalogue.sizes[size];
  if (name.toLowerCase() === "default") return undefined;
  if (catalogue.open) return name;
  const known = catalogue.names.find((item) => item.toLowerCase() === name.toLowerCase());
  if (known === undefined) throw new InvalidModelError(wanted, provider, catalogue.names);
  return known;
}
