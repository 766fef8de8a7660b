/**
 * How a login is recognised. Types only.
 *
 * @module
 */

/** Whether a CLI can call its model, as far as files and variables tell. */
export type LoginState =
  | {
    readonly state: "yes";
    readonly by: string;
    /** When what it logs in with expires, in milliseconds since 1970; absent where it does not say. */
    readonly expires?: number;
    /** The CLI can renew it by itself. */
    readonly renews?: boolean;
  }
  | { readonly state: "no" | "unknown"; readonly reason: string };

/** How a login is recognised without the CLI and without the network. */
export interface Login {
  /** The command with which a person logs in. */
  readonly command: string;
  /** Files to read, absolute, by names of ours. */
  files(request: LoginRequest): Readonly<Record<string, string>>;
  /**
   * What they tell. Says names of variables and files, and never what they hold.
   *
   * @param texts Of the files that are there.
   */
  read(request: LoginRequest, texts: Readonly<Record<string, string | undefined>>): LoginState;
}

/** What is known when a login is looked for. */
export interface LoginRequest {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** As `Deno.build.os`. */
  readonly os: string;
}
