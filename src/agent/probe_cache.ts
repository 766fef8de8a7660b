/** Remembers for a while what programs answered; losing it costs nothing but time. */
import { dirname } from "node:path";
import { ensurePrivateDir } from "../config/paths.ts";
import { type Json, record } from "../providers/json.ts";
import type { ProgramProbe } from "./ask_version.ts";

/** A program's real file, as it is now. */
export interface ProgramFile {
  /** Absolute, without symbolic links. */
  path: string;
  /** Milliseconds since 1970. */
  mtime: number;
  /** Bytes. */
  size: number;
}

const KEEP_VERSION_MS = 24 * 3600 * 1000;
/** Whoever repairs a program wants to be believed soon. */
const KEEP_PROBLEM_MS = 60 * 1000;

/** Looks at the file behind a program; undefined where that is impossible. */
export async function programFile(program: string): Promise<ProgramFile | undefined> {
  try {
    const path = await Deno.realPath(program);
    const { mtime, size } = await Deno.stat(path);
    return { path, mtime: mtime?.getTime() ?? 0, size };
  } catch {
    return undefined;
  }
}

/** What this very file answered lately, if it is known. */
export function recall(cache: string, file: ProgramFile): ProgramProbe | undefined {
  const entry = fresh(readEntries(cache)[file.path]);
  return entry?.mtime === file.mtime && entry.size === file.size ? probeOf(entry) : undefined;
}

/** Keeps an answer. Several zags may do this at once; the last one wins, and no file is ever torn. */
export function remember(cache: string, file: ProgramFile, probe: ProgramProbe): void {
  const temporary = `${cache}.${crypto.randomUUID()}.tmp`;
  const { path, ...rest } = file;
  try {
    ensurePrivateDir(dirname(cache));
    const kept = Object.entries(readEntries(cache)).filter(([, entry]) => fresh(entry));
    const entries = { ...Object.fromEntries(kept), [path]: { ...rest, at: Date.now(), ...probe } };
    Deno.writeTextFileSync(temporary, JSON.stringify(entries), { mode: 0o600, createNew: true });
    Deno.renameSync(temporary, cache);
  } catch {
    try {
      Deno.removeSync(temporary);
    } catch {
      // It was never made.
    }
  }
}

/** Read in one go with the writing: looks at several programs at once must not undo each other. */
function readEntries(cache: string): Json {
  try {
    return record(JSON.parse(Deno.readTextFileSync(cache))) ?? {};
  } catch {
    return {};
  }
}

/** The entry, if it is one and not too old. */
function fresh(value: unknown): Json | undefined {
  const entry = record(value);
  if (!entry || typeof entry.at !== "number" || !probeOf(entry)) return undefined;
  const age = Date.now() - entry.at;
  const limit = entry.version === undefined ? KEEP_PROBLEM_MS : KEEP_VERSION_MS;
  // An entry from the future is from a clock that was wrong.
  return age >= 0 && age < limit ? entry : undefined;
}

function probeOf({ version, problem }: Json): ProgramProbe | undefined {
  if (typeof version === "string") return { version, problem: undefined };
  if (typeof problem === "string") return { version: undefined, problem };
}
