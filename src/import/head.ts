/** Whose session a file holds, from as much of it as that takes. */
import type { LogKind } from "../events/log_event.ts";
import type { Transcript } from "../providers/transcript.ts";
import { readLines } from "./lines.ts";

/** A session that an agent's CLI keeps. */
export interface SessionHead {
  readonly id: string;
  /** Where it was started, absolute. */
  readonly directory: string;
  /** The first model that answered; undefined when none did. */
  readonly model: string | undefined;
  /** The first time that the file tells. */
  readonly startedAt: Date | undefined;
}

/** What a file turned out to be. */
export type Head =
  | ({ readonly is: "session" } & SessionHead)
  /** A session in whose directory nobody is interested. */
  | { readonly is: "elsewhere" }
  /** Nothing was said in it, or it is a sub-agent's part of a session. */
  | { readonly is: "nothing" }
  | { readonly is: "foreign"; readonly reason: string };

/** What says that a session took place. */
const SAID = new Set<LogKind["type"]>(["user_message", "assistant_message", "tool_call"]);

/**
 * Reads a file until it is known what it is.
 *
 * @param wanted Whether anybody is interested in the sessions of a directory.
 * @throws whatever reading throws
 */
export async function readHead(
  transcript: Transcript,
  path: string,
  size: number,
  wanted: (directory: string) => Promise<boolean>,
): Promise<Head> {
  const parser = transcript.parser();
  const { state } = parser;
  let said = false;
  let startedAt: Date | undefined;
  let read = 0;
  let damaged = 0;
  let interest: boolean | undefined;
  const take = (kind: LogKind) => {
    said ||= SAID.has(kind.type);
    if (kind.type === "parse_warning") damaged++;
  };
  reading: for await (const { lines } of readLines(path, size)) {
    for (const line of lines) {
      if (line.trim() === "") continue;
      read++;
      parser.line(line, take);
      startedAt ??= timeOf(state.time);
      if (state.sessionId === undefined) continue;
      if (state.isPart) return { is: "nothing" };
      if (interest === undefined && state.directory !== undefined) {
        interest = await wanted(state.directory);
        if (!interest) return { is: "elsewhere" };
      }
      if (interest && said && state.model !== undefined && startedAt) break reading;
    }
  }
  const { sessionId: id } = state;
  if (id === undefined) {
    const isEmpty = read === 0 || state.isPart || startedAt !== undefined && damaged === 0;
    if (isEmpty) return { is: "nothing" };
    return { is: "foreign", reason: damaged === read ? "it is damaged" : "it names no session" };
  }
  if (!said || state.isPart) return { is: "nothing" };
  const directory = state.directory ?? await directoryBeside(transcript, path);
  if (directory === undefined) return { is: "foreign", reason: "it names no directory" };
  if (!(interest ?? await wanted(directory))) return { is: "elsewhere" };
  return { is: "session", id, directory, model: state.model, startedAt };
}

/** A time as an agent's CLI writes it; undefined when it is none. */
export function timeOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

async function directoryBeside(
  { directoryFile }: Transcript,
  path: string,
): Promise<string | undefined> {
  if (!directoryFile) return undefined;
  try {
    return (await Deno.readTextFile(directoryFile(path))).trim() || undefined;
  } catch {
    return undefined;
  }
}
