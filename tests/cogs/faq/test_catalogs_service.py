"""What is kept in memory of each server, on a real store."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.content import DATA
from bot.database import Database
from bot.errors import ContentError
from bot.texts import Texts
from cogs.faq.catalogs_service import UNUSED, shipped_entries
from tests.cogs.faq.library import MODERATOR, SERVER, Library, Time
from tests.cogs.faq.samples import TYPED


async def test_many_at_once_wait_for_one_look_at_the_store(library: Library) -> None:
    answers = await asyncio.gather(*(library.found("who fills the kettle") for _ in range(20)))
    assert set(answers) == {"Who fills the kettle?"}
    assert library.store.looks == 1


async def test_a_keystroke_needs_no_store_once_the_server_is_known(library: Library) -> None:
    assert not library.catalogs.is_ready(SERVER, "en")
    await library.shown()
    assert library.catalogs.is_ready(SERVER, "en")
    looks = library.store.looks
    for text in ("u", "um", "umb", "umbr"):
        await library.faq.suggest(SERVER, "en", text, 10)
    assert library.store.looks == looks


async def test_servers_with_nothing_of_their_own_share_one_index(library: Library) -> None:
    for server in range(200):
        await library.shown(server)
    assert library.catalogs.indexed == 3


async def test_hundreds_of_servers_with_their_own_entries_stay_within_bounds(
    database: Database,
) -> None:
    library = Library.on(database, Time(), documents=60)
    for server in range(200):
        await library.entries.add(
            server, "en", replace(TYPED, question=f"When is choir {server}?"), by=1
        )
    for server in (*range(0, 200, 3), 3, 198):
        assert await library.found(f"when is choir {server}", server) == f"When is choir {server}?"
        assert library.catalogs.indexed <= 60


async def test_what_is_unused_is_dropped(library: Library) -> None:
    await library.entries.add(SERVER, "en", TYPED, by=MODERATOR)
    await library.shown()
    await library.shown(None)
    assert library.catalogs.indexed == 7
    library.clock.now += UNUSED + timedelta(seconds=1)
    await library.shown(None)
    assert library.catalogs.indexed == 3


async def test_what_is_unused_is_dropped_though_nobody_asks_any_more(library: Library) -> None:
    await library.shown()
    library.clock.now += UNUSED
    library.catalogs.tidy()
    assert library.catalogs.indexed == 3
    library.clock.now += timedelta(seconds=1)
    library.catalogs.tidy()
    assert library.catalogs.indexed == 0


async def test_an_index_built_before_an_edit_does_not_outlive_it(library: Library) -> None:
    await library.shown(None)
    library.store.may_go_on.clear()
    early = asyncio.create_task(library.shown())
    await library.store.has_read.wait()
    # It holds what was there before, and is held back; now somebody edits.
    await library.entries.hide(SERVER, "kettle", "en", by=MODERATOR)
    library.store.may_go_on.set()
    assert await early == ["umbrella", "kettle", "bicycle"]
    assert await library.shown() == ["umbrella", "bicycle"]
    assert await library.shown() == ["umbrella", "bicycle"]


async def test_whoever_gives_up_waiting_leaves_the_index_to_the_others(library: Library) -> None:
    library.store.may_go_on.clear()
    impatient, patient = (asyncio.create_task(library.shown()) for _ in range(2))
    await library.store.has_read.wait()
    impatient.cancel()
    library.store.may_go_on.set()
    assert await patient == ["umbrella", "kettle", "bicycle"]
    assert library.store.looks == 1


async def test_past_so_many_servers_with_nothing_of_their_own_each_is_looked_at_once_more(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cogs.faq.catalogs_service.PLAIN_SERVERS", 2)
    looks: list[int] = []
    for server in (1, 2, 1, 2, 3, 3, 1):
        await library.shown(server)
        looks.append(library.store.looks)
    assert looks == [1, 2, 2, 2, 3, 3, 4]


async def test_the_event_loop_goes_on_while_an_index_is_built(database: Database) -> None:
    library = Library.on(database, Time(), shipped_entries())
    building = asyncio.create_task(library.faq.suggest(None, "en", "", 25))
    turns = 0
    while not building.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 20


# Without the store


async def test_shipped_entries_answer_while_the_store_is_down(library: Library) -> None:
    library.store.down = True
    await library.faq.require_open(SERVER, (1,))
    assert await library.found("who fills the kettle") == "Who fills the kettle?"
    looks = library.store.looks
    assert await library.found("can i bring a bicycle") == "Can I bring a bicycle?"
    assert library.store.looks == looks, "a store that failed is left in peace for a while"
    library.store.down = False
    await library.entries.add(SERVER, "en", TYPED, by=MODERATOR)
    library.clock.now += timedelta(seconds=11)
    assert await library.found("choir practice") == TYPED.question


async def test_a_store_that_hangs_does_not_keep_members_waiting(database: Database) -> None:
    library = Library.on(database, Time(), patience=0)
    library.store.may_go_on.clear()
    assert await library.found("who fills the kettle") == "Who fills the kettle?"


async def test_a_server_already_in_memory_keeps_its_own_answers_while_the_store_is_down(
    library: Library,
) -> None:
    await library.entries.add(SERVER, "en", TYPED, by=MODERATOR)
    assert await library.found("choir practice") == TYPED.question
    library.store.down = True
    assert await library.found("what day is singing") == TYPED.question


# What ships


def test_what_ships_is_read_from_its_folder() -> None:
    assert {"en", "es"} <= set(shipped_entries()) <= set(Texts.load().locales)


def test_a_bad_file_is_refused_by_name(tmp_path: Any) -> None:
    text = (DATA / "content" / "faq" / "en.yaml").read_text("utf-8")
    (tmp_path / "en.yaml").write_text(text.replace("topic: basics", "topic: bass", 1), "utf-8")
    with pytest.raises(ContentError, match=r"en\.yaml:\d+: the topic is one of"):
        shipped_entries(tmp_path)


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        (("es-419", "en"), "es"),
        (("fr", "es"), "es"),
        (("fr", None), "en"),
        ((None, "de"), "en"),
        (("en-GB", "es"), "en"),
    ],
)
async def test_the_first_language_with_answers_is_spoken(
    library: Library, wanted: tuple[str | None, ...], language: str
) -> None:
    assert library.catalogs.language(*wanted) == language
