/** What is thrown when a JSON Schema cannot be used. */
import { ZagError } from "../errors.ts";

/** What a schema is called in messages when it came from no file. */
export const INLINE_SCHEMA = "of --json-schema";

/** A JSON Schema that cannot be read, is invalid, or refers to what is not there. */
export class SchemaError extends ZagError {
  /** Name of the class. */
  override name = "SchemaError";

  /**
   * Makes an error.
   *
   * @param path The file as the person named it; undefined for JSON on the command line.
   * @param why The reason, in the middle of a sentence.
   */
  constructor(
    path: string | undefined,
    why: string,
    options?: ErrorOptions & { hint?: string | undefined },
  ) {
    const which = path === undefined ? INLINE_SCHEMA : JSON.stringify(path);
    super(`Cannot use the schema ${which}: ${why}`, options);
  }
}
