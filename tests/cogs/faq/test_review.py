"""What moderators may want to mend, found by rules and told in a panel."""

from __future__ import annotations

from dataclasses import replace

import pytest
from discord import ui
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.texts import Texts, Words
from bot.views import MAX_TEXT
from cogs.faq.catalogs_service import documents_of, shipped_entries
from cogs.faq.model import Entry
from cogs.faq.review import (
    ENOUGH_PHRASINGS,
    PHONE_COLUMNS,
    PHONE_LINES,
    Finding,
    Kind,
    dead_commands,
    phone_lines,
    review,
)
from cogs.faq.review_cog import REVIEWING
from cogs.faq.review_service import Reviews
from cogs.faq.review_views import reviewed
from cogs.faq.search.kinship import Kinship
from tests.cogs.faq.library import MODERATOR, SERVER, Library
from tests.cogs.faq.samples import LONG, SHIPPED, TYPED, entry
from tests.cogs.faq.search.understanding import Thesaurus, understanding
from tests.cogs.faq.test_entries_cog import add, manage, tap
from tests.world import World, answer_of, text_of

COMMANDS = frozenset({"faq ask", "faq preguntar", "help", "manage faq add"})


def own(entry_id: str, question: str, phrasings: str, answer: str = "") -> Entry:
    """One that nothing is to be said of unless a test makes it so."""
    ways = tuple(phrasings.split("/"))
    made = replace(entry(f"own-{entry_id}", question), own=True, phrasings=ways)
    return replace(made, answer=answer or f"{phrasings.replace('/', ', ')}. {question}")


CHOIR = own(
    "choir",
    "When does the choir rehearse?",
    "choir practice times/when is the choir singing/what evening does the choir sing/"
    "rehearsal of the choir/singing together when",
)
PARKING = own(
    "parking",
    "Where can visitors park?",
    "parking space for visitors/is there a car park/my car and where it may stand/"
    "can i park near the house/parking garage nearby",
)
FINE = [*SHIPPED["en"], CHOIR, PARKING]


def kinds(entries: list[Entry]) -> list[tuple[Kind, str]]:
    return [(one.kind, one.entry.id) for one in review(entries, COMMANDS)]


def test_entries_that_differ_and_are_asked_in_many_ways_are_left_alone() -> None:
    assert kinds(FINE) == []


def test_what_ships_is_never_found_fault_with() -> None:
    assert review(shipped_entries()["en"], COMMANDS) == ()


@given(st.permutations(FINE), st.sampled_from([CHOIR, PARKING]))
@settings(max_examples=3, deadline=None)
def test_a_copy_is_found_once_whatever_the_order(entries: list[Entry], copied: Entry) -> None:
    copy = replace(copied, id="own-copy")
    found = [one for one in review([*entries, copy], COMMANDS) if one.kind is Kind.ALIKE]
    assert [{one.entry.id, one.other.id} for one in found if one.other] == [{copied.id, copy.id}]
    assert review([*entries, copy], COMMANDS) == review([copy, *reversed(entries)], COMMANDS)


def test_the_same_answer_or_question_is_alike_in_one_language_only() -> None:
    same_words = replace(PARKING, question="When does the choir rehearse now?")
    assert (Kind.ALIKE, "own-choir") in kinds([CHOIR, same_words])
    same_answer = replace(PARKING, answer=CHOIR.answer)
    assert (Kind.ALIKE, "own-choir") in kinds([CHOIR, same_answer])
    assert (Kind.ALIKE, "own-choir") not in kinds([CHOIR, replace(same_answer, language="es")])
    shipped = replace(CHOIR, id="choir", own=False)
    assert (Kind.ALIKE, "own-choir") in kinds([CHOIR, shipped])


def test_a_way_to_ask_that_finds_another_entry_is_told_with_both() -> None:
    thief = replace(PARKING, phrasings=(*PARKING.phrasings, "what evening does the choir sing"))
    found = [one for one in review([*FINE[:3], CHOIR, thief], COMMANDS) if one.other is not None]
    pairs = [{one.entry.id, one.other.id} for one in found if one.other is not None]
    assert {"own-choir", "own-parking"} in pairs
    assert "what evening does the choir sing" in {one.detail for one in found}


def test_an_own_entry_that_takes_a_shipped_ones_questions_is_found() -> None:
    kettle = SHIPPED["en"][1]
    thief = own("thief", "Who fills the kettle?", "/".join([*kettle.phrasings, "kettle"]))
    assert Kind.STEALS in {one.kind for one in review([*SHIPPED["en"], thief], COMMANDS)}


def by_meaning(entries: list[Entry]) -> list[tuple[Kind, str, str, str]]:
    documents = documents_of(entries)
    found = review(entries, COMMANDS, understanding(Thesaurus(), documents).vectors)
    return [
        (one.kind, one.entry.id, one.other.id, one.detail) for one in found if one.other is not None
    ]


def test_what_means_the_same_in_other_words_is_alike() -> None:
    brolly = own("brolly", "Where do I put my parasol?", "a/b/c/d/e")
    umbrella = SHIPPED["en"][0]
    assert (Kind.ALIKE, brolly.id, umbrella.id, "") in by_meaning([*FINE, brolly])
    assert by_meaning([*FINE, replace(brolly, language="es")]) == []
    assert by_meaning(FINE) == []


def test_a_copy_is_told_once_by_words_and_by_meaning() -> None:
    copy = replace(CHOIR, id="own-copy")
    found = by_meaning([*FINE, copy])
    assert [kind for kind, *_ in found] == [Kind.ALIKE]


