"""What is given back, and that giving back harms nothing."""

from __future__ import annotations

from bot.memory import give_back


def test_memory_can_be_given_back_on_every_machine_and_twice() -> None:
    give_back()
    give_back()
