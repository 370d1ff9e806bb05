"""SQL of the schedules, of what was posted where, and of what moderators made of the prompts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from bot import logs
from bot.clock import from_epoch, to_epoch
from bot.database import Reading, Row, Transaction
from bot.recurrence import Rule, RuleWrong
from cogs.checkins.model import History, Off, OwnPrompt, Place, Plan, Schedule, State

_log = logs.get(__name__)

_COLUMNS = (
    "id, server_id, owner_user_id, place, channel_id, rule, categories, language, state, "
    "paused_until_at, skip_next, refusals, off_reason, made_at"
)


async def put_schedules(tx: Transaction, schedules: Sequence[Schedule]) -> None:
    """Write schedules, in place of the ones with the same ids."""
    await tx.execute_many(
        f"INSERT INTO checkins_schedules ({_COLUMNS}) "  # noqa: S608
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) "
        "ON CONFLICT (id) DO UPDATE SET place = excluded.place, channel_id = excluded.channel_id, "
        "rule = excluded.rule, categories = excluded.categories, language = excluded.language, "
        "state = excluded.state, paused_until_at = excluded.paused_until_at, "
        "skip_next = excluded.skip_next, refusals = excluded.refusals, "
        "off_reason = excluded.off_reason",
        [
            (
                one.id,
                one.server_id,
                one.owner_user_id,
                one.plan.place.value,
                one.plan.channel_id,
                one.plan.rule.to_text(),
                json.dumps(one.plan.categories),
                one.plan.language,
                one.state.value,
                None if one.paused_until is None else to_epoch(one.paused_until),
                one.skip_next,
                one.refusals,
                None if one.off_reason is None else one.off_reason.value,
                to_epoch(one.made_at),
            )
            for one in schedules
        ],
    )


async def forget_refusals(tx: Transaction, schedule_id: str) -> None:
    """Begin to count refusals in a row anew."""
    await tx.execute(
        "UPDATE checkins_schedules SET refusals = 0 WHERE id = $1 AND refusals > 0", schedule_id
    )


async def delete_schedule(tx: Transaction, schedule_id: str) -> None:
    """Delete a schedule."""
    await tx.execute("DELETE FROM checkins_schedules WHERE id = $1", schedule_id)


async def schedule(read: Reading, schedule_id: str) -> Schedule | None:
    """One schedule, by its id."""
    row = await read.fetch_one(
        f"SELECT {_COLUMNS} FROM checkins_schedules WHERE id = $1",  # noqa: S608
        schedule_id,
    )
    return None if row is None else _schedule(row)


async def schedules(
    tx: Transaction, ids: Sequence[str], *, hold: bool = True
) -> dict[str, Schedule]:
    """Schedules by their ids, held until the transaction ends; unknown ids are left out."""
    if not ids:
        return {}
    held = " FOR UPDATE" if hold else ""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM checkins_schedules "  # noqa: S608
        f"WHERE id IN ({_marks(len(ids))}){held}",
        *ids,
    )
    return {one.id: one for one in _readable(rows)}


async def of_server(read: Reading, server_id: int) -> tuple[Schedule, ...]:
    """A server's own schedules, the oldest first; those of its members are not among them."""
    rows = await read.fetch(
        f"SELECT {_COLUMNS} FROM checkins_schedules "  # noqa: S608
        "WHERE server_id = $1 AND owner_user_id IS NULL ORDER BY made_at, id",
        server_id,
    )
    return tuple(_readable(rows))


async def all_in_server(read: Reading, server_id: int) -> tuple[Schedule, ...]:
    """Every schedule that belongs to a server, its members' among them."""
    rows = await read.fetch(
        f"SELECT {_COLUMNS} FROM checkins_schedules WHERE server_id = $1 "  # noqa: S608
        "ORDER BY made_at, id",
        server_id,
    )
    return tuple(_readable(rows))


async def of_member(read: Reading, user_id: int) -> tuple[Schedule, ...]:
    """A member's own schedules, of all servers, the oldest first."""
    rows = await read.fetch(
        f"SELECT {_COLUMNS} FROM checkins_schedules WHERE owner_user_id = $1 "  # noqa: S608
        "ORDER BY made_at, id",
        user_id,
    )
    return tuple(_readable(rows))


async def owners(read: Reading) -> list[tuple[int, int]]:
    """Servers and members who have schedules of their own there, each pair once."""
    rows = await read.fetch(
        "SELECT DISTINCT server_id, owner_user_id FROM checkins_schedules "
        "WHERE owner_user_id IS NOT NULL ORDER BY server_id, owner_user_id"
    )
    return [(row["server_id"], row["owner_user_id"]) for row in rows]


# What was posted where


async def histories(
    read: Reading, channel_ids: Sequence[int], *, hold: bool = False
) -> dict[tuple[int, int], History]:
    """What channels have seen, by server and channel; held until the end of a transaction."""
    if not channel_ids:
        return {}
    held = " FOR UPDATE" if hold else ""
    rows = await read.fetch(
        "SELECT server_id, channel_id, owner_user_id, posts FROM checkins_used "  # noqa: S608
        f"WHERE channel_id IN ({_marks(len(channel_ids))}){held}",
        *channel_ids,
    )
    return {
        (server, channel): History(server, channel, owner, json.loads(posts))
        for server, channel, owner, posts in rows
    }


