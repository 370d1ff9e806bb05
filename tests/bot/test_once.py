"""What is costly to make is made once, however many ask for it at the same time."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest

from bot.once import made_once


def test_threads_that_ask_at_the_same_time_share_what_the_first_of_them_makes() -> None:
    asking, together = Barrier(3), Barrier(2)
    made: list[str] = []

    @made_once(8)
    def make(word: str) -> str:
        made.append(word)
        with suppress(BrokenBarrierError):
            # Comes about only when a second one makes it as well.
            together.wait(0.1)
        return word.upper()

    def ask() -> str:
        asking.wait()
        return make("a")

    with ThreadPoolExecutor(3) as threads:
        asked: list[Future[str]] = [threads.submit(ask) for _ in range(3)]
        assert [one.result() for one in asked] == ["A"] * 3
    assert made == ["a"]


def test_another_word_is_made_meanwhile() -> None:
    both = Barrier(2, timeout=10)

    @made_once(8)
    def make(word: str) -> int:
        return both.wait()

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(make, ["a", "b"])) == [0, 1]


def test_no_more_is_kept_than_was_said_and_a_failure_not_at_all() -> None:
    made: list[str] = []

    @made_once(1)
    def make(word: str) -> str:
        made.append(word)
        if made == ["a"]:
            raise ValueError(word)
        return word

    with pytest.raises(ValueError, match="a"):
        make("a")
    assert [make(word) for word in ("a", "a", "b", "a")] == ["a", "a", "b", "a"]
    assert made == ["a", "a", "b", "a"]
