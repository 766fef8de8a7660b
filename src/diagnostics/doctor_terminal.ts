import type { EnvReader } from "../host.ts";
import type { Finding } from "./doctor_findings.ts";

/** What is known of the streams and their terminal. */
export interface TerminalFacts {
  /** Whether each stream is a terminal. */
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Whether what zag prints there is coloured. */
  readonly colors: boolean;
  /** In cells; undefined where there is no terminal. */
  readonly size: { readonly columns: number; readonly rows: number } | undefined;
}

/** Agents' interfaces do not fit into less. */
const FEWEST_COLUMNS = 60;
const FEWEST_ROWS = 15;

/** Whether people can read what zag prints here. */
export function examineTerminal(env: EnvReader, facts: TerminalFacts): Finding[] {
  const { stdin, stdout, stderr, size, colors } = facts;
  const streams = Object.entries({ stdin, stdout, stderr })
    .filter(([, isTerminal]) => !isTerminal).map(([name]) => name);
  const isTerminal = streams.length === 0;
  const findings: Finding[] = [{
    id: "terminal.streams",
    level: isTerminal ? "ok" : "info",
    text: isTerminal
      ? "stdin, stdout and stderr are a terminal"
      : `no terminal: ${streams.join(", ")}; "zag run" needs one on all three`,
    facts: { stdin, stdout, stderr },
  }];
  if (isTerminal) findings.push(sizeFinding(size), termFinding(env));
  if (stdout || stderr) findings.push(colorFinding(env, colors));
  findings.push(localeFinding(env));
  return findings;
}

function sizeFinding(size: TerminalFacts["size"]): Finding {
  const id = "terminal.size";
  if (!size || size.columns === 0 || size.rows === 0) {
    return {
      id,
      level: "warning",
      text: "the terminal does not tell its size",
      fix: "stty cols 80 rows 24",
    };
  }
  const { columns, rows } = size;
  const isSmall = columns < FEWEST_COLUMNS || rows < FEWEST_ROWS;
  return {
    id,
    level: isSmall ? "warning" : "ok",
    text: `${columns} columns, ${rows} rows`,
    ...(isSmall && {
      fix: `Make the window larger: agents want ${FEWEST_COLUMNS} columns and ${FEWEST_ROWS} rows`,
    }),
    facts: { columns, rows },
  };
}

function termFinding(env: EnvReader): Finding {
  const term = env.get("TERM") ?? "";
  const isUsable = term !== "" && term !== "dumb";
  return {
    id: "terminal.term",
    level: isUsable ? "ok" : "warning",
    text: term === "" ? "TERM is not set" : `TERM is ${term}`,
    ...(!isUsable && { fix: "export TERM=xterm-256color" }),
    facts: { term },
  };
}

function colorFinding(env: EnvReader, colors: boolean): Finding {
  const off = env.get("NO_COLOR") ? "NO_COLOR is set" : "the terminal knows none";
  return {
    id: "terminal.colors",
    level: colors ? "ok" : "info",
    text: colors ? "output is coloured" : `output is not coloured: ${off}`,
    facts: { colors },
  };
}

function localeFinding(env: EnvReader): Finding {
  const name = ["LC_ALL", "LC_CTYPE", "LANG"].find((name) => env.get(name));
  const locale = name === undefined ? "" : env.get(name)!;
  const isUnicode = /utf-?8/i.test(locale) || Deno.build.os === "windows";
  return {
    id: "terminal.locale",
    level: isUnicode ? "ok" : "warning",
    text: name === undefined
      ? "no locale is set: programs may garble letters beyond ASCII"
      : `${name} is ${locale}${isUnicode ? "" : ", which is not UTF-8"}`,
    ...(!isUnicode && { fix: `export ${name ?? "LANG"}=C.UTF-8` }),
    facts: { locale },
  };
}
