"""Asks a running bot how it is, as a container's health check does."""

from __future__ import annotations

import http.client
import json
import os
from typing import Any

from bot.config import Config
from bot.errors import StartError

PATIENCE_SECONDS = 8.0
"""Longer than the bot waits for its store, so that it can say that this is what is ill."""

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - whom to ask, not where to listen


def ask(config: Config) -> tuple[bool, dict[str, Any]]:
    """Give whether the bot at STATUS_ADDRESS is well, and what it said.

    Raises StartError when there is no such address, or when nobody answers there.
    """
    if config.status_address is None:
        raise StartError("There is no STATUS_ADDRESS, so nobody can ask how the bot is.")
    host, port = config.status_address
    connection = http.client.HTTPConnection(
        _EVERYWHERE.get(host, host), port, timeout=PATIENCE_SECONDS
    )
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        told = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise StartError(
            f"No bot answers at {host}:{port} ({type(error).__name__}). See that it runs.",
            os.EX_UNAVAILABLE,
        ) from error
    finally:
        connection.close()
    return answer.status == http.client.OK, told
