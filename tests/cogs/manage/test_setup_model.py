"""The pages of /setup in order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cogs.manage.setup_model import READY, WELCOME, Pages

names = st.lists(st.text("abcdef", min_size=3, max_size=6), unique=True, max_size=6)


@given(names)
def test_going_on_from_the_welcome_comes_by_every_page_once_and_ends(features: list[str]) -> None:
    pages = Pages.around(features)
    seen, name = [WELCOME], pages.after(WELCOME)
    while name is not None:
        assert pages.before(name) == seen[-1]
        seen.append(name)
        name = pages.after(name)
    assert seen == list(pages.names)
    assert seen[-1] == READY
    assert [pages.number(one) for one in seen] == list(range(pages.count + 1))


@given(names, st.text("xyz", max_size=3))
def test_a_page_that_is_no_more_gives_the_first(features: list[str], gone: str) -> None:
    pages = Pages.around(features)
    assert pages.known(gone) == WELCOME
    assert pages.before(WELCOME) is None
    assert all(pages.known(one) == one for one in pages.names)
