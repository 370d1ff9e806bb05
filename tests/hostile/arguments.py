"""What the buttons of the bot remember, by the name that their handlers give it.

A handler with a name that is not here fails the tests until it is given values.

Filled with what others have: a handler must find out by itself that it is not for who taps.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

from cogs.checkins.answering import PICKS
from cogs.checkins.model import CONSENT_VERSION
from cogs.pairing.model import Said

if TYPE_CHECKING:
    from bot.views import Actions
    from tests.hostile.ground import Ground

Row = Mapping[str, Any]


def known(ground: Ground, rows: Mapping[str, Sequence[Row]]) -> dict[str, list[str]]:
    """Real values for every name, taken from what members of the ground have under way."""
    world = ground.world

    def of(table: str, column: str = "id") -> list[str]:
        return list(dict.fromkeys(str(row[column]) for row in rows[table]))

    people = [str(one.id) for one in ground.members]
    requests, introductions = of("company_requests"), of("pairing_introductions")
    promises = of("jobs_messages")
    threads = of("company_requests", "thread_id") + of("pairing_introductions", "thread_id")
    channels, messages = ([post[part] for post in ground.posts] for part in (0, 1))
    return {
        "schedule_id": of("checkins_schedules"),
        "request_id": requests,
        "introduction_id": introductions,
        "round_id": of("pairing_rounds"),
        "question_id": of("faq_questions"),
        "member_id": of("pairing_members"),
        "entry_id": [*of("faq_entries"), *of("faq_hidden", "entry_id"), "what-is-peer-support"],
        "draft_id": ground.drafts,
        "upload_id": ground.uploads,
        "reply_id": ground.replies,
        "kept": ground.forms,
        "person": [str(world.moderator.id)],
        "notice_id": of("notices"),
        "report_id": of("reports"),
        "line_id": [str(row["id"]) for row in sorted(rows["audit_lines"], key=_settings_first)],
        "row_id": of("helplines_rows"),
        "line": of("helplines_rows"),
        "topic_id": of("pairing_topics")[-1:],
        "server": [str(world.guild.id)],
        "server_id": [str(world.guild.id)],
        "other": people,
        "named": [*of("faq_entries"), "what-is-peer-support", "what-is-peer-support@es"],
        "others": ["what-is-peer-support", "benefits"],
        "about": people,
        "first": people,
        "second": people[1:] + people[:1],
        "channel_id": channels,
        "channel": channels,
        "weeks": ["1"],
        "rhythm": ["weekdays"],
        "name": ["welcome", "checkins"],
        "back": ["checkins"],
        "_offer": ["0123456789ab"],
        "message_id": messages,
        "promise": promises,
        "_message": promises,
        "source": [*threads, *messages],
        "seal": ["0" * 20],
        "shown": of("pairing_rounds"),
        "reference": [*requests, *introductions],
        "scene": ["company"] * len(requests) + ["pairing"] * len(introductions),
        "feature": ["checkins", "pairing"],
        "key": [setting.key for setting in world.bot.runtime.settings.declared],
        "section": ["server", "company", "meeting"],
        "days": ["1"],
        "at": ["0900"],
        "zone": ["Europe/Berlin"],
        "version": [str(CONSENT_VERSION)],
        "nonce": ["co1"],
        "packed": ["Europe/Berlin", "en", "0", "0"],
        "shown_and_picked": ["1", PICKS[0]],
        "count_and_topic": ["25", *of("pairing_topics")[-1:]],
        "question": ["0123456789ab"],
        "alike": ["1", "0"],
        "until": [str(2**40)],
        "hear": ["dm", "later", "never"],
        "then": ["too"],
        "where": ["thread", "thread", "thread", "here"],
        "picked": [PICKS[0]],
        "warned": ["0", "1"],
        "number": ["0"],
        "page": ["0"],
        "place": ["0"],
        "state": ["waiting", "handled"],
        "seen": ["1"],
        "yes": ["yes", "no"],
        "said": [one.value for one in Said],
        "whom": ["supporters", "moderators"],
        "wanted": ["on", "off", "yes", "no"],
        "topic": ["basics"],
        "code": ["DE"],
        "country": ["DE"],
    }


def _settings_first(line: Row) -> tuple[bool, str]:
    """Ids are by chance: by them, what can be undone would not always be among the few tried."""
    return line["action"] != "settings.change", line["target"]


def parameters(actions: Actions, action: str) -> list[inspect.Parameter]:
    """What a button of this action remembers, by name."""
    handler, _ = actions._handlers[action]  # pyright: ignore[reportPrivateUsage]
    named = inspect.signature(handler).parameters.values()
    return [one for one in named if one.name not in {"self", "interaction"}]


def custom_ids(
    actions: Actions, action: str, values: Mapping[str, Sequence[str]], most: int
) -> Iterator[str]:
    """At most `most` custom ids of an action, with different values for each."""
    asked = parameters(actions, action)
    if not asked:
        yield action
        return
    if any(one.kind is one.VAR_POSITIONAL for one in asked):
        *first, rest = asked
        yield ":".join([action, *(values[one.name][0] for one in first), *values[rest.name]])
        return
    turns = max(len(values[one.name]) for one in asked)
    each = [cycle(values[one.name]) for one in asked]
    for chosen in islice(zip(*each, strict=False), min(turns, most)):
        yield ":".join([action, *chosen])
