/**
 * Makes sure that a call of the library may do what it needs, before it begins: an agent that could be
 * started and not ended would be worse than none. Loaded only where not everything is allowed.
 */
import { PERMISSIONS } from "../permissions.ts";
import { MissingPermissionError } from "../processes/missing_permission.ts";
import {
  flagsFor,
  isMet,
  type Need,
  needsOf,
  reasonsFor,
  unknownState,
} from "../processes/permission_needs.ts";
import { realHost } from "../host.ts";
import type { AgentOptions } from "./agent_options.ts";

/**
 * Looks whether Deno allows what a command of this name needs in any case, and what the settings add.
 * Asks nobody for anything.
 *
 * @throws {MissingPermissionError} which names all flags that are missing
 */
export function demandPermissions(
  command: "exec" | "run" | "spawn",
  options: AgentOptions,
): void {
  const { env, cwd } = realHost();
  const { grants, extras } = PERMISSIONS[command]!;
  const { root, provider } = options;
  const isGiven = (key: string) => options[key as keyof AgentOptions] !== undefined;
  const all = [
    grants,
    ...extras.filter(({ flags }) => flags?.some(isGiven)).map((each) => each.grants),
  ];
  const place = { env, cwd, root, provider: provider?.toLowerCase() };
  const missing = new Map<string, Need>();
  for (const need of all.flatMap((each) => needsOf(each, place))) {
    if (!isMet(need)) missing.set(`${need.kind} ${need.value}`, need);
  }
  if (missing.size === 0) return;
  const needs = [...missing.values()];
  const state = unknownState(all, place);
  const also = state === undefined ? [] : [`and ${state}`];
  throw new MissingPermissionError(
    "Cannot start an agent: Deno does not allow what that needs",
    `${reasonsFor(needs).map((line) => `  ${line}`).join("\n")}\n` +
      `Start the program with ${[...flagsFor(needs), ...also].join(" ")}, or with -A`,
    flagsFor(needs),
  );
}
