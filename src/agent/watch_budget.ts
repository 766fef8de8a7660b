/** How a budget is held while an agent is driven: what it is told, and what comes of that. */
import type { Host } from "../host.ts";
import type { LogKind } from "../events/log_event.ts";
import type { Parser, ParserSink } from "../providers/parser.ts";
import { loadProvider } from "../providers/registry.ts";
import type { SessionStore } from "../sessions/store.ts";
import { amountOf, BudgetWatch } from "./budget.ts";
import { budgetOf, type CallSpending, newSpending } from "./call_spending.ts";
import { checkInherited } from "./check_budget.ts";
import type { Start } from "./drive_request.ts";
import type { LaunchRequest } from "./launch_request.ts";
import type { DriveResult } from "./drive.ts";
import type { Settled } from "./settle.ts";

/** A launch whose budget is watched. */
export interface Budgeted {
  /** Undefined when nothing is capped. */
  readonly budget: BudgetWatch | undefined;
  /** The same as before, with what is left. */
  readonly settled: Settled;
}

/**
 * Begins to watch what a launch spends.
 *
 * @throws {BudgetError} when nothing is left of a budget
 * @throws {ZagError} when a budget further up could not be held
 */
export async function watchBudget(
  request: LaunchRequest,
  settled: Settled,
  host: Host,
  store: SessionStore | undefined,
): Promise<Budgeted> {
  const spending = request.spending ?? await spendingOf(request, settled, host, store);
  const { adopted, observer } = request;
  const watch = {
    settled,
    spending,
    store,
    parentId: adopted
      ? adopted.session.parentSessionId ?? undefined
      : host.env.get("ZAG_SESSION_ID"),
    streamInput: request.streamInput,
    now: () => host.now(),
    warning: (message: string) => observer?.warning?.(message),
  };
  const budget = await BudgetWatch.open(watch);
  const above = budget?.costPotAbove;
  if (above !== undefined) checkInherited(settled, above);
  const costLeftUsd = budget?.costLeft;
  return { budget, settled: { ...settled, budget: budgetOf(settled, spending), costLeftUsd } };
}

/** What a call has spent that another process has begun, and this one goes on with. */
async function spendingOf(
  { adopted }: LaunchRequest,
  { resumed, prices }: Settled,
  host: Host,
  store: SessionStore | undefined,
): Promise<CallSpending> {
  const since = adopted && resumed?.budget?.since;
  if (!since || !store || !resumed) return newSpending(host.now());
  const { sessionId } = resumed;
  const own = store.usageBelow({ root: sessionId, since, only: true });
  const spending = { since, costUsd: 0, tokens: 0, estimated: false };
  for (const row of own) {
    // Another provider may have had the session before.
    const provider = await loadProvider(row.provider);
    const { costUsd, tokens, estimated } = amountOf(row, provider, prices);
    spending.costUsd += costUsd;
    spending.tokens += tokens;
    spending.estimated ||= estimated;
  }
  return spending;
}

/** The same parser, which also tells the budget whatever it learns. */
export function budgetedParser(parser: Parser, budget: BudgetWatch | undefined): Parser {
  if (!budget) return parser;
  return {
    ...parser,
    state: parser.state,
    line: (text: string, sink: ParserSink) => {
      parser.line(text, sink);
      budget.told(parser.state);
    },
  };
}

/** Follows the file of the agent's CLI where only that tells what a turn uses before it is over. */
export async function followSpending(
  { budget, file, started, recorder }: Start,
  { state }: Parser,
): Promise<AsyncDisposable> {
  const nothing = { [Symbol.asyncDispose]: () => Promise.resolve() };
  if (!budget || !file || !budget.readsFile(started.plan.stdout)) return nothing;
  const { followTranscript } = await import("./transcript_follow.ts");
  const follower = followTranscript({
    path: file.path,
    find: () => file.find(state.sessionId ?? recorder.nativeId),
    parser: await file.parser(),
    offset: file.offset,
    rereads: file.transcript.rereads,
    log: (kinds: readonly LogKind[]) => budget.read(kinds),
  });
  return { [Symbol.asyncDispose]: () => follower.stop() };
}

/**
 * Notes the end of an agent that has passed a cap with its last word.
 *
 * @returns What is known of the invocation, also where its turn was cut off.
 */
export function closeBudget(
  { budget, started }: Start,
  { state }: Parser,
  result: DriveResult,
): Parser["state"] {
  if (!budget) return state;
  const passed = budget.end(state);
  if (passed) result.endedBy ??= { kind: "budget", passed, cutOff: false };
  // What stdout does not tell goes into the books from the CLI's own file.
  return started.plan.stdout === "events" ? budget.completed(state) : state;
}
