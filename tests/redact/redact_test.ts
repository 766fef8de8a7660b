import { holdsRedaction, Redactor } from "../../src/redact/redact.ts";
import { RedactingText } from "../../src/redact/redacting_text.ts";
import { knowSecrets, knowSecretsOf, redact } from "../../src/redact/redact.ts";
import { hasSecretName, secretsIn } from "../../src/redact/secret_values.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { randomOf } from "../support/recordings.ts";

Deno.test("hasSecretName() knows the names of secrets", () => {
  const secret = "GITHUB_TOKEN,DB_PASSWORD,api-key,myApiKey,AWS_SECRET_ACCESS_KEY,NPM_AUTH," +
    "SSH_PRIVATE_KEY,GCP_CREDENTIALS,STRIPE_KEY,DB_PASS,X_PASSWD,SESSION_COOKIE,MYSQL_PW,SENTRY_DSN," +
    "AZURE_STORAGE_CONNECTION_STRING,DB_CONN_STR,connectionString,AccountKey";
  for (const name of secret.split(",")) assert(hasSecretName(name), name);
  const open = "PATH,HOME,PWD,OLDPWD,GIT_AUTHOR_NAME,KEYBOARD,MONKEY,COMPASS,LANG,EDITOR,USER," +
    "DATABASE_URL,HTTPS_PROXY,PWM_PIN,CONNECTION_TIMEOUT";
  for (const name of open.split(",")) assert(!hasSecretName(name), name);
});

Deno.test("secretsIn() passes over values that are no secrets", () => {
  const values: Record<string, string> = {
    A_TOKEN: "1",
    B_TOKEN: "true",
    C_TOKEN: "short12",
    D_TOKEN: "password",
    E_TOKEN: "read-only",
    F_TOKEN: "/run/secrets/token_1.txt",
    G_TOKEN: "https://example.org/token",
    H_TOKEN: "32768000",
    I_TOKEN: "****************",
    J_TOKEN: "dennis99x",
    K_TOKEN: "K_TOKEN",
    L_TOKEN: "Disabled",
    M_TOKEN: "C:\\keys\\mine",
    HOME: "/home/dennis99x",
  };
  assertEquals([...secretsIn(values)], []);
});

Deno.test("secretsIn() knows a secret by the name of its variable", () => {
  const secrets = {
    A_TOKEN: "hunter2hunter2",
    B_TOKEN: "correct horse battery staple",
    C_TOKEN: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    D_TOKEN: "abcdefghijklmnop",
    E_TOKEN: "918273645546",
    F_TOKEN: "6f1c8a52-8f0e-4f9d-9c8e-2a4f3f1f0a11",
    G_TOKEN: "/9j4AAQSkZJRgABAQEASABIAAD/x",
  };
  assertEquals(
    [...secretsIn({ ...secrets, EDITOR: "vi -u x12345678" })],
    Object.entries(secrets).map(([name, value]) => [value, name]),
  );
});

Deno.test("secretsIn() knows the passwords in addresses and names of sources", () => {
  const table: [string, string, string[]][] = [
    ["DATABASE_URL", "postgres://me:p4ss%2Fw0rd@db.example:5432/x", ["p4ss%2Fw0rd", "p4ss/w0rd"]],
    ["HTTPS_PROXY", " http://bob:s3cr3t@pw@proxy:3128", ["s3cr3t@pw"]],
    ["JDBC", "jdbc:mysql://db/x?user=me&password=abc123xyz", ["abc123xyz"]],
    ["ORIGIN", "https://a1b2c3d4e5f6a7b8@example.org/x", ["a1b2c3d4e5f6a7b8"]],
    ["HOMEPAGE", "https://me@example.org/a:b@c?page=12345678a", []],
    ["REDIS_URL", "redis://:password@localhost", []],
    ["NOTE", "see postgres: user:p4ssw0rd@host", []],
  ];
  for (const [name, value, secrets] of table) {
    assertEquals([...secretsIn({ [name]: value })], secrets.map((secret) => [secret, name]), value);
  }
  const inside = {
    SENTRY_DSN: ["https://abc123def456@o1.example/1", "abc123def456"],
    MYSQL_DSN: ["me:hunter2hunter2@tcp(db:3306)/x", "hunter2hunter2"],
    AZURE_CONNECTION_STRING: ["AccountName=me;AccountKey=abc+1234/56==;Other=1", "abc+1234/56=="],
  };
  for (const [name, [value, secret]] of Object.entries(inside)) {
    assertEquals([...secretsIn({ [name]: value! }).keys()].sort(), [value, secret].sort());
  }
});

