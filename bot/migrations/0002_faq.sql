-- A server's own answers, the shipped ones it hides, and a count of its changes.

CREATE TABLE faq_entries (
    server_id BIGINT NOT NULL,
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
    revision BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (server_id, id)
);

CREATE TABLE faq_hidden (
    server_id BIGINT NOT NULL,
    entry_id TEXT NOT NULL,
    PRIMARY KEY (server_id, entry_id)
);

CREATE TABLE faq_revisions (
    server_id BIGINT NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL
);
