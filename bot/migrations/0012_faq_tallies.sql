-- Whether answers help: how many said so, and nothing of who they are or when it was.

CREATE TABLE faq_tallies (
    server_id BIGINT NOT NULL,
    entry_id TEXT NOT NULL,
    helped BIGINT NOT NULL,
    missed BIGINT NOT NULL,
    PRIMARY KEY (server_id, entry_id)
);
