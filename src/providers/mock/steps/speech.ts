/** Steps in which the agent says, thinks, or claims to have used a tool. */
import type { Turn } from "../turn.ts";
import type { Plays } from "./mod.ts";

/** The steps of this file. */
export const SPEECH_STEPS: Plays<
  "say" | "think" | "echo" | "json" | "big" | "env" | "prompt" | "tool" | "usage" | "sleep"
> = {
  say: ({ text, deltas, delay }, turn) => turn.say(text, deltas, delay),
  think: ({ text }, turn) => turn.think(text),
  echo: (_, turn) => turn.say(turn.prompt),
  json: ({ value }, turn) => turn.say(JSON.stringify(value)),
  // Fragments would double what has to be read.
  big: ({ bytes, json }, turn) => turn.say(json ? bigJson(bytes) : "x".repeat(bytes), 0),
  env: ({ name }, turn) => turn.say(turn.agent.io.env[name] ?? "(unset)"),
  prompt: (_, turn) => turn.say(JSON.stringify(received(turn))),
  tool: (step, turn) =>
    turn.call(step.name, step.input ?? {}, async () => {
      const { autoApprove, asks } = turn.agent.args;
      // Where it asks about everything, it has been allowed.
      if (step.needs_permission && !autoApprove && !asks) {
        const description =
          `The tool "${step.name}" needs permission, and nobody can be asked: allow it with ` +
          "--auto-approve";
        await turn.show({
          type: "permission",
          tool: step.name,
          description,
          granted: false,
        });
        return { success: false, text: description, data: null };
      }
      await turn.wait(step.ms ?? 0);
      return {
        success: step.error === undefined,
        text: step.error ?? step.output ?? "",
        data: step.data ?? null,
      };
    }),
  usage: ({ do: _, cost_usd, ...counters }, turn) => turn.setUsage(counters, cost_usd),
  sleep: ({ ms }, turn) => turn.wait(ms),
};

/** An array of so many bytes, and not fewer than 4: objects, and a text that takes what is left. */
function bigJson(bytes: number): string {
  const rows: string[] = [];
  for (let left = bytes - '[""]'.length;;) {
    const row = `{"id":${rows.length},"text":"${"x".repeat(40)}"},`;
    if (row.length > left) return `[${rows.join("")}"${"x".repeat(Math.max(0, left))}"]`;
    rows.push(row);
    left -= row.length;
  }
}

/** Everything that reached the agent, so that a test can see it. */
function received(turn: Turn): Record<string, unknown> {
  const { args, session, systemPrompt, mcpConfig } = turn.agent;
  return {
    prompt: turn.prompt,
    system_prompt: systemPrompt,
    model: session.model,
    session_id: session.id,
    resumed: session.resumed,
    turn: turn.number,
    cwd: Deno.cwd(),
    add_dirs: args.addDirs,
    max_turns: args.maxTurns ?? null,
    auto_approve: args.autoApprove,
    mcp_config: mcpConfig,
    // The exchange that is going on has no answer yet.
    history: session.history.slice(0, -1),
  };
}
