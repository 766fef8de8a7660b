/** `auto`: a model that knows the task chooses who shall work on it. One call before the real one. */
import type { EnvReader, Host } from "../host.ts";
import { withoutControls } from "../events/render/text.ts";
import type { Provider } from "../providers/provider.ts";
import { checkCapabilities } from "./check_capabilities.ts";
import {
  allUsable,
  AUTO,
  type Choice,
  chooseUsable,
  defaultProvider,
  isAuto,
  namedProvider,
} from "./choose_provider.ts";
import type { ChoiceRequest, ChosenTarget } from "./choose_target.ts";
import { OptionUsageError, PrintDisabledError, SelectionError } from "./errors.ts";
import { passPrintGate } from "./gate.ts";
import { findName, isGeneral } from "./models.ts";
import { SELECTOR_TAG } from "../sessions/resolve.ts";
import { readSelection, type SelectorAnswer } from "./selector_answer.ts";
import { SELECTOR_SYSTEM_PROMPT, selectorPrompt } from "./selector_prompt.ts";

/** Whoever chooses has this long, in milliseconds. */
const SELECTOR_LIMIT_MS = 120_000;

/**
 * Has a provider, a model or both chosen. An answer that cannot be read leads to the choice that
 * would have been made without `auto`.
 *
 * @param otherwise Makes that choice.
 * @throws {OptionUsageError} when there is no prompt to choose by.
 * @throws {SelectionError} when the selector declines, or names a provider that is not to be had.
 * @throws {PrintDisabledError} when the selector may not run.
 */
export async function autoSelect(
  wanted: ChoiceRequest,
  otherwise: () => Promise<Choice>,
): Promise<ChosenTarget> {
  const { request, config, context } = wanted;
  const { options, prompt } = request;
  const choosesProvider = isAuto(options.provider ?? config["defaults.provider"]);
  const choosesModel = options.model === undefined || isAuto(options.model);
  if (prompt === undefined || prompt.trim() === "") {
    const flag = isAuto(options.provider) ? "-p" : isAuto(options.model) ? "-m" : undefined;
    if (flag !== undefined) {
      throw new OptionUsageError(
        `Cannot use ${flag} ${AUTO} without a prompt: there is nothing to choose by`,
      );
    }
    const choice = await otherwise();
    context.warn(
      `defaults.provider is "${AUTO}", but without a prompt there is nothing to choose by: ` +
        `${choice.provider.name} it is`,
    );
    return { choice };
  }
  const fixed = choosesProvider ? undefined : await otherwise();
  const offered = fixed ? [fixed] : await offeredChoices(wanted);
  // Whoever is chosen without being asked fails with the best message about it.
  if (offered.length === 0) return { choice: await otherwise() };
  const told = await ask(
    wanted,
    await selectorFor(wanted, fixed),
    selectorPrompt({
      offered: offered.map(({ provider }) => provider),
      choosesProvider,
      choosesModel,
      task: prompt,
    }),
  );
  const fallBack = async (reason: string) => {
    const choice = fixed ?? await otherwise();
    context.warn(`${AUTO} has chosen nothing, so ${choice.provider.name} it is: ${reason}`);
    return { choice };
  };
  if ("failure" in told) return await fallBack(told.failure);
  const answer = readSelection(told.answer, fixed?.provider.name);
  if (!answer) {
    const start = withoutControls(told.answer.trim()).slice(0, 80).replaceAll(/\s+/g, " ");
    return await fallBack(`the answer cannot be read: ${JSON.stringify(start)}`);
  }
  const reason = answer.reason;
  if (answer.declined) {
    const why = reason ?? "the selector gave no reason";
    throw new SelectionError(`Cannot choose an agent for this task: ${why}`, why);
  }
  if (fixed && (answer.model === undefined || isAuto(answer.model))) {
    return await fallBack("the answer names no model");
  }
  const choice = fixed ?? pick(answer, offered);
  const model = choosesModel ? modelOf(answer, choice.provider, context.warn) : undefined;
  // `defaults.model` may be a name of the default provider's; one that was typed is meant for whoever
  // lists it, and only they were offered.
  const standsIn = fixed?.standsIn ??
    (choosesModel && choice.provider.name !== defaultProvider(config, context.candidates));
  return { choice: { ...choice, standsIn }, selection: { model, reason } };
}

