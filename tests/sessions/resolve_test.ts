import {
  knownAs,
  NoSuchSessionError,
  resolveParent,
  resolveSession,
  resolveSessions,
  SELECTOR_TAG,
  type SessionTarget,
} from "../../src/sessions/resolve.ts";
import type { NewProcess } from "../../src/sessions/records.ts";
import { AmbiguousSessionError, SessionNotFoundError } from "../../src/sessions/store_errors.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";
import { AT, inTemp, session, withStore } from "./support.ts";

const EVERYWHERE = { project: undefined };

Deno.test("resolveSession() goes from exact ids to prefixes, and the project first", async () => {
  await withStore((store) => {
    store.addSession(session("abcd-1", { project: "a", providerSessionId: "native" }));
    store.addSession(session("abcd-2", { project: "b" }));
    store.addSession(session("abcd", { project: "c" }));
    store.addSession(session("native-2", { project: "a", providerSessionId: "abcd-2" }));
    store.addSession(session("twin-1", { project: "a" }));
    store.addSession(session("twin-2", { project: "a" }));
    store.addSession(session("twin-3", { project: null }));
    const table: [string, string | null | undefined, string][] = [
      ["abcd", undefined, "abcd"],
      ["abcd-2", undefined, "abcd-2"],
      ["native", undefined, "abcd-1"],
      ["nati", undefined, "native-2"],
      ["abcd-", "a", "abcd-1"],
      ["abcd-", "b", "abcd-2"],
      ["twin", null, "twin-3"],
      ["twin-1", "b", "twin-1"],
      ["nativ", "b", "native-2"],
      ["ABCD-1", undefined, "abcd-1"],
      ["ABCD", undefined, "abcd"],
      ["ABCD-", "b", "abcd-2"],
    ];
    for (const [reference, project, expected] of table) {
      assertEquals(
        resolveSession(store, { ref: reference }, { project }).sessionId,
        expected,
        reference,
      );
    }
    for (const reference of ["nat", "", "none", "abcd-3", "ABCD-3", "NATIVE", "%", "abc_", "*"]) {
      const error = assertThrows(
        () => resolveSession(store, { ref: reference }, EVERYWHERE),
        SessionNotFoundError,
      );
      assertEquals(error.reference, reference);
    }
    const ambiguous: [string, string | undefined, string[]][] = [
      ["abcd-", undefined, ["abcd-2", "abcd-1"]],
      ["abcd-", "none", ["abcd-2", "abcd-1"]],
      ["twin", "a", ["twin-2", "twin-1"]],
    ];
    for (const [reference, project, expected] of ambiguous) {
      const call = () => resolveSession(store, { ref: reference }, { project });
      const error = assertThrows(call, AmbiguousSessionError);
      assertEquals(error.candidates.map((each) => each.sessionId), expected);
      assertStringIncludes(error.message, expected.join(", "));
    }
  });
});

Deno.test("resolveSession() takes no name from another project where it is strict, but any id", async () => {
  await withStore((store) => {
    store.addSession(session("there-1", { project: "there", name: "n", providerSessionId: "p-1" }));
    assertEquals(resolveSession(store, { ref: "n" }, { project: "here" }).sessionId, "there-1");
    const strict = { project: "here", strict: true };
    const error = assertThrows(
      () => resolveSession(store, { ref: "n" }, strict),
      SessionNotFoundError,
    );
    assertStringIncludes(error.hint!, "A session of another project has this name");
    for (const ref of ["there-1", "ther", "p-1"]) {
      assertEquals(resolveSession(store, { ref }, strict).sessionId, "there-1", ref);
    }
    for (const project of [undefined, "there"]) {
      assertEquals(resolveSession(store, { ref: "n" }, { ...strict, project }).name, "n");
    }
    store.addSession(session("here-1", { project: "here", name: "n", createdAt: "2020-01-01" }));
    assertEquals(resolveSession(store, { ref: "n" }, strict).sessionId, "here-1");
  });
});

