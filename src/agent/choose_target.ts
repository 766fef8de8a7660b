/** From what was asked for to the provider that runs it. */
import type { Config } from "../config/config.ts";
import type { ZagPaths } from "../config/paths.ts";
import type { Project } from "../config/project.ts";
import type { Provider } from "../providers/provider.ts";
import type { SessionRecord } from "../sessions/records.ts";
import type { SessionNotFoundError } from "../sessions/store_errors.ts";
import {
  type Choice,
  type ChoiceContext,
  chooseUsable,
  defaultProvider,
  isAuto,
  namedProvider,
  withoutAuto,
} from "./choose_provider.ts";
import { InvalidOptionError } from "./errors.ts";
import { discover } from "./resume_target.ts";
import type { SettleRequest } from "./settle.ts";

/** What a provider is chosen from. */
export interface ChoiceRequest {
  request: SettleRequest;
  config: Config;
  globalConfig: Config;
  paths: ZagPaths;
  project: Project;
  /** The session that goes on. */
  resumed: SessionRecord | undefined;
  /** A session goes on that is not in the index. */
  missing: SessionNotFoundError | undefined;
  /** Id of the session, if it is a new one. */
  newId: string;
  context: ChoiceContext;
}

/** A provider, and what was found out on the way to it. */
export interface ChosenTarget {
  choice: Choice;
  discovered?: { id: string; source: string };
  /** What a selector said besides. */
  selection?: { model: string | undefined; reason: string | undefined };
}

/**
 * Decides who runs a session: the provider of the session that goes on, the one that was named, the
 * one that a selector chooses, or the default one and who can stand in for it.
 *
 * @throws {SessionNotFoundError} when nobody knows the session that shall go on.
 */
export async function chooseTarget(wanted: ChoiceRequest): Promise<ChosenTarget> {
  const { request, config, resumed, missing, context } = wanted;
  const { options } = request;
  const { candidates } = context;
  // A session that goes on keeps its provider; there is nothing left to choose.
  const named = withoutAuto(options.provider);
  const successor = request.resume && "id" in request.resume
    ? request.resume.from?.provider
    : undefined;
  if (resumed && successor !== undefined) {
    const choice = pin(await namedProvider(successor, candidates));
    // What was meant for the one before need not be known to this one.
    return { choice: { ...choice, standsIn: choice.provider.name !== resumed.provider } };
  }
  if (resumed) {
    const provider = await namedProvider(named ?? resumed.provider, candidates);
    if (provider.name === resumed.provider) return { choice: pin(provider) };
    throw new InvalidOptionError(
      `Cannot resume session "${resumed.sessionId}" with ${provider.name}: it belongs to ${resumed.provider}`,
      { hint: "leave -p out: a session keeps its provider" },
    );
  }
  if (missing) {
    const names = named === undefined ? candidates.names : [named];
    const providers = await Promise.all(names.map((name) => namedProvider(name, candidates)));
    const { paths, project } = wanted;
    const found = await discover(missing, providers, paths, project, context.host);
    return { choice: pin(found.provider), discovered: { id: found.id, source: found.source } };
  }
  const choosesProvider = isAuto(options.provider ?? config["defaults.provider"]);
  if (choosesProvider || isAuto(options.model)) {
    const { autoSelect } = await import("./auto_select.ts");
    return await autoSelect(wanted, () => chooseNamed(named, config, context));
  }
  if (named === undefined && options.sandbox !== undefined) {
    // Its program is in the sandbox: whether there is one here says nothing.
    const provider = await namedProvider(defaultProvider(config, candidates), candidates);
    return { choice: { ...pin(provider), pinned: false } };
  }
  return { choice: await chooseNamed(named, config, context) };
}

/** The provider of that name; without one, the default provider or who can stand in for it. */
async function chooseNamed(
  name: string | undefined,
  config: Config,
  context: ChoiceContext,
): Promise<Choice> {
  const { candidates } = context;
  if (name !== undefined) return pin(await namedProvider(name, candidates));
  return await chooseUsable(defaultProvider(config, candidates), context);
}

function pin(provider: Provider): Choice {
  return { provider, program: undefined, pinned: true, standsIn: false };
}
