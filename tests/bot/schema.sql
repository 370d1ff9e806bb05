CREATE TABLE audit_lines (
    id TEXT NOT NULL PRIMARY KEY,
    server_id INTEGER NOT NULL,
    actor_user_id INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    before TEXT,
    after TEXT
) STRICT;

CREATE INDEX audit_lines_by_server ON audit_lines (server_id, changed_at);

CREATE TABLE blocks (
    server_id INTEGER NOT NULL,
    owner_user_id INTEGER NOT NULL,
    blocked_user_id INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    stays INTEGER NOT NULL, -- also when its owner leaves the server
    PRIMARY KEY (server_id, owner_user_id, blocked_user_id)
) STRICT;

CREATE TABLE blocks_apart (
    server_id INTEGER NOT NULL,
    first_user_id INTEGER NOT NULL,
    second_user_id INTEGER NOT NULL,
    confirmed_at INTEGER NOT NULL,
    reminded INTEGER NOT NULL, -- that it ends soon
    PRIMARY KEY (server_id, first_user_id, second_user_id)
) STRICT;

CREATE INDEX blocks_by_owner ON blocks (owner_user_id, server_id);

CREATE TABLE checkins_prompts (
    server_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    language TEXT NOT NULL,
    category TEXT NOT NULL,
    weight TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (server_id, id)
) STRICT;

CREATE TABLE checkins_schedules (
    id TEXT NOT NULL PRIMARY KEY,
    server_id INTEGER NOT NULL,
    owner_user_id INTEGER, -- a member's own; null for one of the server
    place TEXT NOT NULL,
    channel_id INTEGER NOT NULL,
    rule TEXT NOT NULL, -- JSON
    categories TEXT NOT NULL, -- JSON; empty for all
    language TEXT NOT NULL,
    state TEXT NOT NULL,
    paused_until_at INTEGER,
    skip_next INTEGER NOT NULL,
    refusals INTEGER NOT NULL,
    off_reason TEXT,
    made_at INTEGER NOT NULL
) STRICT;

CREATE INDEX checkins_schedules_by_owner ON checkins_schedules (owner_user_id)
    WHERE owner_user_id IS NOT NULL;

CREATE INDEX checkins_schedules_by_server ON checkins_schedules (server_id, made_at);

CREATE TABLE checkins_used (
    server_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    owner_user_id INTEGER, -- whose direct messages the channel is
    posts TEXT NOT NULL, -- JSON: each prompt's id, with the number of the last post that said it
    PRIMARY KEY (channel_id, server_id)
) STRICT;

CREATE INDEX checkins_used_by_owner ON checkins_used (owner_user_id)
    WHERE owner_user_id IS NOT NULL;

CREATE TABLE checkins_vetoes (
    server_id INTEGER NOT NULL,
    prompt_id TEXT NOT NULL,
    PRIMARY KEY (server_id, prompt_id)
) STRICT;

CREATE TABLE company_duties (
    server_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    in_a_row INTEGER NOT NULL, -- conversations since this duty began
    PRIMARY KEY (server_id, user_id)
) STRICT;

CREATE TABLE company_places (
    request_id TEXT NOT NULL,
    server_id INTEGER NOT NULL,
    supporter_user_id INTEGER NOT NULL,
    since_at INTEGER NOT NULL,
    left_at INTEGER,
    PRIMARY KEY (request_id, supporter_user_id)
) STRICT;

CREATE INDEX company_places_by_person ON company_places (supporter_user_id);

