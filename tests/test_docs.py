"""The documents say what the bot does today."""

from __future__ import annotations

import re

from benchmarks.report import table_in
from bot.config import VARIABLES
from bot.permissions import NEEDED
from docs.reference import PAGE, reference
from tests.rules import ROOT
from tests.world import World

README = (ROOT / "README.md").read_text(encoding="utf-8")


async def test_the_reference_is_what_the_running_bot_says(world: World) -> None:
    assert reference(world.bot) == PAGE.read_text(encoding="utf-8"), "run python -m docs.reference"


def test_the_readme_names_every_environment_variable() -> None:
    for variable in VARIABLES:
        assert f"`{variable.name}`" in README


def test_the_readme_asks_for_exactly_the_permissions_that_the_bot_uses() -> None:
    assert f"in all {NEEDED.value}" in README
    section = README[README.index("five\n   permissions") : README.index("5. In your server")]
    named = re.findall(r"^   \| ([A-Z][\w ]+) \|", section, re.M)
    asked = {
        "View Channels": "read_messages",
        "Send Messages": "send_messages",
        "Send Messages in Threads": "send_messages_in_threads",
        "Create Public Threads": "create_public_threads",
        "Read Message History": "read_message_history",
    }
    assert {asked[name] for name in named} == {name for name, allowed in NEEDED if allowed}


def test_every_make_target_and_file_that_the_documents_name_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        text = page.read_text(encoding="utf-8")
        assert set(re.findall(r"`make ([a-z]+)", text)) <= targets, page.name
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_readme_quotes_the_measured_figures() -> None:
    results = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    assert table_in(results)
    assert table_in(README) == table_in(results)
