"""How the FAQ looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import discord
from babel import Locale
from discord import ui

from bot.errors import UserError
from bot.texts import Words
from bot.views import Form, Panel, button, clip, field, helplines_button, menu, plain, row
from cogs.faq.model import (
    ANSWER_LIMIT,
    PHRASINGS_LEAST,
    QUESTION_LIMIT,
    TOPICS,
    Entry,
    Source,
    Typed,
)
from cogs.faq.search import Verdict
from cogs.faq.service import Answer, Kept, Page

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction

SHOW = "faq:show"
PAGE = "faq:page"
TOPIC = "faq:topic"
SHARE = "faq:share"
POST = "faq:post"
TAKE_BACK = "faq:take_back"
SAVE_DRAFT = "faq:draft_save"
CHANGE_DRAFT = "faq:draft_change"
DROP_DRAFT = "faq:draft_drop"
EDIT = "faq:edit"
ASK_REMOVE = "faq:ask_remove"
REMOVE = "faq:remove"
RESTORE = "faq:restore"
LIST = "faq:list"
ABOUT = "about:show"

NEAR = {Verdict.NEARBY: 3, Verdict.NOTHING: 2}
"""Entries offered when none was found: more would be a list to work through, and where nothing
fits, what comes nearest is most likely about something else."""
PAGE_SIZE = 6
"""Questions on one page, each a button of its own: about a phone screen."""
LIST_SIZE = 10
PHRASINGS_FIELD = 2_000
"""Characters of the form's field for other ways to ask."""
SOURCE_FIELD = 400
SHOWN_PHRASINGS = 800
"""Characters of them in a preview, which holds everything else of the entry, too."""


# For members


def answer(words: Words, entry: Entry, related: Sequence[Entry], *, can_share: bool) -> Panel:
    """The entry, its source, related questions, and the way to a person."""
    return Panel(
        *_told(words, entry),
        "-# " + words("faq.answer.footer"),
        words("faq.answer.related") if related else None,
        *_buttons(related),
        row(
            button(words("faq.share.button"), SHARE, entry.id) if can_share else None,
            helplines_button(words),
            button(words("faq.browse.button"), PAGE, entry.topic, 0),
        ),
    )


def not_found(words: Words, found: Answer, topics: Mapping[str, int]) -> Panel:
    """Say that there is no answer; helplines and people first, then what comes near, and topics."""
    nearby = found.near[: NEAR[found.verdict]]
    person = found.person
    return Panel(
        f"## {words('faq.nothing.title')}",
        words("faq.nothing.body"),
        row(
            helplines_button(words),
            button(person.question, SHOW, person.id) if person else None,
        ),
        words(f"faq.{found.verdict.value}.offer") if nearby else None,
        *_buttons(nearby),
        row(_topic_menu(words, topics, None)) if topics else None,
    )


