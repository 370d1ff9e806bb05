-- Of those whose turn it is in one second, it matters not who comes first: the index is written for
-- ten thousand at once and need not hold their ids.

DROP INDEX jobs_messages_open;
CREATE INDEX jobs_messages_open ON jobs_messages (turn, due_at, kind) WHERE settled_at IS NULL;
