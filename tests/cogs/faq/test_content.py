"""What ships: complete in every language, and true of the bot it ships with."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from bot.content import DATA
from bot.doctor import Grade
from bot.errors import ContentError
from bot.texts import Texts, Words
from bot.views import MAX_TEXT
from cogs.faq import views
from cogs.faq.catalogs_service import shipped_entries
from cogs.faq.check import findings, missing
from cogs.faq.model import RELATED_LIMIT, TOPICS

SHIPPED = shipped_entries()
TEXTS = Texts.load()
TODAY = date(2026, 1, 5)
COMMAND = re.compile(r"`(/[^`]+)`")


def commands(locale: str) -> set[str]:
    """Every command by the name that Discord shows in a language."""
    names: set[str] = set()
    for key in TEXTS.keys(locale):
        parts = key.split(".")
        if parts[0] == "commands" and parts[-1] == "name" and "options" not in parts:
            path = parts[1:-1]
            spoken = [
                TEXTS.say(f"commands.{'.'.join(path[: depth + 1])}.name", locale)
                for depth in range(len(path))
            ]
            names.add("/" + " ".join(spoken))
    return names


def test_there_are_about_forty_questions_in_every_language() -> None:
    assert missing(SHIPPED) == {}
    assert all(len(entries) >= 40 for entries in SHIPPED.values())
    assert set(SHIPPED) == set(TEXTS.locales)


@pytest.mark.parametrize("language", sorted(SHIPPED))
def test_every_command_named_in_an_answer_exists_under_that_name(language: str) -> None:
    named = {name for entry in SHIPPED[language] for name in COMMAND.findall(entry.answer)}
    assert named
    assert named <= commands(language)


@pytest.mark.parametrize("language", sorted(SHIPPED))
def test_every_entry_has_related_ones_and_every_topic_has_entries(language: str) -> None:
    entries = SHIPPED[language]
    assert all(1 <= len(entry.related) <= RELATED_LIMIT for entry in entries)
    assert {entry.topic for entry in entries} == set(TOPICS)


@pytest.mark.parametrize("language", sorted(SHIPPED))
def test_the_same_entries_have_the_same_topic_in_every_language(language: str) -> None:
    topics = {entry.id: entry.topic for entry in SHIPPED["en"]}
    assert {entry.id: entry.topic for entry in SHIPPED[language]} == topics


@pytest.mark.parametrize("language", sorted(SHIPPED))
def test_every_answer_has_a_helplines_button_and_fits_into_one_message(language: str) -> None:
    words = Words(TEXTS, language)
    by_id = {entry.id: entry for entry in SHIPPED[language]}
    for entry in SHIPPED[language]:
        related = [by_id[i] for i in entry.related]
        for panel in (
            views.answer(
                words, entry, related, can_share=True, counts=True, others=SHIPPED[language][:5]
            ),
            views.shared(words, entry),
            views.confirm_share(words, entry, "faq1"),
        ):
            assert panel.content_length() <= MAX_TEXT
            assert panel.total_children_count <= 40
            assert "helplines:open" in str(panel.to_components())


def test_the_doctor_finds_nothing_wrong() -> None:
    (finding,) = findings(TODAY)
    assert finding.grade is Grade.FINE
    assert "47 in en, 47 in es" in finding.sentence


def test_the_doctor_warns_of_what_a_language_lacks_and_refuses_what_is_wrong(
    tmp_path: Path,
) -> None:
    folder = DATA / "content" / "faq"
    english = (folder / "en.yaml").read_text("utf-8")
    (tmp_path / "en.yaml").write_text(english, "utf-8")
    first = english.index("- id: ")
    second = english.index("- id: ", first + 1)
    (tmp_path / "fr.yaml").write_text(
        re.sub(r"related: \[.*\]", "related: []", english[:first] + english[second:]), "utf-8"
    )
    warning = list(findings(TODAY, tmp_path))[1]
    assert warning.grade is Grade.WARNING
    assert "Missing in fr, so members read another language there (1)" in warning.sentence
    assert "what-is-peer-support" in warning.sentence
    (tmp_path / "fr.yaml").write_text("- nothing", "utf-8")
    with pytest.raises(ContentError, match=r"fr\.yaml:1"):
        list(findings(TODAY, tmp_path))
