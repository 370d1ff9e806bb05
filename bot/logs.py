"""Log events with named fields: ids and counts, never a person's id and never their words."""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING, Any, cast

import structlog

if TYPE_CHECKING:
    from bot.config import Config


_ADDRESS = re.compile(r"https?://\S+")
_ID = re.compile(r"\d{15,}")


def configure(config: Config) -> None:
    """Send our events and those of the libraries to standard error, in one format.

    Of a library's error only the place and the type are shown: its message may quote what a
    member wrote. Of a library's own event, ids and addresses are left out: the address of a request
    to Discord names the person or holds the token that it is about.
    """
    as_text = config.log_format == "text" or (config.log_format == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _only_type_and_place,
        _first_line,
    ]
    foreign: list[Any] = [*shared, _nobody_named]
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if as_text
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=foreign,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(config.log_level.upper())
    for chatty in ("discord", "asyncio", "aiosqlite"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))


def get(name: str) -> Any:
    """Give the logger of a module."""
    return structlog.stdlib.get_logger(name)


def _only_type_and_place(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    info: Any = event.pop("exc_info", None)
    error: Any = info
    if info is True:
        error = sys.exc_info()[1]
    elif isinstance(info, tuple):
        error = cast(tuple[Any, ...], info)[1]
    if isinstance(error, BaseException):
        event["error"] = describe(error)
    return event


def _first_line(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    # asyncio adds lines that quote the task and its exception, message and all.
    event["event"] = str(event["event"]).partition("\n")[0]
    return event


def _nobody_named(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    event["event"] = _ID.sub("(id)", _ADDRESS.sub("(address)", event["event"]))
    return event


def describe(error: BaseException) -> str:
    """Name an error's type and the innermost place in this program, without its message."""
    place = ""
    frame = error.__traceback__
    while frame is not None:
        code = frame.tb_frame.f_code
        place = f" at {'/'.join(code.co_filename.split('/')[-3:])}:{frame.tb_lineno}"
        frame = frame.tb_next
    return type(error).__name__ + place
