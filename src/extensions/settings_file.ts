/**
 * Puts MCP servers into the settings of an agent's CLI, and takes them out again so that the file is
 * what it was, to the byte.
 */
import { dirname } from "node:path";
import type { McpSettings } from "../providers/extensions.ts";
import { ForeignFileError, reasonOf } from "./errors.ts";
import {
  canonical,
  type Entries,
  foreignPart,
  loadEditor,
  OWN_PREFIX,
  ownEntries,
  serversOf,
  type SettingsEditor,
} from "./settings_text.ts";
import { isThere, type Splice, undoSplice } from "./splice.ts";
import { isTemporary, throughLinks, writeWhole } from "../write_whole.ts";
import { readIfThere, sameBytes, withDirectoryLock } from "./write_file.ts";

/** What is remembered of a file, so that it can be made what it was. */
export interface FileState {
  /** What stands in the file: zag's entries, in the CLI's form. */
  readonly entries: Entries;
  /** How they got there, the last time first; more than one only while a change is made. */
  readonly splices: readonly Splice[];
  /** zag made the file. */
  readonly createdFile?: boolean;
  /** zag made the directory of the file. */
  readonly createdDir?: boolean;
  /** zag made the object that holds the servers. */
  readonly createdKey?: boolean;
}

/** What came of it. */
export interface FileChange {
  /** Whether the file was written or removed. */
  readonly changed: boolean;
  /** Undefined once nothing of zag is left in the file. */
  readonly state: FileState | undefined;
}

/** Is told what is about to be done to a file, before it is done. */
export type Intend = (
  /** What is then to be remembered of the file; undefined where nothing of zag is left in it. */
  state: FileState | undefined,
  /** The copy that is written first; left over when the process is killed. */
  temporary: string | undefined,
) => Promise<void>;

/** Removes the copy of a file that a process which was killed has left. */
export async function removeTemporary(path: string): Promise<void> {
  if (isTemporary(path)) await Deno.remove(path).catch(() => {});
}

/**
 * The names of the servers in a file that are not zag's; none where it is not there.
 *
 * @throws {ForeignFileError} when the file cannot be read or understood
 */
export async function othersIn(path: string, settings: McpSettings): Promise<Set<string>> {
  try {
    const bytes = await readIfThere(await throughLinks(path));
    if (bytes === undefined) return new Set();
    const { parse } = await loadEditor(settings);
    const names = Object.keys(serversOf(parse(decode(bytes).replace(/^\ufeff/, "")), settings.key));
    return new Set(names.filter((name) => !name.startsWith(OWN_PREFIX)));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new ForeignFileError(path, reasonOf(error));
  }
}

/**
 * The entries of zag in a file; none where it is not there.
 *
 * @throws {ForeignFileError} when the file cannot be read or understood
 */
export async function ownIn(path: string, settings: McpSettings): Promise<Entries> {
  try {
    const bytes = await readIfThere(await throughLinks(path));
    const text = bytes && decode(bytes);
    // Most often there is nothing, and nothing has to be loaded to know it.
    if (!text?.includes(OWN_PREFIX)) return {};
    const { parse } = await loadEditor(settings);
    return ownEntries(serversOf(parse(text.replace(/^\ufeff/, "")), settings.key)) as Entries;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new ForeignFileError(path, reasonOf(error));
  }
}

/** How often a file is read again that others write at the same time. */
const MOST_TRIES = 50;

/**
 * Makes the file hold these entries and no others of zag's.
 *
 * @param path the file, absolute
 * @throws {ForeignFileError} when the file cannot be read, written or understood
 */
export async function updateSettings(
  path: string,
  settings: McpSettings,
  wanted: Entries,
  state: FileState | undefined,
  intend: Intend,
): Promise<FileChange> {
  try {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const done = await attempt(path, settings, wanted, state, intend);
      if (done) return done;
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new ForeignFileError(path, reasonOf(error));
  }
  throw new ForeignFileError(path, "others do not cease to write it");
}

