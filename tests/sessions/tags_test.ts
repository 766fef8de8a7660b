import { changedTags, distinctTags } from "../../src/sessions/tags.ts";
import { assertEquals } from "../support/assert.ts";

const NOTHING = { clearTags: false, tag: [], untag: [] };

Deno.test("changedTags adds behind what is there, each tag once in any case", () => {
  assertEquals(changedTags(["b", "a"], { ...NOTHING, tag: ["A", "c", "C"] }), ["b", "a", "c"]);
  assertEquals(changedTags(["Äpfel"], { ...NOTHING, tag: ["äpfel", "A\u0308pfel"] }), ["Äpfel"]);
  assertEquals(changedTags(["a"], NOTHING), ["a"]);
});

Deno.test("changedTags clears, then takes away, then adds", () => {
  assertEquals(changedTags(["a", "b"], { ...NOTHING, clearTags: true }), []);
  assertEquals(changedTags(["a", "b"], { ...NOTHING, clearTags: true, tag: ["b"] }), ["b"]);
  assertEquals(changedTags(["a", "b"], { ...NOTHING, untag: ["B", "none"] }), ["a"]);
  assertEquals(changedTags(["a", "b"], { ...NOTHING, untag: ["a"], tag: ["A"] }), ["b", "A"]);
});

Deno.test("distinctTags keeps the first way to write a tag", () => {
  assertEquals(distinctTags(["One", "two", "ONE", "one", "two "]), ["One", "two", "two "]);
});