/** Who can be used here, and can do what is asked for. */
async function offeredChoices(wanted: ChoiceRequest): Promise<Choice[]> {
  const { request, config, globalConfig, context } = wanted;
  const able = (await allUsable(context)).filter(({ provider }) => {
    try {
      checkCapabilities(request, provider, { pinned: false, config });
      if (request.command === "exec") passPrintGate(provider, context.host.env, globalConfig);
      return true;
    } catch {
      return false;
    }
  });
  const { model } = request.options;
  if (model === undefined || isAuto(model) || isGeneral(model)) return able;
  const listing = able.filter(({ provider }) => findName(model, provider.models) !== undefined);
  return listing.length > 0 ? listing : able;
}

/** Who chooses, and with which model. */
async function selectorFor(
  { config, context }: ChoiceRequest,
  fixed: Choice | undefined,
): Promise<{ provider: Provider; model: string }> {
  const named = config["auto.provider"];
  const model = config["auto.model"] ?? "medium";
  if (named !== undefined) {
    return { provider: await namedProvider(named, context.candidates), model };
  }
  if (fixed) return { provider: fixed.provider, model };
  const requested = defaultProvider(config, context.candidates);
  const { provider, standsIn } = await chooseUsable(requested, {
    ...context,
    mode: "exec",
    warn: () => {},
  });
  return { provider, model: standsIn && !isGeneral(model) ? "medium" : model };
}

async function ask(
  wanted: ChoiceRequest,
  selector: { provider: Provider; model: string },
  prompt: string,
): Promise<{ answer: string } | { failure: string }> {
  const { request, newId, context } = wanted;
  const { root, env, timeoutMs = Infinity } = request.options;
  const { launch } = await import("./launch.ts");
  try {
    const outcome = await launch({
      command: "exec",
      // Nothing that needs permission helps to choose, so nothing is allowed.
      withoutDefaults: true,
      options: {
        provider: selector.provider.name,
        model: selector.model,
        systemPrompt: SELECTOR_SYSTEM_PROMPT,
        timeoutMs: Math.min(timeoutMs, SELECTOR_LIMIT_MS),
        tags: [SELECTOR_TAG],
        ...(root === undefined ? {} : { root }),
        ...(env === undefined ? {} : { env }),
      },
      prompt,
      resume: undefined,
      streamInput: false,
      ...(request.signal ? { signal: request.signal } : {}),
      observer: { debug: (message) => request.observer?.debug?.(message) },
      host: asChildOf(newId, context.host),
    });
    request.signal?.throwIfAborted();
    const { result } = outcome.output;
    if (outcome.success && result?.trim()) return { answer: result };
    return { failure: outcome.failure ?? `${outcome.agentName} gave an empty answer` };
  } catch (error) {
    request.signal?.throwIfAborted();
    if (error instanceof PrintDisabledError) {
      throw new PrintDisabledError(error.provider, error.agentName, error.declined, true);
    }
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

/** The machine as an agent of that session sees it. */
function asChildOf(sessionId: string, host: Host): Host {
  const added: Readonly<Record<string, string>> = { ZAG_SESSION_ID: sessionId };
  const env: EnvReader = {
    get: (name) => added[name] ?? host.env.get(name),
    toObject: () => ({ ...host.env.toObject(), ...added }),
  };
  // A copy would lack what the host has from another one that it is derived from.
  return Object.create(host, { env: { value: env } });
}

function pick({ provider: name = "" }: SelectorAnswer, offered: readonly Choice[]): Choice {
  const chosen = offered.find(({ provider }) => provider.name === name.toLowerCase());
  if (chosen) return chosen;
  const names = offered.map(({ provider }) => provider.name).join(", ");
  throw new SelectionError(
    `Cannot use "${name}", which ${AUTO} chose: it must be one of ${names}`,
    name,
  );
}

/** A model that nobody has would end the session; one that was made up is left out instead. */
function modelOf(
  { model }: SelectorAnswer,
  { name, models }: Provider,
  warn: (message: string) => void,
): string | undefined {
  if (model === undefined || isAuto(model)) return undefined;
  if (isGeneral(model)) return model;
  const known = findName(model, models);
  if (known === undefined) {
    warn(`${AUTO} chose the model "${model}", which ${name} is not known to have; it is left out`);
  }
  return known;
}