Deno.test("resolveSession() names a bounded number of candidates", async () => {
  await withStore((store) => {
    for (let index = 0; index < 50; index++) store.addSession(session(`many-${index}`));
    const error = assertThrows(
      () => resolveSession(store, { ref: "many" }, EVERYWHERE),
      AmbiguousSessionError,
    );
    assertEquals(error.candidates.length, 20);
    assert(error.message.length < 200);
  });
});

/** A moment so many minutes after {@linkcode AT}. */
const later = (minutes: number) => new Date(Date.parse(AT) + minutes * 60_000).toISOString();

const HERE = { project: "here" };

Deno.test("resolveSession() prefers an exact id, then the native id, the name, the prefix", async () => {
  await withStore((store) => {
    const ids = () => resolveSession(store, { ref: "beef" }, HERE).sessionId;
    store.addSession(session("beef-0001", { project: "here" }));
    assertEquals(ids(), "beef-0001", "the only one that starts so");
    store.addSession(session("elsewhere", { project: "there", name: "beef" }));
    assertEquals(ids(), "elsewhere", "a name, even of another project");
    store.addSession(session("named", { project: "here", name: "beef" }));
    assertEquals(ids(), "named", "a name of this project");
    store.addSession(session("newer", { project: "here", name: "beef", createdAt: later(1) }));
    assertEquals(ids(), "newer", "the newest of that name");
    store.addSession(session("native", { project: "there", providerSessionId: "beef" }));
    assertEquals(ids(), "native");
    store.addSession(session("beef", { project: "there" }));
    assertEquals(ids(), "beef");
  });
});

Deno.test("resolveSession() takes names exactly", async () => {
  await withStore((store) => {
    store.addSession(session("a", { name: "My session: 50% done_" }));
    store.addSession(session("b", { name: "other" }));
    const find = (name: string) => resolveSession(store, { name }, EVERYWHERE).sessionId;
    assertEquals(find("My session: 50% done_"), "a");
    for (const name of ["my session: 50% done_", "My session", "%", "othe_", ""]) {
      assertThrows(() => find(name), NoSuchSessionError, JSON.stringify(name));
    }
  });
});

Deno.test("resolveSession() guesses which name was meant", async () => {
  await withStore((store) => {
    store.addSession(session("a", { name: "refactor-parser" }));
    store.addSession(session("b", { name: "release notes" }));
    const hint = (ref: string) =>
      assertThrows(() => resolveSession(store, { ref }, HERE), SessionNotFoundError).hint!;
    assertStringIncludes(hint("refactor-parsre"), 'Did you mean "refactor-parser"?');
    assertStringIncludes(hint("Release Notes"), 'Did you mean "release notes"?');
    for (const ref of ["something else", "refactor-parsre", "ab"]) {
      assertStringIncludes(hint(ref), '"zag session list --global" shows all sessions');
    }
    assertStringIncludes(hint("ab"), "Give at least 4 characters of an id.");
  });
});

Deno.test("resolveSession() by tag, latest and scope", async () => {
  await withStore((store) => {
    store.addSession(session("old", { project: "here", tags: ["Nightly"], createdAt: later(1) }));
    store.addSession(
      session("new", { project: "here", tags: ["x", "nightly"], createdAt: later(2) }),
    );
    store.addSession(session("there", { project: "there", createdAt: later(3) }));
    store.addSession(session("twin-a", { project: null, createdAt: later(4) }));
    store.addSession(session("twin-b", { project: null, createdAt: later(4) }));
    const asked = { project: "here", tags: [SELECTOR_TAG], createdAt: later(9) };
    store.addSession(session("asked-by-zag", asked));
    const table: [SessionTarget, string | null | undefined, string][] = [
      [{ tag: "NIGHTLY" }, "here", "new"],
      [{ tag: "nightly" }, undefined, "new"],
      [{ tag: SELECTOR_TAG }, "here", "asked-by-zag"],
      [{ latest: true }, "here", "new"],
      [{ latest: true }, "there", "there"],
      [{ latest: true }, null, "twin-b"],
      [{ latest: true }, undefined, "twin-b"],
      [{ name: "none" }, "here", ""],
      [{ tag: "night" }, "here", ""],
      [{ tag: "nightly" }, "there", ""],
      [{ latest: true }, "empty", ""],
    ];
    for (const [target, project, expected] of table) {
      const call = () => resolveSession(store, target, { project }).sessionId;
      if (expected !== "") assertEquals(call(), expected, JSON.stringify([target, project]));
      else assertStringIncludes(assertThrows(call, NoSuchSessionError).hint!, "--global");
    }
    const nowhere = assertThrows(
      () => resolveSession(store, { name: "none" }, EVERYWHERE),
      NoSuchSessionError,
    );
    assertEquals(nowhere.message, 'Cannot find a session named "none"');
  });
});

