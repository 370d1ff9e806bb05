"""How introductions look: in their thread, by direct message, and when they are over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import discord
from babel import Locale
from babel.lists import format_list
from discord import ui

from bot.views import (
    Panel,
    block_button,
    button,
    clip,
    helplines_button,
    plain,
    report_button,
    row,
)
from cogs.pairing.course import Tell
from cogs.pairing.introductions_service import SCENE, Details
from cogs.pairing.model import Round, Said
from cogs.pairing.views import ANOTHER, PRIVATE, language_name

if TYPE_CHECKING:
    from bot.texts import Words

LEAVE = "pairing:part"
"""On an introduction; arguments: its id, and the id of the message."""
SAY = "pairing:say"
"""On the question how it went; arguments: the introduction's id, what is said, the message's id."""
SURE = "pairing:sure"
"""On the private question whether to end it; arguments: the introduction's id, what is said."""
KEEP = "pairing:keep"
ANSWER = "pairing:answer"
"""On the question who is in; arguments: the round's id, `yes` or `no`, the message's id."""

MINE = "pairing:mine"
"""Shows one's own pairing; argument: the id of the message, by which that is found again."""


def thread_name(words: Words, code: str) -> str:
    """A neutral name, for thread names show in lists and logs; the code finds it again."""
    return clip(words("pairing.thread.name", code=code), 100)


# In the thread


def introduction(words: Words, details: Details, message_id: str) -> Panel:
    """Two or three people, what they share, something to begin with, and every way out."""
    one = details.introduction
    people = names(words, one.people)
    return Panel(
        f"## {words('pairing.intro.title')}",
        words("pairing.intro.hello", people=people),
        common_text(words, details),
        f"> {details.opener}",
        words("pairing.intro.ends", when=discord.utils.format_dt(one.ends_at, "D")),
        f"-# {words('pairing.intro.seen')}",
        row(
            button(words("pairing.intro.leave"), LEAVE, one.id, message_id),
            block_button(words, SCENE, one.id),
            report_button(words, SCENE, one.id),
            helplines_button(words),
        ),
    )


def common_text(words: Words, details: Details) -> str | None:
    """What they have in common, as far as all of them agreed to show it."""
    common = details.common
    spoken = [language_name(code) for code in common.languages]
    lines = [
        words("pairing.intro.languages", names=_listed(words, spoken)) if spoken else None,
        words("pairing.intro.topics", names=_listed(words, [plain(n) for n in details.topics]))
        if details.topics
        else None,
        words("pairing.intro.hours", count=common.hours) if common.hours else None,
    ]
    shown = [f"- {line}" for line in lines if line]
    return "\n".join([words("pairing.intro.common"), *shown]) if shown else None


def followup(
    words: Words, introduction_id: str, message_id: str, *, by_message: bool = False
) -> Panel:
    """Ask once, softly, whether they got to talk."""
    return Panel(
        words("pairing.dm.first_line") if by_message else None,
        words("pairing.followup.body"),
        row(
            *(
                button(
                    words(f"pairing.followup.{said.value}"),
                    SAY,
                    introduction_id,
                    said.value,
                    message_id,
                )
                for said in Said
            ),
            helplines_button(words),
        ),
    )


def closing(words: Words, message_id: str) -> Panel:
    """The same words whatever the reason."""
    return Panel(words("pairing.closing.body"), _mine_row(words, message_id))


# By direct message


def asking(
    words: Words, server: str, one: Round, message_id: str, *, by_message: bool = False
) -> Panel:
    """Ask in the channel, or privately, who is in."""
    return Panel(
        words("pairing.dm.first_line") if by_message else f"## {words('pairing.ask.title')}",
        words(
            "pairing.ask.body",
            server=plain(server),
            moment=discord.utils.format_dt(one.draw_at, "F"),
            away=discord.utils.format_dt(one.draw_at, "R"),
        ),
        answer_row(words, one.id, message_id),
    )


def answer_row(words: Words, round_id: str, message_id: str) -> ui.ActionRow[Any]:
    """In, or not this time: both one tap."""
    return row(
        button(words("pairing.ask.yes"), ANSWER, round_id, "yes", message_id),
        button(words("pairing.ask.no"), ANSWER, round_id, "no", message_id),
        helplines_button(words),
    )


def answered(words: Words, one: Round, *, yes: bool) -> Panel:
    """What a tap on the question did; it can be taken back until the draw."""
    return Panel(
        words(
            "pairing.ask.in" if yes else "pairing.ask.out",
            moment=discord.utils.format_dt(one.draw_at, "F"),
        ),
        row(
            button(words("pairing.ask.no"), ANSWER, one.id, "no", PRIVATE)
            if yes
            else button(words("pairing.ask.yes"), ANSWER, one.id, "yes", PRIVATE),
            helplines_button(words),
        ),
    )


def note(words: Words, what: Tell, server: str, about: str, message_id: str) -> Panel:
    """Something about a round or an introduction, told by direct message.

    Its first line is neutral, for it may show on a lock screen.
    """
    another = button(words("pairing.another.button"), ANOTHER, about, message_id)
    return Panel(
        words("pairing.dm.first_line"),
        words(f"news.pairing.{what}", server=plain(server)),
        row(another) if what is Tell.OVER else None,
        _mine_row(words, message_id),
    )


def introduced_by_message(words: Words, server: str, details: Details, message_id: str) -> Panel:
    """An introduction without a thread."""
    one = details.introduction
    return Panel(
        words("pairing.dm.first_line"),
        words("pairing.intro.by_message", server=plain(server), people=names(words, one.people)),
        common_text(words, details),
        f"> {details.opener}",
        row(
            button(words("pairing.intro.leave"), LEAVE, one.id, message_id),
            block_button(words, SCENE, one.id),
            report_button(words, SCENE, one.id),
            helplines_button(words),
        ),
    )


# Private answers


def sure(words: Words, introduction_id: str, said: Said) -> Panel:
    """Ask once before a thread that belongs to two is closed."""
    return Panel(
        words(f"pairing.sure.{said.value}"),
        row(
            button(
                words("pairing.sure.yes"),
                SURE,
                introduction_id,
                said.value,
                style=discord.ButtonStyle.danger,
            ),
            button(words("pairing.sure.no"), KEEP),
            helplines_button(words),
        ),
    )


def said(words: Words, key: str) -> Panel:
    """What a tap did, in a sentence."""
    return Panel(words(key), row(helplines_button(words)))


# Inside


def _mine_row(words: Words, message_id: str) -> ui.ActionRow[Any]:
    return row(button(words("pairing.mine.button"), MINE, message_id), helplines_button(words))


def names(words: Words, people: Sequence[int]) -> str:
    """People by mention, joined as the language joins them."""
    return _listed(words, [f"<@{user_id}>" for user_id in people])


def _listed(words: Words, parts: Sequence[str]) -> str:
    return format_list(list(parts), "standard", locale=_babel(words))


def _babel(words: Words) -> Locale:
    return Locale.parse(words.locale, sep="-")
