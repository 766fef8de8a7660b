/** What the tests of Ollama through the whole program share: a home, and a server on this machine. */
import {
  type OllamaServer,
  type OllamaServerOptions,
  startOllamaServer,
} from "../support/ollama_server.ts";
import type { Finished, TestHome, ZagOptions } from "../support/zag.ts";
import { inHome } from "./support.ts";

/** A home in which zag finds a scripted Ollama server. */
export interface OllamaHome {
  home: TestHome;
  server: OllamaServer;
  /** Variables that zag needs besides those of the home. */
  env: Record<string, string>;
  /** Runs `zag -p ollama` with arguments to its end. */
  zag(args: readonly string[], options?: ZagOptions): Promise<Finished>;
  /** Starts it. */
  spawn(args: readonly string[], options?: Parameters<TestHome["spawn"]>[1]): Deno.ChildProcess;
}

/** Makes a test of a function: it gets a home with a server, and nothing of it may outlive it. */
export function withOllama(
  options: OllamaServerOptions,
  test: (ollama: OllamaHome) => Promise<void>,
): () => Promise<void> {
  return inHome(async (home) => {
    await using server = startOllamaServer(options);
    // A proxy for the rest of the world, which must not be asked about this machine.
    const env = { OLLAMA_HOST: server.host, HTTP_PROXY: "http://127.0.0.1:9" };
    const within = <T extends ZagOptions>(given: T): T => ({
      ...given,
      env: { ...env, ...given.env },
    });
    await test({
      home,
      server,
      env,
      zag: (args, given = {}) => home.zag(["-p", "ollama", ...args], within(given)),
      spawn: (args, given = {}) => home.spawn(["-p", "ollama", ...args], within(given)),
    });
  });
}

/** What the last request sent, as `role: content`. */
export function lastSent({ asked }: OllamaServer): string[] {
  return asked.at(-1).messages.map(({ role, content }: Record<string, string>) =>
    `${role}: ${content}`
  );
}
