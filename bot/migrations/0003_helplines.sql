-- Helplines that a server added, or that it shows instead of a shipped one.

CREATE TABLE helplines_rows (
    server_id BIGINT NOT NULL,
    id TEXT NOT NULL,
    country TEXT NOT NULL,
    body TEXT NOT NULL, -- JSON
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (server_id, id)
);
