-- Who wants to meet somebody, the rounds in which people are brought together, and who met whom.

CREATE TABLE pairing_members (
    id TEXT NOT NULL, -- stands for them on buttons and in timers, where no person is named
    server_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    wishes TEXT NOT NULL, -- JSON: codes from lists, never a word of their own
    zone TEXT NOT NULL,
    state TEXT NOT NULL,
    paused_until_at BIGINT,
    paused_why TEXT,
    skip_next BOOLEAN NOT NULL,
    dm_channel_id BIGINT, -- null where they did not ask for direct messages
    joined_at BIGINT NOT NULL,
    waited BIGINT NOT NULL, -- rounds in a row in which nobody was found for them
    odd BIGINT NOT NULL, -- rounds in which they waited or were one of three
    silent BIGINT NOT NULL, -- rounds in a row without a yes
    last_round BIGINT, -- the number of the last round that they were drawn in
    PRIMARY KEY (server_id, user_id)
);

CREATE UNIQUE INDEX pairing_members_by_id ON pairing_members (id);
CREATE INDEX pairing_members_by_person ON pairing_members (user_id);

CREATE TABLE pairing_topics (
    server_id BIGINT NOT NULL,
    id TEXT NOT NULL,
    name TEXT, -- null for one that ships
    place BIGINT NOT NULL, -- in the order in which they are offered
    PRIMARY KEY (server_id, id)
);

CREATE TABLE pairing_plans (
    server_id BIGINT NOT NULL PRIMARY KEY,
    channel_id BIGINT NOT NULL,
    rule TEXT NOT NULL, -- JSON
    confirm_first BOOLEAN NOT NULL,
    lead_hours BIGINT NOT NULL,
    followup_days BIGINT NOT NULL,
    period_days BIGINT NOT NULL,
    state TEXT NOT NULL,
    off_reason TEXT,
    made_at BIGINT NOT NULL
);

CREATE TABLE pairing_rounds (
    id TEXT NOT NULL PRIMARY KEY,
    server_id BIGINT NOT NULL,
    number BIGINT NOT NULL, -- from 1, in one server
    draw_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    seed BIGINT NOT NULL,
    confirm BOOLEAN NOT NULL, -- whether only those take part who said yes to this round
    counts TEXT NOT NULL, -- JSON: numbers only
    made_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX pairing_rounds_by_server ON pairing_rounds (server_id, number);

CREATE TABLE pairing_answers (
    round_id TEXT NOT NULL,
    server_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    yes BOOLEAN NOT NULL,
    answered_at BIGINT NOT NULL,
    PRIMARY KEY (round_id, user_id)
);

CREATE INDEX pairing_answers_by_person ON pairing_answers (user_id);

CREATE TABLE pairing_introductions (
    id TEXT NOT NULL PRIMARY KEY,
    server_id BIGINT NOT NULL,
    round_id TEXT NOT NULL,
    state TEXT NOT NULL,
    code TEXT NOT NULL, -- in the name of its thread, by which that is found again
    language TEXT NOT NULL,
    opener TEXT NOT NULL,
    thread_id BIGINT,
    made_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    ended_at BIGINT
);

CREATE INDEX pairing_introductions_by_round ON pairing_introductions (round_id);
CREATE INDEX pairing_introductions_by_server ON pairing_introductions (server_id, state);

CREATE TABLE pairing_places (
    introduction_id TEXT NOT NULL,
    server_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    said TEXT,
    said_at BIGINT,
    left_at BIGINT,
    offered BOOLEAN NOT NULL, -- whether another peer was offered in its place
    ended_at BIGINT, -- the same as of its introduction, so that it goes in its own time
    PRIMARY KEY (introduction_id, user_id)
);

CREATE INDEX pairing_places_by_person ON pairing_places (user_id);

CREATE TABLE pairing_met (
    server_id BIGINT NOT NULL,
    first_user_id BIGINT NOT NULL, -- the smaller of the two
    second_user_id BIGINT NOT NULL,
    round_number BIGINT NOT NULL, -- the latest in which they were brought together
    met_at BIGINT NOT NULL,
    PRIMARY KEY (server_id, first_user_id, second_user_id)
);

CREATE INDEX pairing_met_by_second ON pairing_met (server_id, second_user_id);
