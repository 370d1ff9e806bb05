-- How far moderators have come in setting the bot up, and whether that was offered.

CREATE TABLE setup_servers (
    server_id BIGINT NOT NULL PRIMARY KEY,
    offered_at BIGINT, -- empty: they began without an offer
    step TEXT NOT NULL -- the page that was last shown; empty before the first
);
