/** What the tests of skills and MCP servers share. */
import { zagPaths } from "../../src/config/paths.ts";
import { addSkill } from "../../src/extensions/skills.ts";
import { addServer } from "../../src/extensions/servers.ts";
import { type LaunchExtensions, syncExtensions } from "../../src/extensions/sync.ts";
import type { McpServer } from "../../src/providers/extensions.ts";
import { loadProvider } from "../../src/providers/registry.ts";

/** A server that a test says little about. */
export function stdioServer(name: string, more: Partial<McpServer> = {}): McpServer {
  return {
    name,
    description: "",
    transport: "stdio",
    command: "server",
    args: [],
    headers: {},
    env: {},
    ...more,
  };
}

/** A home with skills and servers. */
export class Extended implements AsyncDisposable {
  readonly path: string;
  readonly paths;
  /** What the syncs have warned of. */
  readonly warnings: string[] = [];

  private constructor(path: string) {
    this.path = path;
    this.paths = zagPaths(new Map([["HOME", path]]));
  }

  static async create(): Promise<Extended> {
    const path = await Deno.makeTempDir({ prefix: "zag-extended-" });
    return new Extended(await Deno.realPath(path));
  }

  /** Adds a skill, and returns its file. */
  async skill(name: string, description = ""): Promise<string> {
    return await addSkill(this.paths.skills, name, description);
  }

  /** Adds a server: to a project, or to all. */
  async server(server: McpServer, project?: string): Promise<string> {
    return await addServer(
      project === undefined ? this.paths.globalMcp : this.paths.projectMcp(project),
      server,
    );
  }

  /** What a launch does. */
  async sync(
    provider: string,
    project?: string,
    env: Record<string, string> = {},
  ): Promise<LaunchExtensions> {
    return await syncExtensions({
      paths: this.paths,
      project,
      provider: (await loadProvider(provider))!,
      home: this.path,
      env,
      warn: (message) => this.warnings.push(message),
    });
  }

  /** Writes a file of an agent's. */
  async write(name: string, text: string): Promise<void> {
    const path = `${this.path}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
  }

  /** The text of a file; undefined where there is none. */
  async read(name: string): Promise<string | undefined> {
    return await Deno.readTextFile(`${this.path}/${name}`).catch(() => undefined);
  }

  /** Names of servers in settings in JSON. */
  async servers(name: string): Promise<string[]> {
    return Object.keys(JSON.parse((await this.read(name))!).mcpServers ?? {});
  }

  /** Every file below the home with its last change, of agents and of zag. */
  looks(): string[] {
    const found: string[] = [];
    const visit = (directory: string) => {
      for (const { name, isDirectory } of Deno.readDirSync(directory)) {
        const path = `${directory}/${name}`;
        const { mtime, ino } = Deno.lstatSync(path);
        found.push(`${path} ${ino} ${mtime?.getTime()}`);
        if (isDirectory) visit(path);
      }
    };
    visit(this.path);
    return found.sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
