/** What the tests of `zag input` and `zag broadcast` share. */
import type { Step } from "../../src/providers/mock/script.ts";
import { assertEquals } from "../support/assert.ts";
import type { TestHome } from "../support/zag.ts";
import { start } from "./follow_support.ts";
import { atWork } from "./ps_support.ts";
import { logLines, script, waitFor } from "./support.ts";

/** Runs a session of one turn, without a script an echo, and returns its id. */
export async function session(
  home: TestHome,
  args: readonly string[] = [],
  steps: Step[] = [{ do: "echo" }],
  cwd = home.work,
): Promise<string> {
  const ran = await home.zag(["exec", "-p", "mock", "-o", "json", ...args, "hello"], {
    env: script(steps),
    cwd,
  });
  assertEquals([ran.code, ran.stderr], [0, ""]);
  return JSON.parse(ran.stdout).session_id;
}

/** The line that says which session of the mock agent a message goes to. */
export function sendsTo(id: string, name?: string): string {
  return `> Sends to session ${id.slice(0, 8)}${name === undefined ? "" : ` "${name}"`} (mock)\n`;
}

/** A step that lasts until a file of this name is in the home. */
export function gate(name = "go"): Step {
  return {
    do: "run",
    command: ["sh", "-c", `while [ ! -e "$HOME/${name}" ]; do sleep 0.05; done`],
  };
}

/** Lets agents go on that wait at a gate. */
export async function open(home: TestHome, name = "go"): Promise<void> {
  await Deno.writeTextFile(`${home.path}/${name}`, "");
}

/** Rows of sessions; none before there is an index. */
function sessions(home: TestHome): Record<string, unknown>[] {
  try {
    return home.rows("sessions");
  } catch {
    return [];
  }
}

/** A session at work, until its gate is opened. */
export async function busy(
  home: TestHome,
  args: readonly string[] = [],
): Promise<{ id: string; zag: ReturnType<typeof start> }> {
  const steps: Step[] = [gate(), { do: "say", text: "held" }];
  const before = sessions(home).length;
  const zag = start(home, ["exec", "-p", "mock", ...args, "hold"], script(steps));
  await waitFor("the session", () => sessions(home).length > before || undefined);
  await atWork(home);
  return { id: String(sessions(home).at(-1)?.session_id), zag };
}

/** The tickets for a session, in their order. */
export function tickets(home: TestHome, id: string): string[] {
  try {
    return [...Deno.readDirSync(`${home.path}/.zag/queues/${id}`)].map(({ name }) => name).sort();
  } catch {
    return [];
  }
}

/** Waits until so many wait for their turn with a session. */
export async function untilQueued(home: TestHome, id: string, count: number): Promise<void> {
  await waitFor("the queue", () => tickets(home, id).length === count || undefined);
}

/** What was said in a session: `user: TEXT` and `assistant: TEXT`. */
export async function said(home: TestHome, id: string): Promise<string[]> {
  const path = String(
    home.rows("sessions").find(({ session_id }) => session_id === id)?.log_path,
  );
  return (await logLines(path)).flatMap(({ type, content }) =>
    type === "user_message" || type === "assistant_message"
      ? [`${String(type).replace("_message", "")}: ${content}`]
      : []
  );
}
