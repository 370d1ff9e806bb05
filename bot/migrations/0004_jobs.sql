-- Durable promises to do something later: when a schedule is next due, and what is to be sent.

CREATE TABLE jobs_timers (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    server_id BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    PRIMARY KEY (kind, subject)
);

CREATE INDEX jobs_timers_due ON jobs_timers (due_at, kind, subject);

-- `id` is made from kind, subject and due moment, so that the same promise cannot be made twice.
CREATE TABLE jobs_messages (
    id TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    server_id BIGINT NOT NULL,
    recipient_user_id BIGINT,
    channel_id BIGINT NOT NULL,
    body TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    late_at BIGINT NOT NULL,
    turn BIGINT NOT NULL,
    try_at BIGINT NOT NULL,
    first_tried_at BIGINT,
    tries BIGINT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    message_id BIGINT,
    settled_at BIGINT
);

CREATE INDEX jobs_messages_open ON jobs_messages (turn, due_at, id) WHERE settled_at IS NULL;
CREATE INDEX jobs_messages_of ON jobs_messages (kind, subject, due_at);
CREATE INDEX jobs_messages_settled ON jobs_messages (settled_at) WHERE settled_at IS NOT NULL;
