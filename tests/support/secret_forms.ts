/** The ways in which programs write a secret down. */
import { assertEquals } from "./assert.ts";

function hexOf(text: string): string[] {
  return Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, "0"));
}

/** As `quote` does in Python: what is safe besides letters, digits and some signs stays. */
export function quoted(text: string, safe: string): string {
  return [...text].map((character) =>
    /[\w.~-]/.test(character) || safe.includes(character)
      ? character
      : hexOf(character).map((hex) => `%${hex.toUpperCase()}`).join("")
  ).join("");
}

/** The characters that fit as escapes of JSON. */
export function unicode(text: string, which: RegExp): string {
  return text.replace(
    which,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** As the program `base64` does, in lines of 76 characters. */
export function base64(text: string, columns = 76): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(bytes).replace(new RegExp(`(.{${columns}})(?=.)`, "g"), "$1\n");
}

/** A secret as programs write it down, by who does so. Some may be the same. */
export function waysOf(secret: string): Record<string, string> {
  const inJson = JSON.stringify(secret).slice(1, -1);
  const html: Record<string, string> = {
    '"': "&quot;",
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "'": "&#039;",
  };
  const ways = {
    plain: secret,
    "JSON": inJson,
    "JSON in JSON": JSON.stringify(inJson).slice(1, -1),
    "JSON of PHP": unicode(inJson.replaceAll("/", "\\/"), /[^ -~]/g),
    "JSON of PHP in JSON": JSON.stringify(inJson.replaceAll("/", "\\/")).slice(1, -1),
    "JSON of Go": unicode(inJson, /[<>&]/g),
    "JSON of .NET": unicode(secret, /["&'+<>`\\]|[^ -~]/g).replace(
      /\\u[\da-f]{4}/g,
      (escape) => `\\u${escape.slice(2).toUpperCase()}`,
    ),
    "JSON of Python": unicode(inJson, /[^ -~]/g),
    "JSON of Python in JSON": JSON.stringify(unicode(inJson, /[^ -~]/g)).slice(1, -1),
    "encodeURIComponent": encodeURIComponent(secret),
    "encodeURI": encodeURI(secret),
    "quote": quoted(secret, "/"),
    "quote without safe characters": quoted(secret, ""),
    "quote in lower case": quoted(secret, "/").replace(/%../g, (code) => code.toLowerCase()),
    "quote twice": quoted(quoted(secret, ""), ""),
    "a form": new URLSearchParams({ a: secret }).toString().slice(2),
    "HTML": secret.replace(/["&<>']/g, (character) => html[character]!),
    "HTML by numbers": secret.replace(/["&<>'/]/g, (character) => `&#x${hexOf(character)};`),
    "a shell": secret.replace(/[!-,:-@[-^`{-~ ]/g, "\\$&"),
    "hexadecimal": hexOf(secret).join(""),
    "hexadecimal capitals": hexOf(secret).join("").toUpperCase(),
  };
  return ways;
}

/** All that is looked for where nothing of a secret may be. */
export function formsOf(secret: string): string[] {
  const forms = Object.values(waysOf(secret));
  const { length } = new TextEncoder().encode(secret);
  for (const before of ["", "1", "12"]) {
    // A character at either end may hold bits of something else.
    const from = Math.ceil(before.length * 8 / 6);
    const end = Math.floor((before.length + length) * 8 / 6);
    const core = base64(before + secret, 1e6).slice(from, end);
    forms.push(core, core.replaceAll("+", "-").replaceAll("/", "_"));
  }
  assertEquals(forms.filter((form) => form.length < 4), []);
  return [...new Set(forms)];
}
