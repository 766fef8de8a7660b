/** Makes what an agent needs for a review: the prompt, and files for what is too long for it. */
import { loadProjectConfig } from "../config/config.ts";
import { zagPaths } from "../config/paths.ts";
import { resolveProject } from "../config/project.ts";
import type { Host } from "../host.ts";
import type { ReviewTarget } from "../providers/launch_plan.ts";
import { loadProvider, TIERS } from "../providers/registry.ts";
import { type Change, DiffError, gatherChanges, gitForDiffs } from "../workspace/diff.ts";
import { isAuto } from "./choose_provider.ts";
import { OptionUsageError } from "./errors.ts";
import type { LaunchOptions } from "./launch_options.ts";
import { privateDirectory } from "./private_directory.ts";
import { reviewPrompt } from "./review_prompt.ts";

/** More bytes of diffs than this are not put into a prompt. */
const PROMPT_LIMIT = 200_000;

/** Of longer lists the rest is counted. */
const MOST_NAMED = 20;

/** A review that can begin; disposing of it removes its files. */
export interface PreparedReview extends AsyncDisposable {
  readonly prompt: string;
  /** A directory that the agent has to read; undefined when all is in the prompt. */
  readonly directory: string | undefined;
  /** What has changed and is not shown, each with the reason. */
  readonly leftOut: readonly string[];
}

/**
 * Makes the diffs and the prompt.
 *
 * @throws {OptionUsageError} for a provider that would have to be chosen first
 * @throws {DiffError} when there is nothing to review, or git cannot tell
 */
export async function prepareReview(
  host: Host,
  options: LaunchOptions,
  target: ReviewTarget,
  instructions: string | undefined,
): Promise<PreparedReview> {
  const paths = zagPaths(host.env);
  const project = await resolveProject({ root: options.root, cwd: host.cwd });
  const { config } = await loadProjectConfig(paths, project);
  const name = options.provider ?? config["defaults.provider"];
  if (isAuto(name) || isAuto(options.model)) {
    throw new OptionUsageError(
      `Cannot use ${isAuto(name) ? "-p" : "-m"} auto with "review": nobody is asked which agent ` +
        "fits a change",
      { hint: "Name a provider with -p, and a model with -m" },
    );
  }
  if (project.checkout === undefined) {
    throw new DiffError(`Cannot review ${project.workspace}: it is in no git repository`, {
      hint: "Start from one, or name one with --root",
    });
  }
  const git = await gitForDiffs(host.env, host.cwd);
  const directory = await privateDirectory(paths.launchFiles(crypto.randomUUID()));
  try {
    const request = { target, top: project.checkout, directory: directory.path };
    const changes = await gatherChanges(git, request);
    if (changes.length === 0) {
      throw new DiffError(`Cannot review ${describe(target)}: there is no difference`, {
        hint: '"git status" and "git log" show what there is',
      });
    }
    const bytes = changes.reduce((sum, change) => sum + change.bytes, 0);
    const isLong = bytes > PROMPT_LIMIT && await readsFiles(name);
    const reviewed = await Promise.all(
      changes.map(async (change) => ({ ...change, text: await textOf(change, isLong) })),
    );
    return {
      prompt: reviewPrompt({ changes: reviewed, title: target.title, instructions }),
      directory: isLong ? directory.path : undefined,
      leftOut: [...new Set(changes.flatMap(({ leftOut }) => leftOut))],
      [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
    };
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    throw error;
  }
}

/** What is asked for, for the books. */
export function summaryOf(target: ReviewTarget, instructions: string | undefined): string {
  const { title } = target;
  return [
    `Review ${describe(target)}${title === undefined ? "" : `: ${title}`}`,
    ...(instructions === undefined ? [] : [instructions]),
  ].join("\n\n");
}

function describe({ uncommitted, base, commit }: ReviewTarget): string {
  const parts = [
    ...(uncommitted ? ["the uncommitted changes"] : []),
    ...(base === undefined ? [] : [`the changes since ${base}`]),
    ...(commit === undefined ? [] : [`the commit ${commit}`]),
  ];
  return parts.join(" and ");
}

/** Whether the provider that is asked first can be given a directory; who cannot has no tools. */
async function readsFiles(name: string | undefined): Promise<boolean> {
  const provider = await loadProvider((name ?? TIERS[0]!).toLowerCase());
  return provider?.capabilities.addDirs !== false;
}

/** What a person is told about what is not reviewed; undefined when all is. */
export function leftOutNote(leftOut: readonly string[]): string | undefined {
  if (leftOut.length === 0) return undefined;
  const shown = leftOut.slice(0, MOST_NAMED).map((line) =>
    `  ${JSON.stringify(line).slice(1, -1)}`
  );
  const rest = leftOut.length - shown.length;
  if (rest > 0) shown.push(`  and ${rest} more`);
  return `warning: not shown to the agent:\n${shown.join("\n")}`;
}

async function textOf({ diff }: Change, isLong: boolean): Promise<string | undefined> {
  return isLong ? undefined : await Deno.readTextFile(diff);
}
