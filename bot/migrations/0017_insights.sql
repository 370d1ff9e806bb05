-- What moderators may be told of a month in numbers: how often something was, and never by whom.

CREATE TABLE insights_starts (
    server_id BIGINT NOT NULL PRIMARY KEY,
    month_at BIGINT NOT NULL -- the first month that is counted; a month is its first midnight in UTC
);

CREATE TABLE insights_counts (
    server_id BIGINT NOT NULL,
    month_at BIGINT NOT NULL,
    what TEXT NOT NULL,
    times BIGINT NOT NULL,
    five BOOLEAN NOT NULL, -- whether five different people at least are behind it
    PRIMARY KEY (server_id, month_at, what)
);
