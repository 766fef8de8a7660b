/** What can go wrong before, or instead of, an agent's answer. */
import { type PassedCap, spentText } from "./budget_reached.ts";
import { ZagError } from "../errors.ts";
import { lastLines } from "./stderr_end.ts";
import type { AgentOutput } from "../events/event.ts";

/** A provider name that does not exist. */
export class InvalidProviderError extends ZagError {
  /** Name of the class. */
  override name = "InvalidProviderError";

  /**
   * Makes the error.
   *
   * @param provider The name that was given.
   * @param available The names that exist.
   */
  constructor(
    readonly provider: string,
    readonly available: readonly string[],
    options?: ErrorOptions & { hint?: string | undefined },
  ) {
    super(`Unknown provider "${provider}": it must be one of ${available.join(", ")}`, options);
  }
}

/** A model name that the provider does not have. */
export class InvalidModelError extends ZagError {
  /** Name of the class. */
  override name = "InvalidModelError";

  /**
   * Makes the error.
   *
   * @param model The name that was given.
   * @param available The names that exist.
   */
  constructor(
    readonly model: string,
    readonly provider: string,
    readonly available: readonly string[],
    options?: ErrorOptions & { hint?: string | undefined },
  ) {
    super(
      `Unknown model "${model}" for ${provider}: it must be one of ${available.join(", ")}`,
      options,
    );
  }
}

/** One provider that was tried and why it could not be used. */
export interface ProviderAttempt {
  /** Name of the provider. */
  provider: string;
  /** Its name as people write it. */
  displayName: string;
  /** Why it could not be used. */
  reason: string;
  /** A command that installs it, or a newer version of it; undefined where that is no remedy. */
  install: string | undefined;
}

/** No agent could be started: its program is missing or cannot run. */
export class ProviderUnavailableError extends ZagError {
  /** Name of the class. */
  override name = "ProviderUnavailableError";

  /**
   * Makes the error.
   *
   * @param attempts Every provider that was tried, in order.
   */
  constructor(
    readonly provider: string,
    readonly attempts: readonly ProviderAttempt[],
    options?: ErrorOptions,
  ) {
    const tried = attempts.map((attempt) => `${attempt.displayName}: ${attempt.reason}`).join("; ");
    super(`Cannot start an agent: ${tried}`, { ...options, hint: waysOn(attempts) });
  }
}

function waysOn(attempts: readonly ProviderAttempt[]): string {
  const install = attempts.filter((attempt) => attempt.install !== undefined).map((attempt) =>
    `  ${attempt.provider.padEnd(10)}${attempt.install}`
  );
  const mock = 'try "zag -p mock exec hello", which needs no agent installed';
  return install.length === 0
    ? mock
    : `install one of the agents that were looked for:\n${install.join("\n")}\nor ${mock}`;
}

/** The selector behind `auto` chose nobody, or somebody who is not to be had. */
export class SelectionError extends ZagError {
  /** Name of the class. */
  override name = "SelectionError";

  /**
   * Makes the error.
   *
   * @param reason What the selector said.
   */
  constructor(message: string, readonly reason: string) {
    super(message, { hint: "name a provider with -p" });
  }
}

/** An option that this provider or this method cannot honour. */
export class UnsupportedOptionError extends ZagError {
  /** Name of the class. */
  override name = "UnsupportedOptionError";

  /**
   * Makes the error.
   *
   * @param feature The option, as it is written.
   * @param provider Its name; empty when none was named.
   * @param method The method that cannot honour it; undefined when no method can.
   */
  constructor(
    readonly feature: string,
    readonly provider: string,
    message: string,
    hint?: string,
    readonly method?: string,
  ) {
    super(message, { hint });
  }
}

/** Exit mode was asked for where no agent could end its session. */
export class ExitModeError extends UnsupportedOptionError {
  /** Name of the class. */
  override name = "ExitModeError";
}

/** Options that contradict each other, or a value that cannot be used. */
export class InvalidOptionError extends ZagError {
  /** Name of the class. */
  override name = "InvalidOptionError";
}

/** Options that are a mistake in any case, wherever and whenever they are used together. */
export class OptionUsageError extends InvalidOptionError {
  /** Name of the class. */
  override name = "OptionUsageError";
}

/** Non-interactive use could be billed by the token, and nobody agreed to that. */
export class PrintDisabledError extends ZagError {
  /** Name of the class. */
  override name = "PrintDisabledError";