async def put_histories(tx: Transaction, histories: Collection[History]) -> None:
    """Write what channels have seen, in place of what was written before."""
    await tx.execute_many(
        "INSERT INTO checkins_used (server_id, channel_id, owner_user_id, posts) "
        "VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (channel_id, server_id) DO UPDATE SET posts = excluded.posts",
        [
            (one.server_id, one.channel_id, one.owner_user_id, json.dumps(one.posts))
            for one in histories
        ],
    )


async def forget_used(tx: Transaction, server_id: int, owner_user_id: int) -> None:
    """Forget what was posted in a member's direct messages on behalf of a server."""
    await tx.execute(
        "DELETE FROM checkins_used WHERE server_id = $1 AND owner_user_id = $2",
        server_id,
        owner_user_id,
    )


# What moderators made of the prompts


async def vetoes(read: Reading, server_ids: Sequence[int]) -> dict[int, frozenset[str]]:
    """The ids of prompts that servers do not want, by server."""
    if not server_ids:
        return {}
    rows = await read.fetch(
        "SELECT server_id, prompt_id FROM checkins_vetoes "  # noqa: S608
        f"WHERE server_id IN ({_marks(len(server_ids))})",
        *server_ids,
    )
    found: dict[int, set[str]] = defaultdict(set)
    for row in rows:
        found[row["server_id"]].add(row["prompt_id"])
    return {server_id: frozenset(ids) for server_id, ids in found.items()}


async def add_veto(tx: Transaction, server_id: int, prompt_id: str) -> bool:
    """Veto a prompt; gives whether it was not vetoed before."""
    count = await tx.execute(
        "INSERT INTO checkins_vetoes (server_id, prompt_id) VALUES ($1, $2) "
        "ON CONFLICT (server_id, prompt_id) DO NOTHING",
        server_id,
        prompt_id,
    )
    return count > 0


async def delete_veto(tx: Transaction, server_id: int, prompt_id: str) -> bool:
    """Let a vetoed prompt come again; gives whether it was vetoed."""
    count = await tx.execute(
        "DELETE FROM checkins_vetoes WHERE server_id = $1 AND prompt_id = $2", server_id, prompt_id
    )
    return count > 0


async def own_prompts(read: Reading, server_ids: Sequence[int]) -> dict[int, list[OwnPrompt]]:
    """The prompts that servers wrote, by server."""
    found: dict[int, list[OwnPrompt]] = defaultdict(list)
    if not server_ids:
        return found
    rows = await read.fetch(
        "SELECT server_id, id, language, category, weight, text "  # noqa: S608
        f"FROM checkins_prompts WHERE server_id IN ({_marks(len(server_ids))}) ORDER BY id",
        *server_ids,
    )
    for row in rows:
        found[row["server_id"]].append(
            OwnPrompt(row["id"], row["language"], row["category"], row["weight"], row["text"])
        )
    return found


async def add_prompt(tx: Transaction, server_id: int, prompt: OwnPrompt) -> None:
    """Write a prompt of a server's own."""
    await tx.execute(
        "INSERT INTO checkins_prompts (server_id, id, language, category, weight, text) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        server_id,
        prompt.id,
        prompt.language,
        prompt.category,
        prompt.weight,
        prompt.text,
    )


async def delete_prompt(tx: Transaction, server_id: int, prompt_id: str) -> None:
    """Delete a prompt of a server's own."""
    await tx.execute(
        "DELETE FROM checkins_prompts WHERE server_id = $1 AND id = $2", server_id, prompt_id
    )


def _marks(count: int) -> str:
    return ", ".join(f"${number}" for number in range(1, count + 1))


# Many schedules share one text, and thousands may come due at once.


@lru_cache(maxsize=4_096)
def _rule(text: str) -> Rule:
    return Rule.from_text(text)


@lru_cache(maxsize=1_024)
def _categories(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _readable(rows: Sequence[Row]) -> Iterator[Schedule]:
    """Give the schedules of rows. One that cannot be read is left out, and breaks no other."""
    for row in rows:
        try:
            yield _schedule(row)
        except (RuleWrong, ValueError) as error:
            _log.error("schedule_unreadable", schedule=row["id"], error=logs.describe(error))


def _schedule(row: Row) -> Schedule:
    # Taken apart by position, which costs a third of looking each column up by its name.
    id_, server, owner, place, channel, rule, categories, language, *kept = row
    state, until, skip_next, refusals, reason, made_at = kept
    return Schedule(
        id_,
        server,
        owner,
        Plan(Place(place), channel, _rule(rule), _categories(categories), language),
        from_epoch(made_at),
        State(state),
        None if until is None else from_epoch(until),
        bool(skip_next),
        refusals,
        None if reason is None else Off(reason),
    )
