/** Which run a command line of `zag ps` means. */
import type { ProcessRecord } from "../sessions/records.ts";
import { NoSuchRunError, resolveRun } from "../sessions/resolve_run.ts";
import type { CliContext } from "./context.ts";
import { UsageError } from "./errors.ts";
import type { Sessions } from "./open_sessions.ts";

/** What stands for the run whose agent has started this program. */
export const SELF = "self";

/** The run of the agent that has started this program; undefined outside of a session. */
export function ownRun(ctx: CliContext): string | undefined {
  return ctx.env.get("ZAG_PROCESS_ID") || undefined;
}

/**
 * The text with which a run is looked up.
 *
 * @throws {UsageError} for `self` outside of a session
 */
export function runReference(ctx: CliContext, given: string): string {
  if (given !== SELF) return given;
  const self = ownRun(ctx);
  if (self !== undefined) return self;
  throw new UsageError(
    'Cannot tell which process "self" is: ZAG_PROCESS_ID is not set',
    'Only what an agent has started knows its process; elsewhere give an id: "zag ps list" shows ' +
      "them",
  );
}

/**
 * The run that is meant.
 *
 * @throws {UsageError} for `self` outside of a session
 * @throws {NoSuchRunError} when there is none
 */
export function givenRun(
  ctx: CliContext,
  { store, scope, paths }: Sessions,
  given: string,
): ProcessRecord {
  const reference = runReference(ctx, given);
  try {
    return resolveRun(store, reference, scope);
  } catch (error) {
    if (!(error instanceof NoSuchRunError) || reference !== ownRun(ctx)) throw error;
    // A tool with another home, or another ZAG_HOME, looks in the wrong place.
    throw new NoSuchRunError(reference, `nothing is recorded about this session in ${paths.home}`);
  }
}
