/**
 * Measures `zag search` against `grep -c` over the same logs, and how fast they are indexed.
 *
 * `deno run -A scripts/bench_search.ts [--mb=1000] [--sessions=200] [--runs=7] [--json] [--zag=PATH]`
 *
 * The logs are made from a seed: prose, paths, hashes and code of 50,000 words, as frequent as words
 * are. With less than 500 MB the start of the program is most of what is measured. The memory is read
 * from `/proc`, so on Linux only.
 *
 * @module
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SessionStore } from "../src/sessions/store.ts";
import { TestHome } from "../tests/support/zag.ts";
import { FailedRunError, measure, type Program } from "./bench/measure.ts";
import { type BenchOptions, zagCommand } from "./bench/options.ts";
import { renderRows, type Row } from "./bench/row.ts";
import { measurePairs, ratioOf, spreadOf } from "./bench/statistics.ts";

/** How much is searched, and how often. */
export interface SearchBenchOptions extends BenchOptions {
  /** Size of all logs together, in MB. @default 1000, or 100 when quick */
  readonly megabytes?: number;
  /** @default 200 */
  readonly sessions?: number;
  /** Measurements of each query. @default 7, or 3 when quick */
  readonly runs?: number;
}

/** What is looked for; each is in the logs, or grep would count as failed. */
const QUERIES: readonly (readonly [what: string, query: string])[] = [
  ["rare word", "quetzalcoatl"],
  ["inside a word", "etzalcoat"],
  ["rare phrase", "deadlock detected while waiting"],
  ["path", "src/handlers/zephyr.ts"],
  ["rare, with quotes", 'say "xylophone"'],
  ["in 1 of 500 lines", "backpressure"],
  ["in most lines", "tion"],
];

const INDEX_AIM = 40;

/** Measures indexing and searching. */
export async function benchSearch(options: SearchBenchOptions): Promise<Row[]> {
  const { zag, quick } = options;
  const { megabytes = quick ? 100 : 1000, sessions = 200, runs = quick ? 3 : 7 } = options;
  await using home = await TestHome.create();
  const paths = await makeLogs(home, megabytes * 1e6, sessions);
  const bytes = paths.reduce((sum, path) => sum + Deno.statSync(path).size, 0);
  const index = join(home.path, ".zag", "search.db");
  const place = { env: home.env(), cwd: home.work };
  const search = (...args: string[]): Program => ({
    command: zag.command,
    args: [...zag.args, "search", "--global", ...args],
    ...place,
  });
  const indexRuns = [];
  for (let run = 0; run < (quick ? 1 : 3); run++) {
    for (const ending of ["", "-wal", "-shm"]) await Deno.remove(index + ending).catch(() => {});
    indexRuns.push(await measure(search("--index"), { memory: true }));
  }
  const speed = spreadOf(indexRuns.map(({ wallMs }) => bytes / 1e3 / wallMs));
  const size = Deno.statSync(index).size;
  const rows: Row[] = [{
    what: `search --index, ${Math.round(bytes / 1e6)} MB in ${sessions} logs`,
    value: speed,
    unit: "MB/s",
    aim: { text: `>= ${INDEX_AIM} MB/s`, met: speed.median >= INDEX_AIM },
    note: `the index takes ${(100 * size / bytes).toFixed(1)}% of the logs, ` +
      `the process ${peakOf(indexRuns)}`,
  }];
  for (const [what, query] of QUERIES) {
    const grep = { command: "grep", args: ["-c", "-F", "-e", query, ...paths], ...place };
    const pairs = await measurePairs(
      runs,
      1,
      () => measure(search("-c", query), { memory: true }),
      () => measure(escaped(grep, query)),
    );
    const ratio = ratioOf(pairs, ({ wallMs }) => wallMs);
    rows.push({
      what: `search -c, ${what}`,
      value: spreadOf(pairs.map(({ subject }) => subject.wallMs)),
      unit: "ms",
      ratio,
      baseline: "grep -c",
      aim: { text: "< 1 ×", met: ratio.median < 1 },
      note: peakOf(pairs.map(({ subject }) => subject)),
    });
  }
  return rows;
}

/** In a log, quotes stand behind a backslash. */
function escaped(grep: Program, query: string): Program {
  const raw = JSON.stringify(query).slice(1, -1);
  return { ...grep, args: grep.args.map((arg) => arg === query ? raw : arg) };
}

function peakOf(runs: readonly { readonly peakBytes: number | undefined }[]): string {
  const peaks = runs.flatMap(({ peakBytes }) => peakBytes ?? []);
  if (peaks.length === 0) return "memory unknown";
  return `at most ${Math.round(Math.max(...peaks) / 1024 ** 2)} MiB of memory`;
}

async function makeLogs(home: TestHome, bytes: number, sessions: number): Promise<string[]> {
  const dir = join(home.path, ".zag", "logs", "sessions");
  await Deno.mkdir(dir, { recursive: true });
  const database = join(home.path, ".zag", "zag.db");
  using store = SessionStore.open(database);
  const random = seeded(20_261);
  const words = vocabulary(random);
  const paths: string[] = [];
  store.atOnce(() => {
    for (let at = 0; at < sessions; at++) {
      const sessionId = crypto.randomUUID();
      const logPath = join(dir, `${sessionId}.jsonl`);
      writeLog(logPath, sessionId, bytes / sessions, words, random);
      const createdAt = new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString();
      store.addSession({
        sessionId,
        provider: "mock",
        command: "exec",
        workspacePath: home.work,
        createdAt,
        logPath,
      });
      paths.push(logPath);
    }
  });
  // What the system still has to write would slow down whatever is measured first.
  new DatabaseSync(database).close();
  return paths;
}

