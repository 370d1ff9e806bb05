"""How the FAQ looks to members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import discord
from babel import Locale
from discord import ui

from bot.texts import Words
from bot.views import MAX_CUSTOM_ID, Panel, button, clip, helplines_button, menu, plain, row
from cogs.faq.model import Entry, Source
from cogs.faq.search import Verdict
from cogs.faq.service import Answer, Page

SHOW = "faq:show"
PAGE = "faq:page"
TOPIC = "faq:topic"
SHARE = "faq:share"
POST = "faq:post"
TAKE_BACK = "faq:take_back"
HELPED = "faq:helped"
INSTEAD = "faq:instead"
ABOUT = "about:show"
_IN = "@"

NEAR = {Verdict.NEARBY: 3, Verdict.NOTHING: 2}
"""Entries offered when none was found: more would be a list to work through, and where nothing
fits, what comes nearest is most likely about something else."""
LABEL = 80
"""Characters of a button's label that Discord takes."""
PAGE_SIZE = 6
"""Questions on one page, each a button of its own: about a phone screen."""


def answer(
    words: Words,
    entry: Entry,
    related: Sequence[Entry],
    *,
    can_share: bool,
    counts: bool,
    others: Sequence[Entry] = (),
    news: Sequence[str] = (),
    read: str = "",
) -> Panel:
    """The entry, its source, related questions, what to do next, and the way to a person.

    `counts` offers to say that it helped; `others` are shown where it was not what was meant; who
    asked in a language can `read` it.
    """
    named = _named(words, entry, read)
    return Panel(
        *news,
        *told(words, entry, read),
        "-# " + words("faq.answer.footer"),
        words("faq.answer.related") if related else None,
        *_buttons(words, related, read=read),
        row(
            button(words("faq.helped.yes"), HELPED, named) if counts else None,
            button(words("faq.helped.no"), INSTEAD, named, *_fitting(INSTEAD, named, others)),
        ),
        row(
            button(words("faq.share.button"), SHARE, entry.id) if can_share else None,
            button(words("faq.browse.button"), PAGE, entry.topic, 0),
            helplines_button(words),
        ),
    )


def thanks(words: Words, entry: Entry, *, can_share: bool, read: str = "") -> Panel:
    """The same entry, and that it was counted."""
    return Panel(
        *told(words, entry, read),
        "-# " + words("faq.helped.thanks"),
        row(
            button(words("faq.share.button"), SHARE, entry.id) if can_share else None,
            button(words("faq.browse.button"), PAGE, entry.topic, 0),
            helplines_button(words),
        ),
    )


def not_found(
    words: Words,
    found: Answer,
    topics: Mapping[str, int],
    *,
    about: str = "faq.nothing",
    ask: ui.Button[Any] | None = None,
    news: Sequence[str] = (),
    read: str = "",
) -> Panel:
    """Say that there is no answer; helplines and people first, then what comes near, and topics.

    `about` is the key of what is said: that nothing was found, or that it was not what was meant.
    `ask` is the button to the moderators, where there is one; who asked in a language can `read`
    it.
    """
    nearby = found.near[: NEAR[found.verdict]]
    person = found.person
    return Panel(
        *news,
        f"## {words(f'{about}.title')}",
        words(f"{about}.body"),
        row(
            helplines_button(words),
            button(person.question, SHOW, _named(words, person, read)) if person else None,
        ),
        words(f"faq.{found.verdict.value}.offer") if nearby else None,
        *_buttons(words, nearby, together=True, read=read),
        words("faq.questions.offer") if ask else None,
        row(ask) if ask else None,
        row(_topic_menu(words, topics, None)) if topics else None,
    )


def page(
    words: Words,
    topics: Mapping[str, int],
    topic: str | None,
    shown: Page | None,
    news: Sequence[str] = (),
) -> Panel:
    """The topics, and one page of the questions of one."""
    if topic is None or shown is None:
        return Panel(
            *news,
            f"## {words('faq.browse.title')}",
            words("faq.browse.body"),
            row(_topic_menu(words, topics, None)) if topics else None,
            row(helplines_button(words)),
        )
    number, pages = shown.number, shown.pages
    newer = button(words("faq.browse.back"), PAGE, topic, number - 1) if number else None
    more = number + 1 < pages
    older = button(words("faq.browse.more"), PAGE, topic, number + 1) if more else None
    counted = words("faq.browse.page", number=number + 1, pages=pages) if pages > 1 else None
    return Panel(
        f"## {words(f'faq.topic.{topic}')}",
        *_buttons(words, shown.entries),
        f"-# {counted}" if counted else None,
        row(newer, older) if newer or older else None,
        row(_topic_menu(words, topics, topic)),
        row(helplines_button(words)),
    )


