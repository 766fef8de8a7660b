/** What the tests of `zag skills` and `zag mcp` share. */
import { commands } from "../../../src/cli/commands.ts";
import { createApp } from "../../../src/cli/create_app.ts";
import { fakeContext, type FakeContextOptions } from "../../fakes/context.ts";
import { TestHome } from "../../support/zag.ts";

/** What a command printed, and how it ended. */
export interface Ran {
  code: number;
  out: string;
  err: string;
}

/** A home with a repository to work in. */
export class ExtensionHome implements AsyncDisposable {
  readonly home: TestHome;

  private constructor(home: TestHome) {
    this.home = home;
  }

  static async create(): Promise<ExtensionHome> {
    const home = await TestHome.create();
    await new Deno.Command("git", { args: ["init", "-q"], cwd: home.work }).output();
    return new ExtensionHome(home);
  }

  get path(): string {
    return this.home.path;
  }

  /** Runs a command in this process. */
  async zag(args: readonly string[], options: FakeContextOptions = {}): Promise<Ran> {
    const ctx = fakeContext({
      cwd: this.home.work,
      ...options,
      env: this.home.env(options.env),
    });
    const code = await createApp(commands).run(args, ctx);
    return { code, out: ctx.out, err: ctx.err };
  }

  /** Runs a command that has to end well, and returns what it printed. */
  async out(...args: string[]): Promise<string> {
    const { code, out, err } = await this.zag(args);
    if (code !== 0 || err !== "") {
      throw new Error(`zag ${args.join(" ")} ended with ${code}: ${err}`);
    }
    return out.replaceAll(this.path, "~");
  }

  /** Writes a file, with its directory. */
  async write(name: string, text: string): Promise<void> {
    const path = `${this.path}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
  }

  /** The text of a file; undefined where there is none. */
  async read(name: string): Promise<string | undefined> {
    return await Deno.readTextFile(`${this.path}/${name}`).catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.home[Symbol.asyncDispose]();
  }
}
