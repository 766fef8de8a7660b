/** What the tests of sessions share that take messages. */
import { zagPaths } from "../../src/config/paths.ts";
import type { SendOptions, SentMessage } from "../../src/orchestration/send_message.ts";
import { sendMessage, takesMessages } from "../../src/orchestration/send_message.ts";
import type { Step } from "../../src/providers/mock/script.ts";
import { SessionStore } from "../../src/sessions/store.ts";
import { assertEquals } from "../support/assert.ts";
import { fromFileUrl } from "../support/paths.ts";
import type { TestHome } from "../support/zag.ts";
import { logLines, script, waitFor } from "./support.ts";
import { exists } from "./spawn_support.ts";

/** Starts a session that takes messages; each argument at the end is a turn of the mock agent. */
export async function spawnInteractive(
  home: TestHome,
  args: readonly string[] = [],
  ...turns: Step[][]
): Promise<string> {
  const { code, stdout, stderr } = await home.zag(["spawn", "-I", "-p", "mock", ...args], {
    env: turns.length === 0 ? {} : script(...turns),
  });
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  return stdout.trim();
}

/** Where its pipe is. */
export function pipeOf(home: TestHome, id: string): string {
  return `${home.path}/.zag/fifos/${id}`;
}

/** Sends a message and waits for the answer, unless the options say otherwise. */
export async function send(
  home: TestHome,
  id: string,
  text: string,
  options: Partial<SendOptions> = {},
): Promise<SentMessage> {
  const paths = pathsOf(home);
  using store = SessionStore.open(paths.database);
  const session = store.getSession(id)!;
  return await sendMessage({ store, paths }, session, text, { awaitAnswer: true, ...options });
}

/** Whether a session takes messages. */
export function listens(home: TestHome, id: string): boolean {
  using store = SessionStore.open(pathsOf(home).database);
  return takesMessages(store, store.getSession(id)!);
}

function pathsOf(home: TestHome) {
  const state = `${home.path}/.zag`;
  return zagPaths({ get: (name) => name === "ZAG_HOME" ? state : undefined });
}

/** Sends messages one after the other from a process of its own; prints an answer a line. */
export function sender(
  home: TestHome,
  id: string,
  texts: readonly string[],
  env: Record<string, string> = {},
): Deno.ChildProcess {
  const client = fromFileUrl(new URL("./send_client.ts", import.meta.url));
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", client, id, ...texts],
    env: home.env(env),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Writes into the pipe as a shell does. */
export async function echo(home: TestHome, id: string, text: string): Promise<void> {
  await Deno.writeTextFile(pipeOf(home, id), text, { create: false });
}

/** Events of some types in the log of a session, as `type: text`. */
export async function said(
  home: TestHome,
  id: string,
  types: readonly string[] = ["user_message", "assistant_message"],
): Promise<string[]> {
  const path = (await home.logPaths()).find((each) => each.endsWith(`${id}.jsonl`))!;
  return (await logLines(path)).filter(({ type }) => types.includes(String(type)))
    .map(({ type, content, message }) => `${String(type).split("_")[0]}: ${content ?? message}`);
}

/** A step that lasts until the test calls {@linkcode release}. */
export const HOLD: Step = {
  do: "run",
  command: ["sh", "-c", "touch held; while [ ! -e released ]; do sleep 0.02; done"],
};

/** Waits until the agent is at {@linkcode HOLD}. */
export async function held(home: TestHome): Promise<void> {
  await waitFor("the turn", () => exists(`${home.work}/held`) || undefined);
}

/** Lets the agent go on. */
export async function release(home: TestHome): Promise<void> {
  await Deno.writeTextFile(`${home.work}/released`, "");
}

/** Waits until the zag of a session is gone, with its pipe and its private files. */
export async function nothingLeft(home: TestHome, id: string): Promise<void> {
  const names = () => {
    const found = [...Deno.readDirSync(`${home.path}/.zag/temp`)];
    return [...found, ...Deno.readDirSync(`${home.path}/.zag/fifos`)].map(({ name }) => name);
  };
  await waitFor("the end of its files", () => names().length === 0 || undefined)
    .catch(() => assertEquals(names(), []));
  const open = home.rows("processes").filter(({ status }) => status === "running");
  assertEquals(open.filter(({ session_id }) => session_id === id), []);
}
