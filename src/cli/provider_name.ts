/** Names of providers, as people write them. */

/**
 * The name under which a provider's sessions are stored, for a name in any case.
 *
 * @throws {InvalidProviderError} when there is no such provider
 */
export async function storedProviderName(given: string): Promise<string> {
  const { PROVIDER_NAMES } = await import("../providers/registry.ts");
  const name = given.toLowerCase();
  if (PROVIDER_NAMES.includes(name)) return name;
  const { InvalidProviderError } = await import("../agent/errors.ts");
  const { didYouMean } = await import("../suggest.ts");
  throw new InvalidProviderError(given, PROVIDER_NAMES, { hint: didYouMean(name, PROVIDER_NAMES) });
}
