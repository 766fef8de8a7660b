/**
 * The mock agent itself: a program with a command line, a session on disk, and signals that work.
 * It is started as a process of its own, as any other agent.
 *
 * @module
 */
import { ZagError } from "../../errors.ts";
import { type MockArgs, MockArgsError, parseMockArgs } from "./args.ts";
import { converse } from "./interactive.ts";
import { provider } from "./mod.ts";
import { EventOutput, type MockAgentIo, type MockOutput, TextOutput } from "./output.ts";
import { playTurn } from "./play.ts";
import { type MockScript, parseMockScript } from "./script.ts";
import { MockSession } from "./session.ts";
import { answerStream } from "./stream_input.ts";
import type { Agent } from "./turn.ts";

export type { MockAgentIo } from "./output.ts";

/** The arguments could not be read; nothing was answered. */
const EXIT_USAGE = 2;
/** As a shell reports a writer whose reader has gone. */
const EXIT_BROKEN_PIPE = 141;

/**
 * Runs the mock agent.
 *
 * @param argv Its arguments, as `plan()` makes them.
 * @returns The exit code: 0, 1 when the last turn failed, what the script says, or 2 for arguments
 * that cannot be used.
 */
export async function runMockAgent(argv: readonly string[], io: MockAgentIo): Promise<number> {
  try {
    return await start(parseMockArgs(argv), io);
  } catch (error) {
    if (error instanceof MockArgsError) {
      await io.writeErr(`${error.message}\n`);
      return EXIT_USAGE;
    }
    if (error instanceof Deno.errors.BrokenPipe) return EXIT_BROKEN_PIPE;
    throw error;
  }
}

async function start(args: MockArgs, io: MockAgentIo): Promise<number> {
  const output = args.interactive || args.output === "text"
    ? new TextOutput(io, args.interactive)
    : new EventOutput(io, args.partial);
  let agent: Agent;
  let script: MockScript;
  let prompt: string | undefined;
  try {
    script = await loadScript(io.env.ZAG_MOCK_SCRIPT);
    const systemPrompt = await readOptional(args.systemPromptFile, "system prompt") ?? null;
    const mcpConfig = await readMcpConfig(args.mcpConfig);
    prompt = await readOptional(args.promptFile, "prompt");
    const session = await openSession(args, io, script);
    const asked = new Map();
    agent = { io, args, session, output, systemPrompt, mcpConfig, announced: false, asked };
  } catch (error) {
    if (!(error instanceof ZagError)) throw error;
    await fail(output, args, error.message);
    return 1;
  }
  try {
    if (args.interactive) return await converse(agent, script, prompt);
    if (args.streamInput) return await answerStream(agent, script);
    prompt ??= await new Response(io.stdin as BodyInit).text();
    const never = new AbortController().signal;
    const { success, exitCode } = await playTurn(agent, script, prompt, never);
    return exitCode ?? (success ? 0 : 1);
  } finally {
    agent.session.close();
  }
}

/** Ends the invocation before its first turn, as real agents do: with a result that says why. */
async function fail(output: MockOutput, args: MockArgs, message: string): Promise<void> {
  await output.show({ type: "error", message, details: null });
  await output.show({
    type: "turn_end",
    session_id: args.resume ?? args.session ?? null,
    success: false,
    result: "",
    error: message,
    stop_reason: "error",
    usage: { input_tokens: 0, output_tokens: 0 },
    cost_usd: 0,
    duration_ms: 0,
    num_turns: 0,
  });
}

/** The script that a variable names or holds; without one the agent echoes. */
async function loadScript(value: string | undefined): Promise<MockScript> {
  if (!value) return { turns: [] };
  if (value.trimStart().startsWith("{")) return parseMockScript(value, "in ZAG_MOCK_SCRIPT");
  const json = await readFile(value, "the mock script that ZAG_MOCK_SCRIPT names");
  return parseMockScript(json, `"${value}"`);
}

async function openSession(
  args: MockArgs,
  io: MockAgentIo,
  script: MockScript,
): Promise<MockSession> {
  const options = {
    directory: io.env.ZAG_MOCK_STATE,
    model: args.model,
    defaultModel: script.model ?? provider.models.defaultName,
    cwd: Deno.cwd(),
  };
  try {
    return args.resume === undefined
      ? await MockSession.create(args.session ?? crypto.randomUUID(), options)
      : await MockSession.resume(args.resume, options);
  } catch (error) {
    if (error instanceof ZagError) throw error;
    const problem = `Cannot keep the session in "${options.directory}": ${
      (error as Error).message
    }`;
    if (args.resume !== undefined) throw new ZagError(problem);
    // The answer matters more than the chance to go on with it later.
    await io.writeErr(`warning: ${problem}\n`);
    return await MockSession.create(args.session ?? crypto.randomUUID(), {
      ...options,
      directory: undefined,
    });
  }
}

async function readMcpConfig(path: string | undefined): Promise<unknown> {
  if (path === undefined) return null;
  const json = await readFile(path, "the MCP configuration");
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new ZagError(
      `Cannot use the MCP configuration "${path}": it is not JSON: ${(error as Error).message}`,
    );
  }
}

async function readOptional(path: string | undefined, what: string): Promise<string | undefined> {
  return path === undefined ? undefined : await readFile(path, `the ${what}`);
}

async function readFile(path: string, what: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : (error as Error).message;
    throw new ZagError(`Cannot read ${what} "${path}": ${reason}`);
  }
}
