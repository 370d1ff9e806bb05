import pytest

from bot.errors import StartError
from bot.playground import simulator


def test_the_installed_simcord_is_the_one_the_playground_knows() -> None:
    simulator.verify()


def test_a_simcord_that_keeps_something_new_is_refused_before_it_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(simulator, "KEPT", simulator.KEPT[1:])
    with pytest.raises(StartError, match="the parts of a world"):
        simulator.verify()
