/**
 * zag, its agent, or both of them are killed outright at moments that chance picks, all over the life
 * of a session. `ZAG_TEST_KILLS` sets how many (the aim is 200), `ZAG_TEST_SEED` which ones.
 */
import { zagPaths } from "../../src/config/paths.ts";
import type { LogEvent } from "../../src/events/log_event.ts";
import { readLog } from "../../src/sessions/log_reader.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { sizeOf } from "../support/size.ts";
import { TestHome } from "../support/zag.ts";
import { chances } from "./faults_support.ts";
import { jsonLines, leftovers, script } from "./support.ts";

const KILLS = sizeOf("ZAG_TEST_KILLS", 12);
const SEED = sizeOf("ZAG_TEST_SEED", 1);
const AT_ONCE = 2;

const SCRIPT = script([
  { do: "say", text: "alpha one two three four five six", deltas: 6, delay: 4 },
  { do: "think", text: "a thought" },
  { do: "tool", name: "read", input: { path: "a" }, output: "b" },
  { do: "run", command: ["sleep", "0.03"] },
  { do: "say", text: "beta one two three four five six", deltas: 6, delay: 4 },
  { do: "fork", mode: "new_session" },
  { do: "sleep", ms: 15 },
  { do: "usage", input_tokens: 7, output_tokens: 5, cost_usd: 0.25 },
  { do: "say", text: "omega one two three", deltas: 3, delay: 3 },
]);

const VIEWS: readonly (readonly string[])[] = [
  [],
  ["-o", "stream-json"],
  ["-o", "text"],
  ["-o", "stream-json", "--include-partial-messages"],
  ["-o", "json"],
];

/** A session that runs, as it looks from outside. */
interface Sight {
  stdout(): string;
  log(): string;
  exists(what: "database" | "log" | "transcript" | "ended"): boolean;
  /** The number of the agent's process. */
  agent(): number | undefined;
}

/** What is waited for before the kill, and the milliseconds that may pass between the two. */
type Station = readonly [name: string, (sight: Sight) => boolean, spread: number];

/** Before there is an agent. */
const EARLY: readonly Station[] = [
  ["its start", () => true, 350],
  ["the store", (sight) => sight.exists("database"), 15],
  ["the log", (sight) => sight.exists("log"), 15],
  ["the first line", (sight) => sight.log() !== "", 120],
];

const LATER: readonly Station[] = [
  ["the agent's start", (sight) => sight.agent() !== undefined, 150],
  ["the agent", (sight) => sight.exists("transcript"), 40],
  ["the first words", (sight) => sight.stdout().includes("alpha"), 40],
  ["the first message", (sight) => sight.log().includes("alpha"), 80],
  ["the tool", (sight) => sight.log().includes('"tool_name":"shell"'), 60],
  ["the last words", (sight) => sight.log().includes("omega"), 20],
  ["the last line", (sight) => sight.log().includes('"session_ended"'), 6],
  ["the marker of the end", (sight) => sight.exists("ended"), 4],
];

/** Who is killed, and in which order. */
const VICTIMS: readonly (readonly ("zag" | "agent")[])[] = [
  ["zag"],
  ["agent"],
  ["zag", "agent"],
  ["agent", "zag"],
];

/** Milliseconds that may pass between the first and the second one. */
const GAP = 60;

/** Which command comes after the kill should make no difference. */
const NEXT: readonly (readonly string[])[] = [
  ["-p", "mock", "exec", "something else"],
  ["session", "list", "--global"],
  ["cost"],
  ["gc"],
];

/** One kill, or two. */
interface Moment {
  readonly index: number;
  readonly victims: typeof VICTIMS[number];
  readonly station: Station;
  readonly delayMs: number;
  readonly gapMs: number;
  readonly view: readonly string[];
  readonly next: readonly string[];
}

function* moments(): Generator<Moment> {
  const chance = chances(SEED);
  const oneOf = <T>(all: readonly T[]) => all[Math.floor(chance() * all.length)]!;
  const shuffled = <T>(all: readonly T[]) =>
    all.map((one) => [chance(), one] as const).sort(([a], [b]) => a - b).map(([, one]) => one);
  const stations = VICTIMS.map((victims) =>
    shuffled(victims.length === 1 && victims[0] === "zag" ? [...EARLY, ...LATER] : LATER)
  );
  for (let index = 0; index < KILLS; index++) {
    const who = index % VICTIMS.length;
    const all = stations[who]!;
    const station = all[Math.floor(index / VICTIMS.length) % all.length]!;
    const [delayMs, gapMs] = [chance() * station[2], chance() * GAP];
    const [view, next] = [oneOf(VIEWS), oneOf(NEXT)];
    yield { index, victims: VICTIMS[who]!, station, delayMs, gapMs, view, next };
  }
}

/** What came of a session whose zag, agent, or both were killed. */
interface Killed {
  readonly stdout: string;
  readonly stderr: string;
  /** How zag ended. */
  readonly code: number;
  readonly signal: string | null;
}

