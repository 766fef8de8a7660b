/** What can go wrong before, or instead of, an agent's answer. */
import { ZagError } from "../errors.ts";
import type { AgentOutput } from "../events/event.ts";

/** A provider name that does not exist. */
export class InvalidProviderError extends ZagError {
  override name = "InvalidProviderError";

  constructor(readonly provider: string, readonly available: readonly string[]) {
    super(`Unknown provider "${provider}": it must be one of ${available.join(", ")}`);
  }
}

/** A model name that the provider does not have. */
export class InvalidModelError extends ZagError {
  override name = "InvalidModelError";

  constructor(
    readonly model: string,
    readonly provider: string,
    readonly available: readonly string[],
  ) {
    super(`Unknown model "${model}" for ${provider}: it must be one of ${available.join(", ")}`);
  }
}

/** One provider that was tried and why it could not be used. */
export interface ProviderAttempt {
  provider: string;
  displayName: string;
  reason: string;
  install: string | undefined;
}

/** No agent could be started: its program is missing or cannot run. */
export class ProviderUnavailableError extends ZagError {
  override name = "ProviderUnavailableError";

  constructor(
    readonly provider: string,
    readonly attempts: readonly ProviderAttempt[],
    options?: ErrorOptions,
  ) {
    const tried = attempts.map((attempt) => `${attempt.displayName}: ${attempt.reason}`).join("; ");
    const install = attempts.filter((attempt) => attempt.install !== undefined).map((attempt) =>
      `  ${attempt.provider.padEnd(10)}${attempt.install}`
    );
    super(`Cannot start an agent: ${tried}`, {
      ...options,
      hint: `${
        install.length > 0
          ? `install one of the agents that were looked for:\n${install.join("\n")}\nor `
          : ""
      }try "zag -p mock exec hello", which needs no agent installed`,
    });
  }
}

/** An option that this provider or this method cannot honour. */
export class UnsupportedOptionError extends ZagError {
  override name = "UnsupportedOptionError";

  constructor(readonly feature: string, readonly provider: string, message: string, hint?: string) {
    super(message, { hint });
  }
}

/** Options that contradict each other, or a value that cannot be used. */
export class InvalidOptionError extends ZagError {
  override name = "InvalidOptionError";
}

/** Non-interactive use could be billed by the token, and nobody agreed to that. */
export class PrintDisabledError extends ZagError {
  override name = "PrintDisabledError";

  /** @param declined Somebody was asked before and said no. */
  constructor(readonly provider: string, readonly declined: boolean) {
    super(
      "Cannot run Claude Code non-interactively: on a subscription this may be billed by the token, " +
        "and nobody has allowed it",
      {
        hint:
          "set ZAG_CLAUDE_ALLOW_PRINT=1 for once, or claude.allow_print to true in the global " +
          "configuration for good; an environment with ANTHROPIC_API_KEY needs neither; " +
          '"zag run" is interactive and is not affected',
      },
    );
  }
}

/** The agent ended without saying how its work ended. */
export class AgentProcessError extends ZagError {
  override name = "AgentProcessError";

  constructor(
    readonly agentName: string,
    readonly exitCode: number | null,
    readonly signal: string | null,
    readonly stderr: string,
  ) {
    const how = signal === null ? `exit code ${exitCode ?? "unknown"}` : `signal ${signal}`;
    const last = stderr.trim();
    super(`${agentName} ended without a result (${how})${last === "" ? "" : `: ${last}`}`);
  }
}

/** A deadline fired. */
export class AgentTimeoutError extends ZagError {
  override name = "AgentTimeoutError";

  constructor(
    readonly agentName: string,
    readonly kind: "timeout" | "idle",
    readonly durationMs: number,
    message: string,
    /** What had been seen by then. */
    readonly partial: AgentOutput,
  ) {
    super(message);
  }
}
