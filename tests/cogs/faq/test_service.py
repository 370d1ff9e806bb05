"""What members can do, on a real store."""

from __future__ import annotations

from cogs.faq.search import Verdict
from cogs.faq.service import TOKEN
from cogs.faq.settings import CHANNELS, ENABLED
from tests.cogs.faq.library import MODERATOR, SERVER, Library, refusal


async def test_a_question_is_answered_with_its_related_ones(library: Library) -> None:
    answer = await library.faq.ask(SERVER, "en", "where do i leave my umbrela")
    assert answer.verdict is Verdict.FOUND
    assert answer.entry is not None
    assert answer.entry.id == "umbrella"
    assert [entry.id for entry in answer.near] == ["kettle"]


async def test_what_is_not_there_is_nothing_and_carries_no_answer(library: Library) -> None:
    answer = await library.faq.ask(SERVER, "en", "zebra quantum 9000")
    assert (answer.verdict, answer.entry) == (Verdict.NOTHING, None)


async def test_a_chosen_suggestion_is_shown_whatever_resembles_it(library: Library) -> None:
    assert await library.found(f"{TOKEN}bicycle") == "Can I bring a bicycle?"


async def test_words_that_look_like_a_chosen_suggestion_are_a_question(library: Library) -> None:
    assert await library.found(f"{TOKEN}zebra quantum") == "nothing"


async def test_a_hidden_or_removed_suggestion_is_refused_kindly(library: Library) -> None:
    await library.entries.hide(SERVER, "kettle", "en", by=MODERATOR)
    assert await refusal(library.faq.ask(SERVER, "en", f"{TOKEN}kettle")) == "faq.gone"
    assert await refusal(library.faq.ask(SERVER, "en", f"{TOKEN}own-gone")) == "faq.gone"
    assert await refusal(library.faq.entry(SERVER, "en", "kettle")) == "faq.gone"


async def test_a_hidden_entry_is_in_no_answer_list_or_related_question(library: Library) -> None:
    await library.entries.hide(SERVER, "kettle", "en", by=MODERATOR)
    assert await library.shown() == ["umbrella", "bicycle"]
    assert await library.found("who fills the kettle?") != "Who fills the kettle?"
    assert (await library.faq.ask(SERVER, "en", "where do i leave my umbrella?")).near == ()
    assert list(await library.faq.topics(SERVER, "en")) == ["basics", "work"]
    assert await library.shown(server=11) == ["umbrella", "kettle", "bicycle"]


async def test_what_a_language_lacks_comes_in_another(library: Library) -> None:
    assert (
        await library.found("dónde dejo el paraguas", language="es") == "¿Dónde dejo el paraguas?"
    )
    assert (await library.faq.entry(SERVER, "es", "bicycle")).language == "en"


async def test_topics_are_browsed_page_by_page(library: Library) -> None:
    assert await library.faq.topics(None, "en") == {"basics": 1, "groups": 1, "work": 1}
    page = await library.faq.browse(None, "en", "work", 7, 5)
    assert ([e.id for e in page.entries], page.number, page.pages) == (["bicycle"], 0, 1)


async def test_it_can_be_switched_off_and_kept_to_channels(library: Library) -> None:
    settings = library.settings
    await library.faq.require_open(SERVER, (1,))
    await settings.change(SERVER, CHANNELS, [5, 6], by=MODERATOR)
    assert await refusal(library.faq.require_open(SERVER, (1,))) == "faq.elsewhere"
    await library.faq.require_open(SERVER, (1, 6))
    await library.faq.require_open(None, (1,))
    await settings.change(SERVER, ENABLED, value=False, by=MODERATOR)
    assert await refusal(library.faq.require_open(SERVER, (5,))) == "faq.off"
