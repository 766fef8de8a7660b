/** The notices of this program. It loads nothing, for every command looks here at its end. */
import type { Notice } from "./notice.ts";

/** Runs of this program that have something to tell, or may have; by the paths of their files. */
export const notices: Map<string, Notice> = new Map();

/** Whether anything may be left to tell. */
export function hasNotices(): boolean {
  return notices.size > 0;
}
