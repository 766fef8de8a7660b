/** Finds the file in which an agent's CLI keeps a session. */
import { join } from "node:path";
import type { Transcript, TranscriptPlace, TranscriptRequest } from "../providers/transcript.ts";

/** How many bytes of a file are read to see whose session it holds. */
const HEAD_BYTES = 256 * 1024;

/**
 * The file of a session whose id is known; undefined while there is none.
 *
 * @param request Must hold the native id.
 */
export async function findTranscript(
  transcript: Transcript,
  request: TranscriptRequest,
): Promise<string | undefined> {
  const expected = expectedPath(transcript, request);
  if (expected !== undefined && await isFile(expected)) return expected;
  for (const place of transcript.places(request)) {
    for await (const path of matches(place)) {
      if (isExact(place) || await holds(path, transcript, request)) return path;
    }
  }
  return undefined;
}

/** The path that a session's file will have, where that is certain before it exists. */
export function expectedPath(
  transcript: Transcript,
  request: TranscriptRequest,
): string | undefined {
  const [first] = transcript.places(request);
  return first && isExact(first) ? join(first.directory, ...first.path as string[]) : undefined;
}

/** All files of sessions that are there now. */
export async function allTranscripts(
  transcript: Transcript,
  request: TranscriptRequest,
): Promise<Set<string>> {
  const found = new Set<string>();
  for (const place of transcript.places({ ...request, sessionId: undefined })) {
    for await (const path of matches(place)) found.add(path);
  }
  return found;
}

/**
 * The file of a session that has just been started and whose id nobody knows yet: one that was not
 * there before, whose session was started in this directory, and which bears the run's mark where
 * the CLI makes one. Undefined when several could be it.
 *
 * @param mark Path of the mark; undefined where there is none.
 */
export async function findNewTranscript(
  transcript: Transcript,
  request: TranscriptRequest,
  before: ReadonlySet<string>,
  mark?: string,
): Promise<string | undefined> {
  const unknown = { ...request, sessionId: undefined };
  const found: string[] = [];
  for (const place of transcript.places(unknown)) {
    for await (const path of matches(place, before)) {
      if (!await holds(path, transcript, unknown)) continue;
      if (mark === undefined || await bears(path, mark, transcript)) found.push(path);
    }
  }
  return found.length === 1 ? found[0] : undefined;
}

async function bears(path: string, mark: string, transcript: Transcript): Promise<boolean> {
  try {
    const texts = [await Deno.readTextFile(mark), await Deno.readTextFile(path)] as const;
    return transcript.isMarked?.(...texts) === true;
  } catch {
    // Nothing has been written yet.
    return false;
  }
}

function isExact({ path }: TranscriptPlace): boolean {
  return path.every((name) => typeof name === "string");
}

/** Whether the beginning of a file names the session, or else the directory, that is looked for. */
async function holds(
  path: string,
  transcript: Transcript,
  { sessionId, cwd }: TranscriptRequest,
): Promise<boolean> {
  const parser = transcript.parser();
  for (const line of await headLines(path)) {
    parser.line(line, () => {});
    const { state } = parser;
    if (sessionId !== undefined) {
      if (state.sessionId !== undefined) return state.sessionId === sessionId;
    } else if (state.cwd !== undefined) return state.cwd === cwd;
  }
  return false;
}

async function headLines(path: string): Promise<string[]> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch {
    return [];
  }
  using opened = file;
  const buffer = new Uint8Array(HEAD_BYTES);
  let size = 0;
  while (size < buffer.length) {
    const count = await opened.read(buffer.subarray(size)) ?? 0;
    if (count === 0) break;
    size += count;
  }
  return new TextDecoder().decode(buffer.subarray(0, size)).split("\n");
}

/** The files of a place but for those that are known, those whose names sort last first. */
export async function* matches(
  { directory, path }: TranscriptPlace,
  known?: ReadonlySet<string>,
): AsyncGenerator<string> {
  const [name, ...rest] = path;
  if (name === undefined) return;
  for (const entry of typeof name === "string" ? [name] : await namesIn(directory, name)) {
    const found = join(directory, entry);
    if (rest.length > 0) yield* matches({ directory: found, path: rest }, known);
    else if (!known?.has(found) && await isFile(found)) yield found;
  }
}

async function namesIn(directory: string, pattern: RegExp): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(directory)) if (pattern.test(name)) names.push(name);
  } catch {
    // No such directory, or none that may be read: there is nothing in it for us.
  }
  return names.sort().reverse();
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isFile, () => false);
}
