/**
 * The shape of the database, as the list of steps that lead to it.
 *
 * @module
 */

/** One step of the schema. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/**
 * All steps, oldest first. Append only: a step that was ever released never changes, because
 * there are databases that have taken it.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    name: "sessions_and_processes",
    sql: `
      CREATE TABLE sessions (
        session_id TEXT NOT NULL PRIMARY KEY,
        provider_session_id TEXT,
        provider TEXT NOT NULL,
        model TEXT,
        command TEXT NOT NULL,
        project TEXT,
        workspace_path TEXT NOT NULL,
        cwd TEXT NOT NULL,
        name TEXT,
        description TEXT,
        tags TEXT NOT NULL,
        dependencies TEXT NOT NULL,
        retried_from TEXT,
        resumed_from TEXT,
        parent_session_id TEXT,
        parent_process_id TEXT,
        interactive INTEGER NOT NULL,
        is_worktree INTEGER NOT NULL,
        worktree_name TEXT,
        sandbox_name TEXT,
        discovered INTEGER NOT NULL,
        discovery_source TEXT,
        log_path TEXT,
        log_completeness TEXT NOT NULL,
        exit_constraints TEXT,
        launch TEXT,
        resumed INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        started_at TEXT,
        ended_at TEXT,
        heartbeat_at TEXT,
        outcome TEXT,
        exit_code INTEGER,
        signal TEXT,
        error TEXT,
        input_tokens INTEGER,
        output_tokens INTEGER,
        cache_read_tokens INTEGER,
        cache_creation_tokens INTEGER,
        cost_usd REAL
      ) STRICT;
      CREATE INDEX sessions_by_provider_session_id ON sessions (provider_session_id);
      CREATE INDEX sessions_by_project ON sessions (project, created_at);
      CREATE INDEX sessions_by_age ON sessions (created_at);

      -- No foreign key: a process goes on when the record of its session is deleted.
      CREATE TABLE processes (
        id TEXT NOT NULL PRIMARY KEY,
        session_id TEXT,
        provider TEXT NOT NULL,
        model TEXT,
        command TEXT NOT NULL,
        prompt TEXT,
        owner_pid INTEGER NOT NULL,
        owner_start TEXT,
        agent_pid INTEGER,
        agent_start TEXT,
        agent_detached INTEGER NOT NULL,
        status TEXT NOT NULL,
        exit_code INTEGER,
        started_at TEXT NOT NULL,
        exited_at TEXT,
        root TEXT,
        parent_process_id TEXT,
        parent_session_id TEXT
      ) STRICT;
      CREATE INDEX processes_by_session ON processes (session_id, started_at);
      CREATE INDEX processes_running ON processes (started_at) WHERE status = 'running';
    `,
  },
  {
    name: "usage_facts_and_imports",
    sql: `
      -- One row a usage line of a log. It outlives the record of its session: what was spent stays
      -- spent.
      CREATE TABLE usage (
        session_id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        at TEXT NOT NULL,
        provider TEXT NOT NULL,
        model TEXT,
        project TEXT,
        input_tokens INTEGER NOT NULL,
        output_tokens INTEGER NOT NULL,
        cache_read_tokens INTEGER,
        cache_creation_tokens INTEGER,
        cost_usd REAL,
        PRIMARY KEY (session_id, seq)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX usage_by_time ON usage (at);

      -- What is known of the database itself, for example that it was rebuilt.
      CREATE TABLE facts (
        name TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL
      ) STRICT;

      -- How far the agents' own session files were read; may be lost, then they are read again.
      CREATE TABLE imports (
        source TEXT NOT NULL PRIMARY KEY,
        session_id TEXT NOT NULL,
        size INTEGER NOT NULL,
        modified_at TEXT NOT NULL
      ) STRICT;

      CREATE INDEX sessions_by_name ON sessions (name) WHERE name IS NOT NULL;
      CREATE INDEX sessions_by_parent ON sessions (parent_session_id)
        WHERE parent_session_id IS NOT NULL;
      CREATE INDEX sessions_by_parent_process ON sessions (parent_process_id)
        WHERE parent_process_id IS NOT NULL;
      CREATE INDEX sessions_unended ON sessions (created_at) WHERE outcome IS NULL;
      CREATE INDEX sessions_by_run ON sessions (project, coalesce(started_at, created_at));
      CREATE INDEX processes_by_age ON processes (started_at);
    `,
  },
  {
    name: "usage_limits",
    sql: `
      -- Sessions that wait for the end of a usage limit, each for one. The logs tell the same.
      CREATE TABLE resumes (
        incident_id TEXT NOT NULL PRIMARY KEY,
        session_id TEXT NOT NULL UNIQUE,
        scope TEXT NOT NULL,
        wake_at TEXT NOT NULL,
        reset_at TEXT,
        message TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        owner_pid INTEGER,
        owner_start TEXT
      ) STRICT;
      CREATE INDEX resumes_by_time ON resumes (wake_at);
    `,
  },
  {
    name: "budgets",
    sql: `
      -- What the newest call of a session may spend; the logs tell the same.
      ALTER TABLE sessions ADD COLUMN budget TEXT;
      CREATE INDEX processes_by_parent_session ON processes (parent_session_id)
        WHERE parent_session_id IS NOT NULL;
    `,
  },
  {
    name: "spent_time",
    sql: `
      -- So much of its time a session had used when it began to wait; the logs tell the same.
      ALTER TABLE resumes ADD COLUMN spent_ms INTEGER NOT NULL DEFAULT 0;
    `,
  },
  {
    name: "end_reasons",
    sql: `
      -- Why the newest run of a session ended; the logs tell the same.
      ALTER TABLE sessions ADD COLUMN end_reason TEXT;
    `,
  },
];
