-- Who said yes to what, what moderators must know, and the schedules of check-ins.

CREATE TABLE consents (
    user_id BIGINT NOT NULL,
    server_id BIGINT NOT NULL,
    feature TEXT NOT NULL,
    version BIGINT NOT NULL, -- of the words that were agreed to
    given_at BIGINT NOT NULL,
    renew_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, server_id, feature)
);

CREATE TABLE notices (
    id TEXT NOT NULL PRIMARY KEY,
    server_id BIGINT NOT NULL,
    key TEXT NOT NULL,
    subject TEXT NOT NULL, -- what it is about; it closes with it
    params TEXT NOT NULL, -- JSON
    raised_at BIGINT NOT NULL,
    seen_at BIGINT
);

CREATE UNIQUE INDEX notices_open ON notices (server_id, key, subject) WHERE seen_at IS NULL;

CREATE TABLE checkins_schedules (
    id TEXT NOT NULL PRIMARY KEY,
    server_id BIGINT NOT NULL,
    owner_user_id BIGINT, -- a member's own; null for one of the server
    place TEXT NOT NULL,
    channel_id BIGINT NOT NULL,
    rule TEXT NOT NULL, -- JSON
    categories TEXT NOT NULL, -- JSON; empty for all
    language TEXT NOT NULL,
    state TEXT NOT NULL,
    paused_until_at BIGINT,
    skip_next BOOLEAN NOT NULL,
    refusals BIGINT NOT NULL,
    off_reason TEXT,
    made_at BIGINT NOT NULL
);

CREATE INDEX checkins_schedules_by_server ON checkins_schedules (server_id, made_at);
CREATE INDEX checkins_schedules_by_owner ON checkins_schedules (owner_user_id)
    WHERE owner_user_id IS NOT NULL;

CREATE TABLE checkins_used (
    server_id BIGINT NOT NULL,
    channel_id BIGINT NOT NULL,
    prompt_id TEXT NOT NULL,
    owner_user_id BIGINT, -- whose direct messages the channel is
    used_at BIGINT NOT NULL,
    past BOOLEAN NOT NULL, -- in a round that is over
    PRIMARY KEY (server_id, channel_id, prompt_id)
);

CREATE TABLE checkins_vetoes (
    server_id BIGINT NOT NULL,
    prompt_id TEXT NOT NULL,
    PRIMARY KEY (server_id, prompt_id)
);

CREATE TABLE checkins_prompts (
    server_id BIGINT NOT NULL,
    id TEXT NOT NULL,
    language TEXT NOT NULL,
    category TEXT NOT NULL,
    weight TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (server_id, id)
);
