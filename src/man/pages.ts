/**
 * The pages of the manual: Markdown, one for each command, and the topics. Each is loaded when it is
 * asked for.
 *
 * @module
 */

const PAGES: Readonly<Record<string, () => Promise<{ default: string }>>> = {
  agents: () => import("./pages/agents.md", { with: { type: "text" } }),
  broadcast: () => import("./pages/broadcast.md", { with: { type: "text" } }),
  cancel: () => import("./pages/cancel.md", { with: { type: "text" } }),
  capability: () => import("./pages/capability.md", { with: { type: "text" } }),
  collect: () => import("./pages/collect.md", { with: { type: "text" } }),
  completions: () => import("./pages/completions.md", { with: { type: "text" } }),
  config: () => import("./pages/config.md", { with: { type: "text" } }),
  cost: () => import("./pages/cost.md", { with: { type: "text" } }),
  discover: () => import("./pages/discover.md", { with: { type: "text" } }),
  doctor: () => import("./pages/doctor.md", { with: { type: "text" } }),
  env: () => import("./pages/env.md", { with: { type: "text" } }),
  events: () => import("./pages/events.md", { with: { type: "text" } }),
  exec: () => import("./pages/exec.md", { with: { type: "text" } }),
  gc: () => import("./pages/gc.md", { with: { type: "text" } }),
  input: () => import("./pages/input.md", { with: { type: "text" } }),
  listen: () => import("./pages/listen.md", { with: { type: "text" } }),
  log: () => import("./pages/log.md", { with: { type: "text" } }),
  man: () => import("./pages/man.md", { with: { type: "text" } }),
  mcp: () => import("./pages/mcp.md", { with: { type: "text" } }),
  orchestration: () => import("./pages/orchestration.md", { with: { type: "text" } }),
  output: () => import("./pages/output.md", { with: { type: "text" } }),
  permit: () => import("./pages/permit.md", { with: { type: "text" } }),
  pipe: () => import("./pages/pipe.md", { with: { type: "text" } }),
  plan: () => import("./pages/plan.md", { with: { type: "text" } }),
  ps: () => import("./pages/ps.md", { with: { type: "text" } }),
  retry: () => import("./pages/retry.md", { with: { type: "text" } }),
  review: () => import("./pages/review.md", { with: { type: "text" } }),
  run: () => import("./pages/run.md", { with: { type: "text" } }),
  search: () => import("./pages/search.md", { with: { type: "text" } }),
  session: () => import("./pages/session.md", { with: { type: "text" } }),
  skills: () => import("./pages/skills.md", { with: { type: "text" } }),
  spawn: () => import("./pages/spawn.md", { with: { type: "text" } }),
  status: () => import("./pages/status.md", { with: { type: "text" } }),
  subscribe: () => import("./pages/subscribe.md", { with: { type: "text" } }),
  summary: () => import("./pages/summary.md", { with: { type: "text" } }),
  upgrade: () => import("./pages/upgrade.md", { with: { type: "text" } }),
  usage: () => import("./pages/usage.md", { with: { type: "text" } }),
  wait: () => import("./pages/wait.md", { with: { type: "text" } }),
  watch: () => import("./pages/watch.md", { with: { type: "text" } }),
  whoami: () => import("./pages/whoami.md", { with: { type: "text" } }),
  zag: () => import("./pages/zag.md", { with: { type: "text" } }),
};

/** Topics whose pages lie among the documents of the repository, where they are read as well. */
const DOCUMENTS: Readonly<Record<string, () => Promise<{ default: string }>>> = {
  worktrees: () => import("../../docs/worktrees.md", { with: { type: "text" } }),
  sandbox: () => import("../../docs/sandbox.md", { with: { type: "text" } }),
  models: () => import("../../docs/models.md", { with: { type: "text" } }),
  policies: () => import("../../docs/policies.md", { with: { type: "text" } }),
  limits: () => import("../../docs/limits.md", { with: { type: "text" } }),
  watchdogs: () => import("../../docs/watchdogs.md", { with: { type: "text" } }),
  budgets: () => import("../../docs/budgets.md", { with: { type: "text" } }),
  fallback: () => import("../../docs/fallback.md", { with: { type: "text" } }),
  privacy: () => import("../../docs/privacy.md", { with: { type: "text" } }),
  faults: () => import("../../docs/faults.md", { with: { type: "text" } }),
  notifications: () => import("../../docs/notifications.md", { with: { type: "text" } }),
  mock: () => import("../../docs/mock.md", { with: { type: "text" } }),
};

/** Pages that are about no command of their name, in the order in which they are listed. */
export const TOPICS: Readonly<Record<string, string>> = {
  zag: "The program as a whole: flags, exit codes, files, variables",
  orchestration: "How sessions start, wait for, feed and message each other",
  agents: "For agents that call zag, as --help-agent prints it",
  worktrees: "Agents in checkouts of their own, with -w",
  sandbox: "Agents in Docker sandboxes, with --sandbox",
  models: "Sizes and names of models, and auto",
  limits: "What happens when an agent hits a usage limit",
  watchdogs: "Agents that hang, and how long zag waits for them",
  budgets: "What a call may spend: --max-cost and --max-tokens",
  fallback: "Who goes on when a provider cannot: --fallback",
  privacy: "What zag keeps, and which secrets it keeps out",
  faults: "What zag promises when things go wrong",
  notifications: "Who is told when a session ends, fails, waits or asks",
  policies: "What agents may do, and what they ask about: --permissions",
  mock: "The agent that needs no account, and its scripts",
};

/** The names of all pages that were written for the manual. */
export const PAGE_NAMES: readonly string[] = Object.keys(PAGES);

/** The Markdown of a page as it was written, with its places to fill; undefined if there is none. */
export async function loadPage(name: string): Promise<string | undefined> {
  if (Object.hasOwn(PAGES, name)) return (await PAGES[name]!()).default;
  if (!Object.hasOwn(DOCUMENTS, name)) return undefined;
  // What a link to a file leads to is not there for whoever reads the manual.
  return (await DOCUMENTS[name]!()).default.replace(/\[([^\]]+)\]\((?!https?:)[^)]*\)/g, "$1");
}
