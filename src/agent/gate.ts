/**
 * Whether Claude may run non-interactively. On a subscription that can be billed by the token, so
 * somebody must have agreed: by a variable, by the global configuration, or by an environment that
 * is billed by the token anyway.
 */
import type { Config } from "../config/config.ts";
import type { EnvReader } from "../host.ts";
import type { Provider } from "../providers/provider.ts";
import { PrintDisabledError } from "./errors.ts";

/** Variables that show that tokens are what is paid for. */
const TOKEN_BILLING = [
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_AUTH_TOKEN",
  "ANTHROPIC_BASE_URL",
  "CLAUDE_CODE_USE_BEDROCK",
  "CLAUDE_CODE_USE_VERTEX",
] as const;

/** What opened the gate, in words; undefined while it is closed. */
export function printGateOpenedBy(env: EnvReader, globalConfig: Config): string | undefined {
  if (isSet(env.get("ZAG_CLAUDE_ALLOW_PRINT"))) return "ZAG_CLAUDE_ALLOW_PRINT";
  if (globalConfig["claude.allow_print"] === true) return "claude.allow_print";
  return TOKEN_BILLING.find((name) => isSet(env.get(name)));
}

/**
 * Lets a non-interactive session pass, where it may be billed by the token and somebody agreed.
 *
 * @returns What opened the gate, in words; undefined where there is none.
 * @throws {PrintDisabledError} when nobody agreed.
 */
export function passPrintGate(
  { name, displayName, capabilities }: Provider,
  env: EnvReader,
  globalConfig: Config,
): string | undefined {
  if (!capabilities.tokenBilledPrint) return undefined;
  const opened = printGateOpenedBy(env, globalConfig);
  if (opened !== undefined) return opened;
  throw new PrintDisabledError(name, displayName, globalConfig["claude.allow_print"] === false);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value.toLowerCase() !== "false";
}
