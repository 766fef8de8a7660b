/** A small program whose commands only remember what they were called with. */

import {
  type AnyCommand,
  type Command,
  defineCommand,
  defineGroup,
  flagName,
  type FlagTable,
  listFlag,
  type Operand,
  type Route,
  switchFlag,
  valueFlag,
} from "../../src/cli/command.ts";
import type { CliContext } from "../../src/cli/context.ts";
import { createApp } from "../../src/cli/create_app.ts";
import {
  agentFlags,
  exitFlags,
  isolationFlags,
  jsonStreamFlag,
  metadataFlags,
  outputFlag,
  resumeFlags,
} from "../../src/cli/flags.ts";
import { type FakeContext, fakeContext, type FakeContextOptions } from "../fakes/context.ts";

/** What a command was called with. */
export interface Call {
  command: string;
  /** The flags that were given; absent ones are left out. */
  flags: Record<string, unknown>;
  operands: string[];
}

/** Flags of every shared group, as the agent commands have them. */
export const allGroups = {
  ...agentFlags,
  ...isolationFlags,
  ...jsonStreamFlag,
  ...metadataFlags,
} satisfies FlagTable;

const json = switchFlag({ brief: "Print JSON" });
const root = valueFlag({ short: "r", placeholder: "path", brief: "Project" });

/** Builds the program; every call is added to `calls`. */
export function fakeCommands(calls: Call[]): Route[] {
  const command = (
    name: string,
    flags: FlagTable,
    operand?: Operand,
    more: Partial<Command<FlagTable>> = {},
  ): AnyCommand =>
    defineCommand({
      name,
      brief: `Do what ${name} does`,
      flags,
      ...(operand ? { operand } : {}),
      run(_ctx: CliContext, values: Record<string, unknown>, operands: string[]) {
        const given = Object.entries(values).filter(([, value]) =>
          value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0)
        );
        calls.push({ command: name, flags: Object.fromEntries(given), operands });
        return Promise.resolve(0);
      },
      ...more,
    });
  const prompt = { name: "prompt", brief: "What to do" };
  return [
    command("run", { ...allGroups, ...exitFlags, ...resumeFlags }, prompt, {
      detail: "Starts a session in which the agent's own interface takes over the terminal until " +
        "it is left.\n\nExamples:\n\n  zag run\n  zag -w feature run",
    }),
    command("exec", {
      ...allGroups,
      ...resumeFlags,
      ...outputFlag(["text", "json", "stream-json"]),
      exitOnFailure: switchFlag({ brief: "Exit with 1 if the agent reports a failure" }),
    }, { ...prompt, required: "or-stdin" }),
    command("review", { ...agentFlags, ...isolationFlags }, { ...prompt, required: true }),
    command("status", { json, root }, { name: "session", brief: "Which", required: true }),
    command(
      "collect",
      { json, tag: listFlag({ placeholder: "tag", brief: "Tag" }) },
      { name: "session", brief: "Which", many: true },
    ),
    command("whoami", { json }),
    command("relay", {}, undefined, { hidden: true }),
    defineGroup({
      name: "ps",
      brief: "Look at processes",
      fallback: "list",
      commands: [
        command("list", {
          json,
          limit: valueFlag({
            short: "n",
            placeholder: "n",
            brief: "At most so many",
            parse: Number,
            default: "20",
          }),
        }),
        command("kill", { json, file: valueFlag({ placeholder: "path", brief: "Result" }) }, {
          name: "id",
          brief: "Which",
          required: true,
        }),
      ],
    }),
    defineGroup({
      name: "skills",
      brief: "Look at skills",
      commands: [command("show", { json, root }, { name: "name", brief: "Which" })],
    }),
  ];
}

/** Runs a command line of the fake program. */
export async function runFake(
  args: readonly string[],
  options: FakeContextOptions = {},
): Promise<{ code: number; calls: Call[]; ctx: FakeContext }> {
  const calls: Call[] = [];
  const ctx = fakeContext(options);
  const code = await createApp(fakeCommands(calls)).run(args, ctx);
  return { code, calls, ctx };
}

/** The keys of a table whose flags take one value or a list, with the way they are written. */
export function valuedFlags(flags: FlagTable): [key: string, long: string][] {
  return Object.entries(flags)
    .filter(([, { kind }]) => kind !== "switch")
    .map(([key]) => [key, `--${flagName(key)}`]);
}
