import {
  ANSWER_ROOM,
  type ContextFacts,
  contextLength,
  estimateTokens,
} from "../../src/providers/ollama/context_length.ts";
import { assert, assertEquals } from "../support/assert.ts";

const PLAIN: ContextFacts = {
  env: {},
  texts: ["hi"],
  longest: 262_144,
  own: undefined,
  loaded: undefined,
};

/** A text of about so many tokens. */
function words(tokens: number): string {
  return "abc".repeat(tokens);
}

Deno.test("contextLength leaves room for an answer and rounds up to a power of two", () => {
  assertEquals(contextLength(PLAIN), 16_384);
  for (const tokens of [1, 7000, 9000, 20_000, 100_000]) {
    const length = contextLength({ ...PLAIN, texts: [words(tokens)] });
    assertEquals(Math.log2(length) % 1, 0, `${tokens}`);
    assert(length >= tokens + ANSWER_ROOM, `${tokens}`);
    assert(length < 2 * (tokens + ANSWER_ROOM + 100), `${tokens}`);
  }
});

Deno.test("contextLength counts the whole conversation", () => {
  const one = contextLength({ ...PLAIN, texts: [words(10_000)] });
  const four = contextLength({ ...PLAIN, texts: Array(4).fill(words(10_000)) });
  assertEquals([one, four], [32_768, 65_536]);
});

Deno.test("contextLength never asks for more than the model has", () => {
  assertEquals(contextLength({ ...PLAIN, longest: 4096 }), 4096);
  assertEquals(contextLength({ ...PLAIN, longest: 100_000, texts: [words(90_000)] }), 100_000);
  assertEquals(
    contextLength({ ...PLAIN, longest: 2048, env: { OLLAMA_CONTEXT_LENGTH: "8192" } }),
    2048,
  );
  assertEquals(contextLength({ ...PLAIN, longest: 8192, own: 65_536 }), 8192);
  assertEquals(contextLength({ ...PLAIN, longest: undefined, texts: [words(1 << 20)] }), 2 ** 21);
});

Deno.test("contextLength keeps a loaded model loaded, if its context is enough", () => {
  assertEquals(contextLength({ ...PLAIN, loaded: 10_000 }), 10_000);
  assertEquals(contextLength({ ...PLAIN, loaded: 200_000 }), 200_000);
  assertEquals(contextLength({ ...PLAIN, loaded: 4096 }), 16_384);
  assertEquals(contextLength({ ...PLAIN, longest: 4096, loaded: 4096 }), 4096);
});

Deno.test("contextLength does not go below what the model's parameters ask for", () => {
  assertEquals(contextLength({ ...PLAIN, own: 60_000 }), 60_000);
  assertEquals(contextLength({ ...PLAIN, own: 2048 }), 16_384);
});

Deno.test("contextLength obeys OLLAMA_CONTEXT_LENGTH before all else", () => {
  const facts = { ...PLAIN, texts: [words(50_000)], own: 60_000, loaded: 200_000 };
  for (const value of ["6000", ' "6000" ']) {
    assertEquals(contextLength({ ...facts, env: { OLLAMA_CONTEXT_LENGTH: value } }), 6000);
  }
  for (const value of ["", "0", "-5", "many", "1.5"]) {
    const env = { OLLAMA_CONTEXT_LENGTH: value };
    assertEquals(contextLength({ ...PLAIN, env }), 16_384, value);
  }
});

Deno.test("estimateTokens counts bytes, and digits one by one", () => {
  const base = estimateTokens([""]);
  assertEquals(estimateTokens([]), 0);
  assertEquals(estimateTokens(["abcdef"]) - base, 2);
  assertEquals(estimateTokens(["123456"]) - base, 6);
  assertEquals(estimateTokens(["漢字"]) - base, 2);
  assertEquals(estimateTokens(["a", "b"]), 2 * base + 2);
});
