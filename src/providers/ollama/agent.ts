/**
 * The agent that asks an Ollama server: a program with a command line, a conversation on disk, and
 * events on stdout. It is started as a process of its own, as any other agent; when that is killed,
 * its connection closes and the server stops computing.
 *
 * @module
 */
import { ZagError } from "../../errors.ts";
import { ollamaAddress } from "./address.ts";
import { type Answer, readAnswer } from "./answer.ts";
import { type OllamaArgs, OllamaArgsError, parseOllamaArgs } from "./args.ts";
import { OllamaClient } from "./client.ts";
import { contextLength } from "./context_length.ts";
import { Conversation } from "./conversation.ts";
import { cutOff, OllamaError, UnreachableError } from "./failures.ts";
import { eventOutput, type OllamaAgentIo, type ShowLine, textOutput } from "./output.ts";
import { DEFAULT_MODEL } from "./plan.ts";

export type { OllamaAgentIo } from "./output.ts";

/** The arguments could not be read; nothing was asked. */
const EXIT_USAGE = 2;

/**
 * Answers the prompt on stdin.
 *
 * @param argv Its arguments, as `plan()` makes them.
 * @returns The exit code: 0, 1 when there is no answer, or 2 for arguments that cannot be used. Without
 * a server there is no result either.
 */
export async function runOllamaAgent(
  argv: readonly string[],
  io: OllamaAgentIo,
): Promise<number> {
  let args: OllamaArgs;
  try {
    args = parseOllamaArgs(argv);
  } catch (error) {
    if (!(error instanceof OllamaArgsError)) throw error;
    await io.writeErr(`${error.message}\n`);
    return EXIT_USAGE;
  }
  const show = args.output === "text" ? textOutput(io) : eventOutput(io);
  const sessionId = args.resume ?? args.session ?? crypto.randomUUID();
  try {
    const answer = await answerPrompt(args, sessionId, io, show);
    await show({
      type: "result",
      session_id: sessionId,
      success: true,
      text: answer.text,
      error: null,
      refusal: null,
      stop_reason: answer.stopReason,
      usage: answer.usage,
      durations: answer.durations,
    });
    return 0;
  } catch (error) {
    if (!(error instanceof ZagError)) throw error;
    const refusal = error instanceof OllamaError ? error.refusal : null;
    await show({ type: "error", message: error.message, refusal });
    if (error instanceof UnreachableError) {
      // Nothing was asked, so nothing has a result.
      if (args.output !== "text") await io.writeErr(`${error.message}\n`);
      return 1;
    }
    await show({
      type: "result",
      session_id: sessionId,
      success: false,
      text: null,
      error: error.message,
      refusal,
      stop_reason: null,
      usage: null,
      durations: null,
    });
    return 1;
  }
}

async function answerPrompt(
  args: OllamaArgs,
  sessionId: string,
  io: OllamaAgentIo,
  show: ShowLine,
): Promise<Answer> {
  const prompt = await new Response(io.stdin as BodyInit).text();
  const schema = await readSchema(args.schemaFile);
  const options = {
    directory: io.env.ZAG_OLLAMA_STATE,
    model: args.model,
    defaultModel: DEFAULT_MODEL,
    systemPrompt: await readOptional(args.systemPromptFile, "system prompt"),
    cwd: io.cwd,
  };
  const conversation = args.resume === undefined
    ? await Conversation.create(sessionId, options)
    : await Conversation.resume(sessionId, options);
  const client = new OllamaClient(ollamaAddress(io.env));
  try {
    const answer = await ask(client, conversation, prompt, schema, io, show);
    if (conversation.problem !== undefined) {
      const message = `Cannot keep the conversation for --resume: ${conversation.problem}`;
      await show({ type: "status", message });
    }
    return answer;
  } finally {
    conversation.close();
    client.close();
  }
}

async function ask(
  client: OllamaClient,
  conversation: Conversation,
  prompt: string,
  schema: unknown,
  io: OllamaAgentIo,
  show: ShowLine,
): Promise<Answer> {
  const { model } = conversation;
  const messages = conversation.messages(prompt);
  const version = await client.version();
  const info = await client.show(model);
  // How long a context in the cloud is, is the server's choice alone.
  const length = info?.remote ? undefined : contextLength({
    env: io.env,
    texts: messages.map(({ content }) => content),
    longest: info?.longest,
    own: info?.own,
    loaded: await client.loadedContext(model),
  });
  await show({
    type: "init",
    session_id: conversation.id,
    model,
    cwd: io.cwd,
    address: client.address,
    version,
    context_length: length ?? null,
  });
  await conversation.asked(prompt);
  const items = client.chat({ model, messages, contextLength: length, schema });
  const answer = await readAnswer(items, show);
  if (!answer.complete) throw cutOff(client.address);
  // Before the result is told: whoever has seen that can go on from here.
  await conversation.answered(answer.text, answer.thinking);
  if (answer.stopReason === "max_tokens") {
    const limit = limitOf(answer, length, info?.longest);
    await show({ type: "error", message: `The answer is cut off: ${limit}`, refusal: null });
  }
  return answer;
}

/** Which limit an answer has reached, and what to do about it. */
function limitOf(
  { usage }: Answer,
  length: number | undefined,
  longest: number | undefined,
): string {
  const tokens = (usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0);
  if (length === undefined || tokens < length) {
    return "it is as long as the model's parameters allow";
  }
  return `the context of ${length} tokens is full; ${
    length === longest ? "begin a new session" : "raise OLLAMA_CONTEXT_LENGTH"
  }`;
}

async function readSchema(path: string | undefined): Promise<unknown> {
  const text = await readOptional(path, "schema");
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ZagError(`Cannot use the schema "${path}": ${(error as Error).message}`);
  }
}

async function readOptional(path: string | undefined, what: string): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new ZagError(`Cannot read the ${what} "${path}": ${(error as Error).message}`);
  }
}
