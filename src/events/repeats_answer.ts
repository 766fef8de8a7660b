/** Entries of a log that say again what the agent has said. */

/**
 * Whether a status with this data is the result of a turn that succeeded: its message is the answer.
 * Why a turn failed stands nowhere else.
 */
export function repeatsAnswer(data: unknown): boolean {
  if (typeof data !== "object" || data === null) return false;
  return "num_turns" in data && "success" in data && data.success === true;
}
