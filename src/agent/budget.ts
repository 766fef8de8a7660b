/**
 * Caps on what a call spends. Whatever an agent tells of its use is held against them, with what sessions
 * have used that its agents have started; and a session that an agent of another one has started spends
 * from the budget of that one, too.
 *
 * @module
 */
import type { Usage } from "../events/event.ts";
import type { LogKind } from "../events/log_event.ts";
import { addUsage } from "../events/usage.ts";
import type { ParserState } from "../providers/parser.ts";
import type { Provider } from "../providers/provider.ts";
import { loadProvider, PROVIDER_NAMES } from "../providers/registry.ts";
import type { SessionBudget, SessionRecord } from "../sessions/records.ts";
import type { ModelUsage, TokenSums } from "../sessions/spent.ts";
import type { SessionStore } from "../sessions/store.ts";
import { BudgetReached, type BudgetUnit, type PassedCap } from "./budget_reached.ts";
import { BudgetError } from "./errors.ts";
import type { CallSpending } from "./call_spending.ts";
import { costOf, countedTokens, type Prices, tellsDollars } from "./prices.ts";
import type { Settled } from "./settle.ts";

/** What a budget watch needs of a launch. */
export interface BudgetRequest {
  readonly settled: Settled;
  readonly spending: CallSpending;
  /** Undefined when there is no index: then nobody knows of other sessions. */
  readonly store: SessionStore | undefined;
  /** Id of the session whose agent has started this one. */
  readonly parentId: string | undefined;
  /** Messages come while the agent runs: a turn that is over does not end it. */
  readonly streamInput: boolean;
  readonly now: () => Date;
  readonly warning?: ((message: string) => void) | undefined;
}

/** A cap, and the session whose budget it is in. */
interface Pot extends Pick<SessionBudget, "maxCostUsd" | "maxTokens" | "since"> {
  /** Undefined for the budget of this call. */
  readonly sessionId: string | undefined;
}

/** An amount, and where its dollars come from. */
interface Amount {
  readonly costUsd: number;
  readonly tokens: number;
  readonly estimated: boolean;
}

const NOTHING: Amount = { costUsd: 0, tokens: 0, estimated: false };

/** Watches what one launch spends. */
export class BudgetWatch {
  readonly #request: BudgetRequest;
  readonly #pots: readonly Pot[];
  readonly #providers: ReadonlyMap<string, Provider>;
  readonly #began: string;
  readonly #abort = new AbortController();
  /** What stdout has told of this invocation. */
  #told: Told = { usage: undefined, costUsd: undefined };
  /** What the CLI's own file has told of it. */
  readonly #read = new ReadUsage();
  #model: string | undefined;
  #results = 0;
  #checked = "";
  #unknown = false;

  private constructor(
    request: BudgetRequest,
    pots: readonly Pot[],
    providers: ReadonlyMap<string, Provider>,
  ) {
    this.#request = request;
    this.#pots = pots;
    this.#providers = providers;
    this.#began = request.now().toISOString();
  }

  /**
   * Begins to watch; undefined where nothing is capped.
   *
   * @throws {BudgetError} when nothing is left of a budget
   */
  static async open(request: BudgetRequest): Promise<BudgetWatch | undefined> {
    const pots = potsOf(request);
    if (pots.length === 0) return undefined;
    const loaded = await Promise.all(PROVIDER_NAMES.map((name) => loadProvider(name)));
    const providers = new Map(loaded.map((provider) => [provider!.name, provider!]));
    const watch = new BudgetWatch(request, pots, providers);
    const over = watch.#firstPassed((spent, cap) => spent >= cap);
    if (over) throw new BudgetError(`Cannot start ${request.settled.provider.displayName}`, over);
    return watch;
  }

  /** Aborted when a cap is passed while a turn is going on; the reason is a {@linkcode BudgetReached}. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Id of a session further up whose budget caps US dollars; undefined when there is none. */
  get costPotAbove(): string | undefined {
    return this.#pots.find((pot) => pot.maxCostUsd !== null && pot.sessionId !== undefined)
      ?.sessionId;
  }

