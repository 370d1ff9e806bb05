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

CREATE TABLE checkins_prompts (
    server_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    language TEXT NOT NULL,
    category TEXT NOT NULL,
    weight TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (server_id, id)
) STRICT;

CREATE TABLE checkins_schedules (
    id TEXT NOT NULL PRIMARY KEY,
    server_id INTEGER NOT NULL,
    owner_user_id INTEGER, -- a member's own; null for one of the server
    place TEXT NOT NULL,
    channel_id INTEGER NOT NULL,
    rule TEXT NOT NULL, -- JSON
    categories TEXT NOT NULL, -- JSON; empty for all
    language TEXT NOT NULL,
    state TEXT NOT NULL,
    paused_until_at INTEGER,
    skip_next INTEGER NOT NULL,
    refusals INTEGER NOT NULL,
    off_reason TEXT,
    made_at INTEGER NOT NULL
) STRICT;

CREATE INDEX checkins_schedules_by_owner ON checkins_schedules (owner_user_id)
    WHERE owner_user_id IS NOT NULL;

CREATE INDEX checkins_schedules_by_server ON checkins_schedules (server_id, made_at);

CREATE TABLE checkins_used (
    server_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    owner_user_id INTEGER, -- whose direct messages the channel is
    posts TEXT NOT NULL, -- JSON: each prompt's id, with the number of the last post that said it
    PRIMARY KEY (channel_id, server_id)
) STRICT;

CREATE INDEX checkins_used_by_owner ON checkins_used (owner_user_id)
    WHERE owner_user_id IS NOT NULL;

CREATE TABLE checkins_vetoes (
    server_id INTEGER NOT NULL,
    prompt_id TEXT NOT NULL,
    PRIMARY KEY (server_id, prompt_id)
) STRICT;

CREATE TABLE consents (
    user_id INTEGER NOT NULL,
    server_id INTEGER NOT NULL,
    feature TEXT NOT NULL,
    version INTEGER NOT NULL, -- of the words that were agreed to
    given_at INTEGER NOT NULL,
    renew_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, server_id, feature)
) STRICT;

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

CREATE TABLE jobs_messages (
    id TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    server_id INTEGER NOT NULL,
    recipient_user_id INTEGER,
    channel_id INTEGER NOT NULL,
    body TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    late_at INTEGER NOT NULL,
    turn INTEGER NOT NULL,
    try_at INTEGER NOT NULL,
    first_tried_at INTEGER,
    tries INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    message_id INTEGER,
    settled_at INTEGER
) STRICT;

CREATE INDEX jobs_messages_of ON jobs_messages (kind, subject, due_at);

CREATE INDEX jobs_messages_open ON jobs_messages (turn, due_at, id) WHERE settled_at IS NULL;

CREATE INDEX jobs_messages_settled ON jobs_messages (settled_at) WHERE settled_at IS NOT NULL;

CREATE INDEX jobs_messages_turns ON jobs_messages (server_id, turn) WHERE settled_at IS NULL;

CREATE TABLE jobs_timers (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    server_id INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)
) STRICT;

CREATE INDEX jobs_timers_due ON jobs_timers (due_at, kind, subject, server_id);

CREATE TABLE notices (
    id TEXT NOT NULL PRIMARY KEY,
    server_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    subject TEXT NOT NULL, -- what it is about; it closes with it
    params TEXT NOT NULL, -- JSON
    raised_at INTEGER NOT NULL,
    seen_at INTEGER
) STRICT;

CREATE UNIQUE INDEX notices_open ON notices (server_id, key, subject) WHERE seen_at IS NULL;

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