def confirm_share(words: Words, entry: Entry, nonce: str) -> Panel:
    """Say what the others will see, before they do."""
    return Panel(
        f"## {words('faq.share.confirm.title')}",
        words("faq.share.confirm.body"),
        ui.Separator(),
        *told(words, entry),
        ui.Separator(),
        row(
            button(
                words("faq.share.confirm.yes"),
                POST,
                entry.id,
                nonce,
                style=discord.ButtonStyle.primary,
            ),
            button(words("faq.share.confirm.no"), SHOW, entry.id),
            helplines_button(words),
        ),
    )


def shared(words: Words, entry: Entry) -> Panel:
    """What everybody in the channel sees."""
    return Panel(
        *told(words, entry),
        "-# " + words("faq.share.footer"),
        row(button(words("faq.share.what"), ABOUT), helplines_button(words)),
    )


def posted(words: Words, entry: Entry, channel_id: int, message_id: int, seal: str) -> Panel:
    """Only the member who shared sees this."""
    return Panel(
        words("faq.share.posted"),
        row(
            button(words("faq.share.take_back"), TAKE_BACK, channel_id, message_id, seal),
            button(words("faq.share.back"), SHOW, entry.id),
            helplines_button(words),
        ),
    )


def taken_back(words: Words) -> Panel:
    """It is no longer there."""
    return Panel(words("faq.share.taken_back"), row(helplines_button(words)))


def told(words: Words, entry: Entry, read: str = "") -> list[str | None]:
    """The question, the answer, its source, and its language where it is none of the reader's."""
    key = "faq.answer.own" if entry.own else "faq.answer.shipped"
    if entry.own and {source.title for source in entry.sources} <= _themselves(words):
        key = "faq.answer.own_words"
    sources = " · ".join(_source(source) for source in entry.sources)
    other = None
    if entry.language not in {words.locale, read}:
        other = "-# " + words("faq.answer.language", language=language_name(entry.language, words))
    return [
        f"## {plain(entry.question)}",
        entry.answer,
        "-# " + words(key, sources=sources),
        other,
    ]


def _themselves(words: Words) -> set[str]:
    """What the form says is the source unless the moderators write another, in every language."""
    texts = words.texts
    return {texts.say("faq.form.source_default", locale) for locale in texts.locales}


def _source(source: Source) -> str:
    title = plain(source.title)
    if source.url is None:
        return title
    # Brackets would end the link's text early.
    return f"[{title.replace('[', '(').replace(']', ')')}]({source.url})"


def language_name(code: str, words: Words) -> str:
    """A language as the reader calls it."""
    names = cast("Mapping[str, str]", Locale.parse(words.locale, sep="-").languages)
    # Few languages have a name for that of one country.
    return names.get(code.replace("-", "_")) or names.get(code.split("-")[0], code)


def _buttons(
    words: Words, entries: Sequence[Entry], *, together: bool = False, read: str = ""
) -> list[ui.ActionRow[Any]]:
    # One a row: a question is a sentence, and Discord cuts labels that stand side by side.
    rows: list[ui.ActionRow[Any]] = []
    for entry in entries:
        others = [other for other in entries if other is not entry] if together else ()
        label = _label(words, entry, read)
        named = _named(words, entry, read)
        rows.append(row(button(label, SHOW, named, *_fitting(SHOW, named, others))))
    return rows


def _named(words: Words, entry: Entry, read: str) -> str:
    """What a button calls an entry: by its id, and the language of the question if it is another
    than that of the reader's Discord.
    """
    return f"{entry.id}{_IN}{read}" if read and read != words.locale else entry.id


def meant(named: str) -> tuple[str, str | None]:
    """Give the id of the entry that a button calls so, and the language of the question."""
    entry_id, _, read = named.partition(_IN)
    return entry_id, read or None


def _label(words: Words, entry: Entry, read: str) -> str:
    """The question, and its language where it is none of the reader's."""
    if entry.language in {words.locale, read}:
        return entry.question
    language = f" · {language_name(entry.language, words)}"
    return clip(entry.question, LABEL - len(language)) + language


def _fitting(action: str, named: str, others: Sequence[Entry]) -> list[str]:
    """The ids of as many others, the nearest first, as a button can remember."""
    kept: list[str] = []
    room = MAX_CUSTOM_ID - len(f"{action}:{named}")
    for other in others:
        room -= len(f":{other.id}")
        if room < 0:
            break
        kept.append(other.id)
    return kept


def _topic_menu(words: Words, topics: Mapping[str, int], chosen: str | None) -> ui.Item[Any]:
    options = [
        discord.SelectOption(
            label=clip(words(f"faq.topic.{topic}"), 100),
            description=words("faq.browse.count", count=count),
            value=topic,
            default=topic == chosen,
        )
        for topic, count in topics.items()
    ]
    return menu(TOPIC, placeholder=words("faq.browse.choose"), options=options)
