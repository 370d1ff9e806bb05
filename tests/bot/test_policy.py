"""The policy and the terms say what the code does."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.config import Config
from bot.errors import StartError
from bot.policy import documents, kept, table, write
from bot.texts import Texts, Words
from docs.retention import PAGE, retention
from tests.world import World


async def test_the_page_is_what_the_running_bot_keeps(world: World) -> None:
    assert retention(world.bot) == PAGE.read_text(encoding="utf-8"), "run python -m docs.retention"


async def test_everything_that_names_people_has_words_in_every_language(world: World) -> None:
    texts = world.bot.runtime.texts
    for one in kept(world.bot.runtime.privacy.holdings):
        assert texts.has(f"privacy.holds.{one.name}"), one.table


async def test_policy_and_terms_have_the_real_table_and_leave_blanks_to_the_host(
    world: World,
) -> None:
    holdings = world.bot.runtime.privacy.holdings
    for locale in world.bot.runtime.texts.locales:
        words = Words(world.bot.runtime.texts, locale)
        made = documents(world.config, holdings, words)
        assert set(made) == {"privacy.md", "terms.md"}
        assert table(holdings, words) in made["privacy.md"]
        for text in made.values():
            assert words("policy.blank.host") in text
            assert "$" not in text
        named = replace(world.config, host_name="A library", host_contact="help@example.org")
        for text in documents(named, holdings, words).values():
            assert "A library" in text
            assert "help@example.org" in text
            assert words("policy.blank.host") not in text


async def test_the_policy_claims_no_encryption_that_the_bot_does_not_do(world: World) -> None:
    words = Words(world.bot.runtime.texts, "en")
    for changed in ({"database_plain": True}, {"database_url": "postgresql://a@b/c"}):
        config: Config = replace(world.config, **changed)  # pyright: ignore[reportArgumentType]
        policy = documents(config, world.bot.runtime.privacy.holdings, words)["privacy.md"]
        assert "The store is encrypted" not in policy
        assert "[SAY HOW THE DISK" in policy


async def test_a_policy_is_written_once_and_never_over_the_hosts_own_words(tmp_path: Path) -> None:
    config = Config(tmp_path / "state", host_name="A library")
    written = await write(config, tmp_path / "out")
    assert sorted(str(path.relative_to(tmp_path / "out")) for path in written) == [
        f"{locale}/{name}" for locale in Texts.load().locales for name in ("privacy.md", "terms.md")
    ]
    assert not config.state_dir.exists()
    assert re.search("run by A library", (tmp_path / "out/en/privacy.md").read_text("utf-8"))
    with pytest.raises(StartError, match="exists already"):
        await write(config, tmp_path / "out")
