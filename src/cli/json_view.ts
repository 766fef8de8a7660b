/** `--json` and `--json-schema`: one line of JSON that was checked, or the reasons why there is none. */
import type { JsonOutcome } from "../agent/launch_json.ts";
import type { LaunchRequest } from "../agent/launch.ts";
import type { LaunchOutcome } from "../agent/outcome.ts";
import type { CliContext } from "./context.ts";
import { printError } from "./errors.ts";
import { jsonText } from "./json_text.ts";

/** How much of an answer that will not do is shown. */
const SHOWN_ANSWER = 500;

/** The choices that matter for JSON. */
export interface JsonViewFlags {
  jsonSchema: string | undefined;
  /** With `json` or `json-pretty` the whole invocation is printed and the answer is its result. */
  output: string | undefined;
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

  /** Runs the session, corrections included. */
  async launch(request: LaunchRequest): Promise<LaunchOutcome> {
    const { answerChecker, readSchema } = await import("../agent/json_answer.ts");
    const { launchJson } = await import("../agent/launch_json.ts");
    const given = this.#flags.jsonSchema;
    const schema = given === undefined ? undefined : await readSchema(given, this.#ctx.cwd);
    this.#last = await launchJson(request, await answerChecker(schema));
    return this.#last.outcome;
  }

  /** Prints the answer. Returns an exit code when the answer will not do. */
  async end(): Promise<number | undefined> {
    const { outcome, answer, corrections } = this.#last!;
    const { output } = outcome;
    const json = answer?.ok ? JSON.stringify(answer.value) : undefined;
    const violations = answer?.ok === false ? answer.violations : [];
    if (this.#flags.output === "json" || this.#flags.output === "json-pretty") {
      const document = json !== undefined ? { ...output, result: json } : {
        ...output,
        is_error: true,
        error_message: violations.join("; ") || output.error_message,
      };
      const space = this.#flags.output === "json" ? undefined : 2;
      await this.#print(JSON.stringify(document, null, space));
    } else if (json !== undefined) await this.#print(json);
    // Whoever asked for JSON and got none must not take the empty output for it.
    if (answer === undefined && outcome.settled && outcome.endedBy === undefined) {
      await printError(this.#ctx, `${outcome.agentName} reported a failure: ${outcome.failure}`);
      return 1;
    }
    if (answer?.ok !== false) return undefined;
    const start = Array.from(output.result ?? "").slice(0, SHOWN_ANSWER).join("");
    await printError(
      this.#ctx,
      `The answer is not what was asked for, also after ${corrections} corrections:\n` +
        violations.map((violation) => `  - ${violation}`).join("\n"),
      `the answer begins: ${start}`,
    );
    return 1;
  }

  async #print(json: string): Promise<void> {
    await this.#ctx.stdout.write(jsonText(this.#ctx, json) + "\n");
  }
}
