/** The assertions used by the tests, with the types that the npm copy of @std lacks. */

// @ts-types="./assert.d.ts"
export {
  assert,
  assertEquals,
  assertExists,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