CREATE TABLE company_requests (
    id TEXT NOT NULL PRIMARY KEY,
    server_id INTEGER NOT NULL,
    asker_user_id INTEGER NOT NULL,
    wish TEXT NOT NULL,
    line TEXT NOT NULL, -- what they added; emptied when it ends
    unnamed INTEGER NOT NULL, -- until somebody comes
    state TEXT NOT NULL,
    code TEXT NOT NULL, -- in the name of its thread, by which that is found again
    language TEXT NOT NULL,
    channel_id INTEGER NOT NULL, -- where its thread is
    thread_id INTEGER,
    panel_message_id INTEGER, -- in the thread
    call_channel_id INTEGER,
    call_message_id INTEGER, -- where supporters are
    calls INTEGER NOT NULL, -- how often supporters were called, from 1
    heard INTEGER NOT NULL, -- whether the last call reached somebody on duty
    made_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL -- at the latest; when it is over, when that was
) STRICT;

CREATE INDEX company_requests_by_server ON company_requests (server_id, state);

CREATE UNIQUE INDEX company_requests_open ON company_requests (asker_user_id, server_id)
    WHERE state <> 'ended';

CREATE TABLE consents (
    user_id INTEGER NOT NULL,
    server_id INTEGER NOT NULL,
    feature TEXT NOT NULL,
    version INTEGER NOT NULL, -- of the words that were agreed to
    given_at INTEGER NOT NULL,
    renew_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, server_id, feature)
) STRICT;

CREATE TABLE faq_entries (
    server_id INTEGER NOT NULL,
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
    revision INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (server_id, id)
) STRICT;

CREATE TABLE faq_hidden (
    server_id INTEGER NOT NULL,
    entry_id TEXT NOT NULL,
    PRIMARY KEY (server_id, entry_id)
) STRICT;

CREATE TABLE faq_questions (
    id TEXT NOT NULL PRIMARY KEY,
    server_id INTEGER NOT NULL,
    asker_user_id INTEGER NOT NULL,
    words TEXT NOT NULL, -- emptied when it is over
    named INTEGER NOT NULL, -- whether moderators see who asks
    hear TEXT NOT NULL, -- how the asker hears what came of it
    language TEXT NOT NULL, -- in which
    made_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL, -- at the latest; when it is over, when that was
    state TEXT NOT NULL,
    consent_version INTEGER, -- of the words by which they asked to be written to
    dm_channel_id INTEGER,
    entry_id TEXT, -- that answers it
    reason TEXT, -- why it was declined
    note TEXT NOT NULL -- what a moderator wrote to the asker
) STRICT;

CREATE INDEX faq_questions_by_asker ON faq_questions (asker_user_id);

CREATE INDEX faq_questions_by_server ON faq_questions (server_id, state);

CREATE TABLE faq_revisions (
    server_id INTEGER NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL
) STRICT;

CREATE TABLE faq_shipped_vectors (
    encoder TEXT NOT NULL,
    hash TEXT NOT NULL,
    vector TEXT NOT NULL,
    PRIMARY KEY (encoder, hash)
) STRICT;

CREATE TABLE faq_tallies (
    server_id INTEGER NOT NULL,
    entry_id TEXT NOT NULL,
    helped INTEGER NOT NULL,
    missed INTEGER NOT NULL,
    PRIMARY KEY (server_id, entry_id)
) STRICT;

CREATE TABLE faq_vectors (
    server_id INTEGER NOT NULL,
    encoder TEXT NOT NULL,
    hash TEXT NOT NULL, -- SHA-256 of the text
    vector TEXT NOT NULL, -- base64
    PRIMARY KEY (server_id, encoder, hash)
) STRICT;

CREATE TABLE helplines_rows (
    server_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    country TEXT NOT NULL,
    body TEXT NOT NULL, -- JSON
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (server_id, id)
) STRICT;

CREATE TABLE insights_counts (
    server_id INTEGER NOT NULL,
    month_at INTEGER NOT NULL,
    what TEXT NOT NULL,
    times INTEGER NOT NULL,
    five INTEGER NOT NULL, -- whether five different people at least are behind it
    PRIMARY KEY (server_id, month_at, what)
) STRICT;

CREATE TABLE insights_starts (
    server_id INTEGER NOT NULL PRIMARY KEY,
    month_at INTEGER NOT NULL -- the first month that is counted; a month is its first midnight in UTC
) STRICT;

