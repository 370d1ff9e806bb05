-- Who must never be brought together, what was told to moderators in private, what a person is
-- still to be told, and who was not found in a server.

CREATE TABLE blocks (
    server_id BIGINT NOT NULL,
    owner_user_id BIGINT NOT NULL,
    blocked_user_id BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    stays BOOLEAN NOT NULL, -- also when its owner leaves the server
    PRIMARY KEY (server_id, owner_user_id, blocked_user_id)
);

CREATE INDEX blocks_by_owner ON blocks (owner_user_id, server_id);

-- Two people whom moderators keep apart; the smaller id stands first.
CREATE TABLE blocks_apart (
    server_id BIGINT NOT NULL,
    first_user_id BIGINT NOT NULL,
    second_user_id BIGINT NOT NULL,
    confirmed_at BIGINT NOT NULL,
    reminded BOOLEAN NOT NULL, -- that it ends soon
    PRIMARY KEY (server_id, first_user_id, second_user_id)
);

CREATE TABLE reports (
    id TEXT NOT NULL PRIMARY KEY,
    server_id BIGINT NOT NULL,
    reporter_user_id BIGINT NOT NULL,
    about_user_id BIGINT, -- null for one about the bot's own words, or about nobody in particular
    named BOOLEAN NOT NULL, -- whether moderators may see who reports
    scene TEXT NOT NULL, -- where it was made
    reference TEXT, -- what it was made about there
    words TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    handled_at BIGINT
);

CREATE INDEX reports_by_server ON reports (server_id, made_at);

CREATE TABLE news (
    id TEXT NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    server_id BIGINT NOT NULL,
    key TEXT NOT NULL,
    params TEXT NOT NULL, -- JSON
    made_at BIGINT NOT NULL
);

CREATE INDEX news_by_person ON news (user_id, made_at);

CREATE TABLE membership_missing (
    server_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    since_at BIGINT NOT NULL,
    PRIMARY KEY (server_id, user_id)
);