def test_a_way_to_ask_that_means_another_entry_is_told_with_both() -> None:
    thief = replace(PARKING, phrasings=(*PARKING.phrasings, "who fills the tea"))
    found = (Kind.STEALS, thief.id, "kettle", "who fills the tea")
    assert by_meaning([*SHIPPED["en"], CHOIR, thief]) == [found]
    robbed = replace(SHIPPED["en"][1], phrasings=("choir practice times when",))
    taken = (Kind.STEALS, CHOIR.id, robbed.id, "choir practice times when")
    assert taken in by_meaning([robbed, CHOIR])


def test_an_entry_without_other_ways_to_ask_is_not_said_to_be_mixed_up() -> None:
    lone = replace(PARKING, id="own-lone", question="parking space for visitors", phrasings=())
    documents = documents_of([*FINE, lone])
    kinship = Kinship(documents, understanding(Thesaurus(), documents).vectors)
    assert lone.id not in [entry_id for entry_id, _, _ in kinship.strays()]


def test_what_ships_is_never_found_fault_with_by_meaning() -> None:
    assert by_meaning(list(shipped_entries()["en"])) == []


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"related": ("kettle", "gone")}, Kind.DEAD_RELATED),
        ({"answer": CHOIR.answer + " Use `/faq question` for it."}, Kind.DEAD_COMMAND),
        ({"phrasings": CHOIR.phrasings[: ENOUGH_PHRASINGS - 1]}, Kind.FEW_PHRASINGS),
        ({"answer": "\n".join(["Sing."] * (PHONE_LINES + 1))}, Kind.LONG),
    ],
)
def test_what_else_may_be_mended_is_found_in_own_entries_only(
    change: dict[str, object], kind: Kind
) -> None:
    changed: Entry = replace(CHOIR, **change)  # pyright: ignore[reportArgumentType]
    assert kinds([*SHIPPED["en"], changed, PARKING]) == [(kind, "own-choir")]
    assert kinds([*SHIPPED["en"], replace(changed, id="choir", own=False), PARKING]) == []


@pytest.mark.parametrize(
    ("answer", "dead"),
    [
        ("Ask with /faq ask, or `/faq ask question: hello`.", []),
        ("</faq ask:123> and /FAQ preguntar and (/help) work.", []),
        ("Try /faq find, please, and </manage faq delete:1>.", ["faq find", "manage faq"]),
        ("Another bot has /rules; and/or https://example.org/faq/find is a page.", []),
        ("/", []),
    ],
)
def test_only_commands_that_would_be_ours_are_dead(answer: str, dead: list[str]) -> None:
    assert list(dead_commands(answer, COMMANDS)) == dead


@given(st.text(max_size=900))
def test_an_answer_has_the_lines_that_a_phone_gives_it(answer: str) -> None:
    lines = phone_lines(answer)
    assert lines >= answer.count("\n") + 1
    assert lines * PHONE_COLUMNS >= len(answer.replace("\n", ""))


# The panel


async def test_moderators_see_what_may_be_mended_and_look_again(world: World) -> None:
    assert "Nothing stands out" in text_of(await manage(world, "check"))
    answer = f"{LONG} `/faq find` shows more."
    await add(world, replace(TYPED, answer=answer))
    await add(world, replace(TYPED, answer=answer, question="When does this choir meet?"))
    shown = await manage(world, "check")
    told = text_of(shown)
    assert shown.ephemeral
    assert "**Nearly the same**" in told
    assert "When does the choir meet?" in told
    assert "**Names a command that I do not have**" in told
    assert "(/faq find)" in told
    assert "**Fewer than 5 other ways to ask**" in told
    again = await tap(world, shown, "Look again")
    assert text_of(again) == told
    assert answer_of(again).id == answer_of(shown).id


async def test_the_worst_list_fits_into_one_message(world: World) -> None:
    for number in range(6):
        question = f"{'*' * 95}{number:03}?"
        await add(world, replace(TYPED, question=question, answer="_\n" * 40 + LONG + " /faq x"))
    told = text_of(await manage(world, "check"))
    assert len(told) <= MAX_TEXT
    assert "more" in told


@pytest.mark.parametrize("locale", ["en", "es"])
@pytest.mark.parametrize(
    "text", ["When does the choir meet by the river? " * 3, "*" * 100], ids=["words", "marks"]
)
def test_much_of_every_kind_fits_and_each_says_how_many_more_there_are(
    locale: str, text: str
) -> None:
    words = Words(Texts.load(), locale)
    one = own("choir", text[:100], "choir")
    found = [Finding(kind, one, one, text) for kind in Kind for _ in range(99)]
    panel = reviewed(words, found)
    assert panel.content_length() <= MAX_TEXT
    shown = [part.content for part in panel.walk_children() if isinstance(part, ui.TextDisplay)]
    more = words("faq.import.more", count=95)
    assert sum(part.endswith(more) for part in shown) == len(Kind)


async def test_looking_has_a_pace(world: World) -> None:
    for _ in range(REVIEWING.times):
        await manage(world, "check")
    assert "there is a pause" in text_of(await manage(world, "check"))


async def test_what_is_hidden_is_not_compared_and_dead_where_it_is_named(library: Library) -> None:
    reviews = Reviews(library.catalogs, library.database)
    made = await library.entries.add(
        SERVER, "en", replace(TYPED, question="Who fills the kettle?"), by=MODERATOR
    )
    assert "kettle" in made.related
    found = await reviews.review(SERVER, "en", COMMANDS)
    assert {one.kind for one in found} >= {Kind.ALIKE}
    await library.entries.hide(SERVER, "kettle", "en", by=MODERATOR)
    after = await reviews.review(SERVER, "en", COMMANDS)
    assert Kind.ALIKE not in {one.kind for one in after}
    assert [one.detail for one in after if one.kind is Kind.DEAD_RELATED] == ["kettle"]
