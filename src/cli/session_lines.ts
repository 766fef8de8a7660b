/** What a person is told when an agent starts to work in a session, and when that is over. */
import type { LaunchOutcome } from "../agent/outcome.ts";
import type { Settled } from "../agent/settle.ts";

/** The lines of one session, whose agent may be started several times. */
export class SessionLines {
  #told: string | undefined;

  /** What is said when an agent starts: who it is, and by which id the session goes. */
  start(
    { autoSelected, provider, modelName, autoApprove, sessionId }: Pick<
      Settled,
      "autoSelected" | "provider" | "modelName" | "autoApprove" | "sessionId"
    >,
  ): string {
    const lines = [
      ...(autoSelected === undefined ? [] : [`> Auto-selected: ${autoSelected}`]),
      `✓ ${provider.displayName} initialized with model ${modelName}` +
      (autoApprove ? " (auto approve)" : ""),
      ...(this.#told === sessionId
        ? []
        : [`> Session: ${sessionId}`, `> Listen: zag listen ${sessionId}`]),
    ];
    this.#told = sessionId;
    return lines.join("\n");
  }
}

/** What is said when a session is over; undefined while it waits for the end of a usage limit. */
export function endLine(outcome: LaunchOutcome): string | undefined {
  return outcome.waits ? undefined : "> Session ended";
}

/** Whether somebody who has seen the end of a session can go on with it. */
export function canGoOn({ resumable, settled, endedBy }: LaunchOutcome): boolean {
  return resumable && (settled || endedBy !== undefined);
}
