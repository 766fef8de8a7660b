import { ollamaAddress, ollamaSetting } from "../../src/providers/ollama/address.ts";
import { assertEquals } from "../support/assert.ts";

/** Values of `OLLAMA_HOST`, and where Ollama's own client looks for the server then. */
const FORMS: readonly (readonly [string | undefined, string])[] = [
  [undefined, "http://127.0.0.1:11434"],
  ["", "http://127.0.0.1:11434"],
  ["   ", "http://127.0.0.1:11434"],
  ["1.2.3.4", "http://1.2.3.4:11434"],
  ["1.2.3.4:1234", "http://1.2.3.4:1234"],
  [":1234", "http://127.0.0.1:1234"],
  ["box", "http://box:11434"],
  ["box.example:1234", "http://box.example:1234"],
  ["  box:1234  ", "http://box:1234"],
  ['"box:1234"', "http://box:1234"],
  ["'box:1234'", "http://box:1234"],
  ["http://box", "http://box:80"],
  ["https://box", "https://box:443"],
  ["http://box:1234", "http://box:1234"],
  ["https://box:1234", "https://box:1234"],
  ["http://box/", "http://box:80"],
  ["http://box:1234/", "http://box:1234"],
  ["http://box:1234/a/b/", "http://box:1234/a/b"],
  ["https://box/ollama", "https://box:443/ollama"],
  ["box/ollama", "http://box:11434/ollama"],
  ["box:1234/", "http://box:1234"],
  ["0.0.0.0", "http://127.0.0.1:11434"],
  ["0.0.0.0:1234", "http://127.0.0.1:1234"],
  ["http://0.0.0.0:1234", "http://127.0.0.1:1234"],
  ["::", "http://[::1]:11434"],
  ["[::]", "http://[::1]:11434"],
  ["[::]:1234", "http://[::1]:1234"],
  ["::1", "http://[::1]:11434"],
  ["[::1]", "http://[::1]:11434"],
  ["[::1]:1234", "http://[::1]:1234"],
  ["https://[fe80::1]:1234/x", "https://[fe80::1]:1234/x"],
  ["box:", "http://box:11434"],
  ["box:port", "http://box:11434"],
  ["box:65536", "http://box:11434"],
  ["box:-1", "http://box:11434"],
  ["http://box:port", "http://box:80"],
  ["https://box:66000", "https://box:443"],
  ["box:0", "http://box:0"],
  ["box:65535", "http://box:65535"],
  ["ollama.com", "https://ollama.com:443"],
];

Deno.test("ollamaAddress reads every form of OLLAMA_HOST", () => {
  for (const [value, address] of FORMS) {
    assertEquals(ollamaAddress({ OLLAMA_HOST: value }), address, `OLLAMA_HOST=${value}`);
    assertEquals(new URL(address).pathname.endsWith("//"), false);
  }
});

Deno.test("ollamaSetting takes off blanks and quotes", () => {
  for (const value of ["8192", " 8192 ", '"8192"', "'8192'", ' " 8192 " ']) {
    assertEquals(ollamaSetting({ X: value }, "X"), "8192", value);
  }
  assertEquals(ollamaSetting({}, "X"), "");
});
