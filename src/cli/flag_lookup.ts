/**
 * Finds declared flags by the way they are written.
 *
 * @module
 */

import {
  type AnyCommand,
  type Flag,
  flagName,
  type FlagTable,
  isGroup,
  type Route,
  switchFlag,
} from "./command.ts";
import { globalFlags } from "./flags.ts";

/** A declared flag and its key in the table. */
export interface FoundFlag {
  readonly key: string;
  readonly flag: Flag;
}

/** Declared flags by name and by letter, both without dashes. */
export type FlagLookup = ReadonlyMap<string, FoundFlag>;

/** Accepted everywhere, and answered before a command runs. */
export const helpFlag = switchFlag({
  short: "h",
  brief: "Show this help",
  section: "Global flags",
});

/** Accepted before a command. */
export const versionFlag = switchFlag({
  short: "V",
  brief: "Show the version",
  section: "Global flags",
});

/** Accepted everywhere, and answered before anything else is. */
export const helpAgentFlag = switchFlag({
  brief: "Show how an agent uses zag, in the words of a manual for agents",
  section: "Global flags",
});

/** All flags of a command, the global ones included. */
export function commandFlags(command: AnyCommand): FlagTable {
  return { ...command.flags, ...globalFlags };
}

/** The lookup for what stands after a command. */
export function lookupAfter(command: AnyCommand): FlagLookup {
  const lookup = new Map<string, FoundFlag>();
  addFlags(lookup, { ...commandFlags(command), help: helpFlag, helpAgent: helpAgentFlag });
  return lookup;
}

/**
 * The lookup for what stands before one of several commands: all their flags. Where two commands
 * declare one name differently, the first declaration says how it is read.
 */
export function lookupBefore(routes: readonly Route[]): FlagLookup {
  const lookup = new Map<string, FoundFlag>();
  addFlags(lookup, {
    help: helpFlag,
    version: versionFlag,
    helpAgent: helpAgentFlag,
    ...globalFlags,
  });
  addRoutes(lookup, routes);
  return lookup;
}

/** The names of flags, as candidates for a suggestion. */
export function visibleNames(lookup: FlagLookup): string[] {
  return [...lookup.values()]
    .filter(({ flag }) => !flag.hidden)
    .map(({ key }) => `--${flagName(key)}`);
}

function addRoutes(lookup: Map<string, FoundFlag>, routes: readonly Route[]): void {
  for (const route of routes) {
    if (isGroup(route)) addRoutes(lookup, route.commands);
    else addFlags(lookup, route.flags);
  }
}

function addFlags(lookup: Map<string, FoundFlag>, flags: FlagTable): void {
  for (const [key, flag] of Object.entries(flags)) {
    const found = { key, flag };
    for (const name of [flagName(key), flag.short]) {
      if (name !== undefined && !lookup.has(name)) lookup.set(name, found);
    }
  }
}
