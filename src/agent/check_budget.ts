/** Whether a cap on spending can be held, before anything is started. */
import type { Config } from "../config/keys.ts";
import { ZagError } from "../errors.ts";
import type { BudgetUnit } from "./budget_reached.ts";
import { InvalidOptionError, UnsupportedOptionError } from "./errors.ts";
import { PRICE_EXAMPLE, type Prices, tellsDollars } from "./prices.ts";
import type { Settled } from "./settle.ts";

/** What decides whether a cap can be held. */
export type Capped =
  & Pick<Settled, "provider" | "command" | "options" | "model" | "modelName" | "isolation">
  & { readonly prices: Prices };

/** The caps of a call, and what has to be said about them. */
export interface CallCaps {
  readonly maxCostUsd: number | undefined;
  readonly maxTokens: number | undefined;
  /** Configured caps that cannot be held. */
  readonly warnings: readonly string[];
}

/**
 * The caps that the options and the configuration set.
 *
 * @throws {InvalidOptionError} when a cap is no amount
 * @throws {UnsupportedOptionError} when a cap of the options cannot be held
 */
export function callCaps(capped: Capped, config: Config): CallCaps {
  const { maxCostUsd, maxTokens } = capped.options;
  if (maxCostUsd !== undefined && !(maxCostUsd > 0 && Number.isFinite(maxCostUsd))) {
    throw new InvalidOptionError(
      `Cannot use maxCost ${maxCostUsd}: it must be an amount of US dollars above 0`,
    );
  }
  if (maxTokens !== undefined && !(Number.isSafeInteger(maxTokens) && maxTokens > 0)) {
    throw new InvalidOptionError(
      `Cannot use maxTokens ${maxTokens}: it must be a whole number above 0`,
    );
  }
  const warnings: string[] = [];
  const cap = (
    unit: BudgetUnit,
    flag: string,
    given: number | undefined,
    key: "budget.max_cost" | "budget.max_tokens",
  ) => {
    const configured = config[key];
    if (given === undefined && configured === undefined) return undefined;
    const problem = whyNotHeld(capped, unit);
    if (given !== undefined) {
      if (problem) throw notHeld(capped, flag, problem);
      return given;
    }
    if (configured === undefined || !problem) return configured;
    warnings.push(`${key} has no effect with ${capped.provider.displayName}: ${problem.reason}`);
  };
  return {
    maxCostUsd: cap("cost", "--max-cost", maxCostUsd, "budget.max_cost"),
    maxTokens: cap("tokens", "--max-tokens", maxTokens, "budget.max_tokens"),
    warnings,
  };
}

/**
 * Refuses a session that would spend from the budget of another one without anybody seeing what.
 *
 * @param sessionId The other one.
 * @throws {ZagError} when its dollars cannot be counted
 */
export function checkInherited(capped: Capped, sessionId: string): void {
  const problem = whyNotHeld(capped, "cost");
  if (!problem) return;
  const { displayName } = capped.provider;
  throw new ZagError(
    `Cannot start ${displayName} within the budget of session ${sessionId}: ${problem.reason}`,
    { hint: problem.hint },
  );
}

interface Problem {
  readonly reason: string;
  readonly hint: string;
}

function notHeld({ provider }: Capped, flag: string, { reason, hint }: Problem): ZagError {
  const { name, displayName } = provider;
  const message = `Cannot use ${flag} with ${displayName}: ${reason}`;
  return new UnsupportedOptionError(flag, name, message, hint);
}

function whyNotHeld(capped: Capped, unit: BudgetUnit): Problem | undefined {
  const { provider, command, options, model, modelName, isolation, prices } = capped;
  const isBlind = command === "run" || options.outputFormat === "text";
  const hasFile = provider.transcript !== undefined && provider.capabilities.sessionLogs !== false;
  if (isBlind && (!hasFile || isolation?.kind === "sandbox")) {
    const where = command === "run" ? 'in "zag run"' : "with -o text";
    return {
      reason: `${where} nobody sees what it uses`,
      hint: command === "run" ? 'use "zag exec"' : "leave out -o text",
    };
  }
  if (unit === "tokens" || tellsDollars(capped) || prices(provider, modelName)) return undefined;
  const flag = "use --max-tokens";
  if (model === undefined && modelName === provider.models.defaultName) {
    return {
      reason: "it tells tokens and no dollars, and nobody knows which model it will use",
      hint: `name the model with -m, and set its price: ` +
        `zag config prices.MODEL "${PRICE_EXAMPLE}"; or ${flag}`,
    };
  }
  return {
    reason: `it tells tokens and no dollars, and the price of ${modelName} is not known`,
    hint: `set its price in US dollars a million tokens: ` +
      `zag config prices.${modelName} "${PRICE_EXAMPLE}"; or ${flag}`,
  };
}
