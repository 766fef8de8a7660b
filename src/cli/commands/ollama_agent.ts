/** `zag ollama-agent`: the agent for Ollama, started by zag itself as a process of its own. */
import { defineCommand } from "../command.ts";

/** The hidden command. */
export const ollamaAgentCommand = defineCommand({
  name: "ollama-agent",
  brief: "Be the agent for Ollama; its own flags stand behind --",
  hidden: true,
  flags: {},
  operand: { name: "argument", brief: "A flag of the agent", required: false, many: true },
  async run(ctx, _flags, operands) {
    const { runOllamaAgent } = await import("../../providers/ollama/agent.ts");
    return await runOllamaAgent(operands, {
      stdin: ctx.stdin.readable,
      env: ctx.env.toObject(),
      cwd: ctx.cwd,
      write: (text) => ctx.stdout.write(text),
      writeErr: (text) => ctx.stderr.write(text),
    });
  },
});