  /**
   * Makes the error.
   *
   * @param declined Somebody was asked before and said no.
   * @param selects It was only to choose an agent, for `auto`.
   */
  constructor(
    readonly provider: string,
    readonly agentName: string,
    readonly declined: boolean,
    selects = false,
  ) {
    super(
      `Cannot ${selects ? `let ${agentName} choose an agent` : `run ${agentName}`} ` +
        "non-interactively: on a subscription this may be billed by the token, and nobody has " +
        "allowed it",
      {
        hint:
          "set ZAG_CLAUDE_ALLOW_PRINT=1 for once, or claude.allow_print to true in the global " +
          "configuration for good; an environment with ANTHROPIC_API_KEY needs neither; " +
          (selects
            ? "with auto.provider in the configuration another provider chooses"
            : '"zag run" is interactive and is not affected; "zag run --exit" hands over a result'),
      },
    );
  }
}

/** The agent ended without saying how its work ended. */
export class AgentProcessError extends ZagError {
  /** Name of the class. */
  override name = "AgentProcessError";

  /**
   * Makes the error.
   *
   * @param stderr The end of what the agent wrote there, at most 64 KiB; the message has its last lines.
   */
  constructor(
    readonly agentName: string,
    override readonly exitCode: number | null,
    readonly signal: string | null,
    override readonly stderr: string,
  ) {
    const how = signal === null ? `exit code ${exitCode ?? "unknown"}` : `signal ${signal}`;
    const last = lastLines(stderr);
    super(`${agentName} ended without a result (${how})${last === "" ? "" : `: ${last}`}`);
  }
}

/** Why a result was refused. */
export type ExitResultProblem = "EmptyResult" | "InvalidJson" | "SchemaViolations";

/** A result that does not satisfy what the session was started with. */
export class ExitResultError extends ZagError {
  /** Name of the class. */
  override name = "ExitResultError";

  /**
   * Makes the error.
   *
   * @param violations Each on a line; empty when the message says it all.
   */
  constructor(
    readonly kind: ExitResultProblem,
    message: string,
    readonly violations: readonly string[],
    hint: string,
  ) {
    super([message, ...violations.map((line) => `  - ${line}`)].join("\n"), { hint });
  }
}

/** Somebody ended the agent with `zag ps`, or cancelled its session. */
export class AgentEndedError extends ZagError {
  /** Name of the class. */
  override name = "AgentEndedError";

  /**
   * Makes the error.
   *
   * @param action `kill` or `stop`, the command that did it; `kill` for a session that was cancelled.
   */
  constructor(readonly agentName: string, readonly action: "kill" | "stop", message: string) {
    super(message);
  }
}

/** A deadline fired. */
export class AgentTimeoutError extends ZagError {
  /** Name of the class. */
  override name = "AgentTimeoutError";

  /**
   * Makes the error.
   *
   * @param kind Which one: for the whole call, for a silence, or for the first sign of the agent.
   * @param durationMs The limit, in milliseconds.
   */
  constructor(
    readonly agentName: string,
    readonly kind: "timeout" | "idle" | "first-byte",
    readonly durationMs: number,
    message: string,
    /** What had been seen by then. */
    readonly partial: AgentOutput,
  ) {
    super(message);
  }
}

/** A cap on spending was passed, or nothing is left of it. */
export class BudgetError extends ZagError {
  /** Name of the class. */
  override name = "BudgetError";
  /** What is counted: US dollars, or tokens. */
  readonly unit: "cost" | "tokens";
  /** How much was spent, in this unit, with what sessions have spent that the agent has started. */
  readonly spent: number;
  /** How much was allowed, in this unit. */
  readonly cap: number;

  /**
   * Makes the error.
   *
   * @param what What became of it: the agent was ended, or could not start.
   * @param passed The cap.
   * @param partial What had been seen by then; undefined when no agent was started.
   */
  constructor(what: string, passed: PassedCap, readonly partial?: AgentOutput) {
    super(`${what}: ${spentText(passed)}`);
    this.unit = passed.unit;
    this.spent = passed.spent;
    this.cap = passed.cap;
  }
}

/** The answer is not the JSON that was asked for, also after it was sent back. */
export class SchemaValidationError extends ZagError {
  /** Name of the class. */
  override name = "SchemaValidationError";

  /**
   * Makes the error.
   *
   * @param errors What is wrong with the answer, a line each.
   * @param raw The answer.
   */
  constructor(
    readonly errors: readonly string[],
    readonly raw: string,
    /** The last invocation. */
    readonly partial: AgentOutput,
    options?: ErrorOptions,
  ) {
    super(
      ["The answer is not what was asked for:", ...errors.map((line) => `  - ${line}`)].join("\n"),
      options,
    );
  }
}
