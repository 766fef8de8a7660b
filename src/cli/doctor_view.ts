/** How the findings of `zag doctor` are put. */
import type { DoctorReport, Level } from "../diagnostics/doctor.ts";
import { withoutControls } from "../events/render/text.ts";
import type { CliContext } from "./context.ts";
import { jsonText } from "./json_text.ts";

const MARKS: Readonly<Record<Level, string>> = { ok: "✓", info: "-", warning: "!", problem: "✗" };

/** Green, none, yellow and red. */
const COLORS: Readonly<Record<Level, string | undefined>> = {
  ok: "32",
  info: undefined,
  warning: "33",
  problem: "31",
};

/** In sections; with `quiet` only what is not well. */
export function doctorText(
  ctx: Pick<CliContext, "color">,
  report: DoctorReport,
  quiet: boolean,
): string {
  const color = ctx.color("stdout");
  const lines: string[] = [];
  for (const { title, findings } of report.sections) {
    const shown = findings.filter(({ level }) =>
      !quiet || level === "warning" || level === "problem"
    );
    if (shown.length === 0) continue;
    if (lines.length > 0) lines.push("");
    lines.push(color ? `\x1b[1m${title}\x1b[0m` : title);
    for (const { level, text, fix } of shown) {
      lines.push(`  ${painted(MARKS[level], COLORS[level], color)} ${clean(text)}`);
      if (fix !== undefined) lines.push(`      ${painted(clean(fix), "2", color)}`);
    }
  }
  const count = (level: Level) =>
    report.sections.reduce(
      (sum, { findings }) => sum + findings.filter((finding) => finding.level === level).length,
      0,
    );
  const [problems, warnings] = [count("problem"), count("warning")];
  if (!quiet) lines.push("", verdict(problems, warnings));
  return lines.length === 0 ? "" : lines.join("\n") + "\n";
}

/** For programs. */
export function doctorJson(ctx: CliContext, report: DoctorReport): string {
  const sections = report.sections.map(({ name, findings }) => ({
    name,
    findings: findings.map(({ id, level, text, fix, facts }) => ({
      id,
      level,
      text,
      fix: fix ?? null,
      ...(facts && { facts }),
    })),
  }));
  return jsonText(ctx, JSON.stringify({ ok: report.ok, sections })) + "\n";
}

function verdict(problems: number, warnings: number): string {
  const rest = warnings === 0
    ? ""
    : `, ${warnings} ${warnings === 1 ? "thing deserves" : "things deserve"} a look`;
  return problems === 0
    ? `Nothing is broken${rest}.`
    : `${problems} ${problems === 1 ? "thing is" : "things are"} broken${rest}.`;
}

function painted(text: string, code: string | undefined, color: boolean): string {
  return color && code !== undefined ? `\x1b[${code}m${text}\x1b[0m` : text;
}

/** Names of files and what programs say can hold anything. */
function clean(text: string): string {
  return withoutControls(text.replaceAll(/[\r\n]+/g, " "));
}
