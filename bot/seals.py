"""A mark by which a button proves that the bot made it, and for whom.

What a button remembers is checked against the store wherever there is something in the store.
Where there is not, because nothing is kept about who posted what, the mark takes its place.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from bot.errors import UserError

if TYPE_CHECKING:
    from bot.config import Config

_LENGTH = 20
"""Hex digits of a mark: 80 bits, and short enough for a custom id."""


class Seals:
    """Marks of one host; whoever does not know its secret cannot make one."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def of_host(cls, config: Config) -> Seals:
        """Derive them from a secret that a host has anyway, so that they outlive a restart."""
        held = config.token or config.database_key or secrets.token_hex(32)
        return cls(hashlib.sha256(f"alongside.seals\0{held}".encode()).digest())

    def make(self, user_id: int, *parts: object) -> str:
        """Mark what a button remembers for one person."""
        text = "\0".join(str(part) for part in (user_id, *parts))
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()[:_LENGTH]

    def check(self, seal: str, user_id: int, *parts: object) -> None:
        """Raise UserError unless the mark was made for this person, and for just this."""
        if not hmac.compare_digest(seal.encode(), self.make(user_id, *parts).encode()):
            raise UserError("errors.old_button")
