import { OptionUsageError } from "../../src/agent/errors.ts";
import { wishOf } from "../../src/agent/place.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";

Deno.test("wishOf() reads a name, or that one has to be thought up", () => {
  const resumes = false;
  assertEquals(wishOf({}), undefined);
  assertEquals(wishOf({ worktree: true }), { kind: "worktree", name: undefined, resumes });
  assertEquals(wishOf({ worktree: "a/b" }), { kind: "worktree", name: "a/b", resumes });
  assertEquals(wishOf({ sandbox: "box" }), { kind: "sandbox", name: "box", resumes });
});

Deno.test("wishOf() refuses two places, and another place for a session that goes on", () => {
  assertThrows(
    () => wishOf({ worktree: "a", sandbox: true }),
    OptionUsageError,
    "Cannot use --worktree together with --sandbox",
  );
  assertThrows(
    () => wishOf({ sandbox: true }, { latest: true }),
    OptionUsageError,
    "Cannot use --sandbox together with --resume: a session goes on where it was",
  );
});
