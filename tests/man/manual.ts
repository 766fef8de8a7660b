/** The pages of the manual, as tests look at them. */
import { commands } from "../../src/cli/commands.ts";
import { PAGE_NAMES, TOPICS } from "../../src/man/pages.ts";

/** Where the pages lie. */
export const PAGES = new URL("../../src/man/pages/", import.meta.url);

/** The names of the commands that are listed. */
export const VISIBLE = commands.filter(({ hidden }) => !hidden).map(({ name }) => name);

/** Every page that is both listed and there, as it was written. */
export async function sources(): Promise<{ name: string; text: string }[]> {
  return await Promise.all(
    PAGE_NAMES.filter((name) => VISIBLE.includes(name) || Object.hasOwn(TOPICS, name)).map(
      async (name) => ({ name, text: await Deno.readTextFile(new URL(`${name}.md`, PAGES)) }),
    ),
  );
}

/** A fenced block of a page. */
export interface Block {
  readonly language: string;
  readonly lines: readonly string[];
  /** What the mock agent says in it: text for each turn, or a script. */
  readonly mock: string | undefined;
}

/** The fenced blocks of a page in their order. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let mock: string | undefined;
  for (
    const [, said, language, text] of page.matchAll(
      /^<!-- mock: (.*) -->$|^```(\w+)\n([^]*?)^```$/gm,
    )
  ) {
    if (said !== undefined) mock = said;
    else blocks.push({ language: language!, lines: text!.trimEnd().split("\n"), mock });
  }
  return blocks;
}