CREATE TABLE jobs_messages (
    id TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    server_id INTEGER NOT NULL,
    recipient_user_id INTEGER,
    channel_id INTEGER NOT NULL,
    body TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    late_at INTEGER NOT NULL,
    turn INTEGER NOT NULL,
    try_at INTEGER NOT NULL,
    first_tried_at INTEGER,
    tries INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    message_id INTEGER,
    settled_at INTEGER
) STRICT;

CREATE INDEX jobs_messages_of ON jobs_messages (kind, subject, due_at);

CREATE INDEX jobs_messages_open ON jobs_messages (turn, due_at, kind) WHERE settled_at IS NULL;

CREATE INDEX jobs_messages_settled ON jobs_messages (settled_at) WHERE settled_at IS NOT NULL;

CREATE INDEX jobs_messages_turns ON jobs_messages (server_id, turn) WHERE settled_at IS NULL;

CREATE TABLE jobs_timers (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    server_id INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)
) STRICT;

CREATE INDEX jobs_timers_due ON jobs_timers (due_at, kind, subject, server_id);

CREATE TABLE membership_missing (
    server_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    since_at INTEGER NOT NULL,
    PRIMARY KEY (server_id, user_id)
) STRICT;

CREATE TABLE news (
    id TEXT NOT NULL PRIMARY KEY,
    user_id INTEGER NOT NULL,
    server_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    params TEXT NOT NULL, -- JSON
    made_at INTEGER NOT NULL
) STRICT;

CREATE INDEX news_by_person ON news (user_id, made_at);

CREATE TABLE notices (
    id TEXT NOT NULL PRIMARY KEY,
    server_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    subject TEXT NOT NULL, -- what it is about; it closes with it
    params TEXT NOT NULL, -- JSON
    raised_at INTEGER NOT NULL,
    seen_at INTEGER
) STRICT;

CREATE UNIQUE INDEX notices_open ON notices (server_id, key, subject) WHERE seen_at IS NULL;

CREATE TABLE pairing_answers (
    round_id TEXT NOT NULL,
    server_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    yes INTEGER NOT NULL,
    answered_at INTEGER NOT NULL,
    PRIMARY KEY (round_id, user_id)
) STRICT;

CREATE INDEX pairing_answers_by_person ON pairing_answers (user_id);

