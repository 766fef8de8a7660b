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
