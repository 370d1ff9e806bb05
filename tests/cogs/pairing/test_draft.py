"""Drafts: what nobody has agreed to yet, on buttons."""

from __future__ import annotations

from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.views import MAX_CUSTOM_ID
from bot.zones import is_zone_name
from cogs.pairing import views
from cogs.pairing.draft import Draft, pack, unpack, with_languages
from cogs.pairing.model import CONSENT_VERSION, Block, Often, Role, Shown, Wishes

CODES = [*views.SPOKEN, "cy", "yue", "fil", "haw", "ast"]
TOPICS = st.lists(st.sampled_from([f"topic-{n}" for n in range(40)]), max_size=25, unique=True)
ZONES = st.sampled_from(sorted(filter(is_zone_name, available_timezones())))


@st.composite
def drafts(draw: st.DrawFn) -> tuple[Draft, list[str]]:
    """A draft, and the topics that are offered."""
    offered = draw(TOPICS)
    some = st.frozensets(st.sampled_from(offered)) if offered else st.just(frozenset[str]())
    topics = draw(some)
    wishes = Wishes(
        languages=tuple(
            draw(st.lists(st.sampled_from(CODES), min_size=1, max_size=5, unique=True))
        ),
        topics=topics,
        avoid=draw(some) - topics,
        role=draw(st.sampled_from(Role)),
        hours=draw(st.frozensets(st.sampled_from(Block))),
        often=draw(st.sampled_from(Often)),
        threesome=draw(st.booleans()),
        shown=draw(st.frozensets(st.sampled_from(Shown))),
    )
    return Draft(draw(ZONES), wishes, draw(st.booleans())), offered


@given(drafts())
def test_a_draft_is_read_from_a_button_as_it_was_written(made: tuple[Draft, list[str]]) -> None:
    draft, offered = made
    packed = pack(draft, offered)
    read = unpack(*packed, offered)
    assert read.draft == draft
    assert not read.stale
    assert len(":".join((views.YES, str(CONSENT_VERSION), *packed))) <= MAX_CUSTOM_ID
    assert ":" not in "".join(packed)


@given(drafts(), TOPICS)
def test_where_other_topics_are_offered_by_now_only_those_are_lost(
    made: tuple[Draft, list[str]], others: list[str]
) -> None:
    draft, offered = made
    if offered == others:
        return
    read = unpack(*pack(draft, offered), others)
    assert read.stale
    assert read.draft.wishes.topics == read.draft.wishes.avoid == frozenset()
    assert read.draft.wishes.languages == draft.wishes.languages
    assert read.draft.wishes.hours == draft.wishes.hours
    assert (read.draft.zone, read.draft.dms) == (draft.zone, draft.dms)


@given(st.text(max_size=40), st.text(max_size=20), st.text(max_size=20), st.text(max_size=4))
def test_what_no_button_of_ours_says_is_refused(
    zone: str, languages: str, packed: str, mark: str
) -> None:
    with pytest.raises(UserError, match=r"errors\.old_button"):
        unpack(zone, languages, packed, mark, ["music"])


@given(st.from_regex(r"[0-9a-z]{1,20}", fullmatch=True))
def test_flags_that_were_tampered_with_are_refused_or_make_proper_wishes(packed: str) -> None:
    offered = ["music", "books"]
    mark = pack(Draft("UTC", Wishes(("en",))), offered)[3]
    try:
        read = unpack("UTC", "en", packed, mark, offered)
    except UserError:
        return
    assert read.draft.wishes.topics <= set(offered)
    assert Wishes.from_text(read.draft.wishes.to_text()) == read.draft.wishes


def test_the_first_language_stays_first_and_else_it_is_ones_own() -> None:
    wishes = Wishes(("de", "en"))
    assert with_languages(wishes, ["en", "es", "de"], "es").languages == ("de", "es", "en")
    assert with_languages(wishes, ["en", "es"], "es").languages == ("es", "en")
    assert with_languages(wishes, ["fr"], "es").languages == ("fr",)
