"""Whatever a moderator changes is in the list of who changed what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.hostile.ground import Person, make_ground
from tests.hostile.steering import moderator, steps, submit

NO_CHANGE = {"audit_lines", "faq_revisions", "jobs_timers", "jobs_messages", "checkins_used"}
"""What follows from a change, or only says that caches are old."""

SETUP = "setup_servers"
"""Where a moderator left the setup, which changes nothing for anybody."""

SEEN = 18
"""Kinds of changes that come about this way at least; those of features have tests of their own."""

Rows = dict[str, list[dict[str, Any]]]


def changed(before: Rows, after: Rows, who: Person) -> list[str]:
    """Tables in which something is another now that is not the moderator's own as a member."""

    def of_others(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            row
            for row in rows
            if not any(name.endswith("user_id") and row[name] == who.id for name in row)
        ]

    return [
        table
        for table in sorted(after.keys() - NO_CHANGE - {SETUP})
        if of_others(before[table]) != of_others(after[table])
    ]


async def test_whatever_a_moderator_changes_is_in_the_list_of_changes(tmp_path: Path) -> None:
    async with make_ground(tmp_path / "state") as ground:
        who, rows = moderator(ground), await ground.rows()
        wrong: list[str] = []
        seen: set[str] = set()
        async for step in steps(ground, who):
            if step.can_be_filled_in:
                await submit(ground, who, step.shown)
            now = await ground.rows()
            new = [line for line in now["audit_lines"] if line not in rows["audit_lines"]]
            seen |= {line["action"] for line in new}
            if not new:
                wrong += [f"{step.name} changed {table}" for table in changed(rows, now, who)]
            rows = now
        assert wrong == []
        assert len(seen) >= SEEN, sorted(seen)
