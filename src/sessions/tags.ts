/** Tags of a session, which are told apart without regard to case. */

/** How tags are to change. */
export interface TagChange {
  /** All that are there go. */
  readonly clearTags: boolean;
  /** These go. */
  readonly untag: readonly string[];
  /** These are added, last. */
  readonly tag: readonly string[];
}

/** The tags after a change, in the order in which they were given. */
export function changedTags(tags: readonly string[], change: TagChange): string[] {
  const gone = new Set(change.untag.map(folded));
  const kept = change.clearTags ? [] : tags.filter((tag) => !gone.has(folded(tag)));
  return distinctTags([...kept, ...change.tag]);
}

/** Each tag once, as it was written first. */
export function distinctTags(tags: readonly string[]): string[] {
  const byKey = new Map<string, string>();
  for (const tag of tags) {
    if (!byKey.has(folded(tag))) byKey.set(folded(tag), tag);
  }
  return [...byKey.values()];
}

/** A text as it is compared: all of Unicode in one case and one way to write it. */
export function folded(text: string): string {
  return text.normalize().toLowerCase();
}
