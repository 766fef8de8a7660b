/** Parses a command line as the program does and hands out what the command would receive. */
import type { Command, FlagTable, FlagValues } from "../../../src/cli/command.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import type { GlobalFlags } from "../../../src/cli/flags.ts";
import { fakeContext } from "../../fakes/context.ts";

/** What a command receives; without flags, the error that was printed instead. */
export interface Captured<F extends FlagTable> {
  code: number;
  flags: (FlagValues<F> & FlagValues<GlobalFlags>) | undefined;
  operands: string[];
  err: string;
}

/** Runs everything of a command line but the command itself. */
export async function capture<F extends FlagTable>(
  command: Command<F>,
  args: readonly string[],
): Promise<Captured<F>> {
  let flags: Captured<F>["flags"];
  let operands: string[] = [];
  const stand: Command<F> = {
    ...command,
    run(_ctx, given, rest) {
      flags = given;
      operands = rest;
      return Promise.resolve(0);
    },
  };
  const ctx = fakeContext();
  const code = await createApp([stand as unknown as Command<FlagTable>]).run(args, ctx);
  return { code, flags, operands, err: ctx.err };
}
