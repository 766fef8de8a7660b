/** That a cap on spending was passed, and what a person is told of it. */

/** What is counted. */
export type BudgetUnit = "cost" | "tokens";

/** A cap that is passed, or one of which nothing is left. */
export interface PassedCap {
  readonly unit: BudgetUnit;
  /** US dollars, or tokens. */
  readonly spent: number;
  /** In the same unit. */
  readonly cap: number;
  /** By whose numbers: the agents' own, or at least partly those of the configured prices. */
  readonly by: "agent" | "prices";
  /** How much of it sessions have spent that others of the same budget have started. */
  readonly below: number;
  /** Id of the session whose budget it is, where that is not the one that was ended. */
  readonly sessionId?: string | undefined;
}

/** The reason of an abort: a cap is passed. */
export class BudgetReached extends Error {
  override name = "BudgetReached";

  /**
   * Makes the reason.
   *
   * @param passed Which one.
   */
  constructor(readonly passed: PassedCap) {
    super(`Over budget: ${spentText(passed)}`);
  }
}

/** What was spent of which cap, and by whose numbers: `$0.0130 of $0.0100, by its own numbers`. */
export function spentText({ unit, spent, cap, by, below, sessionId }: PassedCap): string {
  const whose = sessionId === undefined ? "" : ` of session ${sessionId}`;
  const started = below > 0 ? `, ${amountText(unit, below)} of it by sessions that it started` : "";
  const source = unit === "tokens"
    ? "by the agent's own numbers"
    : by === "agent"
    ? "by the agent's own numbers"
    : "by the configured prices";
  const most = unit === "tokens" ? `${amountText(unit, cap)} tokens` : amountText(unit, cap);
  return `${amountText(unit, spent)} of the ${most} in the budget${whose} ${
    unit === "tokens" ? "are" : "is"
  } spent${started} (${source})`;
}

/** Dollars with as many digits as it takes to tell small ones apart, or a number of tokens. */
export function amountText(unit: BudgetUnit, amount: number): string {
  if (unit === "tokens") return String(amount).replace(/\B(?=(\d{3})+$)/g, ",");
  const digits = amount >= 0.01 || amount === 0
    ? 4
    : Math.min(10, 3 - Math.floor(Math.log10(amount)));
  return `$${amount.toFixed(digits).replace(/(\.\d\d\d*?)0+$/, "$1")}`;
}
