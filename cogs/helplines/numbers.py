"""Whether a number can exist where it is said to ring, by Google's libphonenumber."""

from __future__ import annotations

import phonenumbers
from phonenumbers import shortnumberinfo

from bot.errors import ContentError, UserError
from cogs.helplines.model import Helpline, Helplines, is_number

SHORT_CODE = range(3, 7)
"""How many digits a short code has that the library may not know."""


def is_reachable(number: str, country: str) -> bool:
    """Tell whether the library knows such a number, or such short numbers, in the country.

    A first `*` (a mobile network's short code) is not part of what it checks.
    """
    try:
        parsed = phonenumbers.parse(number.removeprefix("*"), country)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number_for_region(parsed, country) or (
        shortnumberinfo.is_possible_short_number_for_region(parsed, country)
    )


def is_emergency(number: str, country: str) -> bool:
    """Tell whether the library lists it as an emergency number of the country."""
    return shortnumberinfo.is_emergency_number(number, country)


def is_short_code(number: str) -> bool:
    """Tell whether it may be a short code that the library has not learned yet."""
    digits = number.replace(" ", "")
    return digits.isdecimal() and len(digits) in SHORT_CODE


def check_numbers(helplines: Helplines) -> None:
    """Raise ContentError for the first shipped number that the library refuses.

    A row marked `number_unlisted` may hold a short code that the library does not know; the mark
    is refused where it is not needed, so that it cannot outlive its reason.
    """
    for country in helplines.countries.values():
        for emergency in country.emergency:
            if not is_emergency(emergency.number, country.code):
                raise ContentError(
                    helplines.file,
                    helplines.line(*emergency.place),
                    f"{emergency.number} is no emergency number of {country.code}",
                )
        for row in country.helplines:
            unknown = [number for number in row.numbers if not is_reachable(number, row.country)]
            if row.number_unlisted and not unknown:
                raise ContentError(
                    helplines.file,
                    helplines.line(*row.place),
                    f"{row.id}: number_unlisted is not needed",
                )
            for number in unknown:
                if not (row.number_unlisted and is_short_code(number)):
                    raise ContentError(
                        helplines.file,
                        helplines.line(*row.place),
                        f"{row.id}: {number} cannot be a number of {row.country}",
                    )


def check_row(row: Helpline) -> None:
    """Raise UserError for a number in a server's row that cannot ring in its country.

    Short codes pass: the moderator has read the page, and the library is behind with them.
    """
    for number in row.numbers:
        if not is_number(number) or not (
            is_reachable(number, row.country) or is_short_code(number.removeprefix("*"))
        ):
            raise UserError("helplines.refused.number", number=number)
