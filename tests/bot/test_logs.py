"""What stands in the log, and what never does."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from typing import TYPE_CHECKING, Any, Literal

import pytest

from bot import logs

if TYPE_CHECKING:
    from tests.bot.conftest import LogTo

WORDS = "I could not sleep"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def raised() -> ValueError:
    try:
        raise ValueError(WORDS)
    except ValueError as error:
        return error


def entries(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_an_event_is_one_line_of_json_with_its_fields(log_to: LogTo) -> None:
    out = log_to("json")
    logs.get("bot.somewhere").info("swept", rows=3)
    (entry,) = entries(out)
    assert entry.pop("timestamp").endswith("Z")
    assert entry == {"event": "swept", "rows": 3, "level": "info", "logger": "bot.somewhere"}


@pytest.mark.parametrize(
    ("form", "stream", "as_json"),
    [
        ("auto", io.StringIO, True),
        ("auto", Terminal, False),
        ("json", Terminal, True),
        ("text", io.StringIO, False),
    ],
)
def test_a_person_reads_text_and_a_machine_json(
    log_to: LogTo,
    form: Literal["auto", "text", "json"],
    stream: type[io.StringIO],
    as_json: bool,
) -> None:
    out = log_to(form, stream())
    logs.get("bot.somewhere").warning("swept", rows=3)
    assert out.getvalue().startswith("{") is as_json
    assert "swept" in out.getvalue()


def test_an_error_is_named_without_its_message(log_to: LogTo) -> None:
    out = log_to("json")
    logs.get("bot.somewhere").error("event_failed", exc_info=raised())
    logging.getLogger("discord.client").error("Ignoring exception", exc_info=raised())
    for entry in entries(out):
        assert entry["error"].startswith("ValueError at tests/bot/test_logs.py:")
    assert WORDS not in out.getvalue()
    assert "Traceback" not in out.getvalue()


def test_the_error_under_way_is_named_as_well(log_to: LogTo) -> None:
    out = log_to("text")
    try:
        raise KeyError(WORDS)
    except KeyError:
        logs.get("bot.somewhere").error("event_failed", exc_info=True)
        logging.getLogger("discord.client").exception("Ignoring exception in on_ready")
    assert out.getvalue().count("KeyError at tests/bot/test_logs.py") == 2
    assert WORDS not in out.getvalue()


async def test_a_task_that_nobody_awaited_does_not_quote_its_error(
    log_to: LogTo,
) -> None:
    out = log_to("json")
    asyncio.get_running_loop().call_exception_handler(
        {
            "message": "Task exception was never retrieved",
            "exception": raised(),
            "future": asyncio.get_running_loop().create_future(),
            "words": WORDS,
        }
    )
    (entry,) = entries(out)
    assert entry["event"] == "Task exception was never retrieved"
    assert entry["error"].startswith("ValueError")
    assert WORDS not in out.getvalue()


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_the_level_that_was_set_is_where_the_log_begins(
    log_to: LogTo,
    level: Literal["debug", "info", "warning", "error"],
    shown: list[str],
) -> None:
    out = log_to(level=level)
    for name in ("debug", "info", "warning", "error"):
        getattr(logs.get("bot.somewhere"), name)("happened")
    assert [entry["level"] for entry in entries(out)] == shown


@pytest.mark.parametrize("library", ["discord.http", "discord.gateway", "asyncio", "aiosqlite"])
def test_no_level_lets_the_libraries_tell_what_they_carry(log_to: LogTo, library: str) -> None:
    out = log_to("json", level="debug")
    logging.getLogger(library).debug("POST with %s", WORDS)
    logging.getLogger(library).info("POST with %s", WORDS)
    assert out.getvalue() == ""
    logging.getLogger(library).warning("slow")
    assert [entry["event"] for entry in entries(out)] == ["slow"]


def test_what_a_library_reports_names_no_person_and_shows_no_address(log_to: LogTo) -> None:
    out = log_to("json")
    said = "We are being rate limited. %s %s responded with 429. Retrying in %.2f seconds."
    path = "https://discord.com/api/v10/guilds/1456074443980800000/members/1456074443980800001"
    logging.getLogger("discord.http").warning(said, "GET", path, 1.5)
    logging.getLogger("discord.webhook").warning("Webhook ID %s is limited", 1456074443980800002)
    assert [entry["event"] for entry in entries(out)] == [
        "We are being rate limited. GET (address) responded with 429. Retrying in 1.50 seconds.",
        "Webhook ID (id) is limited",
    ]


def test_a_library_is_as_quiet_as_the_level_says(log_to: LogTo) -> None:
    out = log_to("json", level="error")
    logging.getLogger("discord.http").warning("slow")
    assert out.getvalue() == ""


def test_an_error_that_was_never_raised_has_a_type_and_no_place() -> None:
    assert logs.describe(ValueError(WORDS)) == "ValueError"
