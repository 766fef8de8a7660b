/** `zag man`: the manual. */
import { defineCommand, type FlagValues, valueFlag } from "../command.ts";
import type { CliContext } from "../context.ts";
import type { GlobalFlags } from "../flags.ts";

const flags = {
  keyword: valueFlag({
    short: "k",
    placeholder: "word",
    brief: "List the pages that have this in their name, their description or their text",
  }),
};

type ManFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const manCommand = defineCommand({
  name: "man",
  brief: "Show the manual of a command, or about a topic",
  detail:
    "Without a topic it is the overview, which lists all pages. At a terminal the page is laid out " +
    "for it, and goes through the program in PAGER if that is set; elsewhere it is Markdown.",
  flags,
  operand: { name: "topic", brief: "A command, or a topic of the overview", many: true },
  run: runMan,
});

/** Longer lines are hard to read, however wide the terminal is. */
const WIDEST = 100;

async function runMan(
  ctx: CliContext,
  flags: ManFlags,
  operands: readonly string[],
): Promise<number> {
  const [{ commands }, { manualPage }] = await Promise.all([
    import("../commands.ts"),
    import("../man_page.ts"),
  ]);
  if (flags.keyword !== undefined) return await search(ctx, flags.keyword, operands);
  if (!ctx.stdout.isTerminal) {
    await ctx.stdout.write(await manualPage(operands, commands));
    return 0;
  }
  const [{ renderManual }, { page }] = await Promise.all([
    import("../../man/render_manual.ts"),
    import("../pager.ts"),
  ]);
  const width = Math.min(ctx.stdout.columns, WIDEST);
  const lines = renderManual(await manualPage(operands, commands, width), {
    width,
    color: ctx.color("stdout"),
  });
  return await page(ctx, lines.join("\n") + "\n", flags);
}

async function search(
  ctx: CliContext,
  word: string,
  operands: readonly string[],
): Promise<number> {
  const [{ CliError, quote, UsageError }, { commands }, { searchManual }, { rowLines }] =
    await Promise.all([
      import("../errors.ts"),
      import("../commands.ts"),
      import("../man_page.ts"),
      import("../help.ts"),
    ]);
  if (operands.length > 0) {
    throw new UsageError(
      `Cannot use -k with the topic ${quote(operands[0]!)}: it looks everywhere`,
    );
  }
  if (word.trim() === "") throw new UsageError("Cannot look for nothing: -k needs a word");
  const found = await searchManual(word, commands);
  if (found.length === 0) {
    throw new CliError(
      `Cannot find ${quote(word)} in the manual`,
      1,
      '"zag man" lists all pages; "zag search" looks into sessions',
    );
  }
  const rows = found.map(({ name, brief, line }) =>
    [name, line === undefined ? brief : `${brief}: ${line}`] as const
  );
  const text = rowLines(rows, ctx.stdout.isTerminal ? ctx.stdout.columns : 100);
  await ctx.stdout.write(text.replace(/^ {2}/gm, "") + "\n");
  return 0;
}
