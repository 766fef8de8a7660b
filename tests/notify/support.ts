/** A notification, and programs that keep what they get. */
import type { Notification } from "../../src/notify/notification.ts";
import { writeProgram } from "../support/program_file.ts";

/** One, with changes. */
export function notification(changes: Partial<Notification> = {}): Notification {
  return {
    version: 1,
    id: "run:end",
    event: "end",
    at: "2026-01-02T03:04:05.000Z",
    session_id: "0a1b2c3d-0000-4000-8000-000000000000",
    session_name: null,
    provider: "mock",
    model: "mock-medium",
    project: "/work",
    cwd: "/work",
    outcome: "success",
    error: null,
    result: "all done",
    result_truncated: false,
    resumes_at: null,
    question: null,
    commands: [],
    ...changes,
  };
}

/** A directory with programs, and what they were given. */
export class Programs implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<Programs> {
    return new Programs(await Deno.realPath(await Deno.makeTempDir({ prefix: "zag-notify-" })));
  }

  /** Writes a program that keeps its arguments, its environment and stdin, and then does the body. */
  async add(name: string, body = ""): Promise<string> {
    const path = `${this.path}/${name}`;
    const script = `#!/bin/sh
printf '%s\\0' "$@" > '${path}.args'
env -0 > '${path}.env'
cat > '${path}.stdin'
echo x >> '${path}.runs'
${body}
`;
    await writeProgram(path, script);
    return path;
  }

  async seen(name: string) {
    const read = (what: string) => Deno.readTextFile(`${this.path}/${name}.${what}`);
    const entries = (await read("env")).split("\0").filter(Boolean);
    return {
      args: (await read("args")).split("\0").slice(0, -1),
      env: Object.fromEntries(entries.map((entry) => {
        const at = entry.indexOf("=");
        return [entry.slice(0, at), entry.slice(at + 1)];
      })) as Record<string, string>,
      stdin: await read("stdin"),
      runs: (await read("runs")).split("\n").length - 1,
    };
  }

  /** The world of a delivery: these programs stand first on the PATH. */
  world(vars: Record<string, string> = {}) {
    const env = { PATH: `${this.path}:/usr/bin:/bin`, HOME: this.path, ...vars };
    return {
      env: { get: (name: string) => (env as Record<string, string>)[name], toObject: () => env },
      cwd: this.path,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