/** Runs a session up to the moment, kills, and waits for the end of zag. */
async function killAt(moment: Moment, home: TestHome, id: string, paths: Paths): Promise<Killed> {
  const { station: [, reached], victims: [first, second], delayMs, gapMs, view } = moment;
  const args = ["-p", "mock", "exec", "the prompt", "--session", id, "-s", "brief", ...view];
  const child = home.spawn(args, { env: SCRIPT });
  const said = { stdout: "", stderr: "" };
  const reading = (["stdout", "stderr"] as const).map(async (name) => {
    for await (const text of child[name].pipeThrough(new TextDecoderStream())) said[name] += text;
  });
  let ended = false;
  const status = child.status.then((status) => {
    ended = true;
    return status;
  });
  let agent: number | undefined;
  const sight: Sight = {
    stdout: () => said.stdout,
    log: () => textOf(paths.log),
    exists: (what) => exists(paths[what]),
    agent: () => agent ??= agentOf(home, id),
  };
  const kill = (who: "zag" | "agent") => {
    try {
      if (who === "zag") child.kill("SIGKILL");
      else if (agent !== undefined && isOf(home, agent)) Deno.kill(agent, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  };
  while (!ended && !reached(sight)) await new Promise((resolve) => setTimeout(resolve, 1));
  if (first === "agent" || second === "agent") {
    while (!ended && sight.agent() === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  await pass(delayMs, () => ended);
  kill(first!);
  if (second !== undefined) {
    await pass(gapMs, () => ended && second === "zag");
    kill(second);
  }
  const { code, signal } = await status;
  await Promise.all(reading);
  return { ...said, code, signal };
}

/** Lets milliseconds pass, unless it is in vain. */
async function pass(ms: number, inVain: () => boolean): Promise<void> {
  const end = performance.now() + ms;
  const left = () => end - performance.now();
  while (!inVain() && left() > 10) await new Promise((resolve) => setTimeout(resolve, 1));
  // A timer would miss the short phases.
  while (left() > 0 && !inVain());
}

/** The agent's process, as the index has it. */
function agentOf(home: TestHome, id: string): number | undefined {
  try {
    const run = home.rows("processes").find(({ session_id }) => session_id === id);
    return typeof run?.agent_pid === "number" ? run.agent_pid : undefined;
  } catch {
    // There is no index yet.
    return undefined;
  }
}

/** Whether a number is not another program's by now. */
function isOf(home: TestHome, pid: number): boolean {
  if (Deno.build.os !== "linux") return true;
  return textOf(`/proc/${pid}/environ`).split("\0").includes(`HOME=${home.path}`);
}

type Paths = Record<Parameters<Sight["exists"]>[0], string>;

function pathsOf(home: TestHome, id: string): Paths {
  const paths = zagPaths({ get: (name) => name === "HOME" ? home.path : undefined });
  return {
    database: paths.database,
    log: paths.sessionLog(undefined, id),
    transcript: `${paths.agentState("mock")}/${id}.jsonl`,
    ended: paths.ended(id),
  };
}

/** Files that were made for runs alone: prompts, configurations. */
function privateFiles(home: TestHome): string[] {
  const temp = `${home.path}/.zag/temp`;
  return exists(temp) ? [...Deno.readDirSync(temp)].map(({ name }) => name) : [];
}

function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** All that was said to the person, without line breaks; `shown` may be cut off anywhere. */
function wordsShown(shown: string, view: readonly string[]): string {
  if (!view.includes("stream-json")) {
    if (!view.includes("json")) return shown.replaceAll("\n", "");
    return shown === "" ? "" : String(JSON.parse(shown).result ?? "");
  }
  const whole = shown.slice(0, shown.lastIndexOf("\n") + 1);
  const words: string[] = [];
  let deltas = "";
  for (const event of jsonLines(whole)) {
    if (event.type === "assistant_delta") deltas += event.text;
    if (event.type !== "assistant_message") continue;
    const blocks = event.content as { type: string; text?: string }[];
    const text = blocks.map((block) => block.text ?? "").join("");
    if (text !== "") deltas = "";
    words.push(text);
  }
  return words.join("") + deltas;
}

/** How far a session had come when its zag was gone. */
type Phase = "nothing" | "row" | "log" | "agent" | "output" | "closing" | "over";

/** What zag, which goes on without its agent, makes of that; returns how the session has ended. */
function checkLonely(killed: Killed, paths: Paths, view: readonly string[]): string {
  const finished = textOf(paths.transcript).includes('"turn_end"');
  // What comes as it is has come whole only when the agent ends by itself.
  if (finished && !(view.includes("text") && killed.code !== 0)) {
    assertEquals([killed.code, killed.stderr], [0, ""]);
    const words = wordsShown(killed.stdout, view);
    assert(words.includes("omega one two three"), `the answer is whole: ${words}`);
    return "completed";
  }
  assertEquals(killed.code, 2, killed.stderr);
  assertMatch(killed.stderr, /^error: Mock agent ended without a result \(signal SIGKILL\)/m);
  return "failed";
}

/** Kills one session, and checks all that must hold of it afterwards. */
async function tryMoment(moment: Moment): Promise<string> {
  const { view } = moment;
  await using home = await TestHome.create();
  const id = crypto.randomUUID();
  const paths = pathsOf(home, id);
  const killed = await killAt(moment, home, id, paths);
  const shown = killed.stdout;
  const logBefore = textOf(paths.log);
  const known = exists(paths.database) && rowOf(home, id) !== undefined;
  const phase: Phase = exists(paths.ended)
    ? "over"
    : logBefore.includes('"session_ended"')
    ? "closing"
    : shown !== ""
    ? "output"
    : exists(paths.transcript)
    ? "agent"
    : logBefore !== ""
    ? "log"
    : known
    ? "row"
    : "nothing";
  const lonely = killed.signal === null && moment.victims.includes("agent");
  if (lonely) assertEquals([phase, await leftovers(home)], ["over", []]);

  const next = await home.zag(moment.next);
  assertEquals([next.code, next.stderr], [0, ""]);
  assertEquals(await leftovers(home), [], "nothing is left running");
  // What was made for a run that is not recorded yet may belong to a zag that lives; `zag gc` waits.
  if (known) assertEquals(privateFiles(home), [], "no private file is left");
  const { code, stdout } = await home.zag(["status", id]);
  if (known) {
    const closed = phase === "over" || phase === "closing";
    const expected = lonely
      ? checkLonely(killed, paths, view)
      : !closed
      ? "dead"
      : logBefore.includes('"success":true,"error":null')
      ? "completed"
      : "failed";
    if (!moment.victims.includes("agent") && closed) assertEquals(expected, "completed");
    assertEquals([code, stdout], [0, `${expected}\n`]);
    assertEquals(home.rows("processes").filter(({ status }) => status === "running"), []);
    await checkLog(paths.log, shown, view, expected === "completed");
  } else assertEquals([code, stdout, shown, logBefore], [1, "", "", ""]);

  const resumed = await home.zag(
    known
      ? ["exec", "once more", "--resume", id]
      : ["-p", "mock", "exec", "once more", "--session", id],
  );
  assertEquals([resumed.code, resumed.stdout], [0, "once more\n"], resumed.stderr);
  assertEquals(rowOf(home, id)?.outcome, "success");
  await checkLog(paths.log, shown, view, true);
  assertEquals(await leftovers(home), []);
  if (known) assertEquals(privateFiles(home), []);
  return `${moment.victims.join(", ")}: ${phase}`;
}

function rowOf(home: TestHome, id: string): Record<string, unknown> | undefined {
  try {
    return home.rows("sessions").find(({ session_id }) => session_id === id);
  } catch {
    // The database was made and has no tables yet.
    return undefined;
  }
}

async function checkLog(
  path: string,
  shown: string,
  view: readonly string[],
  success: boolean,
): Promise<void> {
  const events: LogEvent[] = [];
  for await (const line of readLog(path)) {
    assert(line.event, `every line can be read: ${line.bad}: ${line.text}`);
    events.push(line.event);
  }
  assertEquals(events.map(({ seq }) => seq), events.map((_, index) => index + 1));
  const said = events.map((event) => event.type === "assistant_message" ? event.content : "");
  const words = wordsShown(shown, view);
  const log = said.join("").replaceAll("\n", "");
  // A document holds the last message only.
  const whole = view.includes("json") ? log.includes(words) : log.startsWith(words);
  assert(whole, `${log} has all of: ${words}`);
  const last = events.at(-1);
  assert(last?.type === "session_ended", `the last line ends the session: ${last?.type}`);
  assertEquals(last.success, success);
  const ends = events.filter(({ type }) => type === "session_ended").length;
  const starts = events.filter(({ type }) => type === "session_started").length;
  assertEquals(ends, starts, "each run has a beginning and an end");
}

Deno.test(`a session survives that zag, its agent, or both are killed, at ${KILLS} moments`, async () => {
  const queue = moments();
  const phases = new Map<string, number>();
  const failures: string[] = [];
  const work = async () => {
    for (const moment of queue) {
      try {
        const phase = await tryMoment(moment);
        phases.set(phase, (phases.get(phase) ?? 0) + 1);
      } catch (error) {
        const { index, victims, station, delayMs, gapMs, view, next } = moment;
        const gap = victims.length > 1 ? ` with ${gapMs.toFixed(1)} ms between` : "";
        failures.push(
          `kill ${index} of seed ${SEED}: ${victims.join(", then ")}${gap}, ` +
            `${delayMs.toFixed(1)} ms after ${station[0]}, exec ${view.join(" ")}, ` +
            `then ${next.join(" ")}: ${error instanceof Error ? error.stack : error}`,
        );
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (Deno.env.has("ZAG_TEST_KILLS")) {
    console.log(Object.fromEntries([...phases].sort()), failures.length);
  }
  if (failures.length > 0) throw new Error(failures.join("\n\n"));
});
