import { zagPaths } from "../config/paths.ts";
import type { Host } from "../host.ts";
import { isGranted, PERMISSION_KINDS } from "../processes/permissions.ts";
import type { Finding } from "./doctor_findings.ts";

/** What does not work without each permission; undefined where zag itself does without it. */
const NEEDED: Readonly<Record<string, string | undefined>> = {
  read: "projects, configuration and logs cannot be read",
  write: "no session can be recorded",
  net: "Ollama cannot be reached",
  env: "the state directory cannot be found",
  sys: "free space and user cannot be told",
  run: "no agent can be started",
  ffi: 'interactive sessions and "run --headless" are limited',
  import: undefined,
};

/** Nothing works without these. */
const VITAL = ["read", "write", "env", "run"];

/** What Deno lets this program do, without making it ask. */
export function examinePermissions(host: Pick<Host, "env" | "cwd">): Promise<Finding[]> {
  const { env } = host;
  const kinds = PERMISSION_KINDS.filter((name) => NEEDED[name] !== undefined);
  const states = kinds.map((name) => ({ name, state: stateOf(name, host) }));
  const lacking = states.filter(({ state }) => state !== "granted");
  const findings: Finding[] = lacking.map(({ name, state }) => ({
    id: `permissions.${name}`,
    level: state === "missing" && VITAL.includes(name) ? "problem" : "warning",
    text: state === "partial"
      ? `${name}: granted in part; where it is not, ${NEEDED[name]}`
      : `${name}: missing; ${NEEDED[name]}`,
    fix: `Run zag with --allow-${name}, or with -A`,
    facts: { state },
  }));
  if (lacking.length === 0) {
    findings.push({
      id: "permissions.all",
      level: "ok",
      text: `${kinds.join(", ")}: all granted`,
    });
  }
  if (!isGranted({ name: "run" }) && isGranted({ name: "env" })) {
    const linker = Object.keys(env.toObject()).filter((name) => /^(LD|DYLD)_/.test(name));
    if (linker.length > 0) {
      findings.push({
        id: "permissions.linker",
        level: "problem",
        text: `${linker.join(", ")}: while this is set Deno starts no program from a list of ` +
          "allowed ones",
        fix: `unset ${linker.join(" ")}`,
      });
    }
  }
  return Promise.resolve(findings);
}

/** Values of each permission of which one at least is granted where there is a list of them. */
function samples(host: Pick<Host, "env" | "cwd">): Deno.PermissionDescriptor[] {
  const commands = ["claude", "codex", "gemini", "copilot", "ollama", "git", "ps", "kill", "deno"];
  const places = [host.cwd, stateDirectory(host.env)].filter((path) => path !== undefined);
  return [
    ...commands.map((command) => ({ name: "run" as const, command })),
    ...places.flatMap((path) => [
      { name: "read" as const, path },
      { name: "write" as const, path },
    ]),
    ...["PATH", "TERM"].map((variable) => ({ name: "env" as const, variable })),
    { name: "net", host: "127.0.0.1:11434" },
    { name: "net", host: "localhost:11434" },
    { name: "sys", kind: "uid" },
  ];
}

function stateDirectory(env: Host["env"]): string | undefined {
  try {
    return zagPaths(env).home;
  } catch {
    // That is reported elsewhere.
    return undefined;
  }
}

function stateOf(
  name: typeof PERMISSION_KINDS[number],
  host: Pick<Host, "env" | "cwd">,
): "granted" | "partial" | "missing" {
  if (isGranted({ name })) return "granted";
  const { state } = Deno.permissions.querySync({ name });
  const asked = samples(host).filter((sample) => sample.name === name);
  // Some places are never opened by a flag for one kind.
  if (state === "granted") return asked.every(isGranted) ? "granted" : "partial";
  // The state of the whole is the same for a list of allowed values and for nothing at all.
  return asked.some(isGranted) ? "partial" : "missing";
}
