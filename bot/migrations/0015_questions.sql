-- What members ask the moderators because the FAQ does not answer it.

CREATE TABLE faq_questions (
    id TEXT NOT NULL PRIMARY KEY,
    server_id BIGINT NOT NULL,
    asker_user_id BIGINT NOT NULL,
    words TEXT NOT NULL, -- emptied when it is over
    named BOOLEAN NOT NULL, -- whether moderators see who asks
    hear TEXT NOT NULL, -- how the asker hears what came of it
    language TEXT NOT NULL, -- in which
    made_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL, -- at the latest; when it is over, when that was
    state TEXT NOT NULL,
    consent_version BIGINT, -- of the words by which they asked to be written to
    dm_channel_id BIGINT,
    entry_id TEXT, -- that answers it
    reason TEXT, -- why it was declined
    note TEXT NOT NULL -- what a moderator wrote to the asker
);

CREATE INDEX faq_questions_by_server ON faq_questions (server_id, state);
CREATE INDEX faq_questions_by_asker ON faq_questions (asker_user_id);
