import type { AgentHome } from "./agent_home.ts";
import { CLAUDE, type MessagesBody } from "./claude_support.ts";
import { testLimits } from "./limit_support.ts";

/** All prompts and answers that the model was told last. */
function conversation(claude: AgentHome): string[] {
  const { messages } = claude.asked.at(-1)!.body as MessagesBody;
  return messages.map(({ content }) =>
    typeof content === "string" ? content : content.map(({ text }) => text ?? "").join("\n")
  );
}

testLimits(CLAUDE, { tries: 1, says: /exceed your account's rate limit/, conversation });
