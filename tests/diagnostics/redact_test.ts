import { GIVEN, REDACTED, redactor } from "../../src/diagnostics/redact.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { randomOf } from "../support/recordings.ts";

Deno.test("redactor() takes out given values and those of variables with secret names", () => {
  const redact = redactor(
    { MY_API_KEY: "abcdef123", HOME: "/home/me", DB_PASSWORD: 'p"q\\rst8', CI_TOKEN: "1" },
    ["what I gave", "abcdef123456"],
  );
  const [key, password] = ["[redacted:MY_API_KEY]", "[redacted:DB_PASSWORD]"];
  assertEquals(
    redact('abcdef123 abcdef123456 /home/me p"q\\rst8 {"x":"p\\"q\\\\rst8"} 1 what I gave'),
    `${key} ${GIVEN} /home/me ${password} {"x":"${password}"} 1 ${GIVEN}`,
  );
});

Deno.test("redactor() takes out what looks like a secret, whoever it belongs to", () => {
  const redact = redactor({}, []);
  const table: [string, string][] = [
    ["Authorization: Bearer abc.def-123", "Authorization: Bearer [redacted:authorization]"],
    ['{"token":"0123456789"}', `{"token":"${REDACTED}"}`],
    ['"{\\"apiKey\\": \\"0123456789\\"}"', `"{\\"apiKey\\": \\"${REDACTED}\\"}"`],
    ["GITHUB_TOKEN=0123456789 next", `GITHUB_TOKEN=${REDACTED} next`],
    ["key sk-ant-0123456789abcdef!", "key [redacted:api-key]!"],
    ["token=ghp_0123456789abcdefghij", "token=[redacted:github-token]"],
    ["https://me:hunter2@example.org/x", "https://me:[redacted:url-password]@example.org/x"],
    ["?access_token=0123456789&a=b", `?access_token=${REDACTED}&a=b`],
  ];
  for (const [text, clean] of table) assertEquals(redact(text), clean);
});

Deno.test("redactor() leaves ordinary text as it is", () => {
  const redact = redactor({ AUTHOR: "me", PATH: "/usr/bin" }, ["", "ab"]);
  for (
    const text of [
      "program: /usr/bin/claude",
      'arguments: ["--model","haiku","fix the token parser"]',
      "environment: API_KEY ZAG_SESSION_ID",
      "turn 3 used 1200 input tokens: fine",
      "http://127.0.0.1:1234/v1",
    ]
  ) assertEquals(redact(text), text);
});

Deno.test("redactor() lets no given value through, wherever it stands", () => {
  const random = randomOf(11);
  const alphabet = 'abcXYZ019"\\\n$1 é{}.*';
  const word = (length: number) =>
    Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join("");
  for (let round = 0; round < 300; round++) {
    const secrets = Array.from({ length: 3 }, () => word(6 + Math.floor(random() * 10)));
    const parts = [
      ...secrets,
      word(5),
      JSON.stringify({ x: secrets[0] }),
      secrets[1]! + secrets[2],
    ];
    const clean = redactor({}, secrets)(parts.join(word(3)));
    for (const secret of secrets) assert(!clean.includes(secret), JSON.stringify([secret, clean]));
  }
});
