/** Posts notifications to servers. */
import { directClient } from "../direct_client.ts";
import { isGranted } from "../processes/permissions.ts";
import { version } from "../version.ts";
import { type Delivered, TOO_SLOW } from "./delivery.ts";
import type { Notification } from "./notification.ts";

/** Posts the JSON, once. Redirects are not followed: the address may be a secret, and so is the text. */
export async function post(
  address: string,
  told: Notification,
  signal: AbortSignal,
): Promise<Delivered> {
  const url = new URL(address);
  if (!isGranted({ name: "net", host: url.host })) {
    return { ok: false, error: `Deno does not allow net access to ${url.host}`, again: false };
  }
  using client = directClient(url);
  try {
    const response = await fetch(withoutCredentials(url), {
      method: "POST",
      headers: {
        "content-type": "application/json; charset=utf-8",
        "user-agent": `zag/${version}`,
        "idempotency-key": told.id,
        ...authorization(url),
      },
      body: JSON.stringify(told),
      redirect: "manual",
      signal,
      ...(client && { client }),
    });
    // What it answers is of any length, and nobody reads it.
    await response.body?.cancel();
    const { status } = response;
    if (status >= 200 && status < 300) return { ok: true };
    const isRedirect = status >= 300 && status < 400;
    return {
      ok: false,
      error: `the server answered ${status}` +
        (isRedirect ? ", and redirects are not followed" : ""),
      again: !isRedirect,
    };
  } catch (error) {
    if (signal.aborted) return { ok: false, error: TOO_SLOW, again: false };
    return { ok: false, error: reasonOf(error), again: true };
  }
}

function withoutCredentials(url: URL): URL {
  const clean = new URL(url);
  clean.username = "";
  clean.password = "";
  return clean;
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const text = `${decoded(username)}:${decoded(password)}`;
  const bytes = new TextEncoder().encode(text);
  return { authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
}

/** A percent sign that stands for itself is none that a URL has to have. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What fetch says names the whole address. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? `${error.message} ${error.cause}` : String(error);
  if (/refused/i.test(text)) return "the connection was refused";
  if (/dns|resolve|lookup/i.test(text)) return "there is no server of this name";
  if (/certificate|corrupt message|tls|ssl/i.test(text)) {
    return "there is no safe connection to the server";
  }
  return "the server could not be reached";
}
