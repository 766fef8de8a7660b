/**
 * A program that calls the library very often, and measures itself meanwhile. What it finds goes to
 * a file, so that it prints nothing itself.
 */
import process from "node:process";
import { AgentBuilder } from "../../../src/mod.ts";
import { listProcesses } from "../../../src/processes/process_table.ts";

/** How the library is called, and what becomes of the call. */
export type Kind = "exec" | "resumed" | "stream" | "left" | "abortedStream" | "abortedExec";

/** One session; its first prompt belongs to no other. */
export interface Run {
  readonly kind: Kind;
  readonly prompts: readonly string[];
  /** What the calls returned. */
  readonly answers: readonly (string | null)[];
}

/** What the program did, and what it found. */
export interface Findings {
  readonly runs: readonly Run[];
  /** Resident memory after each `exec`, in bytes, in the order in which they ended. */
  readonly resident: readonly number[];
  /** What JavaScript holds when nothing is under way, in bytes: after the first calls and after all. */
  readonly held: Sides<number>;
  /** Most calls that were under way at the same moment. */
  readonly most: number;
  /** Open files and watched directories, after the first calls and after the last one. */
  readonly files: Sides<readonly string[]>;
  /** Listeners on the signal that all calls share, and on those that follow it. */
  readonly listeners: { readonly added: number; readonly left: number };
  readonly timers: { readonly started: number; readonly left: number };
  /** Listeners for signals of the system that were added. */
  readonly signalListeners: number;
  /** Children that live, or whose end nobody has heard of. */
  readonly children: number;
}

interface Sides<T> {
  readonly before: T;
  readonly after: T;
}

const AT_ONCE = 16;
/** After so many calls of `exec` there is one of another kind. */
const EVERY = 4;
const OTHERS: readonly Exclude<Kind, "exec">[] = [
  "resumed",
  "left",
  "abortedStream",
  "stream",
  "abortedExec",
];

const listeners = { added: 0, left: 0 };
const timers = { started: 0, left: 0 };
let signalListeners = 0;

/** Counts the listeners of a signal, and of all that are made from it. */
function countListeners(root: AbortSignal): void {
  const counted = new WeakMap<AbortSignal, Set<unknown>>([[root, new Set()]]);
  const { any, prototype } = AbortSignal;
  const { addEventListener, removeEventListener } = prototype;
  AbortSignal.any = (signals) => {
    const sources = [...signals];
    const made = any.call(AbortSignal, sources);
    if (sources.some((signal) => counted.has(signal))) counted.set(made, new Set());
    return made;
  };
  // deno-lint-ignore no-explicit-any -- passes on whatever it gets
  prototype.addEventListener = function (this: AbortSignal, ...args: any[]) {
    const known = counted.get(this);
    if (known && !known.has(args[1])) {
      known.add(args[1]);
      listeners.added++;
      listeners.left++;
    }
    return Reflect.apply(addEventListener, this, args);
  };
  // deno-lint-ignore no-explicit-any -- passes on whatever it gets
  prototype.removeEventListener = function (this: AbortSignal, ...args: any[]) {
    if (counted.get(this)?.delete(args[1])) listeners.left--;
    return Reflect.apply(removeEventListener, this, args);
  };
}

/** Counts the timers that are to fire. */
function countTimers(): void {
  const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;
  const live = new Set<unknown>();
  const started = <T>(id: T): T => {
    live.add(id);
    timers.started++;
    timers.left = live.size;
    return id;
  };
  const over = (id: unknown) => {
    live.delete(id);
    timers.left = live.size;
  };
  const counting: Partial<typeof globalThis> = {
    setTimeout: ((call: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
      const id = started(setTimeout(() => {
        over(id);
        call(...args);
      }, ms));
      return id;
    }) as typeof setTimeout,
    setInterval:
      ((call: () => void, ms?: number) => started(setInterval(call, ms))) as typeof setInterval,
    clearTimeout: (id) => {
      over(id);
      clearTimeout(id);
    },
    clearInterval: (id) => {
      over(id);
      clearInterval(id);
    },
  };
  Object.assign(globalThis, counting);
}

function countSignalListeners(): void {
  const { addSignalListener } = Deno;
  Deno.addSignalListener = (signal, listener) => {
    signalListeners++;
    addSignalListener(signal, listener);
  };
  process.on("newListener", (name) => {
    if (String(name).startsWith("SIG")) signalListeners++;
  });
}

/** What this process holds open. */
function openFiles(): string[] {
  if (Deno.build.os === "windows") return [];
  const linux = Deno.build.os === "linux";
  const directory = linux ? "/proc/self/fd" : "/dev/fd";
  return [...Deno.readDirSync(directory)].flatMap(({ name }) => {
    if (!linux) return [name];
    try {
      const file = Deno.readLinkSync(`${directory}/${name}`);
      // All watchers share one file.
      const watched = /^inotify .*$/gm;
      const info = file.includes("inotify")
        ? Deno.readTextFileSync(`/proc/self/fdinfo/${name}`)
        : "";
      return [file, ...info.match(watched)?.map(() => "a watched directory") ?? []];
    } catch {
      // The directory that is being read has been closed again.
      return [];
    }
  }).sort();
}

