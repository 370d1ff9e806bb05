-- What texts of the FAQ mean to an encoder, so that each is encoded once: a server's own, and those
-- that ship.

CREATE TABLE faq_vectors (
    server_id BIGINT NOT NULL,
    encoder TEXT NOT NULL,
    hash TEXT NOT NULL, -- SHA-256 of the text
    vector TEXT NOT NULL, -- base64
    PRIMARY KEY (server_id, encoder, hash)
);

CREATE TABLE faq_shipped_vectors (
    encoder TEXT NOT NULL,
    hash TEXT NOT NULL,
    vector TEXT NOT NULL,
    PRIMARY KEY (encoder, hash)
);
