/** What can go wrong with skills and MCP servers. */
import { ZagError } from "../errors.ts";

/** A skill or an MCP server that cannot be used, found, added or removed. */
export class ExtensionError extends ZagError {
  /** Name of the class. */
  override name = "ExtensionError";
}

/** An agent's own file that is not as zag could change it without harm. */
export class ForeignFileError extends ZagError {
  /** Name of the class. */
  override name = "ForeignFileError";

  /**
   * Makes the error.
   *
   * @param path the file
   * @param reason what is wrong with it
   */
  constructor(readonly path: string, reason: string, options?: ErrorOptions) {
    super(`Cannot change ${JSON.stringify(path)}: ${reason}`, {
      ...options,
      hint: "The file was left as it is; mend it, then run the command again",
    });
  }
}

/** What a failed call says. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "it may not be read or written";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  return error instanceof Error ? error.message : String(error);
}
