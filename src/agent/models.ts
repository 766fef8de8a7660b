/** Model names: sizes and their aliases, and what the provider is finally told. */
import type { Config } from "../config/config.ts";
import type { ModelCatalogue, ModelSize, Provider } from "../providers/provider.ts";
import { InvalidModelError, OptionUsageError } from "./errors.ts";

const SIZES: Readonly<Record<string, ModelSize>> = {
  small: "small",
  s: "small",
  medium: "medium",
  m: "medium",
  large: "large",
  l: "large",
  max: "large",
};

/** The size that a word stands for, in any case; undefined for any other word. */
export function sizeOf(word: string): ModelSize | undefined {
  const key = word.toLowerCase();
  return Object.hasOwn(SIZES, key) ? SIZES[key] : undefined;
}

/** What a model is chosen from. */
export interface ModelRequest {
  provider: Provider;
  /** As `-m` says: a size or a name. */
  model: string | undefined;
  /** As `--size` says: a size or a tag. */
  size: string | undefined;
  config: Config;
  /** The provider stands in for another one, for which exact names were meant. */
  standsIn: boolean;
  /** The name that the books hold of the session that goes on; undefined for a new one. */
  stored: string | undefined;
  warn(message: string): void;
}

/** A model, chosen. */
export interface ChosenModel {
  /** Value of the model flag; undefined when none is passed. */
  flag: string | undefined;
  /** What is shown and stored. */
  name: string;
}

/**
 * The model of a session: what was asked for, else the one that the session had before, else the
 * configured one, else the CLI's own.
 *
 * @throws {InvalidModelError} when the provider's list is complete and the name is not on it.
 * @throws {OptionUsageError} when a size is asked for, and the model's name holds one.
 */
export async function chooseModel(request: ModelRequest): Promise<ChosenModel> {
  const { provider, config, stored } = request;
  if (request.model?.trim() === "") {
    throw new OptionUsageError("Cannot use an empty name as the model: leave it out", {
      hint: "without a model the agent's own default holds",
    });
  }
  const { family, defaultName } = provider.models;
  const given = droppable(request.model, request);
  if (family !== undefined) {
    const name = familyModel({ ...request, model: given }, family);
    return { flag: name, name };
  }
  if (given === undefined && stored !== undefined) {
    // A name that was resolved once and is resolved again could become another one.
    return { flag: stored === defaultName ? undefined : stored, name: stored };
  }
  const own = config[`models.${provider.name}`];
  const wanted = given ?? own ?? droppable(config["defaults.model"], request);
  const flag = await resolveModel(wanted, provider, request.warn);
  return { flag, name: flag ?? defaultName };
}

/** A size means something to every provider; an exact name only to the one it was meant for. */
function droppable(
  model: string | undefined,
  { standsIn, provider, warn }: ModelRequest,
): string | undefined {
  if (model === undefined || !standsIn || isGeneral(model)) return model;
  warn(`The model "${model}" is left out: it was not meant for ${provider.name}`);
  return undefined;
}

/** Whether a word means something to every provider: a size, or `default`. */
export function isGeneral(model: string): boolean {
  return sizeOf(model) !== undefined || isDefault(model);
}

function isDefault(model: string): boolean {
  return model.toLowerCase() === "default";
}

/**
 * The model flag's value for a wanted model; undefined means that no flag is passed and the CLI's
 * own default holds. A name that an open list lacks is passed on: it may be newer than the list.
 *
 * @throws {InvalidModelError} when the provider's list is complete and the name is not on it.
 */
export async function resolveModel(
  wanted: string | undefined,
  { name: provider, models }: Pick<Provider, "name" | "models">,
  warn: (message: string) => void,
): Promise<string | undefined> {
  if (wanted === undefined) return undefined;
  const size = sizeOf(wanted);
  const name = size === undefined ? wanted : models.sizes[size];
  if (isDefault(name)) return undefined;
  const known = findName(name, models);
  if (known !== undefined) return known;
  const { didYouMean } = await import("../suggest.ts");
  const hint = didYouMean(wanted, [...knownNames(models), ...Object.keys(models.sizes)]);
  if (!models.open) throw new InvalidModelError(wanted, provider, models.names, { hint });
  warn(
    `${provider} is not known to have a model "${wanted}"; it is told this name as it is` +
      (hint === undefined ? "" : `. ${hint}`),
  );
  return name;
}

/** A name as the catalogue spells it; undefined when it is not there. */
export function findName(name: string, models: ModelCatalogue): string | undefined {
  return knownNames(models).find((known) => known.toLowerCase() === name.toLowerCase());
}

function knownNames({ names, sizes }: ModelCatalogue): string[] {
  return [...names, ...Object.values(sizes)];
}

/** A colon before a slash belongs to the address of a registry. */
const TAG = /:[^/]*$/;

/** The name of a model whose sizes are tags, `NAME:TAG`. */
function familyModel(request: ModelRequest, family: string): string {
  const { provider, model, config, stored } = request;
  const setting = (key: string) =>
    config[`${provider.name}.${key}` as keyof Config] as
      | string
      | undefined;
  const tagOf = (word: string) => {
    const size = sizeOf(word);
    return size === undefined ? word : setting(`size_${size}`) ?? provider.models.sizes[size];
  };
  const size = request.size === undefined ? undefined : tagOf(request.size);
  if (model !== undefined && !isGeneral(model)) {
    if (size !== undefined && TAG.test(model)) {
      throw new OptionUsageError(
        `Cannot use the size "${request.size}" with the model "${model}": its name holds a size`,
        { hint: "leave out one of the two" },
      );
    }
    return withTag(model, size ?? setting("size"), family, tagOf("medium"));
  }
  if (stored !== undefined && model === undefined) {
    return size === undefined ? stored : `${withoutTag(stored)}:${size}`;
  }
  const configured = setting("model");
  const wanted = model ?? config[`models.${provider.name}`] ?? generalModel(request, configured);
  const isSize = wanted !== undefined && sizeOf(wanted) !== undefined;
  const name = wanted === undefined || isGeneral(wanted) ? configured ?? family : wanted;
  const tag = size ?? (isSize ? tagOf(wanted) : undefined);
  // What is typed now is newer than the tag of a configured name.
  if (tag !== undefined) return `${withoutTag(name)}:${tag}`;
  return withTag(name, setting("size"), family, tagOf("medium"));
}

/** `defaults.model`, where it is a size, or where nothing more specific names a model. */
function generalModel(request: ModelRequest, configured: string | undefined): string | undefined {
  const general = request.config["defaults.model"];
  if (general === undefined || isGeneral(general)) return general;
  return configured === undefined ? droppable(general, request) : undefined;
}

function withTag(
  name: string,
  tag: string | undefined,
  family: string,
  familyTag: string,
): string {
  if (TAG.test(name)) return name;
  // The built-in size is one that the built-in family has.
  const chosen = tag === undefined && name.toLowerCase() === family.toLowerCase() ? familyTag : tag;
  return chosen === undefined ? name : `${name}:${chosen}`;
}

function withoutTag(name: string): string {
  return name.replace(TAG, "");
}
