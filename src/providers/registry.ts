/** Every provider by name, loaded when it is used. A new provider is one line here. */
import type { Provider } from "./provider.ts";

const LOADERS: Readonly<Record<string, () => Promise<{ provider: Provider }>>> = {
  claude: () => import("./claude/mod.ts"),
  codex: () => import("./codex/mod.ts"),
  gemini: () => import("./gemini/mod.ts"),
  copilot: () => import("./copilot/mod.ts"),
  ollama: () => import("./ollama/mod.ts"),
  mock: () => import("./mock/mod.ts"),
};

/** In this order providers stand in for one another; `mock` never does. */
export const TIERS: readonly string[] = ["claude", "codex", "gemini", "copilot", "ollama"];

/** The names that `-p` takes. */
export const PROVIDER_NAMES: readonly string[] = Object.keys(LOADERS);

/** The provider of that name, in any case; undefined when there is none. */
export async function loadProvider(name: string): Promise<Provider | undefined> {
  const load = Object.hasOwn(LOADERS, name.toLowerCase()) ? LOADERS[name.toLowerCase()] : undefined;
  return (await load?.())?.provider;
}
