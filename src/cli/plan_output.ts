/** Where `zag plan -o` writes, and how. */
import { basename, dirname, extname, join, resolve, sep } from "node:path";
import { ZagError } from "../errors.ts";
import type { Event } from "../events/event.ts";
import type { CliContext } from "./context.ts";
import { CliError } from "./errors.ts";
import type { OutputView } from "./exec_session.ts";
import { printMessage } from "./message.ts";

/** Names a directory that no plan may leave. */
const JAIL = "ZAG_USER_HOME_DIR";

/** A chain of symbolic links that is longer is a ring. */
const MOST_LINKS = 40;

/**
 * The file that a value of `-o` means, absolute, with symbolic links resolved as far as it is there.
 * Makes nothing.
 *
 * @throws {ZagError} when nothing can be written there
 */
export async function planPath(ctx: CliContext, given: string): Promise<string> {
  const refuse = (reason: string, hint?: string, cause?: unknown) =>
    new ZagError(`Cannot write the plan to ${JSON.stringify(given)}: ${reason}`, { hint, cause });
  if (given === "") throw refuse("the path is empty");
  let path: string;
  try {
    path = await withoutLinks(await fileFor(resolve(ctx.cwd, given), given, ctx.now()));
    const info = await lookAt(path);
    if (info?.isDirectory) throw refuse("it is a directory", "Add a slash to its end");
    if (info && !info.isFile) throw refuse("it is no file");
    await checkParents(path);
    const jail = ctx.env.get(JAIL);
    if (jail) {
      const inside = await withoutLinks(resolve(ctx.cwd, jail));
      if (!path.startsWith(inside.endsWith(sep) ? inside : inside + sep)) {
        throw refuse(`it is outside of ${inside}`, `${JAIL} says that plans stay in there`);
      }
    }
  } catch (error) {
    if (error instanceof ZagError || error instanceof Deno.errors.NotCapable) throw error;
    throw refuse((error as Error).message, undefined, error);
  }
  return path;
}

async function fileFor(path: string, given: string, now: Date): Promise<string> {
  const info = await Deno.stat(path).catch((error) => {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  });
  const isDirectory = info?.isDirectory || /[/\\]\.{0,2}$/.test(given) || /^\.{1,2}$/.test(given) ||
    (!info && extname(path) === "");
  if (!isDirectory) return path;
  const stamp = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  return join(path, `plan-${stamp}.md`);
}

/** The same place by a path without symbolic links; what is missing of it stays as it is. */
async function withoutLinks(path: string): Promise<string> {
  let links = 0;
  let resolved = "";
  let rest = path;
  for (;;) {
    const cut = rest.indexOf(sep, 1);
    const [head, tail] = cut < 0 ? [rest, ""] : [rest.slice(0, cut), rest.slice(cut)];
    const next = resolved + head;
    const target = await Deno.readLink(next).catch((error) => {
      if (error instanceof Deno.errors.NotCapable) throw error;
      return undefined;
    });
    if (target === undefined) {
      resolved = next;
      rest = tail;
    } else {
      if (++links > MOST_LINKS) throw new Error("its symbolic links form a ring");
      rest = resolve(dirname(next), target) + tail;
      resolved = "";
    }
    if (rest === "") return resolved;
  }
}

/** Refuses a path below something that is no directory, before an agent has worked for nothing. */
async function checkParents(path: string): Promise<void> {
  for (let at = dirname(path);; at = dirname(at)) {
    const info = await lookAt(at);
    if (info?.isDirectory) return;
    if (info) throw new Error(`${at} is no directory`);
    if (at === dirname(at)) return;
  }
}

async function lookAt(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    const { NotADirectory, NotFound } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotADirectory) return undefined;
    throw error;
  }
}

/** Writes the plan where it belongs when the agent is done; nothing goes to stdout. */
export async function planView(
  ctx: CliContext,
  path: string,
  { quiet, verbose }: { readonly quiet: boolean; readonly verbose: boolean },
): Promise<OutputView> {
  return {
    observer: verbose && !quiet ? { events: await styledEvents(ctx) } : {},
    async end({ output, success }) {
      const text = output.result?.trim() ?? "";
      if (!success) {
        await note("nothing is written: there is no plan");
        // What else is to be said about the end is said by whoever knows the exit codes.
        return undefined;
      }
      if (text === "") {
        throw new CliError(`Cannot write the plan to ${path}: the agent's answer is empty`);
      }
      try {
        await writeWhole(path, `${text}\n`);
      } catch (error) {
        // The work of the agent must not be lost with it.
        await ctx.stdout.write(`${text}\n`);
        throw new CliError(
          `Cannot write the plan to ${path}: ${(error as Error).message}`,
          undefined,
          "The plan is on stdout instead",
          { cause: error },
        );
      }
      await note(`Plan written to ${path}`);
    },
  };

  async function note(text: string): Promise<void> {
    if (!quiet) await printMessage(ctx, text);
  }
}

async function styledEvents(
  ctx: CliContext,
): Promise<(events: readonly Event[]) => Promise<void>> {
  const { VerboseView } = await import("../events/render/verbose_view.ts");
  const { AnswerView } = await import("../events/render/answer_view.ts");
  const view = new AnswerView({
    indicators: false,
    shared: false,
    sanitize: true,
    warns: true,
    verbose: new VerboseView({ color: ctx.color("stderr"), text: true }),
  });
  return async (events) => {
    for (const { to, text } of view.render(events)) {
      if (to === "stderr") await ctx.stderr.write(text);
    }
  };
}

/** At no time there is a file with a part of the text. */
async function writeWhole(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const mode = (await lookAt(path))?.mode;
  const temporary = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.tmp`);
  try {
    await Deno.writeTextFile(temporary, text, { createNew: true });
    if (typeof mode === "number") await Deno.chmod(temporary, mode & 0o777);
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}
