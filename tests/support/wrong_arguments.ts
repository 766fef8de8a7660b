/** Calls functions with arguments that are of no type which any of them takes. */

/** Arguments of each function that are of the right types. */
export type Given = Readonly<Record<string, readonly unknown[]>>;

const WRONG = Symbol("wrong");
/** Only what is wrong takes so long. */
const PATIENCE_MS = 20_000;
/** A prompt and a variable have words of their own. */
const REFUSED =
  /^InvalidOptionError: Cannot (use a symbol as|(run a prompt that|use env "A": its value) is symbol)/;

// deno-lint-ignore no-explicit-any -- functions of any shape
type Callable = (...given: any[]) => any;

/** What is wrong with the functions that were looked at. */
export class FailedCalls {
  readonly found: { calls: number; problems: string[] } = { calls: 0, problems: [] };

  /** The methods of an object, or of its class. */
  async of(what: string, object: object, given: Given): Promise<void> {
    const proto = Object.getPrototypeOf(object);
    const isPlain = proto === null || proto === Object.prototype;
    const names = Object.getOwnPropertyNames(isPlain ? object : proto).filter((name) =>
      name !== "constructor" && "value" in descriptor(isPlain ? object : proto, name)
    );
    await this.#all(what, object, names, given);
  }

  /** The static methods of a class. */
  async statics(what: string, constructor: object, given: Given): Promise<void> {
    const names = Object.getOwnPropertyNames(constructor).filter((name) =>
      typeof descriptor(constructor, name).value === "function"
    );
    await this.#all(what, constructor, names, given);
  }

  async #all(what: string, object: object, names: string[], given: Given): Promise<void> {
    for (const name of names) {
      const valid = given[name];
      if (valid === undefined) {
        this.found.problems.push(`${what}.${name}() is in no table`);
        continue;
      }
      const method: Callable = Reflect.get(object, name);
      for (const index of valid.keys()) {
        const args = valid.map((value, at) => at === index ? WRONG : value);
        this.found.calls++;
        const said = await soon(complaint(() => method.apply(object, args)));
        if (
          !REFUSED.test(said)
        ) {
          this.found.problems.push(`${what}.${name}() of a wrong argument ${index}: ${said}`);
        }
      }
    }
    for (const name of Object.keys(given)) {
      if (!names.includes(name)) this.found.problems.push(`${what}.${name}() does not exist`);
    }
  }
}

function descriptor(object: object, name: string): PropertyDescriptor {
  return Object.getOwnPropertyDescriptor(object, name) ?? {};
}

/** What is under way is given up: one that refuses nothing may go on for ever. */
async function soon(said: Promise<string>): Promise<string> {
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve("nothing so far"), PATIENCE_MS);
  try {
    return await Promise.race([said, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function complaint(call: () => unknown): Promise<string> {
  try {
    const returned = await call();
    if (typeof returned === "object" && returned !== null && "next" in returned) {
      await (returned as AsyncGenerator).next();
    }
    return "nothing";
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}