CREATE TABLE pairing_introductions (
    id TEXT NOT NULL PRIMARY KEY,
    server_id INTEGER NOT NULL,
    round_id TEXT NOT NULL,
    state TEXT NOT NULL,
    code TEXT NOT NULL, -- in the name of its thread, by which that is found again
    language TEXT NOT NULL,
    opener TEXT NOT NULL,
    thread_id INTEGER,
    made_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;

CREATE INDEX pairing_introductions_by_round ON pairing_introductions (round_id);

CREATE INDEX pairing_introductions_by_server ON pairing_introductions (server_id, state);

CREATE TABLE pairing_members (
    id TEXT NOT NULL, -- stands for them on buttons and in timers, where no person is named
    server_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    wishes TEXT NOT NULL, -- JSON: codes from lists, never a word of their own
    zone TEXT NOT NULL,
    state TEXT NOT NULL,
    paused_until_at INTEGER,
    paused_why TEXT,
    skip_next INTEGER NOT NULL,
    dm_channel_id INTEGER, -- null where they did not ask for direct messages
    joined_at INTEGER NOT NULL,
    waited INTEGER NOT NULL, -- rounds in a row in which nobody was found for them
    odd INTEGER NOT NULL, -- rounds in which they waited or were one of three
    silent INTEGER NOT NULL, -- rounds in a row without a yes
    last_round INTEGER, -- the number of the last round that they were drawn in
    PRIMARY KEY (server_id, user_id)
) STRICT;

CREATE UNIQUE INDEX pairing_members_by_id ON pairing_members (id);

CREATE INDEX pairing_members_by_person ON pairing_members (user_id);

CREATE TABLE pairing_met (
    server_id INTEGER NOT NULL,
    first_user_id INTEGER NOT NULL, -- the smaller of the two
    second_user_id INTEGER NOT NULL,
    round_number INTEGER NOT NULL, -- the latest in which they were brought together
    met_at INTEGER NOT NULL,
    PRIMARY KEY (server_id, first_user_id, second_user_id)
) STRICT;

CREATE TABLE pairing_met_before (
    server_id INTEGER NOT NULL,
    owner_user_id INTEGER NOT NULL,
    met_user_id INTEGER NOT NULL, -- who erased what is theirs
    round_number INTEGER NOT NULL,
    met_at INTEGER NOT NULL,
    PRIMARY KEY (server_id, owner_user_id, met_user_id)
) STRICT;

CREATE INDEX pairing_met_before_by_met ON pairing_met_before (met_user_id);

CREATE INDEX pairing_met_by_second ON pairing_met (server_id, second_user_id);

CREATE TABLE pairing_places (
    introduction_id TEXT NOT NULL,
    server_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    said TEXT,
    said_at INTEGER,
    left_at INTEGER,
    offered INTEGER NOT NULL, -- whether another peer was offered in its place
    ended_at INTEGER, -- the same as of its introduction, so that it goes in its own time
    PRIMARY KEY (introduction_id, user_id)
) STRICT;

CREATE INDEX pairing_places_by_person ON pairing_places (user_id);

CREATE TABLE pairing_plans (
    server_id INTEGER NOT NULL PRIMARY KEY,
    channel_id INTEGER NOT NULL,
    rule TEXT NOT NULL, -- JSON
    confirm_first INTEGER NOT NULL,
    lead_hours INTEGER NOT NULL,
    followup_days INTEGER NOT NULL,
    period_days INTEGER NOT NULL,
    state TEXT NOT NULL,
    off_reason TEXT,
    made_at INTEGER NOT NULL
) STRICT;

CREATE TABLE pairing_rounds (
    id TEXT NOT NULL PRIMARY KEY,
    server_id INTEGER NOT NULL,
    number INTEGER NOT NULL, -- from 1, in one server
    draw_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    seed INTEGER NOT NULL,
    confirm INTEGER NOT NULL, -- whether only those take part who said yes to this round
    counts TEXT NOT NULL, -- JSON: numbers only
    made_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX pairing_rounds_by_server ON pairing_rounds (server_id, number);

CREATE TABLE pairing_topics (
    server_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    name TEXT, -- null for one that ships
    place INTEGER NOT NULL, -- in the order in which they are offered
    PRIMARY KEY (server_id, id)
) STRICT;

CREATE TABLE privacy_departures (
    server_id INTEGER NOT NULL PRIMARY KEY,
    left_at INTEGER NOT NULL
) STRICT;

CREATE TABLE reports (
    id TEXT NOT NULL PRIMARY KEY,
    server_id INTEGER NOT NULL,
    reporter_user_id INTEGER NOT NULL,
    about_user_id INTEGER, -- null for one about the bot's own words, or about nobody in particular
    named INTEGER NOT NULL, -- whether moderators may see who reports
    scene TEXT NOT NULL, -- where it was made
    reference TEXT, -- what it was made about there
    words TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    handled_at INTEGER
) STRICT;

CREATE INDEX reports_by_server ON reports (server_id, made_at);

CREATE TABLE schema_version (
        version INTEGER NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        applied_at INTEGER NOT NULL
    ) STRICT;

CREATE TABLE settings_values (
    server_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL, -- JSON
    PRIMARY KEY (server_id, key)
) STRICT;

CREATE TABLE setup_servers (
    server_id INTEGER NOT NULL PRIMARY KEY,
    offered_at INTEGER, -- empty: they began without an offer
    step TEXT NOT NULL -- the page that was last shown; empty before the first
) STRICT;

