/** Errors that speak of the command line, in the words of a program that has none. */
import { ZagError } from "../errors.ts";

/** What a flag of the command line is called here. */
const NAMES: Readonly<Record<string, string>> = {
  "--add-dir": "addDir()",
  "--ask-command": "askCommand()",
  "--auto-approve": "autoApprove()",
  "-a": "autoApprove()",
  "--auto-resume": "autoResume()",
  "--base": "base",
  "--commit": "commit",
  "--context": "context()",
  "--continue": "continueLast()",
  "--depends-on": "dependsOn",
  "--env": "env()",
  "--exit": "exit()",
  "--fallback": "fallback()",
  "--file": "file()",
  "--global": "global",
  "--headless": "headless()",
  "--idle-timeout": "idleTimeout()",
  "--include-partial-messages": "includePartialMessages()",
  "--inject-context": "injectContext",
  "--interactive": "interactive",
  "-I": "interactive",
  "--json": "json()",
  "--json-schema": "jsonSchema()",
  "--max-cost": "maxCost()",
  "--max-tokens": "maxTokens()",
  "--max-turns": "maxTurns()",
  "--mcp-config": "mcpConfig()",
  "--model": "model()",
  "-m": "model()",
  "--name": "name()",
  "--notify": "notify()",
  "--notify-on": "notifyOn()",
  "-o": "outputFormat()",
  "--output": "outputFormat()",
  "--permissions": "permissions()",
  "--plan": "plan()",
  "--provider": "provider()",
  "-p": "provider()",
  "--replay-user-messages": "replayUserMessages()",
  "--resume": "resumeWithPrompt()",
  "--root": "root()",
  "--sandbox": "sandbox()",
  "--session": "sessionId()",
  "--size": "size()",
  "--system-prompt": "systemPrompt()",
  "--timeout": "timeout()",
  "--uncommitted": "uncommitted",
  "--worktree": "worktree()",
  "-w": "worktree()",
};

/** Classes whose words are zag's own; others may quote what an agent has said. */
const OURS: ReadonlySet<string> = new Set([
  "AmbiguousSessionError",
  "ExitModeError",
  "InvalidOptionError",
  "OptionUsageError",
  "RootNotFoundError",
  "SandboxError",
  "SchemaError",
  "SelectionError",
  "SessionExistsError",
  "SessionNotFoundError",
  "UnsupportedOptionError",
  "WorktreeError",
]);

/** What is quoted, and whole command lines, stay as they are. */
const WORDS = /"(?:[^"\\]|\\.)*"|\bzag [a-z][^";,]*|(?<![\w-])--?[a-zA-Z][a-z-]*/g;

function translated(text: string): string {
  return text.replace(WORDS, (word) => NAMES[word] ?? word);
}

/** Has an error speak of setters where it spoke of flags. Any other value stays as it is. */
export function inSetterNames(error: unknown): unknown {
  if (!(error instanceof ZagError) || !OURS.has(error.name)) return error;
  const { message, stack } = error;
  error.message = translated(message);
  // The stack begins with the message of the moment at which it was taken.
  if (stack !== undefined) error.stack = stack.replace(message, () => error.message);
  const { hint } = error;
  if (hint !== undefined) Object.assign(error, { hint: translated(hint) });
  if ("feature" in error && typeof error.feature === "string") {
    Object.assign(error, { feature: translated(error.feature).replaceAll("()", "") });
  }
  return error;
}

/** Does work whose errors may speak of the command line. */
export async function inLibrary<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw inSetterNames(error);
  }
}