/** One try; undefined when the file has changed meanwhile. */
async function attempt(
  path: string,
  settings: McpSettings,
  wanted: Entries,
  state: FileState | undefined,
  intend: Intend,
): Promise<FileChange | undefined> {
  const target = await throughLinks(path);
  const seen = await readSettings(target);
  if (seen.text !== undefined && state && holds(seen.text, wanted, state)) {
    return { changed: false, state };
  }
  const change = async () => {
    const { bytes, mark, text } = await readSettings(target);
    const plan = planChange(text, settings.key, await loadEditor(settings), wanted, state);
    if (plan.text === text) return { changed: false, state: plan.state };

    let next = plan.state;
    if (next && await makeDirectory(dirname(target))) next = { ...next, createdDir: true };
    // Until it is done, what was there has to be known as well.
    const intended = next
      ? { ...next, splices: [...next.splices, ...state?.splices ?? []] }
      : state;
    const isAsRead = async () => sameBytes(bytes, await readIfThere(target));
    const written = plan.text === undefined
      ? await removeFile(target, isAsRead)
      : await writeWhole(target, mark + plan.text, {
        isAsRead,
        before: (temporary) => intend(intended, temporary),
      });
    return written ? { changed: true, state: next } : undefined;
  };
  const done = settings.directoryLock ? await withDirectoryLock(target, change) : await change();
  if (done?.changed && !done.state && state?.createdDir) {
    // It stays when there is anything else in it.
    await Deno.remove(dirname(target)).catch(() => {});
  }
  return done;
}

interface ReadSettings {
  /** Undefined where there is no file. */
  readonly bytes: Uint8Array | undefined;
  /** The byte order mark, if there is one. */
  readonly mark: string;
  /** What follows the mark. */
  readonly text: string | undefined;
}

async function readSettings(path: string): Promise<ReadSettings> {
  const bytes = await readIfThere(path);
  const whole = bytes && decode(bytes);
  const mark = whole?.startsWith("\ufeff") ? "\ufeff" : "";
  return { bytes, mark, text: whole?.slice(mark.length) };
}

/** Whether the entries are in the text as they were put there; a look that reads no settings. */
function holds(text: string, wanted: Entries, { entries, splices }: FileState): boolean {
  return splices.length === 1 && isThere(text, splices[0]!) &&
    canonical(entries) === canonical(wanted);
}

async function removeFile(
  path: string,
  unchanged: () => Promise<boolean>,
): Promise<boolean> {
  if (!await unchanged()) return false;
  await Deno.remove(path);
  return true;
}

interface PlannedChange {
  /** The whole new text, without a byte order mark; undefined where the file shall be gone. */
  readonly text: string | undefined;
  readonly state: FileState | undefined;
}

/** What to do to the text of a file; undefined stands for a file that is not there. */
function planChange(
  text: string | undefined,
  key: string,
  editor: SettingsEditor,
  wanted: Entries,
  state: FileState | undefined,
): PlannedChange {
  const none = Object.keys(wanted).length === 0;
  const before = text === undefined ? {} : editor.parse(text);
  const own = ownEntries(serversOf(before, key));
  if (canonical(own) === canonical(wanted)) {
    return { text, state: none ? undefined : state ?? { entries: wanted, splices: [] } };
  }
  const others = foreignPart(before, key);
  const isClean = (without: string) => {
    const left = editor.parse(without);
    return Object.keys(ownEntries(serversOf(left, key))).length === 0 &&
      foreignPart(left, key) === others;
  };
  const { text: base, exact } = text === undefined
    ? { text: undefined, exact: true }
    : withoutOwn(text, editor, state, isClean);
  if (none) return { text: base, state: undefined };

  const inserted = editor.insert(base ?? "", wanted);
  const after = editor.parse(inserted.text);
  if (
    canonical(ownEntries(serversOf(after, key))) !== canonical(wanted) ||
    foreignPart(after, key) !== others
  ) throw new SyntaxError("it is written in a form to which nothing can be added");
  return {
    text: inserted.text,
    state: {
      entries: wanted,
      splices: [inserted.splice],
      ...(base === undefined ? { createdFile: true } : {}),
      ...(state?.createdDir ? { createdDir: true } : {}),
      ...(inserted.createdKey || !exact && state?.createdKey ? { createdKey: true } : {}),
    },
  };
}

/** The text without what is zag's; undefined where the file itself is. */
function withoutOwn(
  text: string,
  editor: SettingsEditor,
  state: FileState | undefined,
  isClean: (text: string) => boolean,
): { text: string | undefined; exact: boolean } {
  for (const splice of state?.splices ?? []) {
    const undone = undoSplice(text, splice);
    if (undone === undefined || !isClean(undone)) continue;
    return { text: undone === "" && state?.createdFile ? undefined : undone, exact: true };
  }
  const stripped = editor.strip(text, state?.createdKey ?? false);
  if (!isClean(stripped)) throw new SyntaxError("zag's entries cannot be taken out of it");
  const isEmpty = /^[\s{}]*$/.test(stripped);
  return { text: isEmpty && state?.createdFile ? undefined : stripped, exact: false };
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new SyntaxError("it is not in UTF-8");
  }
}

/** Makes a directory; tells whether it was not there. */
async function makeDirectory(path: string): Promise<boolean> {
  const there = await Deno.stat(path).then(() => true, () => false);
  if (!there) await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  return !there;
}
