-- What stays of a meeting when one of the two erases what is theirs: the other's own record, for the
-- rounds in which they are surely not brought together again.

CREATE TABLE pairing_met_before (
    server_id BIGINT NOT NULL,
    owner_user_id BIGINT NOT NULL,
    met_user_id BIGINT NOT NULL, -- who erased what is theirs
    round_number BIGINT NOT NULL,
    met_at BIGINT NOT NULL,
    PRIMARY KEY (server_id, owner_user_id, met_user_id)
);

CREATE INDEX pairing_met_before_by_met ON pairing_met_before (met_user_id);