Deno.test("knowSecretsOf() knows what each part of a configuration holds, also under the same name", () => {
  knowSecretsOf({
    mcpServers: {
      a: { env: { API_KEY: "f1rst-of-two" } },
      b: {
        env: { API_KEY: "s3cond-of-two", STORE: "redis://:th1rd-of-all@host" },
        args: ["plain-4rg"],
      },
    },
  });
  assertEquals(
    redact("f1rst-of-two s3cond-of-two th1rd-of-all plain-4rg"),
    "[redacted:API_KEY] [redacted:API_KEY] [redacted:STORE] plain-4rg",
  );
});

Deno.test("Redactor forgets what was learned least lately", () => {
  const redactor = new Redactor();
  const own = { OWN_TOKEN: "own-s3cret-value" };
  redactor.learn(own);
  for (let index = 0; index < 800; index++) {
    redactor.learn({ CALL_TOKEN: `call-s3cret-${index}` });
    if (index === 400) redactor.learn(own);
  }
  assertEquals(redactor.text("own-s3cret-value"), "[redacted:OWN_TOKEN]");
  assertEquals(redactor.text("call-s3cret-799"), "[redacted:CALL_TOKEN]");
  assertEquals(redactor.text("call-s3cret-1."), "call-s3cret-1.");
});

Deno.test("Redactor.text() finds values in JSON, URLs and base64, and says whose they are", () => {
  const redactor = new Redactor();
  const secret = 'Zx9 "q\\w/é+1';
  redactor.learn({ MY_TOKEN: secret, PIN_SECRET: "123456789012" });
  const named = "[redacted:MY_TOKEN]";
  assertEquals(redactor.text(`a ${secret} b`), `a ${named} b`);
  const inJson = JSON.stringify({ a: secret });
  assertEquals(redactor.text(inJson), `{"a":"${named}"}`);
  assertEquals(redactor.text(JSON.stringify({ a: inJson })), `{"a":"{\\"a\\":\\"${named}\\"}"}`);
  assertEquals(redactor.text(`?x=${encodeURIComponent(secret)}&y`), `?x=${named}&y`);
  const bytes = (text: string) =>
    Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
  for (const user of ["", "u:", "me:", "you:"]) {
    const clean = redactor.text(`<${btoa(bytes(user + secret))}>`);
    assert(clean.includes(named), clean);
  }
  // JSON in a text stays JSON.
  assertEquals(
    JSON.parse(redactor.text('{"pin": 123456789012, "pins": [123456789012]}')),
    { pin: "[redacted:PIN_SECRET]", pins: ["[redacted:PIN_SECRET]"] },
  );
});

Deno.test("Redactor.value() cleans texts, names of fields and numbers, however deep", () => {
  const redactor = new Redactor();
  redactor.learn({ MY_TOKEN: "hunter2hunter2", PIN_SECRET: "123456789012" });
  const value: unknown = {
    a: [{ "x hunter2hunter2": "hunter2hunter2" }],
    pin: 123456789012,
    n: 5,
    z: null,
  };
  assertEquals(redactor.value(value), {
    a: [{ "x [redacted:MY_TOKEN]": "[redacted:MY_TOKEN]" }],
    pin: "[redacted:PIN_SECRET]",
    n: 5,
    z: null,
  });
  assert(holdsRedaction(redactor.value(value)));
  assert(!holdsRedaction({ a: "[redacted]" }));
});

/** A secret of random characters, some of which are special somewhere. */
function secretOf(random: () => number): string {
  const alphabet = 'abcXYZ0189"\\\n$1 é{}.*+/=😀-_:@%';
  const length = 8 + Math.floor(random() * 30);
  const characters = [...alphabet];
  return "Q7" + Array.from({ length }, () => characters[Math.floor(random() * characters.length)])
    .join("");
}

Deno.test("Redactor.text() lets no secret through, changes nothing twice, and keeps JSON JSON", () => {
  const random = randomOf(11);
  for (let round = 0; round < 400; round++) {
    const secrets = [secretOf(random), secretOf(random)];
    const redactor = new Redactor();
    redactor.learn({ A_TOKEN: secrets[0], B_SECRET: secrets[1] });
    const [first, second] = secrets as [string, string];
    const value = {
      a: `x${first}y`,
      b: [JSON.stringify({ first, n: 1 }), encodeURIComponent(second)],
      c: first + second,
      [second]: 1,
    };
    const text = JSON.stringify(value);
    const clean = redactor.text(text);
    const show = JSON.stringify([secrets, clean]);
    JSON.parse(clean);
    assertEquals(redactor.text(clean), clean, show);
    for (const part of [clean, JSON.stringify(redactor.value(value)), redactor.text(value.a)]) {
      for (const secret of secrets) {
        assert(!part.includes(secret), show);
        assert(!part.includes(JSON.stringify(secret).slice(1, -1)), show);
        assert(!part.includes(encodeURIComponent(secret)), show);
      }
    }
  }
});

