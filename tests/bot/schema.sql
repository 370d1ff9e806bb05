CREATE TABLE audit_lines (
    id TEXT NOT NULL PRIMARY KEY,
    server_id INTEGER NOT NULL,
    actor_user_id INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    before TEXT,
    after TEXT
) STRICT;

CREATE INDEX audit_lines_by_server ON audit_lines (server_id, changed_at);

CREATE TABLE faq_entries (
    server_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    language TEXT NOT NULL,
    topic TEXT NOT NULL,
    question TEXT NOT NULL,
    answer TEXT NOT NULL,
    phrasings TEXT NOT NULL, -- JSON
    tags TEXT NOT NULL, -- JSON
    related TEXT NOT NULL, -- JSON
    source_title TEXT NOT NULL,
    source_url TEXT,
    revision INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (server_id, id)
) STRICT;

CREATE TABLE faq_hidden (
    server_id INTEGER NOT NULL,
    entry_id TEXT NOT NULL,
    PRIMARY KEY (server_id, entry_id)
) STRICT;

CREATE TABLE faq_revisions (
    server_id INTEGER NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL
) STRICT;

CREATE TABLE helplines_rows (
    server_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    country TEXT NOT NULL,
    body TEXT NOT NULL, -- JSON
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (server_id, id)
) STRICT;

CREATE TABLE privacy_departures (
    server_id INTEGER NOT NULL PRIMARY KEY,
    left_at INTEGER NOT NULL
) STRICT;

CREATE TABLE schema_version (
        version INTEGER NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        applied_at INTEGER NOT NULL
    ) STRICT;

CREATE TABLE settings_values (
    server_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL, -- JSON
    PRIMARY KEY (server_id, key)
) STRICT;

