import { resolveSession } from "../../src/sessions/resolve.ts";
import { AmbiguousSessionError, SessionNotFoundError } from "../../src/sessions/store_errors.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";
import { session, withStore } from "./support.ts";

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
    ];
    for (const [reference, project, expected] of table) {
      assertEquals(
        resolveSession(store, { ref: reference }, { project }).sessionId,
        expected,
        reference,
      );
    }
    for (const reference of ["nat", "", "none", "abcd-3", "ABCD-1", "%", "abc_", "*"]) {
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
