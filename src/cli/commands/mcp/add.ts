/** `zag mcp add`: a server for the project or for all. */
import { defineCommand, type FlagValues, listFlag, switchFlag, valueFlag } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import type { GlobalFlags } from "../../flags.ts";

const flags = {
  transport: valueFlag({
    placeholder: "transport",
    choices: ["stdio", "http"],
    brief: "How the server is reached",
    default: "stdio, http with --url",
  }),
  command: valueFlag({ placeholder: "program", brief: "Program of a stdio server" }),
  args: listFlag({
    placeholder: "arg",
    takesRest: true,
    brief: "Arguments of the program: all that follows, up to the next of these long flags; " +
      "--args=ARG is one argument",
  }),
  url: valueFlag({ placeholder: "url", brief: "Address of an http server" }),
  bearerTokenEnvVar: valueFlag({
    placeholder: "variable",
    brief: "Environment variable that holds the token for an http server",
  }),
  header: listFlag({
    placeholder: "name=value",
    brief: "Header for an http server",
    parse: parseHeader,
  }),
  env: listFlag({
    placeholder: "key=value",
    brief: "Environment variable for a stdio server",
    parse: parsePair,
  }),
  description: valueFlag({ placeholder: "text", brief: "What the server is for" }),
  global: switchFlag({ brief: "For all projects" }),
  root: valueFlag({
    short: "r",
    placeholder: "path",
    brief: "Directory that selects the project",
  }),
  json: switchFlag({ brief: "Print an object" }),
};

type AddFlags = FlagValues<typeof flags> & FlagValues<GlobalFlags>;

export const addCommand = defineCommand({
  name: "add",
  brief: "Add an MCP server to the project",
  detail: "Examples:\n\n" +
    "  zag mcp add files --command npx --args -y some-server .\n" +
    "  zag mcp add tickets --url https://example.com/mcp --bearer-token-env-var TICKETS_TOKEN",
  flags,
  operand: { name: "name", brief: 'Up to 64 letters, digits, "_" and "-"', required: true },
  run: runAdd,
});

function parsePair(text: string): [string, string] {
  const at = text.indexOf("=");
  // What was given may be a secret, and is not said again.
  if (at < 1) throw new SyntaxError("write it KEY=VALUE");
  return [text.slice(0, at), text.slice(at + 1)];
}

/** `name=value`, or `Name: value` as a header is written. */
function parseHeader(text: string): [string, string] {
  const [, name, value] = /^([^=:]+)(?:=|:[ \t]*)([^]*)$/.exec(text) ?? [];
  if (name === undefined) {
    throw new SyntaxError("write it NAME=VALUE");
  }
  return [name, value!];
}

async function runAdd(
  ctx: CliContext,
  flags: AddFlags,
  operands: string[],
): Promise<number> {
  const [{ extensionPlace, givenName, printJson }, servers, { CliError, UsageError }] =
    await Promise.all([
      import("../../extension_target.ts"),
      import("../../../extensions/servers.ts"),
      import("../../errors.ts"),
    ]);
  const name = await givenName("MCP server", operands[0]!);
  const { paths, project } = await extensionPlace(ctx, flags);
  if (!flags.global && project === undefined) {
    throw new CliError(
      `Cannot add MCP server "${name}" here: this directory belongs to no project`,
      1,
      "Add it for all projects with --global, or name a directory with --root",
    );
  }
  const server = (() => {
    try {
      return servers.checkServer({
        name,
        description: flags.description ?? "",
        transport: flags.transport ?? (flags.url === undefined ? "stdio" : "http"),
        command: flags.command,
        args: flags.args,
        url: flags.url,
        bearerTokenEnvVar: flags.bearerTokenEnvVar,
        headers: Object.fromEntries(flags.header),
        env: Object.fromEntries(flags.env),
      });
    } catch (error) {
      throw new UsageError(`Cannot add MCP server "${name}": ${(error as Error).message}`);
    }
  })();
  const directory = flags.global ? paths.globalMcp : paths.projectMcp(project!);
  const path = await servers.addServer(directory, server);
  const scope = flags.global ? "global" : "project";
  if (flags.json) await printJson(ctx, { added: name, scope, path });
  else await ctx.stdout.write(`Added MCP server: ${name} (${scope})\n${path}\n`);
  return 0;
}
