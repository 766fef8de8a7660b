/** Whether the files with settings can be used. */
import { accessSync, constants } from "node:fs";
import { dirname, join } from "node:path";
import { type ConfigFile, configFiles, type ConfigLayer, readLayer } from "../config/config.ts";
import type { ZagPaths } from "../config/paths.ts";
import { type Project, resolveProject } from "../config/project.ts";
import { ZagError } from "../errors.ts";
import { failedLook, type Finding, plural, shellWord } from "./doctor_findings.ts";

/** Reads the files that count here, and then those of all other projects. */
export async function examineConfig(
  paths: ZagPaths,
  cwd: string,
  root: string | undefined,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  let project: Project | undefined;
  try {
    project = await resolveProject({ root, cwd });
  } catch (error) {
    findings.push(fault("config.project", error, "Name another directory with --root"));
  }
  const files = await configFiles(paths, project);
  for (const file of [...files].reverse()) findings.push(await examineFile(file, root));
  return [...findings, ...await examineOthers(paths, files)];
}

async function examineFile(file: ConfigFile, root: string | undefined): Promise<Finding> {
  const { scope, path } = file;
  const id = `config.${scope}`;
  const flag = scope === "global"
    ? " --global"
    : root === undefined
    ? ""
    : ` --root ${shellWord(root)}`;
  let layer: ConfigLayer;
  try {
    layer = await readLayer(file);
  } catch (error) {
    // The file of a person is not thrown away because of a comma.
    return fault(id, error, `Mend the file, or: zag config reset${flag}`, path);
  }
  const { source, config, leftOut } = layer;
  if (source === undefined) {
    return {
      id,
      level: "info",
      text: `${scope}: there is no file; what is built in holds`,
      facts: { path: null, settings: 0 },
    };
  }
  const count = Object.keys(config).length;
  const text = `${scope}: ${source}: ${plural(count, "setting", "settings")}`;
  const facts = { path: source, settings: count };
  if (leftOut.length > 0) {
    const unknown = `${text}; zag does not know ${leftOut.join(", ")}`;
    return { id, level: "warning", text: unknown, fix: `zag config init${flag}`, facts };
  }
  if (source !== path) {
    const old = `${text}, in the form of the older zag`;
    return { id, level: "info", text: old, fix: `zag config init${flag}`, facts };
  }
  return { id, level: "ok", text, facts };
}

/** Finds out now what would be found out by the next command in each of them. */
async function examineOthers(
  paths: ZagPaths,
  known: readonly ConfigFile[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { key } of paths.stateDirs()) {
    if (key === undefined) continue;
    const path = join(paths.projectDir(key), "zag.jsonc");
    if (known.some((file) => file.path === path)) continue;
    try {
      await readLayer({
        scope: "project",
        path,
        original: join(paths.projectDir(key), "zag.toml"),
      });
    } catch (error) {
      findings.push(
        fault(`config.project.${key}`, error, `Mend the file: ${shellWord(path)}`, path),
      );
    }
  }
  return findings;
}

/** @param path The file, where one is to blame: what may not be read cannot be reset either. */
function fault(id: string, error: unknown, fix: string, path?: string): Finding {
  if (!(error instanceof ZagError)) return failedLook(id, "the configuration", error);
  const closed = path === undefined ? undefined : [path, dirname(path)].find(isClosed);
  if (closed === undefined) return { id, level: "problem", text: error.message, fix };
  return {
    id,
    level: "problem",
    text: error.message,
    fix: `chmod u+${closed === path ? "rw" : "rwx"} ${shellWord(closed)}`,
  };
}

function isClosed(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return (error as { code?: string }).code === "EACCES";
  }
}
