/** What is said about a session in the same way wherever it is shown to a person. */
import { paint } from "../events/render/text.ts";
import type { SessionStatus } from "../sessions/session_status.ts";

/** SGR codes of what a session can do. */
const STATUS_COLORS: Readonly<Record<SessionStatus, string>> = {
  running: "36",
  idle: "33",
  completed: "32",
  failed: "31",
  dead: "31",
  unknown: "2",
};

/** The word for what a session does, coloured where colour is wanted. */
export function statusText(status: SessionStatus, color: boolean): string {
  return paint(status, STATUS_COLORS[status], color);
}

/** US dollars: `$0.0123`; `-` when they are not known. */
export function costText(usd: number | null): string {
  return usd === null ? "-" : `$${usd.toFixed(4)}`;
}

/** A path as shells write it, where it is the person's home or below it. */
export function withTilde(path: string, userHome: string | undefined): string {
  if (!userHome || path !== userHome && !path.startsWith(`${userHome}/`)) return path;
  return `~${path.slice(userHome.length)}`;
}