Deno.test("Redactor.mayHold() sees every secret that Redactor.text() takes out", () => {
  const random = randomOf(7);
  const tokens = ["sk-ant-api03-", "ghp_", "glpat-", "xoxb-1", "npm_", "AIza", "github_pat_"];
  for (let round = 0; round < 400; round++) {
    const redactor = new Redactor();
    const secret = secretOf(random);
    redactor.learn({ A_TOKEN: secret });
    const token = tokens[round % tokens.length] +
      Array.from({ length: 35 }, () => "aB3dE6g"[Math.floor(random() * 7)]).join("");
    const around = 'some words, a "quote" '.slice(Math.floor(random() * 20));
    for (const text of [around + secret, secret + around, `${around} ${token}`, `${token} x`]) {
      for (const form of [text, JSON.stringify(text), JSON.stringify(JSON.stringify(text))]) {
        assert(redactor.mayHold(new TextEncoder().encode(form)), form);
      }
    }
  }
});

Deno.test("Redactor.cutText() leaves no half of a secret at the end of a text that was cut off", () => {
  const redactor = new Redactor();
  redactor.learn({ MY_TOKEN: "hunter2 is my secret" });
  const table: [string, string][] = [
    ["a hunter2 is", "a [redacted:MY_TOKEN]"],
    ["a hunter2 is my secret", "a [redacted:MY_TOKEN]"],
    ["a sk-ant-ap", "a [redacted:api-key]"],
    ["a ghp_12", "a [redacted:github-token]"],
    ["Authorization: Bearer ab", "Authorization: Bearer [redacted:authorization]"],
    ["it hun", "it hun"],
    ["the task-", "the task-"],
    ["whole words", "whole words"],
  ];
  for (const [text, clean] of table) assertEquals(redactor.cutText(text), clean);
  assertEquals(redactor.cutStart("my secret is out"), "[redacted:MY_TOKEN] is out");
});

Deno.test("RedactingText takes out secrets that come in pieces, and loses nothing else", () => {
  const secret = "hunter2 & battery staple";
  knowSecrets({ PIECES_TOKEN: secret });
  const token = "sk-ant-api03-0a1B2c3D4e5F6g7H8i9J";
  const key = `-----BEGIN PRIVATE KEY-----\n${
    "MIIEvQIBADANBgkq".repeat(8)
  }\n-----END PRIVATE KEY-----`;
  const text =
    `one ${secret} two ${token}\nthree ${key}\nAuthorization: Bearer 12345678ab four é😀`;
  const clean =
    "one [redacted:PIECES_TOKEN] two [redacted:api-key]\nthree [redacted:private-key]\n" +
    "Authorization: Bearer [redacted:authorization] four é😀";
  const bytes = new TextEncoder().encode(text);
  const random = randomOf(3);
  for (let round = 0; round < 300; round++) {
    const pieces = new RedactingText();
    let told = "";
    for (let at = 0; at < bytes.length;) {
      const length = 1 + Math.floor(random() * (round % 3 === 0 ? 3 : 60));
      told += pieces.push(bytes.slice(at, at + length));
      at += length;
      const shown = told + pieces.pending;
      for (
        const part of [
          secret.slice(0, 12),
          token.slice(0, 12),
          "MIIEvQIBADANBgkqMIIEvQIBADANBgkqMIIEvQIBADANBgkq",
          "12345678",
        ]
      ) {
        assert(!shown.includes(part), shown);
      }
    }
    assertEquals(told + pieces.end(), clean);
  }
});

