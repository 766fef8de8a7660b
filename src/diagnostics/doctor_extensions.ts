/** Whether skills and MCP servers can be used, and the files of the agents that they go into. */
import type { ZagPaths } from "../config/paths.ts";
import { resolveProject } from "../config/project.ts";
import { ExtensionError, ForeignFileError } from "../extensions/errors.ts";
import { listServers } from "../extensions/servers.ts";
import { othersIn } from "../extensions/settings_file.ts";
import { listSkills } from "../extensions/skills.ts";
import type { Host } from "../host.ts";
import { loadProvider, TIERS } from "../providers/registry.ts";
import { failedLook, type Finding, plural, shellWord } from "./doctor_findings.ts";
import { entriesOf } from "./doctor_sizes.ts";

/** Reads them all; changes nothing. Where there are none there is no finding. */
export async function examineExtensions(
  host: Host,
  paths: ZagPaths,
  root: string | undefined,
): Promise<Finding[]> {
  // What is wrong with the project is found elsewhere.
  const key = await resolveProject({ root, cwd: host.cwd }).then(({ key }) => key, () => undefined);
  const looks = await Promise.allSettled([
    ownFiles(paths, key),
    ...TIERS.map((name) => agentsFile(name, host, paths)),
  ]);
  return looks.flatMap((look, at) =>
    look.status === "fulfilled"
      ? look.value
      : failedLook(`extensions.${TIERS[at - 1] ?? "own"}`, "skills and MCP servers", look.reason)
  );
}

async function ownFiles(paths: ZagPaths, project: string | undefined): Promise<Finding[]> {
  // What is wrong with the state directory is found elsewhere.
  if (!entriesOf(paths.home).some(({ isDirectory }) => isDirectory)) return [];
  const findings: Finding[] = [];
  const { skills, bad: badSkills } = await listSkills(paths.skills);
  const { servers, bad: badServers } = await listServers(paths, project);
  for (const { dir, error } of badSkills) {
    findings.push({
      id: "extensions.skill",
      level: "warning",
      text: error.message,
      fix: `Mend or remove it: ${shellWord(dir)}`,
      facts: { path: dir },
    });
  }
  for (const { path, error } of badServers) {
    findings.push({
      id: "extensions.server",
      level: "warning",
      text: error.message,
      fix: `Mend or remove it: ${shellWord(path)}`,
      facts: { path },
    });
  }
  if (skills.length + servers.length > 0) {
    findings.push({
      id: "extensions.own",
      level: "ok",
      text: `${plural(skills.length, "skill", "skills")}, ` +
        plural(servers.length, "MCP server", "MCP servers"),
      facts: { skills: skills.length, servers: servers.length },
    });
  }
  return findings;
}

/** An agent cannot use such a file either. */
async function agentsFile(name: string, host: Host, paths: ZagPaths): Promise<Finding[]> {
  const provider = await loadProvider(name);
  const home = paths.userHome;
  if (!provider?.extensions || home === undefined) return [];
  const { mcp } = (await provider.extensions()).extensions;
  if (!mcp) return [];
  const path = mcp.file({ home, env: host.env.toObject() });
  try {
    await othersIn(path, mcp);
    return [];
  } catch (error) {
    if (!(error instanceof ForeignFileError) && !(error instanceof ExtensionError)) throw error;
    const { cause } = error;
    const reason = cause instanceof Error ? cause.message : error.message;
    return [{
      id: `extensions.${name}`,
      level: "warning",
      text: `${provider.displayName}: ${path} cannot be used: ${reason}`,
      fix: `Mend it: ${shellWord(path)}`,
      facts: { path },
    }];
  }
}
