"""What the doctor looks at: whether the prompts that ship keep their rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.doctor import Finding, Grade
from cogs.checkins.service import shipped_prompts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

SUBJECT = "check-ins"


def findings(today: date) -> Iterator[Finding]:
    """Give what was found; raises ContentError for a prompt that must not ship."""
    del today  # a prompt has no date after which it is wrong
    shipped = shipped_prompts()
    ids = {language: {prompt.id for prompt in prompts} for language, prompts in shipped.items()}
    counted = ", ".join(f"{len(prompts)} in {language}" for language, prompts in shipped.items())
    yield Finding(Grade.FINE, SUBJECT, f"Prompts: {counted}; each keeps the rules.")
    for language, known in ids.items():
        missing = sorted(ids["en"] ^ known)
        if missing:
            yield Finding(
                Grade.WARNING,
                SUBJECT,
                f"The prompts in {language} and in en differ in their ids: "
                + ", ".join(missing[:5])
                + (" ..." if len(missing) > 5 else ""),
            )