Deno.test("resolveSession() finds the session that was written to last", async () => {
  await inTemp(async (dir) => {
    await withStore((store) => {
      const add = (id: string, minutes: number, more = {}) => {
        const logPath = `${dir}/${id}.jsonl`;
        Deno.writeTextFileSync(logPath, "");
        Deno.utimeSync(logPath, minutes * 60, minutes * 60);
        store.addSession(session(id, { project: "here", logPath, createdAt: later(1), ...more }));
      };
      const active = () => resolveSession(store, { active: true }, HERE).sessionId;
      assertThrows(active, NoSuchSessionError);
      store.addSession(
        session("gone", { project: "here", logPath: `${dir}/no`, outcome: "success" }),
      );
      assertEquals(active(), "gone", "nothing is better than a log that is lost");
      add("ended-late", 50, { outcome: "success" });
      add("ended-early", 20, { outcome: "success", createdAt: later(9) });
      assertEquals(active(), "ended-late");
      add("running-early", 5, { startedAt: AT });
      add("running-late", 10, { startedAt: AT });
      assertEquals(active(), "running-late", "what goes on is newer than what has ended");
      add("asked-by-zag", 99, { tags: [SELECTOR_TAG] });
      add("other-project", 99, { project: "there" });
      assertEquals(active(), "running-late");
    });
  });
});

Deno.test("resolveSession() by process: digits are a number first", async () => {
  await withStore((store) => {
    const run = (id: string, sessionId: string | null, more: Partial<NewProcess>) =>
      store.addProcess({
        provider: "mock",
        command: "exec",
        startedAt: AT,
        status: "exited",
        ownerPid: 1,
        ...more,
        id,
        sessionId,
      });
    for (const id of ["a", "b", "c"]) store.addSession(session(id));
    run("12345678-run", "a", { ownerPid: 77 });
    run("beef0000-run", "b", { ownerPid: 12345678, agentPid: 88 });
    run("cafe0000-run", "c", { ownerPid: 88, startedAt: later(1) });
    run("dead0000-run", null, { ownerPid: 99 });
    run("dead0001-run", "deleted", { ownerPid: 98 });
    const find = (ps: string) => resolveSession(store, { ps }, EVERYWHERE).sessionId;
    const table: [string, string][] = [
      ["12345678", "b"],
      ["1234", "a"],
      ["12345678-run", "a"],
      ["77", "a"],
      ["88", "c"],
      ["beef", "b"],
      ["cafe0000-run", "c"],
    ];
    for (const [ps, expected] of table) assertEquals(find(ps), expected, ps);
    for (const ps of ["99", "98", "5", "bee", "", "dead0000-run", "nothing", "99999999999"]) {
      assertThrows(() => find(ps), NoSuchSessionError, JSON.stringify(ps));
    }
  });
});

