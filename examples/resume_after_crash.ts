/**
 * Does a long piece of work, and survives its own end in the middle of it: the id of the session is in
 * a file before the work begins, so the next start goes on with the same session.
 *
 *     deno run -A examples/resume_after_crash.ts claude work.session "Write tests for every module"
 *
 * @module
 */
import { AgentBuilder, type AgentResult, SessionNotFoundError } from "@zag/cli/agent";

const [provider = "mock", file = "work.session", task = "Do the work"] = Deno.args;

const builder = new AgentBuilder({ provider, autoApprove: true });

/** The id that an earlier start has left. */
async function unfinished(): Promise<string | undefined> {
  try {
    return (await Deno.readTextFile(file)).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function begin(id: string): Promise<AgentResult<undefined>> {
  await Deno.writeTextFile(file, id);
  return await builder.sessionId(id).exec(task);
}

async function goOn(id: string): Promise<AgentResult<undefined>> {
  try {
    // What the crash left running is ended first.
    return await builder.resumeWithPrompt(id, `You were interrupted. Go on with this: ${task}`);
  } catch (error) {
    // The crash came between the file and the session.
    if (error instanceof SessionNotFoundError) return await begin(id);
    throw error;
  }
}

const id = await unfinished();
const output = id === undefined ? await begin(crypto.randomUUID()) : await goOn(id);
console.log(output.result);
if (output.is_error) Deno.exit(1);
await Deno.remove(file);
