/** A program in a folder of its own that imports the library as the programs of others do. */
import { assert, assertEquals } from "./assert.ts";
import { fromFileUrl } from "./paths.ts";
import { Pty } from "./pty.ts";
import type { TestHome } from "./zag.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const PROGRAM = `${ROOT}tests/fixtures/library/consumer.ts`;

/** Everything is here: nothing may be asked of a network. */
export const OFFLINE = ["--cached-only", "--no-remote", "--no-prompt"];

/** Where the library comes from, as the folder's `deno.json`. */
export function linked(): object {
  return { links: [ROOT], imports: { "@zag/cli/agent": "jsr:@zag/cli@1/agent" } };
}

/** The same for a bundle. */
export function bundled(library: string): object {
  return { imports: { "@zag/cli/agent": new URL(`file://${library}`).href } };
}

/** Makes a folder with the program, and returns its path. */
export async function consumerFolder(home: TestHome, config: object): Promise<string> {
  const folder = `${home.path}/a program`;
  await Deno.mkdir(folder);
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(config));
  await Deno.copyFile(PROGRAM, `${folder}/consumer.ts`);
  return folder;
}

/** What the program is told, and who sits in front of it. */
export interface Conversation {
  readonly provider: string;
  /** Prompts that have the agent say what takes the place of `%`, say `{"n":6}`, hand in `done`. */
  readonly prompts: { readonly say: string; readonly json: string; readonly handIn: string };
  readonly cwd: string;
  /** The complete environment. */
  readonly env: Record<string, string>;
  /** Talks to the agent in its interface, whose text begins there, and leaves it. */
  person(pty: Pty, stage: "run" | "resume" | "continueLast", from: number): Promise<void>;
}

/**
 * Runs the program in a terminal.
 *
 * @returns zag's id of its interactive session.
 */
export async function consume(folder: string, talk: Conversation): Promise<string> {
  const path = `${folder}/found.json`;
  const { provider, prompts, cwd, env } = talk;
  const args = [...OFFLINE, `${folder}/consumer.ts`, provider, JSON.stringify(prompts), path];
  await using pty = new Pty(Deno.execPath(), ["run", "-A", ...args], {
    cwd,
    env: { ...env, TERM: "xterm-256color", LANG: "C.UTF-8" },
    columns: 110,
    rows: 35,
  });
  for (const stage of ["run", "resume", "continueLast"] as const) {
    const from = await pty.waitFor(`--- ${stage} ---`, 0, 120_000);
    await talk.person(pty, stage, from);
  }
  const { code } = await pty.waitForExit();
  assertEquals(code, 0, pty.text);
  const { id, ...found } = JSON.parse(await Deno.readTextFile(path));
  assertEquals(found, {
    exec: ["one", "two", true],
    stream: ["three"],
    execStreaming: [["four"], ["five"], false],
    json: 6,
    refused: "InvalidProviderError",
    runForResult: "done",
  });
  return id;
}

/** Checks the types of the program, as its author would. */
export async function checkTypes(folder: string, env: Record<string, string>): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", `${folder}/consumer.ts`],
    cwd: folder,
    env,
    clearEnv: true,
    stdin: "null",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
}
