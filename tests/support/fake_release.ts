/** A release on this machine, which can be broken in the ways that downloads break. */
import { gzipSync } from "node:zlib";

/** Serves files as a publisher does, until it is disposed. */
export class FakeRelease implements AsyncDisposable {
  /** What answers, by its path. */
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();
  /** Paths whose answer breaks off in the middle. */
  readonly cut = new Set<string>();
  /** Paths that lead to another address. */
  readonly moved = new Map<string, string>();
  /** The paths that were asked for, in their order. */
  readonly requests: string[] = [];
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #done: Promise<void>;

  constructor() {
    this.#done = this.#serve();
  }

  /** For `ZAG_RELEASE_URL`. */
  get url(): string {
    return `http://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}/releases`;
  }

  /**
   * Publishes a version as the newest one.
   *
   * @param program What the download holds, for example a script.
   */
  async publish(version: string, asset: string, program: string): Promise<void> {
    const packed = new Uint8Array(gzipSync(program));
    this.files.set("/releases/latest/download/VERSION", encode(`${version}\n`));
    this.files.set(`/releases/download/v${version}/${asset}`, packed);
    const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", packed)).toHex();
    this.files.set(
      `/releases/download/v${version}/SHA256SUMS`,
      encode(`${"0".repeat(64)}  another\n${sum}  ${asset}\n`),
    );
  }

  /** A script that answers `--version` as zag does. */
  static program(version: string): string {
    return `#!/bin/sh\nif [ "$*" = --version ]; then echo "zag ${version}"; fi\n`;
  }

  async #serve(): Promise<void> {
    const all: Promise<void>[] = [];
    for await (const connection of this.#listener) all.push(this.#answer(connection));
    await Promise.all(all);
  }

  async #answer(connection: Deno.Conn): Promise<void> {
    using _connection = connection;
    const buffer = new Uint8Array(4096);
    let head = "";
    while (!head.includes("\r\n\r\n")) {
      const read = await connection.read(buffer).catch(() => null);
      if (read === null) return;
      head += new TextDecoder().decode(buffer.subarray(0, read));
    }
    const path = head.split(" ")[1] ?? "";
    this.requests.push(path);
    const body = this.files.get(path);
    const target = this.moved.get(path);
    const status = target !== undefined ? "302 Found" : body ? "200 OK" : "404 Not Found";
    const lines = [
      `HTTP/1.1 ${status}`,
      `content-length: ${body?.length ?? 0}`,
      ...target === undefined ? [] : [`location: ${target}`],
      "connection: close",
    ];
    const sent = this.cut.has(path) ? body?.subarray(0, body.length >> 1) : body;
    const writer = connection.writable.getWriter();
    try {
      await writer.write(encode(`${lines.join("\r\n")}\r\n\r\n`));
      if (sent) await writer.write(sent);
    } catch {
      // The other side has gone.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#done;
  }
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
