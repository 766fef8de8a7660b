/** What Deno has to allow and does not, told as a whole. */
import { ZagError } from "../errors.ts";

/** Deno does not allow what is needed; nothing was begun. */
export class MissingPermissionError extends ZagError {
  /** Name of the class. */
  override name = "MissingPermissionError";

  /**
   * Makes the error.
   *
   * @param flags The flags of Deno that allow what is missing, such as `--allow-run=ps,kill`.
   */
  constructor(
    message: string,
    hint: string,
    readonly flags: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super(message, { ...options, hint });
  }
}
