"""A library to ask, on a store that was migrated."""

from __future__ import annotations

import pytest

from bot.database import Database
from tests.cogs.faq.library import Library, Time


@pytest.fixture
def library(database: Database) -> Library:
    return Library.on(database, Time())
