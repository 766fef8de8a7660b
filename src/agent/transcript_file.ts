/** The file in which the CLI of a session keeps it: found, and known up to where this run begins. */
import type { LaunchPlan } from "../providers/launch_plan.ts";
import type { Transcript, TranscriptParser, TranscriptRequest } from "../providers/transcript.ts";
import {
  allTranscripts,
  expectedPath,
  findNewTranscript,
  findTranscript,
} from "./find_transcript.ts";
import { resumedId } from "./plan_request.ts";
import type { Settled } from "./settle.ts";
import type { TranscriptGuard } from "./transcript_guard.ts";
import { SessionSwitch } from "./transcript_switch.ts";
import { usageBefore } from "./usage_before.ts";

/** The transcript of one run. */
export class TranscriptFile {
  readonly transcript: Transcript;
  readonly #request: TranscriptRequest;
  /** What was there before the agent started, where only that tells which file is new. */
  readonly #before: ReadonlySet<string> | undefined;
  readonly #mark: string | undefined;
  /** Where the file is or will be; undefined while that is unknown. */
  path: string | undefined;
  /** Bytes that were there before this run. */
  readonly offset: number;

  private constructor(
    transcript: Transcript,
    request: TranscriptRequest,
    path: string | undefined,
    offset: number,
    before: ReadonlySet<string> | undefined,
    mark: string | undefined,
  ) {
    this.transcript = transcript;
    this.#request = request;
    this.path = path;
    this.offset = offset;
    this.#before = before;
    this.#mark = mark;
  }

  /**
   * Looks before the agent starts; undefined for a provider that keeps no such file.
   *
   * @param nativeId The provider's id of the session, as far as it is known.
   * @param plan Its output may tell the id, or its mark.
   */
  static async open(
    settled: Pick<
      Settled,
      "provider" | "isolation" | "cwd" | "paths" | "resumed" | "discovered"
    >,
    nativeId: string | undefined,
    env: Readonly<Record<string, string>>,
    plan: Pick<LaunchPlan, "stdout" | "mark">,
  ): Promise<TranscriptFile | undefined> {
    const { transcript } = settled.provider;
    // In a sandbox nobody can follow it.
    if (!transcript || settled.isolation?.kind === "sandbox") return undefined;
    const request: TranscriptRequest = {
      sessionId: nativeId,
      cwd: settled.cwd,
      home: settled.paths.userHome ?? "",
      stateDir: settled.paths.agentState(settled.provider.name),
      env,
    };
    if (nativeId === undefined) {
      const told = plan.stdout === "events" || plan.stdout === "document";
      const before = told ? undefined : await allTranscripts(transcript, request);
      return new TranscriptFile(transcript, request, undefined, 0, before, plan.mark);
    }
    // A new session has no file yet: there is nothing to search for.
    const found = settled.resumed || settled.discovered
      ? await findTranscript(transcript, request)
      : undefined;
    const path = found ?? expectedPath(transcript, request);
    const size = path === undefined ? 0 : await Deno.stat(path).then((info) => info.size, () => 0);
    return new TranscriptFile(transcript, request, path, size, undefined, undefined);
  }

  /** The file, as soon as there is one; by then more may be known of its session. */
  async find(nativeId?: string): Promise<string | undefined> {
    if (this.path !== undefined && await exists(this.path)) return this.path;
    const sessionId = nativeId ?? this.#request.sessionId;
    const found = sessionId !== undefined
      ? await findTranscript(this.transcript, { ...this.#request, sessionId })
      : this.#before &&
        await findNewTranscript(this.transcript, this.#request, this.#before, this.#mark);
    if (found !== undefined) this.path = found;
    return found;
  }

  /** Tells when the CLI leaves this session for another one. */
  switch(): SessionSwitch {
    return new SessionSwitch(this.transcript, this.#request);
  }

  /** A parser for what this run adds to the file. */
  async parser(): Promise<TranscriptParser> {
    const { totalUsage, rereads } = this.transcript;
    const from = rereads || this.offset === 0 ? undefined : this.path;
    if (!totalUsage || from === undefined) return this.transcript.parser();
    return this.transcript.parser({
      usageBefore: await usageBefore(from, totalUsage, this.offset),
    });
  }
}

/** Keeps a copy of a session that its CLI could destroy when it goes on with it. */
export async function guardFile(
  file: TranscriptFile | undefined,
  settled: Settled,
  directory: string,
): Promise<TranscriptGuard | undefined> {
  if (!file?.transcript.fragile || file.path === undefined || file.offset === 0) return undefined;
  if (resumedId(settled) === undefined) return undefined;
  const { guardTranscript } = await import("./transcript_guard.ts");
  return await guardTranscript(file.transcript, file.path, directory);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isFile, () => false);
}
