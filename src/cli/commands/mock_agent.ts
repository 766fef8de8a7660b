/** `zag mock-agent`: the built-in agent, started by zag itself as a process of its own. */
import { defineCommand } from "../command.ts";

/** The hidden command. */
export const mockAgentCommand = defineCommand({
  name: "mock-agent",
  brief: "Be the mock agent; its own flags stand behind --",
  hidden: true,
  flags: {},
  operand: { name: "argument", brief: "A flag of the mock agent", required: false, many: true },
  async run(ctx, _flags, operands) {
    const { runMockAgent } = await import("../../providers/mock/agent.ts");
    return await runMockAgent(operands, {
      stdin: ctx.stdin.readable,
      stdinIsTerminal: ctx.stdin.isTerminal,
      stdoutIsTerminal: ctx.stdout.isTerminal,
      env: ctx.env.toObject(),
      write: (text) => ctx.stdout.write(text),
      writeBytes: (bytes) => ctx.stdout.write(bytes),
      writeErr: (text) => ctx.stderr.write(text),
    });
  },
});
