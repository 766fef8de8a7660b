/** MCP servers as people and programs see them. What may be a secret is hidden unless asked for. */
import type { BadServer, StoredServer } from "../extensions/servers.ts";
import { serverFields } from "../extensions/servers.ts";
import type { Json } from "../providers/json.ts";

const HIDDEN = "***";

/** How much is shown. */
export interface McpView {
  /** Show the values of variables and headers, and secrets in addresses and arguments. */
  readonly reveal: boolean;
}

/** A server for programs. */
export function serverJson({ server, scope, path }: StoredServer, view: McpView): Json {
  return {
    ...serverFields(server),
    description: server.description,
    args: shownArgs(server.args, view),
    ...(server.url === undefined ? {} : { url: shownUrl(server.url, view) }),
    headers: shown(server.headers, view),
    env: shown(server.env, view),
    scope,
    path,
  };
}

/** A server for people, on several lines. */
export function serverText(stored: StoredServer, view: McpView): string {
  const { server, scope, path } = stored;
  const fields: [label: string, value: string | undefined][] = [
    ["Name", server.name],
    ["Description", server.description || undefined],
    ["Transport", server.transport],
    ["Command", server.command],
    [
      "Arguments",
      server.args.length === 0 ? undefined : shownArgs(server.args, view).map(quoted).join(" "),
    ],
    ["URL", server.url === undefined ? undefined : shownUrl(server.url, view)],
    ["Token from", server.bearerTokenEnvVar],
    ["Scope", scope],
    ["Path", path],
  ];
  const tables: [label: string, values: Readonly<Record<string, string>>][] = [
    ["Environment", server.env],
    ["Headers", server.headers],
  ];
  return [
    ...fields.filter(([, value]) => value !== undefined)
      .map(([label, value]) => `${label}:`.padEnd(13) + value),
    ...tables.filter(([, values]) => Object.keys(values).length > 0).flatMap(([label, values]) => [
      `${label}:`,
      ...Object.entries(shown(values, view)).map(([name, value]) => `  ${name}=${value}`),
    ]),
  ].join("\n");
}

/** What a list shows of how a server is reached. */
export function commandOrUrl({ server }: StoredServer): string {
  return server.url === undefined
    ? [server.command ?? "", ...shownArgs(server.args, { reveal: false })].map(quoted).join(" ")
    : shownUrl(server.url, { reveal: false });
}

/** What is wrong with files that hold no usable server. */
export function badMessages(bad: readonly BadServer[]): string[] {
  return bad.map(({ error }) => error.message);
}

function shown(
  values: Readonly<Record<string, string>>,
  { reveal }: McpView,
): Readonly<Record<string, string>> {
  if (reveal) return values;
  return Object.fromEntries(Object.keys(values).map((name) => [name, HIDDEN]));
}

/** An address; what may be a secret in it is the user's part and the values of the query. */
function shownUrl(url: string, { reveal }: McpView): string {
  if (reveal) return url;
  return url.replace(/^(\w[\w+.-]*:\/\/)[^/?#]*@/, `$1${HIDDEN}@`)
    .replace(/(?<=[?&][^=&#]*=)[^&#]+/g, HIDDEN);
}

const SECRET = "(?:token|key|secret|passw(?:or)?d|auth(?:orization)?|credentials?)";
/** A flag behind which a secret stands, or a header with one. */
const SECRET_FLAG = new RegExp(`^(?:--?[\\w.-]*${SECRET}|--headers?|-H)$`, "i");
/** A setting whose value is a secret: of a flag, a variable, or a header. */
const SECRET_VALUE = new RegExp(`^([\\w.-]*${SECRET}[\\w.-]*\\s*[=:]\\s*|--headers?=).+$`, "is");

/** The arguments of a program, without what may be a secret. */
function shownArgs(args: readonly string[], view: McpView): string[] {
  if (view.reveal) return [...args];
  return args.map((arg, index) => {
    const isFlag = arg.startsWith("-") && !arg.includes("=");
    if (!isFlag && SECRET_FLAG.test(args[index - 1] ?? "")) return HIDDEN;
    if (/^\w[\w+.-]*:\/\//.test(arg)) return shownUrl(arg, view);
    return arg.replace(SECRET_VALUE, `$1${HIDDEN}`);
  });
}

function quoted(word: string): string {
  return /^[\w@%+=:,./*-]+$/.test(word) ? word : JSON.stringify(word);
}
