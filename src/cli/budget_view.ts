/** Budgets, and costs that are reckoned with prices, for `zag cost`. */
import { amountOf, budgetsAbove } from "../agent/budget.ts";
import { amountText } from "../agent/budget_reached.ts";
import type { Prices } from "../agent/prices.ts";
import type { Provider } from "../providers/provider.ts";
import { loadProvider } from "../providers/registry.ts";
import type { UsageFilter, UsageGroup, UsageGrouping, UsageTotals } from "../sessions/cost.ts";
import type { SessionBudget, SessionRecord } from "../sessions/records.ts";
import type { ModelUsage } from "../sessions/spent.ts";
import type { SessionStore } from "../sessions/store.ts";
import type { Estimated } from "./cost_view.ts";

/** A budget, and what was spent of it by the session and all that its agents have started. */
export interface BudgetReport extends SessionBudget {
  /** Whose budget it is. */
  readonly sessionId: string;
  /** It is that of a session further up. */
  readonly isAbove: boolean;
  /** US dollars. */
  readonly costUsd: number;
  /** The configured prices have a part in the dollars. */
  readonly isEstimated: boolean;
  /** Those that count: all but those that came from a cache. */
  readonly tokens: number;
  /** The part of both that sessions further down have spent. */
  readonly below: { readonly costUsd: number; readonly tokens: number };
}

/** The sums of a report, with what can be reckoned of what nobody told. */
export async function estimated(
  store: SessionStore,
  by: UsageGrouping,
  filter: UsageFilter,
  prices: Prices,
): Promise<{ groups: Estimated<UsageGroup>[]; total: Estimated<UsageTotals> }> {
  const unpriced = store.unpricedUsage(by, filter);
  const providers = await providersOf(unpriced.map(({ used }) => used));
  const parts = unpriced.map(({ key, used }) => {
    const provider = providers.get(used.provider);
    const price = prices(provider ?? {}, used.model);
    return {
      key,
      usd: price ? amountOf(used, provider, prices).costUsd : null,
      unknown: price ? 0 : used.unpriced.reports,
    };
  });
  const sum = (own: typeof parts) => {
    const known = own.flatMap(({ usd }) => usd ?? []);
    return {
      estimatedUsd: known.length === 0 ? null : known.reduce((total, usd) => total + usd, 0),
      reportsUnpriced: own.reduce((total, { unknown }) => total + unknown, 0),
    };
  };
  return {
    groups: store.usageGroups(by, filter).map((group) => ({
      ...group,
      ...sum(parts.filter(({ key }) => key === group.key)),
    })),
    total: { ...store.usageTotals(filter), ...sum(parts) },
  };
}

/** The budgets that hold for a session, its own first. */
export async function budgetReports(
  store: SessionStore,
  session: SessionRecord,
  prices: Prices,
): Promise<BudgetReport[]> {
  const budgets = budgetsAbove(store, session.sessionId);
  return await Promise.all(budgets.map(async (budget): Promise<BudgetReport> => {
    const { sessionId, since } = budget;
    const rows = store.usageBelow({ root: sessionId, since });
    const providers = await providersOf(rows);
    const sums = (some: readonly ModelUsage[]) => {
      const amounts = some.map((row) => amountOf(row, providers.get(row.provider), prices));
      return {
        costUsd: Number(amounts.reduce((sum, { costUsd }) => sum + costUsd, 0).toFixed(10)),
        isEstimated: amounts.some(({ estimated }) => estimated),
        tokens: amounts.reduce((sum, { tokens }) => sum + tokens, 0),
      };
    };
    const all = sums(rows);
    const own = sums(store.usageBelow({ root: sessionId, since, only: true }));
    return {
      ...budget,
      isAbove: sessionId !== session.sessionId,
      ...all,
      below: { costUsd: left(all.costUsd, own.costUsd), tokens: left(all.tokens, own.tokens) },
    };
  }));
}

/** A budget as `--json` prints it. */
export function budgetJson(report: BudgetReport): Record<string, unknown> {
  const { maxCostUsd, maxTokens, costUsd, tokens, isEstimated, below } = report;
  return {
    session_id: report.sessionId,
    since: report.since,
    max_cost_usd: maxCostUsd,
    spent_cost_usd: costUsd,
    spent_below_cost_usd: below.costUsd,
    spent_cost_estimated: isEstimated,
    left_cost_usd: maxCostUsd === null ? null : left(maxCostUsd, costUsd),
    max_tokens: maxTokens,
    spent_tokens: tokens,
    spent_below_tokens: below.tokens,
    left_tokens: maxTokens === null ? null : left(maxTokens, tokens),
  };
}

/** A line for each cap. */
export function budgetLines(report: BudgetReport): string[] {
  const { maxCostUsd, maxTokens, costUsd, tokens, isEstimated, isAbove, sessionId, below } = report;
  const whose = isAbove ? `Budget of session ${sessionId}` : "Budget";
  const about = isEstimated ? "~" : "";
  const by = "by the sessions below it";
  const lines: string[] = [];
  if (maxCostUsd !== null) {
    const [spent, cap, rest] = [costUsd, maxCostUsd, left(maxCostUsd, costUsd)].map((each) =>
      amountText("cost", each)
    );
    const theirs = below.costUsd === 0
      ? ""
      : ` (${about}${amountText("cost", below.costUsd)} of it ${by})`;
    lines.push(`${whose}: ${about}${spent} of ${cap} spent${theirs}, ${about}${rest} left.`);
  }
  if (maxTokens !== null) {
    const [used, cap, rest] = [tokens, maxTokens, left(maxTokens, tokens)].map((each) =>
      amountText("tokens", each)
    );
    const theirs = below.tokens === 0
      ? ""
      : ` (${amountText("tokens", below.tokens)} of them ${by})`;
    lines.push(`${whose}: ${used} of ${cap} tokens used${theirs}, ${rest} left.`);
  }
  return lines;
}

function left(cap: number, spent: number): number {
  return Math.max(0, Number((cap - spent).toFixed(10)));
}

async function providersOf(rows: readonly ModelUsage[]): Promise<Map<string, Provider>> {
  const names = [...new Set(rows.map(({ provider }) => provider))];
  const loaded = await Promise.all(names.map((name) => loadProvider(name)));
  return new Map(loaded.flatMap((provider) => provider ? [[provider.name, provider]] : []));
}