Deno.test("resolveSessions() keeps the order and names everything once", async () => {
  await withStore((store) => {
    for (const [id, minutes] of [["one-1", 1], ["two-2", 2], ["three-3", 3]] as const) {
      store.addSession(session(id, { tags: ["all"], createdAt: later(minutes), project: "here" }));
    }
    store.addSession(session("four-4", { tags: ["rest"], project: "there" }));
    const find = (refs: string[], tags: string[] = []) =>
      resolveSessions(store, refs, tags, HERE).map(({ sessionId }) => sessionId);
    assertEquals(find(["two-2", "one-1", "two-"]), ["two-2", "one-1"]);
    assertEquals(find(["one-1"], ["ALL"]), ["one-1", "three-3", "two-2"]);
    assertEquals(find(["four-4"], ["all"]), ["four-4", "three-3", "two-2", "one-1"]);
    assertEquals(find([]), []);
    assertThrows(() => find([], ["rest"]), NoSuchSessionError, '"rest" in this project');
    assertThrows(() => find(["one-1"], ["all", "rest"]), NoSuchSessionError, '"rest" in this');
    assertThrows(() => find(["one-1", "five"]), SessionNotFoundError);
  });
});

Deno.test("resolveSessions() takes of a tag the newest retries only; references lead to all", async () => {
  await withStore((store) => {
    const tagged = (id: string, minutes: number, retriedFrom: string | null = null) =>
      store.addSession(session(id, {
        tags: ["all"],
        createdAt: later(minutes),
        project: "here",
        retriedFrom,
      }));
    tagged("one-1", 1);
    tagged("two-2", 2);
    tagged("three-3", 3, "one-1");
    tagged("four-4", 4, "three-3");
    const find = (refs: string[], tags: string[] = []) =>
      resolveSessions(store, refs, tags, HERE).map(({ sessionId }) => sessionId);
    assertEquals(find([], ["all"]), ["four-4", "two-2"]);
    assertEquals(find(["one-1"], ["all"]), ["one-1", "four-4", "two-2"]);
    assertEquals(store.listSessions({ tag: "all" }).length, 4);
    store.deleteSession("four-4");
    assertEquals(find([], ["all"]), ["three-3", "two-2"]);
  });
});

Deno.test("resolveParent() finds sessions and runs, and children of what is gone", async () => {
  await withStore((store) => {
    store.addSession(session("aaaa-1", { name: "mother", providerSessionId: "native" }));
    store.addSession(session("child", { parentSessionId: "gone", parentProcessId: "gone-too" }));
    const run = { provider: "mock", command: "exec", startedAt: AT, ownerPid: 1 } as const;
    store.addProcess({ ...run, id: "bbbb-1", sessionId: "aaaa-1" });
    const table: [string, string][] = [
      ["aaaa-1", "aaaa-1"],
      ["aaaa", "aaaa-1"],
      ["mother", "aaaa-1"],
      ["native", "aaaa-1"],
      ["bbbb-1", "bbbb-1"],
      ["bbbb", "bbbb-1"],
      ["gone", "gone"],
      ["gone-too", "gone-too"],
    ];
    for (const [reference, expected] of table) {
      assertEquals(resolveParent(store, reference, HERE), expected, reference);
    }
    for (const reference of ["bbb", "nothing", ""]) {
      assertThrows(() => resolveParent(store, reference, HERE), SessionNotFoundError);
    }
    store.addSession(session("aaaa-2"));
    assertThrows(() => resolveParent(store, "aaaa", HERE), AmbiguousSessionError);
  });
});

Deno.test("resolveSession() takes a UUID in any case, and what is spelt like that before it", async () => {
  const id = "abcdef01-2345-4789-abcd-ef0123456789";
  const upper = id.toUpperCase();
  await withStore((store) => {
    store.addSession(session(id));
    const find = (ref: string) => resolveSession(store, { ref }, EVERYWHERE).sessionId;
    assertEquals([upper, upper.slice(0, 4), upper.slice(0, 10), id].map(find), [id, id, id, id]);
    assertEquals(knownAs(store, upper, EVERYWHERE)?.sessionId, id);
    store.addSession(session("named", { name: "ABCDEF01" }));
    assertEquals(find("ABCDEF01"), "named");
    // What another program has recorded keeps its spelling.
    store.addSession(session(upper));
    assertEquals([upper, id].map(find), [upper, id]);
  });
});
