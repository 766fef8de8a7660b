/** Refuses permission policies that would not be kept, before anything is started. */
import { askingPart, type Policy, UntranslatableRuleError } from "../providers/policy.ts";
import type { Provider } from "../providers/provider.ts";
import { OptionUsageError, UnsupportedOptionError } from "./errors.ts";
import { type PolicyPlace, readPolicy } from "./policy.ts";
import type { SettleRequest } from "./settle.ts";

/** What else is known. */
export interface PolicyContext extends PolicyPlace {
  readonly isSandboxed: boolean;
  warn(message: string): void;
}

/**
 * The policy of a session.
 *
 * @throws {OptionUsageError} when it is none, or contradicts another option
 * @throws {InvalidOptionError} when its file cannot be read, or holds none
 * @throws {UnsupportedOptionError} when the provider has nothing of the kind, or nobody could be asked
 * @throws {UntranslatableRuleError} when the provider's CLI cannot be told one of its rules
 */
export async function settlePolicy(
  request: SettleRequest,
  provider: Provider,
  context: PolicyContext,
): Promise<Policy> {
  const { options, command, terminal } = request;
  const { permissions, askCommand, outputFormat } = options;
  const { name, displayName, capabilities: can } = provider;
  if (permissions === undefined) {
    throw new OptionUsageError("Cannot use --ask-command without --permissions");
  }
  if (options.autoApprove) {
    throw new OptionUsageError(
      "Cannot use --permissions together with --auto-approve: that lets the agent do everything",
    );
  }
  if (askCommand !== undefined && askCommand.trim() === "") {
    throw new OptionUsageError("Cannot use --ask-command: the command is empty");
  }
  const policy = await readPolicy(permissions, context);
  const refuse = (feature: string, reason: string, hint?: string): never => {
    throw new UnsupportedOptionError(feature, name, `Cannot use ${feature}: ${reason}`, hint);
  };
  if (context.isSandboxed) {
    refuse(
      "--permissions in a sandbox",
      "there the agent's CLI is started so that it may do everything",
    );
  }
  if (!can.permissions) {
    refuse(
      `--permissions with ${displayName}`,
      "it has no tools that could be allowed or denied",
    );
  }
  if (command === "run" || terminal === "private") {
    refuse(
      '--permissions in "zag run"',
      "an interactive agent asks the person at its terminal by itself",
      'use "zag exec"',
    );
  }
  if (can.permissions === "asks" && (outputFormat === "text" || outputFormat === "native-json")) {
    refuse(
      `--permissions together with -o ${outputFormat}`,
      `${displayName} asks through the events that it prints, which this format has not`,
      "leave -o out, or use -o json or -o stream-json",
    );
  }
  const asking = askingPart(policy);
  if (can.permissions === "rules" && asking !== undefined) {
    throw new UntranslatableRuleError(
      asking,
      displayName,
      'nobody can be asked: its CLI does not wait for an answer in "zag exec"',
      'write "allow" or "deny" in place of "ask", or use -p claude',
    );
  }
  warnOfQuestions(asking, request, context);
  for (const warning of provider.permissions?.check?.(policy, { cwd: context.cwd }) ?? []) {
    context.warn(warning);
  }
  return policy;
}

/** @param asking What makes the policy ask; undefined when it never does. */
function warnOfQuestions(
  asking: string | undefined,
  { options, onPermission, attended }: SettleRequest,
  { warn }: PolicyContext,
): void {
  const { askCommand, timeoutMs } = options;
  if (asking === undefined) {
    if (askCommand !== undefined) warn("--ask-command is never asked: the policy never says ask");
    return;
  }
  if (askCommand !== undefined || timeoutMs !== undefined || onPermission || attended) return;
  warn(
    `the agent may wait without end: the policy asks (${asking}), and nobody is there who answers. ` +
      "--ask-command answers, --timeout ends it, and zag permit --list tells what is asked",
  );
}
