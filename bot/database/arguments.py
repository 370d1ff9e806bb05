"""What the store is handed, made fit for both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.database import Argument


def fit(arguments: tuple[Argument, ...]) -> tuple[Argument, ...]:
    """Leave out what no store takes in a text: half signs, and the sign of zero.

    Whoever talks to Discord by a program of their own can send both, in any field.
    """
    for argument in arguments:
        if type(argument) is str and (not argument.isascii() or "\0" in argument):
            return tuple(_fit(one) if type(one) is str else one for one in arguments)
    return arguments


def _fit(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "ignore").decode()
