import { childrenOf, descendantsOf, treeOf } from "../../src/cli/ps_tree.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { chances } from "../e2e/faults_support.ts";

interface Run {
  id: string;
  session_id: string | null;
  started_at: string;
  parent_process_id: string | null;
  parent_session_id: string | null;
}

/** Runs that relate to one another in every way, in circles too. */
function family(chance: () => number): Run[] {
  const count = Math.floor(chance() * 30);
  const some = (prefix: string) =>
    chance() < 0.4 ? null : `${prefix}${Math.floor(chance() * count * 1.2)}`;
  return Array.from({ length: count }, (_, index) => ({
    id: `r${index}`,
    session_id: some("s"),
    started_at: String(Math.floor(chance() * 10)),
    parent_process_id: some("r"),
    parent_session_id: some("s"),
  }));
}

Deno.test("treeOf() has each run once, below its parent, whatever they say of one another", () => {
  const chance = chances(7);
  for (let round = 0; round < 500; round++) {
    const runs = family(chance);
    const branches = treeOf(runs);
    assertEquals(new Set(branches.map(({ run }) => run.id)), new Set(runs.map(({ id }) => id)));
    assertEquals(branches.length, runs.length);
    const depths = branches.map(({ lead }) => lead.length / 3);
    for (const [index, depth] of depths.entries()) {
      assert(Number.isInteger(depth) && depth <= (depths[index - 1] ?? -1) + 1);
      const parent = branches.slice(0, index).findLast((_, at) => depths[at] === depth - 1)?.run;
      const { run } = branches[index]!;
      if (depth === 0) continue;
      assert(
        run.parent_process_id === parent!.id || run.parent_session_id === parent!.session_id,
      );
      assert(childrenOf(runs, parent!.id).includes(run));
    }
    const roots = branches.filter(({ lead }) => lead === "").map(({ run }) => run);
    assertEquals(roots, runs.filter((run) => roots.includes(run)), "the order stays");
  }
});

Deno.test("treeOf() draws branches", () => {
  const run = (id: string, parent: string | null): Run => ({
    id,
    session_id: null,
    started_at: "",
    parent_process_id: parent,
    parent_session_id: null,
  });
  const runs = [run("f", "c"), run("e", "b"), run("d", "b"), run("c", "a"), run("b", "a")];
  const drawn = treeOf([...runs, run("a", "not there")]).map(({ run, lead }) => lead + run.id);
  assertEquals(drawn, ["a", "├─ c", "│  └─ f", "└─ b", "   ├─ e", "   └─ d"]);
});

Deno.test("treeOf() and descendantsOf() go as deep as agents do", () => {
  const runs = Array.from({ length: 3000 }, (_, index) => ({
    id: String(index),
    session_id: null,
    started_at: "",
    parent_process_id: index === 0 ? null : String(index - 1),
    parent_session_id: null,
  }));
  assertEquals(treeOf(runs).length, 3000);
  assertEquals(descendantsOf(runs, new Set(["0"])).length, 2999);
});

Deno.test("descendantsOf() goes by the process, and by the session where that is not known", () => {
  const runs: Run[] = [
    {
      id: "4",
      session_id: "s4",
      started_at: "4",
      parent_process_id: "gone",
      parent_session_id: "s1",
    },
    {
      id: "3",
      session_id: "s3",
      started_at: "3",
      parent_process_id: "other",
      parent_session_id: "s1",
    },
    { id: "2", session_id: "s2", started_at: "2", parent_process_id: "1", parent_session_id: "s1" },
    {
      id: "other",
      session_id: "s1",
      started_at: "1",
      parent_process_id: null,
      parent_session_id: null,
    },
    {
      id: "1",
      session_id: "s1",
      started_at: "0",
      parent_process_id: null,
      parent_session_id: null,
    },
  ];
  const below = (...ids: string[]) => descendantsOf(runs, new Set(ids)).map(({ id }) => id);
  assertEquals(below("1", "s1"), ["4", "2"]);
  assertEquals(below("1", "other", "s1"), ["4", "3", "2"]);
  assertEquals(below("gone"), ["4"]);
});
