import { Redactor } from "../../src/redact/redact.ts";
import { assert, assertEquals } from "../support/assert.ts";

const PLAIN = new Redactor();
const DIGITS = "0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T";

Deno.test("Redactor.text() takes out tokens of known shapes, whoever they belong to", () => {
  const table: [string, string][] = [
    [`key sk-ant-api03-${DIGITS}!`, "key [redacted:api-key]!"],
    [`sk-proj-abc_${DIGITS}`, "[redacted:api-key]"],
    [`OPENAI=sk-${DIGITS}`, "OPENAI=[redacted:api-key]"],
    [`rk_live_${DIGITS}`, "[redacted:api-key]"],
    [`ghp_${DIGITS} gho_${DIGITS}`, "[redacted:github-token] [redacted:github-token]"],
    [`github_pat_${DIGITS}_${DIGITS}`, "[redacted:github-token]"],
    [`glpat-${DIGITS.slice(0, 20)}`, "[redacted:gitlab-token]"],
    ["xoxb-1234567890-abcdefghij", "[redacted:slack-token]"],
    [`npm_${DIGITS.slice(0, 36)}`, "[redacted:npm-token]"],
    ["id AKIAIOSFODNN7EXAMPLE.", "id [redacted:aws-key]."],
    [`AIza${DIGITS.slice(0, 35)}`, "[redacted:google-key]"],
    [
      "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.Sflow_KxwRJS-MeKKF2 x",
      "[redacted:jwt] x",
    ],
    ["Authorization: Bearer abc.def~x", "Authorization: Bearer [redacted:authorization]"],
    ["authorization: basic dXNlcjpwYXNz", "authorization: basic [redacted:authorization]"],
    [
      `{\\"Authorization\\":\\"Bearer ${DIGITS}\\"}`,
      `{\\"Authorization\\":\\"Bearer [redacted:authorization]\\"}`,
    ],
    [`-H "bearer ${DIGITS}"`, `-H "bearer [redacted:authorization]"`],
    ["https://me:hunter2@example.org/x", "https://me:[redacted:url-password]@example.org/x"],
    ["https://a1b2c3d4e5f6a7b8c9d0@host/x", "https://[redacted:url-token]@host/x"],
    ["git+https://dckr_x1b2c3d4e5f6:x@h", "git+https://[redacted:url-token]:x@h"],
    [
      "https://a1b2c3d4e5f6a7b8c9d0:x-oauth-basic@host",
      "https://[redacted:url-token]:[redacted:url-password]@host",
    ],
    ["redis://:hunter2@host:1", "redis://:[redacted:url-password]@host:1"],
    // Behind an escape that was not read, a colour, and a code of a URL.
    [`one\\nsk-${DIGITS}`, "one\\n[redacted:api-key]"],
    [`\x1b[31mghp_${DIGITS}\x1b[0m`, "\x1b[31m[redacted:github-token]\x1b[0m"],
    [`?k%3dsk-${DIGITS}`, "?k%3d[redacted:api-key]"],
  ];
  for (const [text, clean] of table) {
    assertEquals(PLAIN.text(text), clean);
    assertEquals(PLAIN.text(clean), clean, "it stays as it is");
  }
});

Deno.test("Redactor.text() takes out private keys, however they are written down", () => {
  const body = `MIIEowIBAAKCAQEA${DIGITS}\n${DIGITS}${DIGITS}==`;
  const key = `-----BEGIN RSA PRIVATE KEY-----\n${body}\n-----END RSA PRIVATE KEY-----`;
  const quoted = JSON.stringify(key);
  const numbered = key.split("\n").map((line, index) => `  ${index + 1}→${line}`).join("\n");
  const ssh = key.replaceAll("RSA", "OPENSSH");
  assertEquals(
    PLAIN.text(`a ${key} b ${ssh} c`),
    "a [redacted:private-key] b [redacted:private-key] c",
  );
  assertEquals(PLAIN.text(`k = ${quoted};`), 'k = "[redacted:private-key]";');
  assertEquals(PLAIN.text(numbered), "  1→[redacted:private-key]");
  const cut = PLAIN.text(key.slice(0, 100));
  assertEquals(cut, "[redacted:private-key]");
});

Deno.test("Redactor.text() leaves what only reminds of a secret", () => {
  const image = btoa(
    Array.from({ length: 3000 }, (_, at) => String.fromCharCode(at * 7 % 256)).join(""),
  );
  for (
    const text of [
      "commit 3f786850e387550fdab836ed7e6dc881de23001b",
      "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "6f1c8a52-8f0e-4f9d-9c8e-2a4f3f1f0a11",
      "task-force-of-the-department-of-2024-and-more disk-0123456789abcdefghijkl",
      'class="sk-toggleable__label sk-toggleable__label-arrow"',
      "const token = getToken(); password: string; Bearer authentication is described below",
      "npm_config_registry=https://registry.npmjs.org/ npm_package_version",
      "ghp_this_is_only_a_name_of_something",
      "https://example.org:8080/a@b http://localhost:1234/v1 postgres://user:$PASSWORD@host/db",
      "-----BEGIN PRIVATE KEY----- and -----END PRIVATE KEY----- stand around a key",
      "-----BEGIN CERTIFICATE-----\n" + DIGITS + DIGITS + "\n-----END CERTIFICATE-----",
      `data:image/png;base64,${image}`,
      "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
      "AKIA is how these keys begin, eyJ how tokens do, sk- how others do",
      "git@github.com:me/sk-app.git",
      "ssh://git@github.com https://x-access-token@host https://john.smith.1990%40example.com@host",
      "https://service-account-2024@host https://buildkite_agent_01@host https://$TOKEN_1a2b3c4d5e6f@host",
    ]
  ) assertEquals(PLAIN.text(text), text);
});

Deno.test("Redactor.text() reads long texts that are nearly secrets in time that grows with them", () => {
  // Each of these would take minutes if every beginning were followed to the end.
  for (
    const part of ["eyJ", "sk-", "-eyJ-", "://a:", "-----BEGIN PRIVATE KEY-----", "bearer ", "ghp_"]
  ) {
    const text = part.repeat(400_000 / part.length);
    assert(PLAIN.text(text).length > 0);
  }
});
