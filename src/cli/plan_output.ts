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

/** Other names of stdout. */
const STDOUT = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/** Where a plan goes. */
export interface PlanTarget {
  /** Absolute, with symbolic links resolved as far as it is there. */
  readonly path: string;
  /** Zag has made up the name of the file: nobody else knows it. */
  readonly isNamed: boolean;
  /** A pipe or a device: what is written to it goes through it. */
  readonly isStream: boolean;
  /**
   * Looks again, after the agent has worked.
   *
   * @throws {ZagError} when the path leads out of where plans may be written
   */
  check(): Promise<void>;
}

/**
 * What a value of `-o` means; undefined for stdout. What can be checked is checked now, also that a
 * file can be made there, and nothing stays of that.
 *
 * @throws {ZagError} when nothing can be written there
 */
export async function planTarget(ctx: CliContext, given: string): Promise<PlanTarget | undefined> {
  if (STDOUT.includes(given)) return undefined;
  const refuse = (reason: string, hint?: string, cause?: unknown) =>
    new ZagError(`Cannot write the plan to ${JSON.stringify(given)}: ${reason}`, { hint, cause });
  if (given === "") throw refuse("the path is empty");
  try {
    const asked = resolve(ctx.cwd, given);
    const named = await fileFor(asked, given, ctx.now());
    const isStream = await leadsThrough(asked);
    const path = isStream ? asked : await withoutLinks(named);
    const jail = ctx.env.get(JAIL);
    const inside = jail ? await withoutLinks(resolve(ctx.cwd, jail)) : undefined;
    const check = async () => {
      if (inside === undefined) return;
      const now = await withoutLinks(path);
      if (!now.startsWith(inside.endsWith(sep) ? inside : inside + sep)) {
        throw refuse(`it is outside of ${inside}`, `${JAIL} says that plans stay in there`);
      }
    };
    if (!isStream) {
      const info = await lookAt(path);
      if (info?.isDirectory) throw refuse("it is a directory", "Add a slash to its end");
      if (info && !info.isFile) throw refuse("it is no file");
      await check();
      await tryWriting(path);
    } else await check();
    return { path, isNamed: named !== asked, isStream, check };
  } catch (error) {
    if (error instanceof ZagError || error instanceof Deno.errors.NotCapable) throw error;
    throw refuse((error as Error).message, undefined, error);
  }
}

/** Whether it is a pipe, a socket or a device, by whatever name. */
async function leadsThrough(path: string): Promise<boolean> {
  const info = await Deno.stat(path).catch((error) => {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  });
  return info !== undefined && !info.isFile && !info.isDirectory;
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

/** Makes a file beside it, and takes it away: before an agent has worked for nothing. */
async function tryWriting(path: string): Promise<void> {
  for (let at = dirname(path);; at = dirname(at)) {
    const info = await lookAt(at);
    if (info && !info.isDirectory) throw new Error(`${at} is no directory`);
    if (info) {
      const probe = join(at, `.${crypto.randomUUID()}.tmp`);
      try {
        (await Deno.open(probe, { write: true, createNew: true })).close();
      } catch (error) {
        if (error instanceof Deno.errors.NotCapable) throw error;
        throw new Error(`${at} cannot be written: ${reasonOf(error)}`, { cause: error });
      }
      return await Deno.remove(probe);
    }
    if (at === dirname(at)) return;
  }
}

/** Without the call and the path that Deno puts behind it. */
function reasonOf(error: unknown): string {
  return (error as Error).message.replace(/ \(os error \d+\).*$/s, "");
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

/**
 * Writes the plan where it belongs when the agent is done. Of a file whose name zag has made up the
 * path goes to stdout, and nothing else does.
 */
export async function planView(
  ctx: CliContext,
  target: PlanTarget,
  { quiet, verbose }: { readonly quiet: boolean; readonly verbose: boolean },
): Promise<OutputView> {
  const { path, isNamed, isStream } = target;
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
        await target.check();
        if (isStream) await Deno.writeTextFile(path, `${text}\n`, { create: false, append: true });
        else await writeWhole(path, `${text}\n`, target);
      } catch (error) {
        // The work of the agent must not be lost with it.
        await ctx.stdout.write(`${text}\n`);
        const message = error instanceof ZagError
          ? error.message
          : `Cannot write the plan to ${path}: ${(error as Error).message}`;
        throw new CliError(message, undefined, "The plan is on stdout instead", { cause: error });
      }
      if (isNamed) await ctx.stdout.write(`${path}\n`);
      if (!isNamed || !ctx.stdout.isTerminal) await note(`Plan written to ${path}`);
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

/** At no time there is a file with a part of the text, not even after a power cut. */
async function writeWhole(path: string, text: string, { check }: PlanTarget): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  // What was missing before is there now, and can be a link.
  await check();
  const mode = (await lookAt(path))?.mode;
  const temporary = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.tmp`);
  try {
    await writeSynced(temporary, text);
    if (typeof mode === "number") await Deno.chmod(temporary, mode & 0o777);
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  await file.sync();
}