Deno.test("Redactor.text() leaves nothing of a secret that holds another one, or overlaps with one", () => {
  const redactor = new Redactor();
  redactor.learn({
    DB_PASSWORD: "hunter2hunter2",
    NUMBER_TOKEN: "1234567890",
    A_TOKEN: "first-half-11",
    B_TOKEN: "half-11-second-22",
    LONG_TOKEN: "9 lives hunter2hunter2 and more",
    USER_SECRET: "dennis99x",
  });
  const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.Sflow_1234567890-KMUQM";
  const table: [string, string][] = [
    ["sk-ant-api03-AbChunter2hunter2ZZZZrest123456 x", "[redacted:api-key] x"],
    ["xoxb-hunter2hunter2-restofit.", "[redacted:slack-token]."],
    [`a ${jwt} b`, "a [redacted:jwt] b"],
    ["first-half-11-second-22!", "[redacted:B_TOKEN]!"],
    [
      "9 lives hunter2hunter2 and moresk-ant-api03-0a1B2c3D4e5F-x1",
      "[redacted:LONG_TOKEN][redacted:api-key]",
    ],
    [
      "glpat-0a1B2c3D4e5F6g7H8first-half-11-second-22-more z",
      "[redacted:gitlab-token] z",
    ],
    ["https://me:prehunter2hunter2post@host", "https://me:[redacted:url-password]@host"],
    // Its shape holds another one.
    ["https://me:sk-ant-api03-0a1B2c3D4e5F!rest@h", "https://me:[redacted:url-password]@h"],
    [
      "https://dennis99x:s3cret!@host",
      "https://[redacted:USER_SECRET]:[redacted:url-password]@host",
    ],
    ["https://dennis99x@host", "https://[redacted:USER_SECRET]@host"],
    // Those that only touch have names of their own.
    ["hunter2hunter21234567890", "[redacted:DB_PASSWORD][redacted:NUMBER_TOKEN]"],
    // A known name says more than a shape does.
    [
      "Bearer x Authorization: Bearer hunter2hunter2",
      "Bearer x Authorization: Bearer [redacted:DB_PASSWORD]",
    ],
  ];
  for (const [text, clean] of table) {
    assertEquals(redactor.text(text), clean);
    assertEquals(redactor.text(clean), clean, "it stays as it is");
  }
  const cuts: [string, string][] = [
    ["a glpat-Zhunter2hunter2Z", "a [redacted:gitlab-token]"],
    ["a first-half-11-sec", "a [redacted:A_TOKEN]"],
    ["a ghp_1hunter2hu", "a [redacted:github-token]"],
  ];
  for (const [text, clean] of cuts) assertEquals(redactor.cutText(text), clean);
  assertEquals(redactor.cutStart("alf-11-second-22 x"), "[redacted:B_TOKEN] x");
  assertEquals(redactor.cutStart("st-half-11-second-22 x"), "[redacted:B_TOKEN] x");
  assertEquals(redactor.cutStart("ter2hunter2ghp_1 x"), "[redacted:DB_PASSWORD]ghp_1 x");
});

/** Values that overlap, lie in tokens, and consist of several words; and texts in which they do so. */
function overlapping(random: () => number) {
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)]!;
  const some = (alphabet: string, count: number) =>
    Array.from({ length: count }, () => pick([...alphabet])).join("");
  const common = "Q" + some("abXY019_", 5 + Math.floor(random() * 6)) + pick(["", " k7", "-"]);
  const first = some("cdZ23", 6) + pick(["", " and ", "/"]) + some("ef45", 4) + common;
  const second = common + some("ghW67", 6) + pick(["", " or ", "+"]) + some("ij89", 5);
  const head = pick(["sk-ant-api03-", "glpat-", "ghp_", "xoxb-", "github_pat_"]);
  const secrets = [
    first + second.slice(common.length),
    first,
    second,
    `${head}${some("klM1", 3)}${first}${some("mnN2", 22)}`,
    `${head}${some("klM1", 18)}${second}${some("mnN2", 22)}`,
    `${head}0${some("klM1", 20)}`,
  ];
  return { first, second, secrets };
}

/** Parts of a text, as long as nobody could tell a secret from them. */
function partsOf(text: string): string[] {
  return text.split(/[^\w]+/).flatMap((word) =>
    word.length < 6
      ? []
      : Array.from({ length: word.length - 5 }, (_, at) => word.slice(at, at + 6))
  );
}

Deno.test("Redactor.text() and RedactingText leave nothing of secrets that overlap, in whatever pieces they come", () => {
  const random = randomOf(23);
  for (let round = 0; round < 40; round++) {
    const { first, second, secrets } = overlapping(random);
    knowSecrets({ [`ONE_${round}_TOKEN`]: first, [`TWO_${round}_TOKEN`]: second });
    for (const secret of secrets) {
      const text = `zero one ${secret}, two ${secret} three`;
      const clean = redact(text);
      const show = JSON.stringify([first, second, text, clean]);
      assertEquals(redact(clean), clean, show);
      const token = /^(?:(?:ghp_|github_pat_)(?<a>\w*)|(?:sk-ant-api03-|glpat-|xoxb-)(?<b>[\w-]*))/
        .exec(secret)?.groups;
      // What it begins with tells nothing, and what no token has ends it.
      const parts = [token?.a ?? token?.b ?? secret, first, second].flatMap(partsOf);
      const found = (shown: string) => parts.find((part) => shown.includes(part));
      assertEquals(found(clean), undefined, show);
      const pieces = new RedactingText();
      let told = "";
      for (let at = 0; at < text.length;) {
        const length = 1 + Math.floor(random() * (round % 2 === 0 ? 3 : 20));
        told += pieces.push(text.slice(at, at + length));
        at += length;
        assertEquals(found(told + pieces.pending), undefined, show);
      }
      assertEquals(told + pieces.end(), clean, show);
    }
  }
});
