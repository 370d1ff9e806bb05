"""Pairing without Discord, with a clock to turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cogs.pairing.harbour import Harbour, make_harbour

if TYPE_CHECKING:
    from bot.database import Database


@pytest.fixture
async def harbour(database: Database) -> Harbour:
    return await make_harbour(database)
