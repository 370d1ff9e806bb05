"""What moderators can change about helplines."""

from __future__ import annotations

from bot.errors import UserError
from bot.settings.model import Text
from cogs.helplines import countries


def country_code(words: str) -> str:
    """Accept a country by code or name and give its code; nothing stays nothing."""
    if not words:
        return ""
    code = countries.exact(words, "en")
    if code is None:
        raise UserError("helplines.refused.first_country")
    return code


FIRST_COUNTRY = Text(
    key="helplines.first_country",
    default="",
    max_length=countries.LONGEST,
    accept=country_code,
    shown=countries.name,
)
"""The country whose numbers the helplines button shows at once; empty: it asks for one."""