def page(words: Words, topics: Mapping[str, int], topic: str | None, shown: Page | None) -> Panel:
    """The topics, and one page of the questions of one."""
    if topic is None or shown is None:
        return Panel(
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
        *_buttons(shown.entries),
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
        *_told(words, entry),
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
        *_told(words, entry),
        "-# " + words("faq.share.footer"),
        row(helplines_button(words), button(words("faq.share.what"), ABOUT)),
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


def _told(words: Words, entry: Entry) -> list[str | None]:
    told = "faq.answer.own" if entry.own else "faq.answer.shipped"
    if entry.own and {source.title for source in entry.sources} <= _themselves(words):
        told = "faq.answer.own_words"
    sources = " · ".join(_source(source) for source in entry.sources)
    other = None
    if entry.language != words.locale:
        other = "-# " + words("faq.answer.language", language=_language_name(entry.language, words))
    return [
        f"## {plain(entry.question)}",
        entry.answer,
        "-# " + words(told, sources=sources),
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


def _language_name(code: str, words: Words) -> str:
    locale = Locale.parse(words.locale, sep="-")
    return cast("Mapping[str, str]", locale.languages).get(code, code)


def _buttons(entries: Sequence[Entry]) -> list[ui.ActionRow[Any]]:
    # One a row: a question is a sentence, and Discord cuts labels that stand side by side.
    return [row(button(entry.question, SHOW, entry.id)) for entry in entries]


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


# For moderators


def preview(
    words: Words, entry: Entry, similar: Sequence[Entry], draft_id: str, *, changes: bool
) -> Panel:
    """What members will see, everything that was typed with it, and what looks like it."""
    phrasings = clip(" · ".join(plain(phrasing) for phrasing in entry.phrasings), SHOWN_PHRASINGS)
    alike = "\n".join(f"- {plain(found.question)}" for found in similar)
    return Panel(
        words("faq.preview.change" if changes else "faq.preview.add"),
        ui.Separator(),
        *_told(words, entry),
        ui.Separator(),
        "-# " + words("faq.preview.phrasings", phrasings=phrasings),
        "-# "
        + words(
            "faq.preview.topic",
            topic=words(f"faq.topic.{entry.topic}"),
            language=_language_name(entry.language, words),
        ),
        words("faq.preview.similar") + "\n" + alike if similar else None,
        row(
            button(
                words("faq.preview.save"), SAVE_DRAFT, draft_id, style=discord.ButtonStyle.primary
            ),
            button(words("faq.preview.again"), CHANGE_DRAFT, draft_id),
            button(words("faq.preview.drop"), DROP_DRAFT, draft_id),
        ),
    )


def refused(words: Words, error: UserError, typed: Typed, draft_id: str) -> Panel:
    """Say what was refused, and give back what was typed, so that nothing is typed twice."""
    told = [typed.question, typed.answer, typed.phrasings, typed.source]
    given_back = "\n\n".join(text.replace("```", "'''") for text in told if text.strip())
    return Panel(
        words(error.key, **error.params),
        f"```\n{clip(given_back, 3_500)}\n```" if given_back else None,
        row(button(words("faq.preview.again"), CHANGE_DRAFT, draft_id)),
    )


def saved(words: Words, key: str, entry: Entry) -> Panel:
    """What is now, with the way to change it again."""
    return Panel(
        words(key),
        ui.Separator(),
        *_told(words, entry),
        ui.Separator(),
        row(
            button(words("faq.saved.edit"), EDIT, entry.id),
            button(words("faq.saved.remove"), ASK_REMOVE, entry.id),
        ),
    )


def confirm_remove(words: Words, entry: Entry) -> Panel:
    """Ask once before an entry goes."""
    return Panel(
        words("faq.remove.body", question=plain(entry.question)),
        row(
            button(
                words("faq.remove.yes"),
                REMOVE,
                entry.id,
                entry.revision,
                style=discord.ButtonStyle.danger,
            ),
            button(words("faq.remove.no"), LIST, 0),
        ),
    )


def hidden(words: Words, entry: Entry) -> Panel:
    """A shipped entry is hidden now; undoing it is one tap."""
    return Panel(
        words("faq.hidden.body", question=plain(entry.question)),
        row(button(words("faq.hidden.undo"), RESTORE, entry.id)),
    )


def note(words: Words, key: str, entry: Entry) -> Panel:
    """One sentence about an entry, and the way to the list."""
    return Panel(
        words(key, question=plain(entry.question)), row(button(words("faq.list.button"), LIST, 0))
    )


def languages(words: Words, codes: Sequence[str]) -> list[tuple[str, str]]:
    """Languages by code and name, as the reader says them."""
    return [(code, _language_name(code, words)) for code in codes]


def listed(words: Words, kept: Kept, number: int) -> Panel:
    """What the server added and hid, one page of it."""
    lines = [
        *(words("faq.list.own", question=plain(entry.question)) for entry in kept.own),
        *(words("faq.list.hidden", question=plain(entry.question)) for entry in kept.hidden),
    ]
    pages = max(1, -(-len(lines) // LIST_SIZE))
    number = min(max(number, 0), pages - 1)
    shown = lines[number * LIST_SIZE : (number + 1) * LIST_SIZE]
    newer = button(words("faq.browse.back"), LIST, number - 1) if number else None
    older = button(words("faq.browse.more"), LIST, number + 1) if number + 1 < pages else None
    return Panel(
        f"## {words('faq.list.title')}",
        "\n".join(shown) if shown else words("faq.list.nothing"),
        "-# " + words("faq.list.how"),
        row(newer, older) if newer or older else None,
    )


class EntryForm(Form):
    """A moderator's form for one entry, filled with what there is of it."""

    def __init__(
        self,
        client: Alongside,
        words: Words,
        typed: Typed,
        submitted: Callable[[Interaction, Typed], Awaitable[None]],
    ) -> None:
        self._question = _line(typed.question, QUESTION_LIMIT)
        self._answer = _paragraph(typed.answer, ANSWER_LIMIT)
        self._phrasings = _paragraph(typed.phrasings, PHRASINGS_FIELD)
        self._topic: ui.Select[Any] = ui.Select(
            options=[
                discord.SelectOption(
                    label=clip(words(f"faq.topic.{topic}"), 100),
                    value=topic,
                    default=topic == typed.topic,
                )
                for topic in TOPICS
            ]
        )
        self._source = _line(typed.source, SOURCE_FIELD)

        async def hand_over(interaction: Interaction) -> None:
            await submitted(
                interaction,
                Typed(
                    self._question.value,
                    self._answer.value,
                    self._phrasings.value,
                    next(iter(self._topic.values), typed.topic),
                    self._source.value,
                ),
            )

        super().__init__(
            client,
            words("faq.form.title"),
            hand_over,
            field(words("faq.form.question"), self._question),
            field(
                words("faq.form.answer"),
                self._answer,
                description=words("faq.form.answer_meaning"),
            ),
            field(
                words("faq.form.phrasings"),
                self._phrasings,
                description=words("faq.form.phrasings_meaning", least=PHRASINGS_LEAST),
            ),
            field(words("faq.form.topic"), self._topic),
            field(
                words("faq.form.source"),
                self._source,
                description=words("faq.form.source_meaning"),
            ),
            moderators=True,
        )


def _line(now: str, longest: int) -> ui.TextInput[Any]:
    return ui.TextInput(max_length=longest, default=now[:longest] or None)


def _paragraph(now: str, longest: int) -> ui.TextInput[Any]:
    return ui.TextInput(
        style=discord.TextStyle.paragraph, max_length=longest, default=now[:longest] or None
    )
