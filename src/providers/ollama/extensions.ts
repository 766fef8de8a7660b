/** Ollama knows no skills: the model is told about them. */
import type { ProviderExtensions } from "../extensions.ts";

export const extensions: ProviderExtensions = { skillsInPrompt: true };
