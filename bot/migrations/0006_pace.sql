-- What a batch needs is read at once: what is due from its index alone, a server's last turn from
-- its own index, and what a channel has seen from one row, which only a post there changes.

DROP INDEX jobs_timers_due;
CREATE INDEX jobs_timers_due ON jobs_timers (due_at, kind, subject, server_id);

CREATE INDEX jobs_messages_turns ON jobs_messages (server_id, turn) WHERE settled_at IS NULL;

ALTER TABLE checkins_used RENAME TO checkins_used_before;

CREATE TABLE checkins_used (
    server_id BIGINT NOT NULL,
    channel_id BIGINT NOT NULL,
    owner_user_id BIGINT, -- whose direct messages the channel is
    posts TEXT NOT NULL, -- JSON: each prompt's id, with the number of the last post that said it
    PRIMARY KEY (channel_id, server_id)
);

CREATE INDEX checkins_used_by_owner ON checkins_used (owner_user_id)
    WHERE owner_user_id IS NOT NULL;

INSERT INTO checkins_used (server_id, channel_id, owner_user_id, posts)
SELECT server_id, channel_id, max(owner_user_id),
    '{' || string_agg('"' || prompt_id || '": ' || number, ', ' ORDER BY number) || '}'
FROM (
    SELECT server_id, channel_id, owner_user_id, prompt_id, row_number() OVER (
        PARTITION BY server_id, channel_id ORDER BY used_at, prompt_id
    ) AS number FROM checkins_used_before
) AS counted
GROUP BY server_id, channel_id;

DROP TABLE checkins_used_before;
