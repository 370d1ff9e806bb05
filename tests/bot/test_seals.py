"""A mark proves for whom, and for what, the bot made a button."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import Config
from bot.errors import UserError
from bot.seals import Seals
from bot.views import MAX_CUSTOM_ID

ASH, BIRCH = 31, 32


def host(**options: str) -> Seals:
    return Seals.of_host(Config(state_dir=Path(), **options))  # pyright: ignore[reportArgumentType]


def test_a_mark_is_for_one_person_and_one_message() -> None:
    seals = host(token="one")
    mark = seals.make(ASH, 5, 6)
    seals.check(mark, ASH, 5, 6)
    for person, *parts in ((BIRCH, 5, 6), (ASH, 5, 7), (ASH, 56), (ASH, 5)):
        with pytest.raises(UserError):
            seals.check(mark, person, *parts)
    for wrong in ("", "0" * len(mark), mark.upper(), "é" * len(mark)):
        with pytest.raises(UserError):
            seals.check(wrong, ASH, 5, 6)


@pytest.mark.parametrize("secret", [{"token": "t"}, {"database_key": "5a" * 32}])
def test_a_mark_outlives_a_restart_and_not_a_change_of_the_secret(secret: dict[str, str]) -> None:
    mark = host(**secret).make(ASH, 5)
    host(**secret).check(mark, ASH, 5)
    with pytest.raises(UserError):
        host(token="another").check(mark, ASH, 5)


def test_without_a_secret_each_process_makes_its_own() -> None:
    with pytest.raises(UserError):
        host().check(host().make(ASH, 5), ASH, 5)


def test_a_mark_has_room_on_a_button() -> None:
    largest = 2**63 - 1
    mark = host(token="t").make(largest, largest, largest)
    assert len(f"checkins:take_back:{largest}:{largest}:{mark}") <= MAX_CUSTOM_ID
