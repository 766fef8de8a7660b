/** A message as it was sent. */
export interface SentMessage {
  readonly text: string;
  readonly line: string;
}

/**
 * Which messages of a stream have been answered. An agent that finds several of them waiting may
 * answer them in one turn; only what it repeats when it takes them in tells how many.
 */
export class TurnLedger {
  /** Sent, and neither repeated nor answered. */
  readonly #waiting: SentMessage[] = [];
  #sent = 0;
  #answered = 0;
  /** Repeated in the turn that is going on. */
  #taken: SentMessage[] = [];

  /**
   * A message goes to the agent.
   *
   * @param line As it goes there.
   */
  sent(text: string, line = ""): void {
    this.#sent++;
    this.#waiting.push({ text, line });
  }

  /** What no turn that is over was about, as far as the agent tells. */
  get unanswered(): readonly SentMessage[] {
    return [...this.#taken, ...this.#waiting];
  }

  /** The agent says what the user has said; false when that is not one of the messages. */
  repeats(text: string): boolean {
    // Some put a line break behind each of several messages.
    const index = this.#waiting.findIndex((sent) => sent.text.trim() === text.trim());
    if (index < 0) return false;
    this.#taken.push(...this.#waiting.splice(index, 1));
    return true;
  }

  /** A turn is over. */
  ended(): void {
    const { length } = this.#taken;
    if (length === 0) this.#waiting.shift();
    this.#answered = Math.min(this.#sent, this.#answered + Math.max(1, length));
    this.#taken = [];
  }

  /** The agent was asked something that it has not answered. */
  get owesAnswer(): boolean {
    return this.#answered < this.#sent;
  }
}
