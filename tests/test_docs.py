"""The documents say what the bot does today."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from discord import app_commands

from benchmarks.processes import SERVED_SECONDS
from benchmarks.report import table_in
from bot.__main__ import _parser  # pyright: ignore[reportPrivateUsage]
from bot.blocks.model import BLOCKS_LIMIT
from bot.config import VARIABLES
from bot.pace import Limit
from bot.permissions import NEEDED
from bot.reports import model as reports
from cogs.checkins.answer_cog import POSTING, POSTING_HERE
from cogs.company import service as company
from cogs.faq import questions_service as questions
from cogs.faq.sharing_cog import SHARING, SHARING_HERE
from cogs.pairing.rounds_service import BY_HAND_LIMITS
from docs.reference import PAGE, SCHEMA, reference, settings_schema
from tests.rules import ROOT
from tests.world import World, answer_of, buttons_of, text_of

USERS = ("members", "moderators")

README = (ROOT / "README.md").read_text(encoding="utf-8")


async def test_the_reference_is_what_the_running_bot_says(world: World) -> None:
    assert reference(world.bot) == PAGE.read_text(encoding="utf-8"), "run python -m docs.reference"
    written = SCHEMA.read_text(encoding="utf-8")
    assert settings_schema(world.bot) == written, "run python -m docs.reference"


def test_the_readme_names_every_environment_variable() -> None:
    for variable in VARIABLES:
        assert f"`{variable.name}`" in README


def test_the_readme_asks_for_exactly_the_permissions_that_the_bot_uses() -> None:
    assert f"in all {NEEDED.value}" in README
    section = README[README.index("five permissions") : README.index("For pairing, give the bot")]
    named = re.findall(r"^\| ([A-Z][\w ]+) \|", section, re.M)
    asked = {
        "View Channels": "read_messages",
        "Send Messages": "send_messages",
        "Send Messages in Threads": "send_messages_in_threads",
        "Create Public Threads": "create_public_threads",
        "Read Message History": "read_message_history",
    }
    assert {asked[name] for name in named} == {name for name, allowed in NEEDED if allowed}


async def test_from_nothing_to_a_working_server_is_as_short_as_the_readme_says(
    world: World,
) -> None:
    section = README[README.index("## Put it on your server") : README.index("The invite asks for")]
    steps = [int(number) for number in re.findall(r"^(\d+)\. ", section, re.M)]
    assert steps == list(range(1, 7))
    assert "six steps on Discord's side, two commands on yours" in section
    [commands] = re.findall(r"```sh\n(.*?)```", section, re.S)
    assert len(commands.strip().splitlines()) == 2

    taps, panel = 0, await world.moderator.slash(world.channel, "setup")
    while onward := {"Begin", "Go on"} & buttons_of(panel).keys():
        panel = await world.moderator.click(answer_of(panel).message, label=onward.pop())
        taps += 1
    assert "Step 9 of 9" in text_of(panel)
    assert "its nine pages" in section
    assert ("with ten taps in all" in section) is (taps + 1 == 10)


def test_every_make_target_and_file_that_the_documents_name_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        text = page.read_text(encoding="utf-8")
        assert set(re.findall(r"`make ([a-z]+)", text)) <= targets, page.name
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


async def test_every_command_is_spoken_of_by_the_page_for_those_who_use_it(world: World) -> None:
    pages = {name: (ROOT / "docs" / f"{name}.md").read_text("utf-8") for name in USERS}
    everybody = pages["members"] + pages["moderators"]
    for command in world.bot.tree.walk_commands():
        if not isinstance(command, app_commands.Command) or command.name in {"resume", "status"}:
            continue
        page = pages["moderators"] if _is_for_moderators(command) else everybody
        assert re.search(rf"`/{command.qualified_name}\b", page), command.qualified_name


def _is_for_moderators(command: app_commands.Command[Any, ..., Any]) -> bool:
    return (command.root_parent or command).default_permissions is not None


def test_every_command_that_a_page_speaks_of_exists() -> None:
    known = set(re.findall(r"^\| `/([a-z ]+)", PAGE.read_text("utf-8"), re.M))
    known = {name.strip() for name in known}
    for page in (ROOT / "docs").glob("*.md"):
        if page.name == "developers.md":
            continue
        for said in re.findall(r"`/([a-z][a-z ]*)`", page.read_text("utf-8")):
            if said in {"healthz", "metrics"}:
                continue
            groups = {name for name in known if name.startswith(f"{said} ")}
            assert said in known or groups, f"{page.name}: /{said}"


def test_every_command_of_the_bot_that_a_page_for_hosts_gives_is_one() -> None:
    given: set[str] = set()
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        lines = page.read_text(encoding="utf-8").splitlines()
        code = [line for line in lines if line.startswith("    ") or "`" in line]
        given |= set(re.findall(r"(?:^|[`/ ])alongside ([a-z]+)(?=[ `]|$)", "\n".join(code), re.M))
    [commands] = [
        action.choices
        for action in _parser()._actions  # pyright: ignore[reportPrivateUsage]
        if action.dest == "command"
    ]
    assert {"status", "backup", "restore", "check"} <= given
    assert given - {"alongside"} <= set(commands or ())


def test_the_readme_quotes_the_measured_figures() -> None:
    results = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    assert table_in(results)
    assert table_in(README) == table_in(results)


def test_the_page_for_hosts_states_the_time_that_the_benchmark_holds_to() -> None:
    page = (ROOT / "docs" / "hosting.md").read_text("utf-8")
    assert f"The stated time is {SERVED_SECONDS:.0f} seconds from a kill" in page


def test_every_test_that_the_threat_model_names_exists() -> None:
    for page in (ROOT / "SECURITY.md", ROOT / "docs" / "threats.md"):
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page.read_text(encoding="utf-8"))
        for path, test in named:
            source = (ROOT / path).read_text(encoding="utf-8")
            assert re.search(rf"^(async )?def {test}\(", source, re.M), f"{path}::{test}"
    assert len(named) > 30


def test_the_threat_model_gives_the_pace_that_holds() -> None:
    rows = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8").splitlines()
    spans = {
        timedelta(days=1): "a day",
        timedelta(hours=1): "an hour",
        timedelta(minutes=10): "10 minutes",
        timedelta(seconds=30): "30 seconds",
    }

    def told(limits: Sequence[Limit]) -> str:
        return ", ".join(f"{limit.times} in {spans[limit.within]}" for limit in limits)

    for row, member, server in (
        ("request for company", company.ASKER_LIMITS, company.SERVER_LIMITS),
        ("going on duty", company.DUTY_LIMITS, company.SERVER_LIMITS),
        ("report", reports.MEMBER_LIMITS, reports.SERVER_LIMITS),
        ("question to the moderators", questions.ASKER_LIMITS, questions.SERVER_LIMITS),
        ("sharing an answer", SHARING, SHARING_HERE),
        ("posting a check-in", POSTING, POSTING_HERE),
        ("round run by hand", (), BY_HAND_LIMITS),
    ):
        [line] = [one for one in rows if one.startswith(f"| {row}")]
        assert [part.strip() for part in line.split("|")[2:4]] == [told(member), told(server)]
    [blocks] = [one for one in rows if one.startswith("| blocks |")]
    assert f"| {BLOCKS_LIMIT} |" in blocks
