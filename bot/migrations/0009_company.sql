-- Who asked for a person, who came, and who is on duty.

CREATE TABLE company_requests (
    id TEXT NOT NULL PRIMARY KEY,
    server_id BIGINT NOT NULL,
    asker_user_id BIGINT NOT NULL,
    wish TEXT NOT NULL,
    line TEXT NOT NULL, -- what they added; emptied when it ends
    unnamed BOOLEAN NOT NULL, -- until somebody comes
    state TEXT NOT NULL,
    code TEXT NOT NULL, -- in the name of its thread, by which that is found again
    language TEXT NOT NULL,
    channel_id BIGINT NOT NULL, -- where its thread is
    thread_id BIGINT,
    panel_message_id BIGINT, -- in the thread
    call_channel_id BIGINT,
    call_message_id BIGINT, -- where supporters are
    calls BIGINT NOT NULL, -- how often supporters were called, from 1
    heard BOOLEAN NOT NULL, -- whether the last call reached somebody on duty
    made_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL -- at the latest; when it is over, when that was
);

CREATE INDEX company_requests_by_server ON company_requests (server_id, state);
-- One that is open of each person in a server.
CREATE UNIQUE INDEX company_requests_open ON company_requests (asker_user_id, server_id)
    WHERE state <> 'ended';

CREATE TABLE company_places (
    request_id TEXT NOT NULL,
    server_id BIGINT NOT NULL,
    supporter_user_id BIGINT NOT NULL,
    since_at BIGINT NOT NULL,
    left_at BIGINT,
    PRIMARY KEY (request_id, supporter_user_id)
);

CREATE INDEX company_places_by_person ON company_places (supporter_user_id);

CREATE TABLE company_duties (
    server_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    in_a_row BIGINT NOT NULL, -- conversations since this duty began
    PRIMARY KEY (server_id, user_id)
);
