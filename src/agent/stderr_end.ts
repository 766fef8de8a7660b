/** The end of what an agent has written to stderr: how much of it is kept, and for whom. */

/** So much is kept for whoever asks for it, in bytes. */
export const STDERR_TAIL = 64 * 1024;

/** So much is logged, and searched for the reason of a failure, in UTF-16 units. */
const WORDS = 8 * 1024;
/** So many lines are a message. */
const LINES = 10;

/** The end of it that is logged, without blanks around it. */
export function endOfStderr(stderr: string): string {
  return stderr.trim().slice(-WORDS).trimStart();
}

/** The last lines of it, which are a part of a message. */
export function lastLines(stderr: string): string {
  return endOfStderr(stderr).split("\n").slice(-LINES).join("\n");
}