  /** The least that is left of any cap in US dollars; undefined when there is none. */
  get costLeft(): number | undefined {
    const left = this.#pots.filter(({ maxCostUsd }) => maxCostUsd !== null).map((pot) =>
      pot.maxCostUsd! - this.#spentOf(pot).spent.costUsd
    );
    return left.length === 0 ? undefined : Math.min(...left);
  }

  /** The CLI's own file is needed to see what is used before a turn is over. */
  readsFile(stdout: string): boolean {
    const dollars = this.#request.settled.provider.spending?.dollars;
    return stdout === "raw" || dollars === undefined ||
      dollars === "output" && this.#pots.some(({ maxTokens }) => maxTokens !== null);
  }

  /** Takes what is known after something was read from stdout. */
  told(state: Readonly<ParserState>): void {
    const isOver = state.results > this.#results;
    this.#results = state.results;
    this.#take(state);
    this.#check(isOver);
  }

  /** Takes what the CLI's own file says. */
  read(kinds: readonly LogKind[]): void {
    if (this.#read.add(kinds)) this.#check(false);
  }

  /**
   * What is known when the agent is gone; what it has used is that of a call that is over from here on.
   *
   * @returns The cap that is passed; undefined when none is.
   */
  end(state: Readonly<ParserState>): PassedCap | undefined {
    this.#take(state);
    const live = this.#live();
    const passed = this.#firstPassed((spent, cap) => spent > cap) ??
      (state.overBudget ? this.#firstPassed(() => true, "cost") : undefined);
    const { spending } = this.#request;
    spending.costUsd += live.costUsd;
    spending.tokens += live.tokens;
    spending.estimated ||= live.estimated;
    return passed;
  }

  /** What the invocation has used, also where its last turn was cut off. */
  completed(state: Readonly<ParserState>): ParserState {
    this.#take(state);
    const { usage, costUsd } = this.#told;
    const read = this.#read;
    const more = tokensIn(read.usage) > tokensIn(usage) ? read.usage : usage;
    const dollars = Math.max(costUsd ?? 0, read.costUsd ?? 0);
    const known = costUsd !== undefined || read.costUsd !== undefined;
    return { ...state, usage: more, costUsd: known ? dollars : undefined };
  }

  #take({ usage, costUsd, underway, model }: Readonly<ParserState>): void {
    this.#model = model ?? this.#model;
    const cost = underway?.costUsd === undefined ? costUsd : (costUsd ?? 0) + underway.costUsd;
    this.#told = {
      usage: underway?.usage ? addUsage(usage, underway.usage) : usage,
      costUsd: cost,
    };
  }

  /** @param isOver What was told is the end of a turn. */
  #check(isOver: boolean): void {
    if (this.signal.aborted) return;
    // Nothing new was told: nothing new can be passed.
    const { usage, costUsd } = this.#told;
    const now = `${tokensIn(usage)} ${costUsd} ${this.#read.tokens} ${this.#read.costUsd}`;
    if (now === this.#checked) return;
    this.#checked = now;
    // It has answered and ends by itself; it may still have to keep its session.
    if (isOver && !this.#request.streamInput) return;
    const passed = this.#firstPassed((spent, cap) => spent > cap);
    if (passed) this.#abort.abort(new BudgetReached(passed));
  }

  #firstPassed(
    isPassed: (spent: number, cap: number) => boolean,
    only?: BudgetUnit,
  ): PassedCap | undefined {
    for (const pot of this.#pots) {
      const { spent, below } = this.#spentOf(pot);
      for (const unit of ["cost", "tokens"] as const) {
        const cap = unit === "cost" ? pot.maxCostUsd : pot.maxTokens;
        const of = (amount: Amount) => unit === "cost" ? tidy(amount.costUsd) : amount.tokens;
        if (cap === null || only !== undefined && only !== unit || !isPassed(of(spent), cap)) {
          continue;
        }
        return {
          unit,
          spent: of(spent),
          cap,
          by: spent.estimated ? "prices" : "agent",
          below: pot.sessionId === undefined ? of(below) : 0,
          sessionId: pot.sessionId,
        };
      }
    }
    return undefined;
  }

  #spentOf(pot: Pot): { spent: Amount; below: Amount } {
    const { spending, settled: { sessionId } } = this.#request;
    const own = pot.sessionId === undefined;
    const below = this.#books({
      root: pot.sessionId ?? sessionId,
      since: pot.since,
      // Of a call the launches before this one are known, whether they are in the index or not.
      except: { sessionId, from: own ? "" : this.#began },
    });
    return { spent: sum(this.#live(), below, ...(own ? [spending] : [])), below };
  }

  #books(request: Parameters<SessionStore["usageBelow"]>[0]): Amount {
    let rows: ModelUsage[] = [];
    try {
      rows = this.#request.store?.usageBelow(request) ?? [];
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      // The index may be under repair: what this agent tells still counts.
    }
    const provided = this.#providers;
    const amounts = rows.map((row) => amountOf(row, provided.get(row.provider), this.#prices));
    if (amounts.some(({ unknown }) => unknown !== undefined)) this.#warnOfUnknown(amounts);
    return sum(...amounts);
  }

  #warnOfUnknown(amounts: readonly { readonly unknown: string | undefined }[]): void {
    if (this.#unknown || this.#pots.every(({ maxCostUsd }) => maxCostUsd === null)) return;
    this.#unknown = true;
    const models = [...new Set(amounts.flatMap(({ unknown }) => unknown ?? []))].join(", ");
    this.#request.warning?.(
      `what a session has spent on ${models} does not count: its price is not known`,
    );
  }

  get #prices(): Prices {
    return this.#request.settled.prices;
  }

  /** What this invocation has used. */
  #live(): Amount {
    const { usage, costUsd } = this.#told;
    const byStdout = this.#amount(usage, costUsd);
    const byFile = this.#amount(this.#read.usage, this.#read.costUsd);
    const dearer = byFile.costUsd > byStdout.costUsd ? byFile : byStdout;
    return { ...dearer, tokens: Math.max(byStdout.tokens, byFile.tokens) };
  }

  #amount(usage: Usage | undefined, costUsd: number | undefined): Amount {
    const { provider, modelName, model } = this.#request.settled;
    if (!usage) return { ...NOTHING, costUsd: costUsd ?? 0 };
    const sums = sumsOf(usage);
    const tokens = countedTokens(sums, provider);
    if (costUsd !== undefined) return { costUsd, tokens, estimated: false };
    const names = tellsDollars(this.#request.settled) ? [] : [this.#model, modelName, model];
    const price = names.map((name) => this.#prices(provider, name)).find((each) => each);
    if (!price) return { costUsd: 0, tokens, estimated: false };
    return { costUsd: costOf(sums, price, provider), tokens, estimated: true };
  }
}

