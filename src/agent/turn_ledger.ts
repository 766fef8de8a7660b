/**
 * Which messages of a stream have been answered. An agent that finds several of them waiting may
 * answer them in one turn; only what it repeats when it takes them in tells how many.
 */
export class TurnLedger {
  /** Sent, and neither repeated nor answered. */
  readonly #waiting: string[] = [];
  #sent = 0;
  #answered = 0;
  /** Repeated in the turn that is going on. */
  #taken = 0;

  /** A message goes to the agent. */
  sent(text: string): void {
    this.#sent++;
    this.#waiting.push(text);
  }

  /** The agent says what the user has said; false when that is not one of the messages. */
  repeats(text: string): boolean {
    // Some put a line break behind each of several messages.
    const index = this.#waiting.findIndex((sent) => sent.trim() === text.trim());
    if (index < 0) return false;
    this.#waiting.splice(index, 1);
    this.#taken++;
    return true;
  }

  /** A turn is over. */
  ended(): void {
    if (this.#taken === 0) this.#waiting.shift();
    this.#answered = Math.min(this.#sent, this.#answered + Math.max(1, this.#taken));
    this.#taken = 0;
  }

  /** The agent was asked something that it has not answered. */
  get owesAnswer(): boolean {
    return this.#answered < this.#sent;
  }
}
