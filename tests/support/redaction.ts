/** Secrets that a test plants, and the search for them in all that zag has written. */
import { formsOf } from "./secret_forms.ts";
import type { TestHome } from "./zag.ts";

/** Secrets of all kinds. */
export interface Planted {
  /** Of a variable that zag inherits: `PLANTED_TOKEN`. */
  readonly inherited: string;
  /** Of a variable that is handed over: `HANDED_PASSWORD`. */
  readonly handed: string;
  /** Both, and tokens that nobody has named. */
  readonly all: readonly string[];
  /** What stands in their place. */
  readonly placeholders: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  /** The secrets that a text holds in any form. */
  in(text: string): string[];
}

/** Secrets that stand nowhere else. */
export function planted(home: TestHome): Planted {
  const inherited = 'Inh3r1ted "quoted"\\value/é';
  const handed = "Hand3d0ver-s3cret+value";
  const token = "sk-ant-api03-Pl4nt3dT0ken_Pl4nt3dT0ken-AA";
  const github = "ghp_Pl4nt3dPl4nt3dPl4nt3dPl4nt3d0123";
  const all = [inherited, handed, token, github];
  const forms = all.flatMap((secret) => formsOf(secret));
  return {
    inherited,
    handed,
    all,
    placeholders: [
      "[redacted:PLANTED_TOKEN]",
      "[redacted:HANDED_PASSWORD]",
      "[redacted:api-key]",
      "[redacted:github-token]",
    ],
    env: { PLANTED_TOKEN: inherited, PATH: home.env().PATH! },
    args: ["--env", `HANDED_PASSWORD=${handed}`],
    in: (text) => {
      // A line may have ended in the middle of it.
      const joined = text.replace(/(?:\\+[rn]|[\r\n])[ \t]*/g, "");
      return forms.filter((form) => text.includes(form) || joined.includes(form));
    },
  };
}

/** Files below a home that hold a secret, apart from the agent's own and from what a test has written. */
export async function secretFiles(home: TestHome, secrets: Planted): Promise<string[]> {
  const found: string[] = [];
  for await (const path of filesBelow(`${home.path}/.zag`)) {
    if (path.includes("/.zag/agents/")) continue;
    // A file that is replaced at this moment is looked at under its last name.
    const bytes = await Deno.readFile(path).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return new Uint8Array();
      throw error;
    });
    const forms = secrets.in(new TextDecoder().decode(bytes));
    if (forms.length > 0) found.push(`${path}: ${forms.join(" | ")}`);
  }
  return found;
}

async function* filesBelow(directory: string): AsyncGenerator<string> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(directory)) {
    const path = `${directory}/${name}`;
    if (isDirectory) yield* filesBelow(path);
    else if (isFile) yield path;
  }
}
