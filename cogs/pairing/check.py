"""What the doctor says about the shipped topics and openers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.doctor import Finding, Grade
from cogs.pairing.service import shipped_content

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from cogs.pairing.content import Content

SUBJECT = "pairing"


def findings(today: date) -> Iterator[Finding]:
    """Give what was found; raises ContentError for what must not ship."""
    del today  # neither a topic nor an opener has a date after which it is wrong
    shipped = shipped_content()
    counted = ", ".join(
        f"{len(content.topics)} topics and {len(content.openers)} openers in {language}"
        for language, content in shipped.items()
    )
    yield Finding(Grade.FINE, SUBJECT, f"Pairing: {counted}; each keeps the rules.")
    base = _ids(shipped["en"])
    for language, content in shipped.items():
        missing = sorted(base ^ _ids(content))
        if missing:
            yield Finding(
                Grade.WARNING,
                SUBJECT,
                f"Topics or openers in {language} and in en differ in their ids: "
                + ", ".join(missing[:5])
                + (" ..." if len(missing) > 5 else ""),
            )


def _ids(content: Content) -> set[str]:
    return {one.id for one in (*content.topics, *content.openers)}
