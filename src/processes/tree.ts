/**
 * Everything that a program has started, wherever it went. Agents put their tools into groups of
 * their own, tools make daemons that init adopts, and each leaves a different trace.
 *
 * @module
 */
import {
  compareStarts,
  hasEnded,
  type ProcessIdentity,
  type ProcessInfo,
  sameStart,
} from "./process_info.ts";
import { identityStatus, listProcesses, withEnvironmentEntry } from "./process_table.ts";

/** What belongs to a tree besides descendants, and what does not. */
export interface TreeOptions {
  /** `NAME=VALUE` that every process of the tree was started with, unless it was cleared. */
  readonly marker?: string | undefined;
  /** These processes and their descendants are left out. */
  readonly sparePids?: readonly number[] | undefined;
  /**
   * A group with the root's number is taken for its own even when the root has ended. That is right
   * for whoever saw the root end just now. For a root from an old record it is not: the number may
   * have had a second life, so pass false and rely on the marker.
   *
   * @default true
   */
  readonly trustGroup?: boolean | undefined;
}

/** One look at a tree. */
export interface TreeScan {
  /** The living members, the root first. */
  readonly members: readonly ProcessInfo[];
  /** Groups in which nothing but members lives. */
  readonly groups: ReadonlySet<number>;
}

/**
 * Collects the processes of a tree that live now:
 *
 * - the root, if it is still the same process;
 * - descendants of members;
 * - whoever is in a group or session that a member leads, or led while it lived;
 * - whoever was started with the marker.
 *
 * This program itself is never a member.
 *
 * @throws {Deno.errors.NotCapable} When neither `/proc` nor `ps` may be used.
 */
export async function collectTree(
  root: ProcessIdentity,
  options: TreeOptions = {},
): Promise<ProcessIdentity[]> {
  const { members } = await new TreeScanner(root, options).scan();
  return members.map(({ pid, startTime }) => ({ pid, startTime }));
}

/** Looks at a tree again and again, and remembers what belonged to it. */
export class TreeScanner {
  readonly #root: ProcessIdentity;
  readonly #options: TreeOptions;
  /** Start times of all that were ever members. */
  readonly #known = new Map<number, string>();
  /** Groups and sessions that a member has led, with its start time. */
  readonly #led = new Map<number, string>();

  constructor(root: ProcessIdentity, options: TreeOptions = {}) {
    this.#root = root;
    this.#options = options;
  }

  /** Looks at the tree as it is now. */
  async scan(): Promise<TreeScan> {
    const table = new Map((await listProcesses()).map((info) => [info.pid, info]));
    const members = new Map<number, ProcessInfo>();
    const spared = this.#spared(table);
    const add = (info: ProcessInfo) => {
      if (members.has(info.pid) || spared.has(info.pid)) return;
      members.set(info.pid, info);
      this.#known.set(info.pid, info.startTime);
      if (info.pgid === info.pid || info.sid === info.pid) this.#led.set(info.pid, info.startTime);
    };
    this.#addRoot(table, add);
    for (const [pid, startTime] of this.#known) {
      const info = table.get(pid);
      if (info !== undefined && sameStart(info.startTime, startTime)) add(info);
    }
    this.#addRelated(table, members, add);
    for (const info of await this.#marked(table, members, spared)) add(info);
    this.#addRelated(table, members, add);
    return {
      members: [...members.values()].filter((info) => !hasEnded(info.state)),
      groups: wholeGroups(table, members),
    };
  }

  #addRoot(table: Map<number, ProcessInfo>, add: (info: ProcessInfo) => void): void {
    const { pid, startTime } = this.#root;
    if (this.#known.has(pid)) return;
    const info = table.get(pid);
    if (info === undefined) {
      if (this.#options.trustGroup ?? true) this.#led.set(pid, startTime);
      return;
    }
    // Undefined when the root was read by another method than the table is.
    const order = compareStarts(info.startTime, startTime);
    if (order === 0 || (order === undefined && identityStatus(this.#root) === "alive")) add(info);
  }

  /** Adds descendants and fellow members of led groups until nothing new is found. */
  #addRelated(
    table: Map<number, ProcessInfo>,
    members: Map<number, ProcessInfo>,
    add: (info: ProcessInfo) => void,
  ): void {
    for (let size = -1; size !== members.size;) {
      size = members.size;
      for (const info of table.values()) {
        if (members.has(info.ppid) || this.#isLed(info, table)) add(info);
      }
    }
  }

  #isLed(info: ProcessInfo, table: Map<number, ProcessInfo>): boolean {
    for (const id of [info.pgid, info.sid]) {
      const led = this.#led.get(id);
      if (led === undefined) continue;
      const leader = table.get(id);
      // The number was given to a new process, so the old group is gone.
      if (leader !== undefined && !sameStart(leader.startTime, led)) continue;
      const order = compareStarts(info.startTime, led);
      if (order !== undefined && order >= 0) return true;
    }
    return false;
  }

  async #marked(
    table: Map<number, ProcessInfo>,
    members: Map<number, ProcessInfo>,
    spared: ReadonlySet<number>,
  ): Promise<ProcessInfo[]> {
    const { marker } = this.#options;
    if (marker === undefined) return [];
    // Whatever was there before the root cannot have its marker, and to look costs a file each.
    const others = [...table.values()].filter((info) =>
      !members.has(info.pid) && !spared.has(info.pid) && !hasEnded(info.state) &&
      (compareStarts(info.startTime, this.#root.startTime) ?? 0) >= 0
    );
    const pids = await withEnvironmentEntry(others.map((info) => info.pid), marker);
    return others.filter((info) => pids.has(info.pid));
  }

  #spared(table: Map<number, ProcessInfo>): Set<number> {
    const spared = new Set(this.#options.sparePids ?? []);
    for (let size = -1; size !== spared.size;) {
      size = spared.size;
      for (const { pid, ppid } of table.values()) {
        // A spared parent of the root, such as its owner, does not spare the root.
        if (spared.has(ppid) && pid !== this.#root.pid) spared.add(pid);
      }
    }
    // Our own descendants are not spared: the root is one of them, as a rule.
    return spared.add(Deno.pid);
  }
}

function wholeGroups(
  table: Map<number, ProcessInfo>,
  members: Map<number, ProcessInfo>,
): Set<number> {
  const groups = new Set<number>();
  for (const { pgid, state } of members.values()) if (!hasEnded(state)) groups.add(pgid);
  for (const { pid, pgid, state } of table.values()) {
    if (!members.has(pid) && !hasEnded(state)) groups.delete(pgid);
  }
  groups.delete(0);
  groups.delete(1);
  return groups;
}
