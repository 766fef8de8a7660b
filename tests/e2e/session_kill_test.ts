/**
 * zag is killed outright at moments that chance picks, all over the life of a session.
 * `ZAG_TEST_KILLS` sets how many (the aim is 200), `ZAG_TEST_SEED` which ones.
 */
import { zagPaths } from "../../src/config/paths.ts";
import type { LogEvent } from "../../src/events/log_event.ts";
import { readLog } from "../../src/sessions/log_reader.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { sizeOf } from "../support/size.ts";
import { TestHome } from "../support/zag.ts";
import { chances } from "./faults_support.ts";
import { jsonLines, leftovers, script } from "./support.ts";

const KILLS = sizeOf("ZAG_TEST_KILLS", 22);
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
}

/** What is waited for before the kill, and the milliseconds that may pass between the two. */
const STATIONS: readonly (readonly [name: string, (sight: Sight) => boolean, spread: number])[] = [
  ["its start", () => true, 350],
  ["the store", (sight) => sight.exists("database"), 15],
  ["the log", (sight) => sight.exists("log"), 15],
  ["the first line", (sight) => sight.log() !== "", 120],
  ["the agent", (sight) => sight.exists("transcript"), 40],
  ["the first words", (sight) => sight.stdout().includes("alpha"), 40],
  ["the first message", (sight) => sight.log().includes("alpha"), 80],
  ["the tool", (sight) => sight.log().includes('"tool_name":"shell"'), 60],
  ["the last words", (sight) => sight.log().includes("omega"), 20],
  ["the last line", (sight) => sight.log().includes('"session_ended"'), 6],
  ["the marker of the end", (sight) => sight.exists("ended"), 4],
];

/** Which command comes after the kill should make no difference. */
const NEXT: readonly (readonly string[])[] = [
  ["-p", "mock", "exec", "something else"],
  ["session", "list", "--global"],
  ["cost"],
  ["gc"],
];

/** One kill. */
interface Moment {
  readonly index: number;
  readonly station: typeof STATIONS[number];
  readonly delayMs: number;
  readonly view: readonly string[];
  readonly next: readonly string[];
}

function* moments(): Generator<Moment> {
  const chance = chances(SEED);
  for (let index = 0; index < KILLS; index++) {
    const station = STATIONS[index % STATIONS.length]!;
    const oneOf = <T>(all: readonly T[]) => all[Math.floor(chance() * all.length)]!;
    yield { index, station, view: oneOf(VIEWS), next: oneOf(NEXT), delayMs: chance() * station[2] };
  }
}

/** Runs a session up to the moment, and kills its zag. Returns what had been shown. */
async function killAt(moment: Moment, home: TestHome, id: string, paths: Paths): Promise<string> {
  const { station: [, reached], delayMs, view } = moment;
  const args = ["-p", "mock", "exec", "the prompt", "--session", id, ...view];
  const child = home.spawn(args, { env: SCRIPT, stdio: { stderr: "null" } });
  let stdout = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) stdout += decoder.decode(chunk, { stream: true });
  })();
  let ended = false;
  const status = child.status.then(() => ended = true);
  const sight: Sight = {
    stdout: () => stdout,
    log: () => textOf(paths.log),
    exists: (what) => exists(paths[what]),
  };
  while (!ended && !reached(sight)) await new Promise((resolve) => setTimeout(resolve, 1));
  const start = performance.now();
  const left = () => start + delayMs - performance.now();
  while (!ended && left() > 10) await new Promise((resolve) => setTimeout(resolve, 1));
  // A timer would miss the short phases.
  while (left() > 0);
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
  await status;
  await reading;
  return stdout;
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
    return shown === "" ? "" : String(JSON.parse(shown).result);
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

/** What happened to a session before its zag was killed. */
type Phase = "nothing" | "row" | "log" | "agent" | "output" | "closing" | "over";

/** Kills one session, and checks all that must hold of it afterwards. */
async function tryMoment(moment: Moment): Promise<Phase> {
  await using home = await TestHome.create();
  const id = crypto.randomUUID();
  const paths = pathsOf(home, id);
  const shown = await killAt(moment, home, id, paths);
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

  const next = await home.zag(moment.next);
  assertEquals([next.code, next.stderr], [0, ""]);
  assertEquals(await leftovers(home), [], "nothing is left running");
  const { code, stdout } = await home.zag(["status", id]);
  if (known) {
    const closed = phase === "over" || phase === "closing";
    assertEquals([code, stdout], [0, closed ? "completed\n" : "dead\n"]);
    assertEquals(home.rows("processes").filter(({ status }) => status === "running"), []);
    await checkLog(paths.log, shown, moment.view, closed);
  } else assertEquals([code, stdout, shown, logBefore], [1, "", "", ""]);

  const resumed = await home.zag(
    known
      ? ["exec", "once more", "--resume", id]
      : ["-p", "mock", "exec", "once more", "--session", id],
  );
  assertEquals([resumed.code, resumed.stdout], [0, "once more\n"], resumed.stderr);
  assertEquals(rowOf(home, id)?.outcome, "success");
  await checkLog(paths.log, shown, moment.view, true);
  assertEquals(await leftovers(home), []);
  return phase;
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

Deno.test(`a session survives that its zag is killed, at ${KILLS} moments`, async () => {
  const queue = moments();
  const phases = new Map<Phase, number>();
  const failures: string[] = [];
  const work = async () => {
    for (const moment of queue) {
      try {
        const phase = await tryMoment(moment);
        phases.set(phase, (phases.get(phase) ?? 0) + 1);
      } catch (error) {
        const { index, station, delayMs, view, next } = moment;
        failures.push(
          `kill ${index} of seed ${SEED}, ${delayMs.toFixed(1)} ms after ${station[0]}, ` +
            `exec ${view.join(" ")}, then ${next.join(" ")}: ${
              error instanceof Error ? error.stack : error
            }`,
        );
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (Deno.env.has("ZAG_TEST_KILLS")) console.log(Object.fromEntries(phases), failures.length);
  assertEquals(failures.join("\n\n"), "");
});
