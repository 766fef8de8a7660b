/** What `zag discover` shows to people. Nothing here is safe for a terminal before it is cleaned. */
import type {
  FeatureSupport,
  ProviderCapability,
  SessionLogSupport,
  StreamingInputSupport,
} from "../agent/capability_report.ts";
import { type ProviderProbe, remedy } from "../agent/probe.ts";
import { shorten } from "../events/render/text.ts";
import type { Provider } from "../providers/provider.ts";

/** A provider, what it can do, and whether it can be used here. */
export interface ProviderReport {
  provider: Provider;
  capability: ProviderCapability;
  probe: ProviderProbe;
}

/** The models of a provider. */
export interface ModelList {
  provider: string;
  default_model: string;
  models: readonly string[];
}

/** What a model's name stands for. */
export interface Resolution {
  input: string;
  resolved: string;
  is_alias: boolean;
  provider: string;
}

const RULE_WIDTH = 80;

/** A line for each provider, and below why some cannot be used. */
export function tableText(reports: readonly ProviderReport[]): string {
  const lines = [
    row(["PROVIDER", "DEFAULT MODEL", "MODELS", "RESUME", "JSON", "LOGS", "STATUS"]),
    "-".repeat(RULE_WIDTH),
    ...reports.map(({ provider, capability, probe }) => {
      const { features } = capability;
      return row([
        capability.provider,
        shorten(capability.default_model, 28, 25),
        String(capability.available_models.length),
        word(features.resume_with_prompt),
        word(features.json_output),
        features.session_logs.completeness ?? "no",
        status(provider, probe),
      ]);
    }),
  ];
  const unusable = reports.filter(({ probe }) => !probe.usable);
  if (unusable.length > 0) lines.push("", "Cannot be used here:");
  for (const { provider, probe } of unusable) {
    lines.push(`  ${provider.name.padEnd(10)}${probe.reason}`);
    const command = remedy(provider, probe);
    if (command !== undefined) lines.push(`  ${"".padEnd(10)}install it: ${command}`);
  }
  return lines.join("\n") + "\n";
}

function row([provider, model, models, resume, json, logs, state]: readonly string[]): string {
  return [
    provider!.padEnd(10),
    model!.padEnd(28),
    models!.padStart(6),
    resume!.padEnd(6),
    json!.padEnd(6),
    logs!.padEnd(7),
    state,
  ].join(" ");
}

function usability({ binary }: Provider, { usable, installed }: ProviderProbe): string {
  if (!usable) return "cannot be used here";
  return installed || binary === undefined ? "can be used" : 'can be used by "zag exec" alone';
}

/** Everything about one provider. */
export function detailText({ provider, capability, probe }: ProviderReport): string {
  const command = remedy(provider, probe);
  const facts: [string, string | undefined][] = [
    ["Status", usability(provider, probe)],
    ["Reason", probe.reason],
    ["Install", command],
    ["Version", probe.version],
    ["Program", provider.binary ? probe.path ?? "not on PATH" : "built in"],
    ["Default model", capability.default_model],
  ];
  const sizes = Object.entries(capability.size_mappings);
  return [
    `${provider.displayName} (${provider.name})`,
    "",
    ...facts.flatMap(([label, text]) =>
      text === undefined ? [] : [`${`${label}:`.padEnd(15)}${text}`]
    ),
    "",
    "Sizes:",
    ...sizes.map(([size, model]) => `  ${size.padEnd(8)}${model}`),
    "",
    "Models:",
    ...capability.available_models.map((model) => `  - ${model}`),
    "",
    "Features:",
    ...Object.entries(capability.features).map(([name, feature]) =>
      `  ${name.padEnd(22)}${featureText(feature)}`
    ),
    "",
  ].join("\n");
}

/** Models below their providers; of a single provider, its names alone. */
export function modelsText(lists: readonly ModelList[], bare: boolean): string {
  if (bare) return lists.flatMap(({ models }) => models).map((model) => `${model}\n`).join("");
  return lists.map(({ provider, default_model, models }) =>
    `${provider} (default: ${default_model})\n${models.map((model) => `  - ${model}\n`).join("")}`
  ).join("\n");
}

/** What became of a model's name. */
export function resolutionText({ input, resolved, is_alias, provider }: Resolution): string {
  if (!is_alias && input.toLowerCase() === "default") {
    return `${input} passes no model: ${provider} uses its own\n`;
  }
  return is_alias
    ? `${input} -> ${resolved}\n`
    : `${input} is no alias: ${provider} takes it as it is\n`;
}

/** `native`, `by zag` or `no`. */
function word({ supported, native }: FeatureSupport): string {
  return native ? "native" : supported ? "by zag" : "no";
}

function featureText(feature: FeatureSupport & SessionLogSupport & StreamingInputSupport): string {
  const more = feature.completeness ?? feature.semantics;
  return more === undefined ? word(feature) : `${word(feature)}, ${more}`;
}

function status({ binary, service }: Provider, probe: ProviderProbe): string {
  if (!binary && !service) return "built in";
  if (probe.usable && !probe.installed && binary !== undefined) return "only exec";
  if (probe.usable) return probe.version ?? "usable";
  return probe.installed ? "unusable" : "missing";
}
