/**
 * The errors that zag itself raises. A caller catches them by class and reads their fields; the
 * command line turns each class into an exit code in one place.
 *
 * @module
 */

/** Base of all errors of this program. */
export class ZagError extends Error {
  /** Name of the class. */
  override name = "ZagError";
  /** What the person can do about it; printed below the message. */
  readonly hint: string | undefined;
  /** Exit code of the program whose end this is about; null when there was none. */
  readonly exitCode: number | null = null;
  /** The end of what that program wrote to stderr. */
  readonly stderr: string = "";

  /**
   * Makes an error.
   *
   * @param message What happened, for a person.
   */
  constructor(message: string, options?: ErrorOptions & { hint?: string | undefined }) {
    super(message, options);
    this.hint = options?.hint;
  }
}
