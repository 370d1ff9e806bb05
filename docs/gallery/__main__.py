"""`python -m docs.gallery`: the pictures and the second half of docs/style.md."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from docs.gallery.builders import ROOT, Builder, builders
from docs.gallery.page import PAGE, PICTURES, file_of, with_messages, words
from docs.gallery.recorder import LANGUAGES
from docs.gallery.renderer import beside, studio

NOT_TYPICAL = (
    "hostile",
    "long",
    "largest",
    "most",
    "everyone",
    "markdown",
    "forged",
    "sand",
    "worst",
    "fit_into",
    "fits_into",
)
"""Words in the names of tests that try what nobody would show on a page."""

PREFERRED = {
    "cogs.about.views.about": "where_it_is[https",
    "cogs.checkins.own_views.asking": "words",
    "cogs.checkins.views.prompt": "by_direct_message_and_can_be_answered",
    "cogs.company.views.call": "who_stays_unnamed",
    "cogs.faq.answering_views.suggested": "a_helper_is_shown",
    "cogs.faq.entries_views.preview": "a_new_answer_is_previewed",
    "cogs.faq.entries_views.saved": "a_new_answer_is_previewed",
    "cogs.faq.questions_views.choose_entry": "an_entry_that_is_there",
    "cogs.faq.review_views.reviewed": "what_may_be_mended",
    "cogs.faq.tallies_views.feedback": "steps_of_five",
    "cogs.faq.transfer_views.preview": "answers_go_out",
    "cogs.faq.views.answer": "a_chosen_suggestion",
    "cogs.faq.views.confirm_share": "sharing_says_first",
    "cogs.helplines.views.numbers_panel": "a_chosen_suggestion_is_shown",
    "cogs.pairing.first_views.proposal": "in_two_taps",
    "cogs.pairing.views.about": "said_in_words",
    "cogs.privacy.views.page": "test_erasing_ones_data_ends_it",
    "cogs.safety.views.apart": "whoever_is_blocked",
}
"""Words in the name of the test that shows a builder best."""

Call = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m docs.gallery", description=__doc__)
    parser.add_argument("--recorded", type=Path, help="a folder of an earlier run, to save time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        recorded = options.recorded or Path(folder)
        if options.recorded is None or not any(recorded.glob("*.json")):
            record(recorded)
        chosen = choose(recorded)
    missing = [one.key for one in builders() if one.key not in chosen]
    if missing:
        sys.exit(f"No test shows these, so write one: {', '.join(missing)}")
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir()
    asyncio.run(draw(chosen))
    english = {key: call["en"] for key, call in chosen.items()}
    PAGE.write_text(with_messages(PAGE.read_text("utf-8"), builders(), english), encoding="utf-8")


def record(folder: Path) -> None:
    """Run the tests of the features, and write down what builders give."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "-p", "docs.gallery.recorder"]
    environment = {**os.environ, "GALLERY_FOLDER": str(folder)}
    environment.pop("TEST_POSTGRES_URL", None)
    tests = [*command, "tests/cogs"]
    # Also a test that fails shows what it has built; whether they pass is not asked here.
    subprocess.run(tests, cwd=ROOT, env=environment, check=False)  # noqa: S603


def choose(folder: Path) -> dict[str, Call]:
    """One call of each builder: of middling length, out of a test of everyday use."""
    calls: dict[str, dict[str, Call]] = {}
    for path in sorted(folder.glob("*.json")):
        for key, found in json.loads(path.read_text("utf-8")).items():
            calls.setdefault(key, {}).update(found)
    return {key: _typical(key, found) for key, found in calls.items() if found}


def _typical(key: str, found: dict[str, Call]) -> Call:
    wanted = [call for call in found.values() if PREFERRED.get(key, "-") in call["test"]]
    everyday = [
        call for call in found.values() if not any(word in call["test"] for word in NOT_TYPICAL)
    ]
    ranked = sorted(wanted or everyday or found.values(), key=lambda call: len(str(call["en"])))
    if not wanted:
        # What was put into words before the message was built stays in English.
        least = min(map(_untranslated, ranked))
        ranked = [call for call in ranked if _untranslated(call) == least]
    return ranked[len(ranked) // 2]


def _untranslated(call: Call) -> int:
    english, spanish = ("\n".join(words(call[one])).splitlines() for one in LANGUAGES)
    return len({line for line in english if line.count(" ") > 2} & set(spanish))


async def draw(chosen: dict[str, Call]) -> None:
    """Take the pictures, English beside Spanish."""
    named: dict[str, Builder] = {one.key: one for one in builders()}
    taken: dict[str, list[bytes]] = {key: [] for key in named}
    async with studio() as camera:
        for locale in LANGUAGES:
            messages = {key: chosen[key][locale] for key, one in named.items() if not one.is_form}
            forms = {key: chosen[key][locale] for key, one in named.items() if one.is_form}
            for found in (
                await camera.messages(messages, locale),
                await camera.forms(forms, locale),
            ):
                for key, picture in found.items():
                    taken[key].append(picture)
    for key, one in named.items():
        (PICTURES / file_of(one)).write_bytes(beside(taken[key]))


if __name__ == "__main__":
    main()
