/** A state directory as the original leaves it. */
import type { TestHome } from "../support/zag.ts";

/** The start of every line that the original writes: its envelope, its spelling of times. */
export function line(
  seq: number,
  id: string,
  kind: Record<string, unknown>,
  envelope: Record<string, unknown> = {},
): string {
  return JSON.stringify({
    seq,
    ts: `2026-01-02T03:04:${String(seq).padStart(2, "0")}.678901234+00:00`,
    provider: "mock",
    wrapper_session_id: id,
    provider_session_id: null,
    source_kind: "wrapper",
    completeness: "full",
    ...envelope,
    ...kind,
  }) + "\n";
}

/** The lines of a whole session of one turn. */
export function wholeLog(id: string, cwd: string, nativeId = `native-${id}`): string {
  const known = { provider_session_id: nativeId };
  return line(1, id, {
    type: "session_started",
    command: "exec",
    model: "old-model",
    cwd,
    resumed: false,
    backfilled: false,
  }) +
    line(2, id, { type: "user_message", role: "user", content: "hi", message_id: null }) +
    line(3, id, { type: "heartbeat", interval_secs: 10 }) +
    // The original writes this key twice.
    line(4, id, { type: "usage_limit_hit", scope: "weekly", incident_id: "i" }, known)
      .replace("}\n", ',"provider":"mock"}\n') +
    line(5, id, { type: "assistant_message", content: "old answer", message_id: null }, known) +
    line(6, id, { type: "usage", input_tokens: 5, output_tokens: 6, total_cost_usd: 0.5 }, known) +
    line(7, id, { type: "session_ended", success: true, error: null }, known);
}

/** An entry of `sessions.json`. */
export function entry(id: string, workspace: string, fields: Record<string, unknown> = {}) {
  return {
    session_id: id,
    provider: "mock",
    model: "old-model",
    worktree_path: workspace,
    worktree_name: "",
    created_at: "2026-01-02T03:04:00.5+00:00",
    provider_session_id: null,
    sandbox_name: null,
    log_path: null,
    log_completeness: "partial",
    name: null,
    description: null,
    tags: [],
    ...fields,
  };
}

/** Writes files below the state directory; what is no text becomes JSON. */
export async function plant(home: TestHome, files: Record<string, unknown>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = `${home.path}/.zag/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, textOf(content));
  }
}

/** What a planted file holds. */
export function textOf(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content, null, 2);
}

/** Under which name the original keeps what belongs to a directory. */
export function originalKey(directory: string): string {
  return directory.slice(1).replaceAll("/", "-");
}
