import { knowSecrets, Redactor } from "../../src/redact/redact.ts";
import { RedactingText } from "../../src/redact/redacting_text.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { randomOf } from "../support/recordings.ts";
import { base64, quoted, unicode, waysOf } from "../support/secret_forms.ts";

const SECRETS = [
  'Zx9k/LmQ2r+T8=4n"Hc7d',
  "p@ss/w+rd <1>&'é$x\\y`z😀1",
  "correct horse/battery staple",
  "a1!b2@c3#d4$e5",
  '"!@#$%^&*(/<',
  "пароль & söder",
  "plain0and0short",
];

function knowing(secret: string): Redactor {
  const redactor = new Redactor();
  redactor.learnValues([secret], "A_TOKEN");
  return redactor;
}

for (const secret of SECRETS) {
  Deno.test(`Redactor.text() finds ${JSON.stringify(secret)} however it is written`, () => {
    const redactor = knowing(secret);
    for (const [way, form] of Object.entries(waysOf(secret))) {
      assertEquals(redactor.text(`is ${form} it`), "is [redacted:A_TOKEN] it", way);
      // What a filter sees is where two bytes begin together.
      assertEquals(redactor.text(`is  ${form}, it`), "is  [redacted:A_TOKEN], it", way);
    }
    // Whoever escapes only some of it.
    const some = quoted(secret, '"/+&<');
    assertEquals(redactor.text(some), "[redacted:A_TOKEN]");
    assertEquals(redactor.text(unicode(secret, /[/+&<]/g)), "[redacted:A_TOKEN]");
  });
}

Deno.test("Redactor.text() finds base64 and hexadecimal digits that go over several lines", () => {
  const long = "Key-" + "0a1B2c3D4e5F6g7H8i9J".repeat(9);
  for (
    const secret of ["Zx9k/LmQ2r+T8", "gh_0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X", long]
  ) {
    const redactor = knowing(secret);
    const bytes = new TextEncoder().encode(secret);
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    const before = 65;
    for (let at = 0; at <= before; at++) {
      const told = "x".repeat(at) + secret + "yz".repeat(30);
      const whole = base64(told, 1e6);
      const from = Math.ceil(at * 8 / 6);
      const core = whole.slice(from, Math.floor((at + secret.length) * 8 / 6));
      for (
        const form of [
          base64(told),
          base64(told).replaceAll("\n", "\r\n"),
          base64(told).replaceAll("\n", "\n    "),
          JSON.stringify(base64(told)),
          JSON.stringify(JSON.stringify(base64(told))),
          base64(told, 64),
        ]
      ) {
        const clean = redactor.text(form);
        assert(clean.includes("[redacted:A_TOKEN]"), `${at} ${form}`);
        const rest = clean.replace(/(?:\\+[rn]|\s)+/g, "");
        assert(
          !rest.includes(core.slice(0, 6)) && !rest.includes(core.slice(-6)),
          `${at} ${clean}`,
        );
      }
      const digits = ("61".repeat(at) + hex).replace(/(.{60})(?=.)/g, "$1\n");
      assertEquals(
        redactor.text(digits).replace(/\s/g, ""),
        "61".repeat(at) + "[redacted:A_TOKEN]",
      );
    }
  }
});

Deno.test("Redactor.text() reads a text that nearly holds secrets many times in time that grows with it", () => {
  const redactor = new Redactor();
  const secrets = [
    "&&&&&&&&&&&&&&&&&&&&1",
    "\\\\a\\\\a\\\\a\\\\\\a1",
    "%25%25%25%25%25%25%251",
    "   +++   +++1",
  ];
  redactor.learnValues(secrets, "A_TOKEN");
  for (const part of ["&amp;", "&", "\\", "\\\\a", "%25", "%", "+", " "]) {
    const text = part.repeat(40_000 / part.length) + secrets[0];
    assert(redactor.text(text).endsWith("[redacted:A_TOKEN]"), part);
  }
});

Deno.test("Redactor.text() takes no more than the secret", () => {
  const redactor = knowing("ab\\1cd\\");
  for (const depth of [0, 1, 2]) {
    let [text, clean] = ['x\\ab\\1cd\\"\n', 'x\\[redacted:A_TOKEN]"\n'];
    for (let done = 0; done < depth; done++) {
      [text, clean] = [text, clean].map((each) => JSON.stringify(each)) as [string, string];
    }
    assertEquals(redactor.text(text), clean);
  }
  assertEquals(redactor.text("ab1cd ab\\1c ab%5C1d"), "ab1cd ab\\1c ab%5C1d");
});

Deno.test("Redactor leaves no half of a secret where a text was cut, however it is written", () => {
  for (const secret of SECRETS) {
    const redactor = knowing(secret);
    for (
      const [way, form] of Object.entries({ ...waysOf(secret), base64: base64(secret + "..", 8) })
    ) {
      const least = way === "base64" ? 5 : 2;
      for (let at = 6; at < form.length - least - 6; at++) {
        const head = redactor.cutText(`is ${form.slice(0, at)}`);
        assertEquals(head, "is [redacted:A_TOKEN]", `${way} ${at}`);
        const tail = redactor.cutStart(`${form.slice(at)} it`);
        assert(tail.startsWith("[redacted:A_TOKEN]"), `${way} ${at} ${tail}`);
        assert(tail.length <= "[redacted:A_TOKEN] it".length + least, `${way} ${at} ${tail}`);
      }
    }
  }
});

Deno.test("RedactingText takes out a secret that comes in pieces, however it is written", () => {
  const secret = 'P1eces/of a+"secr3t"<&>';
  knowSecrets({ PARTS_TOKEN: secret });
  const random = randomOf(5);
  const ways = { ...waysOf(secret), base64: base64("user:" + secret, 12) };
  for (const [way, form] of Object.entries(ways)) {
    for (let round = 0; round < 20; round++) {
      const text = `one ${form} two`;
      const pieces = new RedactingText();
      let told = "";
      for (let at = 0; at < text.length;) {
        const length = 1 + Math.floor(random() * 9);
        told += pieces.push(text.slice(at, at + length));
        at += length;
        const shown = told + pieces.pending;
        const half = form.slice(way === "base64" ? 9 : 0).slice(0, 12);
        assert(!shown.includes(half), `${way}: ${shown}`);
      }
      assert((told + pieces.end()).includes("[redacted:PARTS_TOKEN]"), way);
    }
  }
});
