/**
 * Examines everything that zag depends on. Nothing is started that lasts, and nothing is kept but the
 * versions of programs; all looks run at the same time, each with a limit.
 *
 * @module
 */
import { zagPaths } from "../config/paths.ts";
import type { Host } from "../host.ts";
import { Deadline } from "../processes/deadline.ts";
import { examineAgents } from "./doctor_agents.ts";
import { examineConfig } from "./doctor_config.ts";
import { examineExtensions } from "./doctor_extensions.ts";
import { failedLook, type Finding, type Section } from "./doctor_findings.ts";
import { examinePermissions } from "./doctor_permissions.ts";
import { examinePrograms } from "./doctor_programs.ts";
import { examineState } from "./doctor_state.ts";
import { examineTerminal, type TerminalFacts } from "./doctor_terminal.ts";
import { redactor } from "./redact.ts";

export type { Finding, Level, Section } from "./doctor_findings.ts";

/** What is examined. */
export interface Examination {
  readonly host: Host;
  /** `--root`. */
  readonly root: string | undefined;
  readonly terminal: TerminalFacts;
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface DoctorReport {
  /** Nothing is broken. */
  readonly ok: boolean;
  readonly sections: readonly Section[];
}

/** A look that takes longer is given up. */
const LIMIT_MS = 10_000;

/** Looks at everything. Throws only when the examination itself is aborted. */
export async function examine(examination: Examination): Promise<DoctorReport> {
  const { host, root, terminal, signal } = examination;
  const parts: [name: string, title: string, look: () => Promise<Finding[]>][] = [
    ["agents", "Agents", () => examineAgents(host, root, signal)],
    ["config", "Configuration", () => examineConfig(zagPaths(host.env), host.cwd, root)],
    [
      "extensions",
      "Skills and MCP servers",
      () => examineExtensions(host, zagPaths(host.env), root),
    ],
    ["state", "State directory", () => examineState(zagPaths(host.env), host.env)],
    ["programs", "Programs", () => examinePrograms(host, signal)],
    ["permissions", "Permissions", () => examinePermissions(host)],
    ["terminal", "Terminal", () => Promise.resolve(examineTerminal(host.env, terminal))],
  ];
  const clean = redactor(host.env.toObject(), []);
  const sections = await Promise.all(
    parts.map(async ([name, title, look]): Promise<Section> => {
      const findings = await limited(name, title.toLowerCase(), look);
      return { name, title, findings: findings.map((finding) => withoutSecrets(finding, clean)) };
    }),
  );
  signal.throwIfAborted();
  const ok = sections.every(({ findings }) => findings.every(({ level }) => level !== "problem"));
  return { ok, sections };
}

async function limited(
  name: string,
  what: string,
  look: () => Promise<Finding[]>,
): Promise<Finding[]> {
  const late = Promise.withResolvers<Finding[]>();
  using limit = new Deadline(LIMIT_MS, () => {
    const text = `the look at it took more than ${LIMIT_MS / 1000} s and was given up`;
    late.resolve([{ id: `${name}.late`, level: "warning", text }]);
  });
  limit.start();
  try {
    return await Promise.race([look(), late.promise]);
  } catch (error) {
    return [failedLook(`${name}.look`, what, error)];
  }
}

function withoutSecrets(finding: Finding, clean: (text: string) => string): Finding {
  const { text, fix, facts } = finding;
  return {
    ...finding,
    text: clean(text),
    ...(fix !== undefined && { fix: clean(fix) }),
    ...(facts && {
      facts: Object.fromEntries(
        Object.entries(facts).map((
          [key, value],
        ) => [key, typeof value === "string" ? clean(value) : value]),
      ),
    }),
  };
}
