/** What can go wrong with skills and MCP servers. */
import { ZagError } from "../errors.ts";

/** A skill or an MCP server that cannot be used, found, added or removed. */
export class ExtensionError extends ZagError {
  /** Name of the class. */
  override name = "ExtensionError";
}

/** An agent's own file that is not as zag could read or change it without harm. */
export class ForeignFileError extends ZagError {
  /** Name of the class. */
  override name = "ForeignFileError";

  /**
   * Makes the error.
   *
   * @param path the file
   * @param reason what is wrong with it
   * @param verb what cannot be done
   */
  constructor(readonly path: string, reason: string, verb: "change" | "read" = "change") {
    super(`Cannot ${verb} ${JSON.stringify(path)}: ${reason}`, {
      hint: verb === "read"
        ? "Mend the file, then run the command again"
        : "The file was left as it is; mend it, then run the command again",
    });
  }
}

/** Reasons for which there is no class of errors. */
const OTHERS: Readonly<Record<string, string>> = {
  EROFS: "its file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
};

/** What a failed call says. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "it may not be read or written";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  if (error instanceof Deno.errors.NotADirectory) return "a part of its path is no directory";
  if (error instanceof Error && "code" in error) {
    const known = OTHERS[String(error.code)];
    if (known !== undefined) return known;
  }
  return error instanceof Error ? error.message : String(error);
}

/**
 * Why a text is no TOML, on one line.
 *
 * @returns such as `line 3, column 7: Unterminated string`
 */
export function tomlReason(error: unknown): string {
  const message = reasonOf(error);
  const known = /line (\d+), column (\d+): ([^\n]*)/.exec(message);
  if (known === null) return message.split("\n")[0]!;
  const [, line, column, what] = known;
  return `line ${line}, column ${Number(column) + 1}: ${what}`;
}
