/** What can go wrong with the store, and the one place where SQLite's codes become classes. */
import { ZagError } from "../errors.ts";
import { localTime } from "../events/render/local_time.ts";
import type { SessionRecord } from "./records.ts";

/** The database cannot be used, for example because the disk is full. */
export class StoreError extends ZagError {
  /** Name of the class. */
  override name = "StoreError";

  /**
   * Makes the error.
   *
   * @param path of the database
   */
  constructor(
    readonly path: string,
    problem: string,
    options?: ErrorOptions & { hint?: string | undefined },
  ) {
    super(`Cannot use the session store ${JSON.stringify(path)}: ${problem}`, options);
  }
}

/** Another process kept the database locked for longer than the busy timeout. */
export class StoreBusyError extends StoreError {
  /** Name of the class. */
  override name = "StoreBusyError";

  /**
   * Makes the error.
   *
   * @param path of the database
   */
  constructor(path: string, cause: unknown) {
    super(path, "another process keeps it locked", {
      cause,
      hint: "Try again; if it stays so, look for a process that hangs",
    });
  }
}

/** The file is no database, or a damaged one. It is left as it is. */
export class StoreCorruptError extends StoreError {
  /** Name of the class. */
  override name = "StoreCorruptError";

  /**
   * Makes the error.
   *
   * @param path of the database
   */
  constructor(path: string, cause: unknown) {
    super(path, "the file is damaged", {
      cause,
      hint: "Try again: zag then puts the file aside and makes a new one from the session logs",
    });
  }
}

/** A newer zag has changed the database to a shape that this one does not know. */
export class StoreTooNewError extends StoreError {
  /** Name of the class. */
  override name = "StoreTooNewError";

  /**
   * Makes the error.
   *
   * @param path of the database
   * @param found version of the file
   * @param known newest version that this program can read
   */
  constructor(path: string, readonly found: number, readonly known: number) {
    super(path, `it has version ${found}, and this zag knows versions up to ${known}`, {
      hint: "Update zag, or set ZAG_HOME to another directory",
    });
  }
}

/** There is a session with this id already. */
export class SessionExistsError extends ZagError {
  /** Name of the class. */
  override name = "SessionExistsError";

  /**
   * Makes the error.
   *
   * @param sessionId the id that is taken
   */
  constructor(readonly sessionId: string, options?: ErrorOptions) {
    super(`Cannot create session ${JSON.stringify(sessionId)}: there is one with this id`, {
      ...options,
      hint: "Leave --session out, or continue that session with --resume",
    });
  }
}

/** An agent is at work in the session; a second one would write over what it does. */
export class SessionRunningError extends ZagError {
  /** Name of the class. */
  override name = "SessionRunningError";

  /**
   * Makes the error.
   *
   * @param pid The process that runs it.
   * @param what was to be done with it.
   * @param waitsUntil When it goes on, RFC 3339, if it waits for the end of a usage limit.
   */
  constructor(
    readonly sessionId: string,
    readonly pid: number,
    what = "resume",
    readonly waitsUntil?: string,
  ) {
    const does = waitsUntil === undefined
      ? "is running"
      : `waits for the end of a usage limit, until ${localTime(waitsUntil)}`;
    super(`Cannot ${what} session ${JSON.stringify(sessionId)}: it ${does} (process ${pid})`, {
      hint: waitsUntil === undefined
        ? "Wait until it has ended, or end it"
        : `End the wait: "zag usage cancel ${sessionId}"; or have it go on now: "zag usage resume ` +
          `${sessionId}"`,
    });
  }
}

/** A session that was to begin has been ended before. */
export class SessionEndedError extends ZagError {
  /** Name of the class. */
  override name = "SessionEndedError";

  /** Makes the error. */
  constructor(readonly sessionId: string) {
    super(`Cannot begin session ${JSON.stringify(sessionId)}: it was ended before`);
  }
}

/** No session goes by this id, prefix or name. */
export class SessionNotFoundError extends ZagError {
  /** Name of the class. */
  override name = "SessionNotFoundError";

  /**
   * Makes the error.
   *
   * @param reference as it was given
   * @param guess what may have been meant, as a sentence
   */
  constructor(readonly reference: string, readonly guess?: string) {
    super(
      `Cannot find session ${
        JSON.stringify(reference)
      }: it is no id, no beginning of one, and no name`,
      {
        hint: [
          guess,
          reference.length < 4 ? "Give at least 4 characters of an id." : undefined,
          '"zag session list --global" shows all sessions',
        ].filter(Boolean).join(" "),
      },
    );
  }
}

/** Several sessions start with this prefix. */
export class AmbiguousSessionError extends ZagError {
  /** Name of the class. */
  override name = "AmbiguousSessionError";

  /**
   * Makes the error.
   *
   * @param candidates newest first, at most 20
   */
  constructor(readonly reference: string, readonly candidates: readonly SessionRecord[]) {
    const shown = candidates.slice(0, 5).map((session) => session.sessionId).join(", ");
    super(
      `Cannot choose a session for ${JSON.stringify(reference)}: ` +
        `${shown}${candidates.length > 5 ? ", ..." : ""} start with it`,
      { hint: "Give more characters of the id" },
    );
  }
}

/** SQLite's result code, the extended part cut off; undefined for any other error. */
export function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "ERR_SQLITE_ERROR") {
    return undefined;
  }
  if ("errcode" in error && typeof error.errcode === "number") return error.errcode & 0xff;
  return 0;
}

/** The class for an error of SQLite; any other error passes as it is. */
export function asStoreError(path: string, error: unknown): unknown {
  switch (resultCode(error)) {
    case undefined:
      return error;
    case BUSY:
    case LOCKED:
      return new StoreBusyError(path, error);
    case CORRUPT:
    case NOTADB:
      return new StoreCorruptError(path, error);
    default: {
      const hint = WAYS_OUT.get(resultCode(error)!);
      return new StoreError(path, (error as Error).message, { cause: error, hint });
    }
  }
}

const MAKE_WRITABLE = "Make the file and its directory writable, or set ZAG_HOME to another place";

/** What a person can do about what the system refused, by SQLite's code. */
const WAYS_OUT: ReadonlyMap<number, string> = new Map([
  [3, MAKE_WRITABLE],
  [8, MAKE_WRITABLE],
  [10, "Make room on the disk, and look whether it works"],
  [13, "Make room on the disk"],
  [14, MAKE_WRITABLE],
]);

const BUSY = 5;
const LOCKED = 6;
const CORRUPT = 11;
const NOTADB = 26;
/** A row breaks a rule of its table. */
export const CONSTRAINT = 19;
