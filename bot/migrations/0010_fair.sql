-- Kinds take turns as servers do: what is in the way of another kind is passed over in the index.

DROP INDEX jobs_messages_open;
CREATE INDEX jobs_messages_open ON jobs_messages (turn, due_at, id, kind) WHERE settled_at IS NULL;
