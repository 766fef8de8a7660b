/** `--json` and `--json-schema`: one line of JSON that was checked, or the reasons why there is none. */
import type { JsonOutcome } from "../agent/launch_json.ts";
import type { LaunchRequest } from "../agent/launch.ts";
import type { LaunchOutcome } from "../agent/outcome.ts";
import { jsonForTerminal, shorten } from "../events/render/text.ts";
import type { CliContext } from "./context.ts";
import { printError } from "./errors.ts";
import { jsonText } from "./json_text.ts";
import { reportFailure } from "./outcome_report.ts";

/** How much of an answer that will not do is shown, in characters. */
const SHOWN_ANSWER = 500;

/** The choices that matter for JSON. */
export interface JsonViewFlags {
  jsonSchema: string | undefined;
  /** With `json` or `json-pretty` the whole session is printed and the answer is its result. */
  output: string | undefined;
  /** No warnings. */
  quiet: boolean;
}

/** Runs sessions whose answer is checked, and prints the answer. */
export class JsonView {
  readonly #ctx: CliContext;
  readonly #flags: JsonViewFlags;
  #last: JsonOutcome | undefined;

  constructor(ctx: CliContext, flags: JsonViewFlags) {
    this.#ctx = ctx;
    this.#flags = flags;
  }

  /**
   * Runs the session, corrections included.
   *
   * @throws {SchemaError} before anything is started.
   */
  async launch(request: LaunchRequest): Promise<LaunchOutcome> {
    const [{ answerChecker }, { launchJson }, { readSchemaFlag }] = await Promise.all([
      import("../agent/json_answer.ts"),
      import("../agent/launch_json.ts"),
      import("./schema_flag.ts"),
    ]);
    const schema = await readSchemaFlag(this.#ctx, this.#flags);
    this.#last = await launchJson(request, answerChecker(schema));
    return this.#last.outcome;
  }

  /** Prints the answer. Returns an exit code when there is none that will do. */
  async end(): Promise<number | undefined> {
    const { outcome, answer } = this.#last!;
    const json = answer?.ok ? answer.json : undefined;
    if (this.#flags.output === "json" || this.#flags.output === "json-pretty") {
      const space = this.#flags.output === "json" ? undefined : 2;
      await this.#print(JSON.stringify(outcome.output, null, space));
    } else if (json !== undefined) await this.#print(json);
    if (answer?.ok) return undefined;
    if (answer) return await this.#refuse(answer.violations);
    // How a run that was cut off ended is told with the same words as without JSON.
    if (!outcome.settled || outcome.endedBy !== undefined || outcome.waitCancelled) {
      return undefined;
    }
    // Whoever asked for JSON and got none must not take the empty output for it.
    await reportFailure(this.#ctx, outcome);
    return 1;
  }

  async #refuse(violations: readonly string[]): Promise<number> {
    const { outcome, corrections, stoppedBy } = this.#last!;
    const times = corrections === 1 ? "1 correction" : `${corrections} corrections`;
    const also = corrections === 0 ? "" : `, also after ${times}`;
    const reasons = violations.map((violation) => `  - ${violation}`);
    if (stoppedBy !== undefined) {
      const why = stoppedBy instanceof Error ? stoppedBy.message : String(stoppedBy);
      reasons.push(`  It could not be sent back: ${why}`);
    }
    await printError(
      this.#ctx,
      `The answer is not what was asked for${also}:\n${reasons.join("\n")}`,
      startOf(outcome.output.result ?? ""),
    );
    return 1;
  }

  async #print(json: string): Promise<void> {
    await this.#ctx.stdout.write(jsonText(this.#ctx, json) + "\n");
  }
}

function startOf(answer: string): string {
  if (answer.trim() === "") return "The answer is empty";
  return `The answer begins: ${jsonForTerminal(shorten(answer, SHOWN_ANSWER, SHOWN_ANSWER))}`;
}