interface Told {
  readonly usage: Usage | undefined;
  readonly costUsd: number | undefined;
}

/** Adds up the usage lines of a CLI's own file. */
class ReadUsage {
  usage: Usage | undefined;
  costUsd: number | undefined;

  get tokens(): number {
    return tokensIn(this.usage);
  }

  /** Whether there was one among these. */
  add(kinds: readonly LogKind[]): boolean {
    let any = false;
    for (const kind of kinds) {
      if (kind.type !== "usage") continue;
      any = true;
      this.usage = addUsage(this.usage, {
        input_tokens: kind.input_tokens,
        output_tokens: kind.output_tokens,
        cache_read_tokens: kind.cache_read_tokens ?? null,
        cache_creation_tokens: kind.cache_creation_tokens ?? null,
        web_search_requests: null,
        web_fetch_requests: null,
      });
      if (kind.total_cost_usd !== undefined) {
        this.costUsd = (this.costUsd ?? 0) + kind.total_cost_usd;
      }
    }
    return any;
  }
}

/** The budgets that hold for a launch: that of its call, and those of all sessions above it. */
function potsOf({ settled, spending, store, parentId }: BudgetRequest): Pot[] {
  const { maxCostUsd = null, maxTokens = null } = settled;
  const pots: Pot[] = [];
  if (maxCostUsd !== null || maxTokens !== null) {
    pots.push({ maxCostUsd, maxTokens, since: spending.since, sessionId: undefined });
  }
  return [...pots, ...budgetsAbove(store, parentId, settled.sessionId)];
}

/**
 * The budgets of a session and of all above it, the nearest first.
 *
 * @param except A session that is no ancestor of itself.
 */
export function budgetsAbove(
  store: SessionStore | undefined,
  sessionId: string | null | undefined,
  except?: string,
): (SessionBudget & { readonly sessionId: string })[] {
  const found: (SessionBudget & { readonly sessionId: string })[] = [];
  const seen = new Set(except === undefined ? [] : [except]);
  let id = sessionId;
  while (id != null && !seen.has(id)) {
    seen.add(id);
    const session: SessionRecord | undefined = store?.getSession(id);
    if (session?.budget) found.push({ ...session.budget, sessionId: id });
    id = session?.parentSessionId;
  }
  return found;
}

/** What rows of the books amount to; `unknown` names a model that has used something at no known price. */
export function amountOf(
  row: ModelUsage,
  provider: Provider | undefined,
  prices: Prices,
): Amount & { readonly unknown: string | undefined } {
  const known = provider ?? {};
  const price = row.unpriced.reports === 0 ? undefined : prices(known, row.model);
  const { input, output } = row.unpriced;
  const isUnknown = row.unpriced.reports > 0 && !price && input + output > 0;
  return {
    costUsd: row.costUsd + (price ? costOf(row.unpriced, price, known) : 0),
    tokens: countedTokens(row.tokens, known),
    estimated: price !== undefined && input + output > 0,
    unknown: isUnknown ? row.model ?? row.provider : undefined,
  };
}

function sum(...amounts: readonly Amount[]): Amount {
  return amounts.reduce((total, { costUsd, tokens, estimated }) => ({
    costUsd: total.costUsd + costUsd,
    tokens: total.tokens + tokens,
    estimated: total.estimated || estimated,
  }), NOTHING);
}

function sumsOf(usage: Usage): Omit<TokenSums, "reports"> {
  return {
    input: usage.input_tokens,
    output: usage.output_tokens,
    cacheRead: usage.cache_read_tokens ?? 0,
    cacheCreation: usage.cache_creation_tokens ?? 0,
  };
}

function tokensIn(usage: Usage | undefined): number {
  if (!usage) return 0;
  const { input, output, cacheRead, cacheCreation } = sumsOf(usage);
  return input + output + cacheRead + cacheCreation;
}

/** Sums of dollars carry noise in their last digits. */
function tidy(dollars: number): number {
  return Number(dollars.toFixed(10));
}
