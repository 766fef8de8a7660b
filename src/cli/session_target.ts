/** Which session a command line means. */
import type { SessionTarget } from "../sessions/resolve.ts";
import { UsageError } from "./errors.ts";

/** The flags that can point at one session; a command declares those that it takes. */
export interface TargetValues {
  readonly session?: string | undefined;
  readonly latest?: boolean | undefined;
  readonly active?: boolean | undefined;
  readonly ps?: string | undefined;
  readonly name?: string | undefined;
  readonly tag?: string | undefined;
}

/**
 * The session that is pointed at; undefined when nothing does.
 *
 * @throws {UsageError} when two do, or an empty text
 */
export function givenTarget(
  operand: string | undefined,
  flags: TargetValues,
): SessionTarget | undefined {
  const given: [string, SessionTarget][] = [];
  if (operand !== undefined) {
    given.push(["the session " + JSON.stringify(operand), { ref: operand }]);
  }
  if (flags.session !== undefined) given.push(["--session", { ref: flags.session }]);
  if (flags.latest) given.push(["--latest", { latest: true }]);
  if (flags.active) given.push(["--active", { active: true }]);
  if (flags.ps !== undefined) given.push(["--ps", { ps: flags.ps }]);
  if (flags.name !== undefined) given.push(["--name", { name: flags.name }]);
  if (flags.tag !== undefined) given.push(["--tag", { tag: flags.tag }]);
  const [first, second] = given;
  for (const text of [operand, flags.session, flags.ps, flags.name]) {
    if (text?.trim() !== "") continue;
    throw new UsageError("Cannot choose a session by an empty text: give its id or its name");
  }
  if (first && second) {
    throw new UsageError(`Cannot use ${first[0]} together with ${second[0]}: give one of them`);
  }
  return first?.[1];
}

/**
 * The session that is pointed at.
 *
 * @param ways What could have been given, for the message: `a session, --latest or --name`.
 * @throws {UsageError} when nothing points at one, or two things do
 */
export function requiredTarget(
  operand: string | undefined,
  flags: TargetValues,
  ways: string,
): SessionTarget {
  const target = givenTarget(operand, flags);
  if (!target) throw new UsageError(`Cannot choose a session: give ${ways}`);
  return target;
}