/** What JavaScript holds, in bytes. */
function held(): number {
  const { gc } = globalThis as unknown as { gc(): void };
  gc();
  return Deno.memoryUsage().heapUsed;
}

async function children(): Promise<number> {
  return (await listProcesses()).filter(({ ppid }) => ppid === Deno.pid).length;
}

const [size = "", script = "", path = ""] = Deno.args;

const shared = new AbortController();
const reason = new Error("changed my mind");
const call = { signal: shared.signal };
const builder = new AgentBuilder({ provider: "mock", sessionLog: "auto" })
  .env("ZAG_MOCK_SCRIPT", script);

const runs: Run[] = [];
const resident: number[] = [];
let underWay = 0;
let most = 0;
/** Called when the next `exec` has ended. */
let waiting: (() => void)[] = [];

/** Fails unless a call is rejected for the reason that it was aborted with. */
async function rejected(calling: Promise<unknown>): Promise<void> {
  const error = await calling.then(() => "nothing", (error) => error);
  if (error !== reason) throw new Error(`It was rejected with ${error}`);
}

const kinds: Record<Kind, (prompt: string) => Promise<Omit<Run, "kind">>> = {
  async exec(prompt) {
    const { result } = await builder.exec(prompt, call);
    return { prompts: [prompt], answers: [result] };
  },
  async resumed(prompt) {
    const more = `more of ${prompt}`;
    const { session_id, result } = await builder.exec(prompt, call);
    const second = await builder.resumeWithPrompt(session_id, more, call);
    return { prompts: [prompt, more], answers: [result, second.result] };
  },
  async stream(prompt) {
    let answer: string | null = null;
    for await (const event of builder.stream(prompt, call)) {
      if (event.type === "result") answer = event.message;
    }
    return { prompts: [prompt], answers: [answer] };
  },
  async left(prompt) {
    for await (const { type } of builder.stream(`${prompt} hang`, call)) {
      if (type === "assistant_message") break;
    }
    return { prompts: [`${prompt} hang`], answers: [] };
  },
  async abortedStream(prompt) {
    const own = new AbortController();
    const signal = AbortSignal.any([shared.signal, own.signal]);
    await rejected((async () => {
      for await (const { type } of builder.stream(`${prompt} hang`, { signal })) {
        if (type === "assistant_message") own.abort(reason);
      }
    })());
    return { prompts: [`${prompt} hang`], answers: [] };
  },
  async abortedExec(prompt) {
    const own = new AbortController();
    const signal = AbortSignal.any([shared.signal, own.signal]);
    // Whenever that is: it can be before the agent was started.
    waiting.push(() => own.abort(reason));
    await rejected(builder.exec(`${prompt} hang`, { signal }));
    return { prompts: [`${prompt} hang`], answers: [] };
  },
};

async function run(kind: Kind, prompt: string): Promise<void> {
  most = Math.max(most, ++underWay);
  runs.push({ kind, ...await kinds[kind](prompt) });
  underWay--;
  if (kind !== "exec") return;
  const woken = waiting;
  waiting = [];
  for (const wake of woken) wake();
}

async function runAll(calls: readonly Kind[], name: string, ended?: () => void): Promise<void> {
  const queue = calls.entries();
  const work = async () => {
    for (const [index, kind] of queue) {
      await run(kind, `${name} ${index}`);
      if (kind === "exec") ended?.();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

countListeners(shared.signal);
countTimers();
countSignalListeners();
// All that is loaded once is loaded now. The last one is an `exec`, which others wait for.
const first = Array.from({ length: 2 * AT_ONCE }, () => "exec" as const);
await runAll([...OTHERS, ...first], "first");
const before = { files: openFiles(), held: held() };

const calls = Array.from({ length: Number(size) }, (_, index): Kind[] => {
  const other = OTHERS[Math.floor(index / EVERY) % OTHERS.length]!;
  return index % EVERY === EVERY - 1 ? [other, "exec"] : ["exec"];
});
await runAll(calls.flat(), "prompt", () => resident.push(Deno.memoryUsage().rss));

// One signal ends all that is under way.
let said = 0;
await Promise.all(Array.from({ length: 4 }, async (_, index) => {
  const prompt = `last ${index} hang`;
  await rejected((async () => {
    for await (const { type } of builder.stream(prompt, call)) {
      if (type === "assistant_message" && ++said === 4) shared.abort(reason);
    }
  })());
  runs.push({ kind: "abortedStream", prompts: [prompt], answers: [] });
}));

// What was told to close has one turn for it.
await new Promise<void>((resolve) => setImmediate(resolve));
// Before garbage is collected: that would close what was forgotten.
const files = { before: before.files, after: openFiles() };
const findings: Findings = {
  runs,
  resident,
  held: { before: before.held, after: held() },
  most,
  files,
  listeners: { ...listeners },
  timers: { ...timers },
  signalListeners,
  children: await children(),
};
await Deno.writeTextFile(path, JSON.stringify(findings));