function writeLog(
  path: string,
  sessionId: string,
  bytes: number,
  words: readonly string[],
  random: () => number,
): void {
  using file = Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
  const encoder = new TextEncoder();
  const envelope = `"provider":"mock","wrapper_session_id":"${sessionId}",` +
    `"provider_session_id":null,"source_kind":"wrapper","completeness":"full",`;
  let seq = 0;
  for (let written = 0; written < bytes;) {
    let text = "";
    while (text.length < 256 * 1024 && written + text.length < bytes) {
      const ts = new Date(Date.UTC(2026, 0, 1) + seq * 997).toISOString();
      const kind = JSON.stringify(randomKind(words, random)).slice(1);
      text += `{"seq":${++seq},"ts":"${ts}",${envelope}${kind}\n`;
    }
    const encoded = encoder.encode(text);
    file.writeSync(encoded);
    written += encoded.length;
  }
}

function randomKind(words: readonly string[], random: () => number): Record<string, unknown> {
  const die = random();
  if (die < 0.4) {
    return { type: "assistant_message", content: prose(words, random, 60), message_id: null };
  }
  if (die < 0.5) return { type: "reasoning", content: prose(words, random, 40), message_id: null };
  const tool = { tool_name: "Bash", tool_kind: "shell", tool_id: hex(random, 24) };
  if (die < 0.7) return { type: "tool_call", ...tool, input: { command: prose(words, random, 8) } };
  return {
    type: "tool_result",
    ...tool,
    success: true,
    output: Array.from({ length: 30 }, () => prose(words, random, 8)).join("\n"),
    error: null,
    data: null,
  };
}

function prose(words: readonly string[], random: () => number, count: number): string {
  const parts: string[] = [];
  for (let at = 0; at < count; at++) {
    // The frequency of a word falls with its rank, as in any language.
    const word = words[Math.floor(words.length ** random()) - 1]!;
    const die = random();
    if (die < 0.02) parts.push(hex(random, 12));
    else if (die < 0.04) parts.push(`/srv/${word}/${hex(random, 4)}.ts:${Math.floor(die * 1e4)}`);
    else if (die < 0.05) parts.push(`const ${word} = await fetch("${word}");`);
    else parts.push(word);
  }
  const die = random();
  if (die < 0.00002) parts.push("Quetzalcoatlus quetzalcoatl");
  else if (die < 0.00004) parts.push("deadlock detected while waiting for a lock");
  else if (die < 0.00006) parts.push("src/handlers/zephyr.ts");
  else if (die < 0.00008) parts.push('say "xylophone" again');
  else if (die < 0.0004) parts.push("backpressure");
  return parts.join(" ");
}

function vocabulary(random: () => number): string[] {
  const starts = ["con", "re", "in", "de", "pro", "ex", "sub", "un", "over", "com", "dis", "per"];
  const middles = ["struct", "port", "duc", "form", "mit", "tract", "ver", "scrib", "ject", "sist"];
  const ends = ["ion", "tion", "ed", "ing", "er", "able", "s", "ment", "ive", "ory", "ly", ""];
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)]!;
  const words = new Set(["the", "of", "and", "to", "a", "in", "error", "file", "return", "is"]);
  while (words.size < 50_000) {
    const letters = Array.from(
      { length: 1 + Math.floor(random() * 4) },
      () => String.fromCharCode(97 + Math.floor(random() * 26)),
    ).join("");
    words.add(
      pick(starts) + (random() < 0.5 ? pick(middles) : letters) + pick(ends) +
        (random() < 0.3 ? letters : ""),
    );
  }
  return [...words];
}

function hex(random: () => number, length: number): string {
  return Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join("");
}

/** Numbers from 0 up to 1 that are the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

async function main(args: readonly string[]): Promise<number> {
  const values = new Map<string, string>();
  for (const arg of args) {
    const match = /^--(mb|sessions|runs|zag)=(.+)$/.exec(arg) ?? /^--(quick|json)$/.exec(arg);
    if (match === null) {
      console.error(`Cannot use ${JSON.stringify(arg)}: see the head of scripts/bench_search.ts`);
      return 64;
    }
    values.set(match[1]!, match[2] ?? "");
  }
  const number = (name: string) => values.has(name) ? { [NAMES[name]!]: +values.get(name)! } : {};
  try {
    const rows = await benchSearch({
      zag: zagCommand(values.get("zag")),
      quick: values.has("quick"),
      ...number("mb"),
      ...number("sessions"),
      ...number("runs"),
    });
    console.log(values.has("json") ? JSON.stringify(rows, null, 2) : renderRows(rows).trimEnd());
    return 0;
  } catch (error) {
    if (!(error instanceof FailedRunError)) throw error;
    console.error(`The benchmark is void: ${error.message}`);
    return 1;
  }
}

const NAMES: Readonly<Record<string, string>> = {
  mb: "megabytes",
  sessions: "sessions",
  runs: "runs",
};

if (import.meta.main) Deno.exit(await main(Deno.args));
