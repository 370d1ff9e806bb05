-- Settings that moderators changed, the trail of who changed what, and servers that we left.

CREATE TABLE settings_values (
    server_id BIGINT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL, -- JSON
    PRIMARY KEY (server_id, key)
);

CREATE TABLE audit_lines (
    id TEXT NOT NULL PRIMARY KEY,
    server_id BIGINT NOT NULL,
    actor_user_id BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    before TEXT,
    after TEXT
);

CREATE INDEX audit_lines_by_server ON audit_lines (server_id, changed_at);

CREATE TABLE privacy_departures (
    server_id BIGINT NOT NULL PRIMARY KEY,
    left_at BIGINT NOT NULL
);
