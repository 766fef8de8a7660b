/** Sessions whose prompt zag itself writes: what is recorded as said is what the person asked for. */
import { formatAttachments, readAttachments } from "./attachments.ts";
import type { LaunchRequest } from "./launch_request.ts";

/**
 * What an agent is asked.
 *
 * @param summary What the person asked for, for the books.
 * @param text What the agent is told; the attached files are put before it.
 * @param files As given with `--file`.
 */
export async function ownPrompt(
  summary: string,
  text: string,
  files: readonly string[],
  cwd: string,
): Promise<Pick<LaunchRequest, "prompt" | "replay">> {
  const whole = formatAttachments(await readAttachments(files, cwd)) + text;
  return { prompt: summary, replay: { prompt: { text: whole, contextAt: [0, 0] } } };
}
