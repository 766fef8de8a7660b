/** Reads and writes our end of a terminal without holding up the program. */
import {
  closeOnExec,
  type Libc,
  memory,
  neverBlock,
  POLL_OVER,
  POLLIN,
  POLLOUT,
} from "./pty_libc.ts";

/** A chunk at most; the kernel gives about 4 KiB at a time. */
const CHUNK_SIZE = 65_536;

/**
 * Our end of a terminal. Waiting happens in `poll` on a thread of the runtime; reading and writing
 * themselves never wait. A byte in a pipe that is never read wakes all who wait when it closes, and
 * descriptors are closed when nobody waits any more: their numbers may then belong to others.
 */
export class PtyChannel {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #wakeRead: number;
  readonly #wakeWrite: number;
  readonly #buffer = memory(CHUNK_SIZE);
  #writing: Promise<void> = Promise.resolve();
  #waiting = 0;
  #open = true;
  #released = false;

  /** @param fd It is closed with the channel. */
  constructor(libc: Libc, fd: number) {
    this.#libc = libc;
    this.#fd = fd;
    const ends = memory(8);
    if (libc.pipe(ends) !== 0) {
      libc.close(fd);
      throw new Error("no pipe could be made: too many open files");
    }
    [this.#wakeRead, this.#wakeWrite] = new Int32Array(ends.buffer) as unknown as [number, number];
    for (const end of [fd, this.#wakeRead, this.#wakeWrite]) closeOnExec(libc, end);
    neverBlock(libc, fd);
  }

  /** Whether it may still be used. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** What was written on the other end; undefined, and closed, when nothing will come any more. */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (true) {
      const ready = await this.#ready(POLLIN);
      if (ready === 0) return undefined;
      const { size, ended } = this.#fill();
      if (size > 0) return this.#buffer.slice(0, size);
      // A failed read is either "nothing yet" or, when nobody holds the other end, the end.
      if (ended || (ready & POLL_OVER) !== 0) {
        this.close();
        return undefined;
      }
    }
  }

  #fill(): { size: number; ended: boolean } {
    let size = 0;
    while (size < CHUNK_SIZE) {
      const room = this.#buffer.subarray(size);
      const count = Number(this.#libc.read(this.#fd, room, BigInt(room.length)));
      if (count <= 0) return { size, ended: count === 0 };
      size += count;
    }
    return { size, ended: false };
  }

  /** Writes all of it, after what was written before; what nobody can read any more is dropped. */
  write(bytes: Uint8Array): Promise<void> {
    return this.#writing = this.#writing.then(() => this.#writeNow(bytes));
  }

  async #writeNow(bytes: Uint8Array): Promise<void> {
    let rest = new Uint8Array(bytes);
    while (this.#open && rest.length > 0) {
      const count = Number(this.#libc.write(this.#fd, rest, BigInt(rest.length)));
      if (count > 0) rest = rest.subarray(count);
      else if (((await this.#ready(POLLOUT)) & POLL_OVER) !== 0) return;
    }
  }

  /** Uses the descriptor for something that takes no time, unless it is closed. */
  use(action: (fd: number) => void): void {
    if (this.#open) action(this.#fd);
  }

  /** Ends reading and writing, at once. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#libc.write(this.#wakeWrite, memory(1), 1n);
    this.#release();
  }

  #release(): void {
    // Their numbers may be those of other files by the second time.
    if (this.#open || this.#waiting > 0 || this.#released) return;
    this.#released = true;
    for (const fd of [this.#fd, this.#wakeRead, this.#wakeWrite]) this.#libc.close(fd);
  }

  /** What happened on the descriptor; 0 when the channel was closed. */
  async #ready(events: number): Promise<number> {
    const polled = memory(16);
    const view = new DataView(polled.buffer);
    view.setInt32(0, this.#fd, true);
    view.setInt16(4, events, true);
    view.setInt32(8, this.#wakeRead, true);
    view.setInt16(12, POLLIN, true);
    this.#waiting++;
    try {
      // It fails when a signal interrupts it.
      while (this.#open && await this.#libc.poll(polled, 2n, -1) < 0);
    } finally {
      this.#waiting--;
      this.#release();
    }
    return this.#open ? view.getInt16(6, true) : 0;
  }
}
