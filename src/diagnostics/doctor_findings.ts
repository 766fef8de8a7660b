/** What an examination finds, and how it is put. */

/** How bad it is: `info` says how things are, `problem` that something is broken. */
export type Level = "ok" | "info" | "warning" | "problem";

/** One thing that was looked at. */
export interface Finding {
  /** A stable name, for programs: `agent.claude`. */
  readonly id: string;
  readonly level: Level;
  /** One sentence, or a part of one. */
  readonly text: string;
  /** The command that mends it, or what to do where no command can. */
  readonly fix?: string | undefined;
  /** What programs may want to know, by names in snake_case. */
  readonly facts?: Readonly<Record<string, string | number | boolean | null>>;
}

/** What belongs together. */
export interface Section {
  /** A stable name, for programs: `agents`. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly findings: readonly Finding[];
}

/**
 * Makes findings of what went wrong while somebody looked: a missing permission is no damage.
 *
 * @param what What could not be looked at: `the state directory`.
 */
export function failedLook(id: string, what: string, error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof Deno.errors.NotCapable)) {
    return { id, level: "problem", text: `${what} cannot be looked at: ${message}` };
  }
  const flag = /--allow-[a-z]+/.exec(message)?.[0];
  return {
    id,
    level: "warning",
    text: `${what} cannot be looked at: a permission is missing`,
    fix: flag === undefined ? "Run zag with -A" : `Run zag with ${flag}, or with -A`,
  };
}

/** Two numbers and more are written with this. */
export function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** An argument as a shell takes it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
