/**
 * What models cost. zag ships no prices: they change, and what it would multiply with would be wrong
 * one day. What is known is what a provider says of its own, and what the configuration says.
 *
 * @module
 */
import type { Config } from "../config/keys.ts";
import { ZagError } from "../errors.ts";
import type { ModelPrice, Provider } from "../providers/provider.ts";
import type { TokenSums } from "../sessions/spent.ts";
import type { Settled } from "./settle.ts";

/** Tells what a model costs; undefined where nobody knows. */
export type Prices = (
  provider: Pick<Provider, "spending">,
  model: string | null | undefined,
) => ModelPrice | undefined;

/** How a price is written, for messages. */
export const PRICE_EXAMPLE = "input=1.25 output=10";

const PARTS: Readonly<Record<string, keyof ModelPrice>> = {
  input: "input",
  output: "output",
  cached: "cached",
  cache_write: "cacheWrite",
};

/**
 * Reads a price: `input=1.25 output=10 cached=0.125 cache_write=1.5`, US dollars a million tokens; the
 * last two may be left out.
 *
 * @throws {RangeError} when it is none; the message goes on after the name of what holds it
 */
export function readPrice(text: string): ModelPrice {
  const price: Partial<Record<keyof ModelPrice, number>> = {};
  for (const part of text.split(/[\s,]+/).filter((each) => each !== "")) {
    const [name = "", value = ""] = part.split("=");
    const key = PARTS[name];
    if (key === undefined || !/^\d{1,6}(\.\d+)?$/.test(value) || price[key] !== undefined) {
      throw new RangeError(`it must be written like "${PRICE_EXAMPLE} cached=0.125"`);
    }
    price[key] = Number(value);
  }
  const { input, output } = price;
  if (input === undefined || output === undefined) {
    throw new RangeError(`it must say what input and output cost, like "${PRICE_EXAMPLE}"`);
  }
  return { ...price, input, output };
}

/** The prices of a configuration, and those that providers know of themselves. */
export function pricesOf(config: Config): Prices {
  const prices = new Map<string, string>();
  for (const [key, value] of Object.entries(config)) {
    if (key.startsWith("prices.")) {
      prices.set(key.slice("prices.".length).toLowerCase(), `${value}`);
    }
  }
  return ({ spending }, model) => {
    if (model == null) return undefined;
    const text = prices.get(model.toLowerCase());
    if (text === undefined) return spending?.price?.(model);
    try {
      return readPrice(text);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new ZagError(`Cannot use the setting prices.${model}: ${error.message}`);
    }
  };
}

/** What tokens cost, in US dollars. */
export function costOf(
  { input, output, cacheRead, cacheCreation }: Omit<TokenSums, "reports">,
  price: ModelPrice,
  { spending }: Pick<Provider, "spending">,
): number {
  const apart = spending?.cachedIsInput ? Math.min(input, cacheRead + cacheCreation) : 0;
  return ((input - apart) * price.input + output * price.output +
    cacheRead * (price.cached ?? price.input) +
    cacheCreation * (price.cacheWrite ?? price.input)) / 1e6;
}

/** How many tokens count for a cap: all but those that came from a cache. */
export function countedTokens(
  { input, output, cacheRead, cacheCreation }: Omit<TokenSums, "reports">,
  { spending }: Pick<Provider, "spending">,
): number {
  if (spending?.cachedIsInput) return Math.max(0, input - cacheRead) + output;
  return input + cacheCreation + output;
}

/** Whether the agent itself tells what it spends, in US dollars, where zag reads it. */
export function tellsDollars(
  { provider, command, options }: Pick<Settled, "provider" | "command" | "options">,
): boolean {
  const dollars = provider.spending?.dollars;
  return dollars === "always" ||
    dollars === "output" && command === "exec" && options.outputFormat !== "text";
}
