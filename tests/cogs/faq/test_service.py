"""What members and moderators can do, on a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot import audit
from bot.content import DATA
from bot.database import Database, StoreUnavailable
from bot.errors import ContentError, UserError
from bot.settings.service import Settings
from cogs.faq.model import OWN_LIMIT, Entry
from cogs.faq.search import Verdict
from cogs.faq.service import TOKEN, UNUSED, Faq, shipped_entries
from cogs.faq.settings import CHANNELS, ENABLED
from tests.cogs.faq.samples import SHIPPED, TYPED

SERVER, MODERATOR = 10, 20


class Time:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Watched:
    """The real store, which counts looks, and can hold one back after it has read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.looks = 0
        self.down = False
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.has_read = asyncio.Event()

    def transaction(self) -> Any:
        return self._database.transaction()

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Any]:
        self.looks += 1
        if self.down:
            raise StoreUnavailable("The store cannot be reached.")
        async with self._database.read() as read:
            yield read
        self.has_read.set()
        await self.may_go_on.wait()


def faq_on(database: Any, clock: Time, **options: Any) -> Faq:
    settings = Settings(database, clock)
    settings.declare(ENABLED)
    settings.declare(CHANNELS)
    return Faq(SHIPPED, database, settings, clock, **options)


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def watched(database: Database) -> Watched:
    return Watched(database)


@pytest.fixture
def faq(watched: Watched, clock: Time) -> Faq:
    return faq_on(watched, clock)


async def found(faq: Faq, text: str, server: int | None = SERVER, language: str = "en") -> str:
    answer = await faq.ask(server, language, text)
    return answer.entry.question if answer.entry else answer.verdict.value


async def shown(faq: Faq, server: int | None = SERVER, language: str = "en") -> list[str]:
    return [entry.id for entry in await faq.suggest(server, language, "", 25)]


async def refusal(work: Any) -> str:
    with pytest.raises(UserError) as refused:
        await work
    return refused.value.key


# Members


async def test_a_question_is_answered_with_its_related_ones(faq: Faq) -> None:
    answer = await faq.ask(SERVER, "en", "where do i leave my umbrela")
    assert answer.verdict is Verdict.FOUND
    assert answer.entry is not None
    assert answer.entry.id == "umbrella"
    assert [entry.id for entry in answer.near] == ["kettle"]


async def test_what_is_not_there_is_nothing_and_carries_no_answer(faq: Faq) -> None:
    answer = await faq.ask(SERVER, "en", "zebra quantum 9000")
    assert (answer.verdict, answer.entry) == (Verdict.NOTHING, None)


async def test_a_chosen_suggestion_is_shown_whatever_resembles_it(faq: Faq) -> None:
    assert await found(faq, f"{TOKEN}bicycle") == "Can I bring a bicycle?"


async def test_words_that_look_like_a_chosen_suggestion_are_a_question(faq: Faq) -> None:
    assert await found(faq, f"{TOKEN}zebra quantum") == "nothing"


async def test_a_hidden_or_removed_suggestion_is_refused_kindly(faq: Faq) -> None:
    await faq.hide(SERVER, "kettle", "en", by=MODERATOR)
    assert await refusal(faq.ask(SERVER, "en", f"{TOKEN}kettle")) == "faq.gone"
    assert await refusal(faq.ask(SERVER, "en", f"{TOKEN}own-gone")) == "faq.gone"
    assert await refusal(faq.entry(SERVER, "en", "kettle")) == "faq.gone"


async def test_a_hidden_entry_is_in_no_answer_list_or_related_question(faq: Faq) -> None:
    await faq.hide(SERVER, "kettle", "en", by=MODERATOR)
    assert await shown(faq) == ["umbrella", "bicycle"]
    assert await found(faq, "who fills the kettle?") != "Who fills the kettle?"
    assert (await faq.ask(SERVER, "en", "where do i leave my umbrella?")).near == ()
    assert list(await faq.topics(SERVER, "en")) == ["basics", "work"]
    assert await shown(faq, server=11) == ["umbrella", "kettle", "bicycle"]


async def test_what_a_language_lacks_comes_in_another(faq: Faq) -> None:
    assert await found(faq, "dónde dejo el paraguas", language="es") == "¿Dónde dejo el paraguas?"
    assert (await faq.entry(SERVER, "es", "bicycle")).language == "en"


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
def test_the_first_language_with_answers_is_spoken(
    wanted: tuple[str | None, ...], language: str
) -> None:
    assert faq_on(None, Time()).language(*wanted) == language


async def test_topics_are_browsed_page_by_page(faq: Faq) -> None:
    assert await faq.topics(None, "en") == {"basics": 1, "groups": 1, "work": 1}
    page = await faq.browse(None, "en", "work", 7, 5)
    assert ([e.id for e in page.entries], page.number, page.pages) == (["bicycle"], 0, 1)


async def test_it_can_be_switched_off_and_kept_to_channels(faq: Faq, database: Database) -> None:
    clock = Time()
    settings = Settings(database, clock)
    settings.declare(ENABLED)
    settings.declare(CHANNELS)
    faq = Faq(SHIPPED, database, settings, clock)
    await faq.require_open(SERVER, (1,))
    await settings.change(SERVER, CHANNELS, [5, 6], by=MODERATOR)
    assert await refusal(faq.require_open(SERVER, (1,))) == "faq.elsewhere"
    await faq.require_open(SERVER, (1, 6))
    await faq.require_open(None, (1,))
    await settings.change(SERVER, ENABLED, value=False, by=MODERATOR)
    assert await refusal(faq.require_open(SERVER, (5,))) == "faq.off"


# Memory


async def test_many_at_once_wait_for_one_look_at_the_store(faq: Faq, watched: Watched) -> None:
    answers = await asyncio.gather(*(found(faq, "who fills the kettle") for _ in range(20)))
    assert set(answers) == {"Who fills the kettle?"}
    assert watched.looks == 1


async def test_a_keystroke_needs_no_store_once_the_server_is_known(
    faq: Faq, watched: Watched
) -> None:
    assert not faq.is_ready(SERVER, "en")
    await shown(faq)
    assert faq.is_ready(SERVER, "en")
    looks = watched.looks
    for text in ("u", "um", "umb", "umbr"):
        await faq.suggest(SERVER, "en", text, 10)
    assert watched.looks == looks


async def test_servers_with_nothing_of_their_own_share_one_index(faq: Faq) -> None:
    for server in range(200):
        await shown(faq, server)
    assert faq.indexed == 3


async def test_hundreds_of_servers_with_their_own_entries_stay_within_bounds(
    watched: Watched, clock: Time
) -> None:
    faq = faq_on(watched, clock, documents=60)
    for server in range(200):
        await faq.add(server, "en", replace(TYPED, question=f"When is choir {server}?"), by=1)
    for server in (*range(0, 200, 3), 3, 198):
        assert await found(faq, f"when is choir {server}", server) == f"When is choir {server}?"
        assert faq.indexed <= 60


async def test_what_is_unused_is_dropped(faq: Faq, clock: Time) -> None:
    await faq.add(SERVER, "en", TYPED, by=MODERATOR)
    await shown(faq)
    await shown(faq, None)
    assert faq.indexed == 7
    clock.now += UNUSED + timedelta(seconds=1)
    await shown(faq, None)
    assert faq.indexed == 3


async def test_what_is_unused_is_dropped_though_nobody_asks_any_more(faq: Faq, clock: Time) -> None:
    await shown(faq)
    clock.now += UNUSED
    faq.tidy()
    assert faq.indexed == 3
    clock.now += timedelta(seconds=1)
    faq.tidy()
    assert faq.indexed == 0


async def test_an_index_built_before_an_edit_does_not_outlive_it(
    faq: Faq, watched: Watched
) -> None:
    await shown(faq, None)
    watched.may_go_on.clear()
    early = asyncio.create_task(shown(faq))
    await watched.has_read.wait()
    # It holds what was there before, and is held back; now somebody edits.
    await faq.hide(SERVER, "kettle", "en", by=MODERATOR)
    watched.may_go_on.set()
    assert await early == ["umbrella", "kettle", "bicycle"]
    assert await shown(faq) == ["umbrella", "bicycle"]
    assert await shown(faq) == ["umbrella", "bicycle"]


async def test_whoever_gives_up_waiting_leaves_the_index_to_the_others(
    faq: Faq, watched: Watched
) -> None:
    watched.may_go_on.clear()
    impatient, patient = (asyncio.create_task(shown(faq)) for _ in range(2))
    await watched.has_read.wait()
    impatient.cancel()
    watched.may_go_on.set()
    assert await patient == ["umbrella", "kettle", "bicycle"]
    assert watched.looks == 1


async def test_the_event_loop_goes_on_while_an_index_is_built(watched: Watched) -> None:
    clock = Time()
    settings = Settings(watched, clock)  # pyright: ignore[reportArgumentType]
    faq = Faq(shipped_entries(), watched, settings, clock)  # pyright: ignore[reportArgumentType]
    building = asyncio.create_task(faq.suggest(None, "en", "", 25))
    turns = 0
    while not building.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 20


# Without the store


async def test_shipped_entries_answer_while_the_store_is_down(
    faq: Faq, watched: Watched, clock: Time
) -> None:
    watched.down = True
    await faq.require_open(SERVER, (1,))
    assert await found(faq, "who fills the kettle") == "Who fills the kettle?"
    looks = watched.looks
    assert await found(faq, "can i bring a bicycle") == "Can I bring a bicycle?"
    assert watched.looks == looks, "a store that failed is left in peace for a while"
    watched.down = False
    await faq.add(SERVER, "en", TYPED, by=MODERATOR)
    clock.now += timedelta(seconds=11)
    assert await found(faq, "choir practice") == TYPED.question


async def test_a_store_that_hangs_does_not_keep_members_waiting(
    watched: Watched, clock: Time
) -> None:
    faq = faq_on(watched, clock, patience=0)
    watched.may_go_on.clear()
    assert await found(faq, "who fills the kettle") == "Who fills the kettle?"


async def test_a_server_already_in_memory_keeps_its_own_answers_while_the_store_is_down(
    faq: Faq, watched: Watched
) -> None:
    await faq.add(SERVER, "en", TYPED, by=MODERATOR)
    assert await found(faq, "choir practice") == TYPED.question
    watched.down = True
    assert await found(faq, "what day is singing") == TYPED.question


# Moderators


async def test_an_added_entry_is_found_at_once_there_and_nowhere_else(faq: Faq) -> None:
    await shown(faq)
    entry = await faq.add(SERVER, "en", TYPED, by=MODERATOR)
    assert await shown(faq) == [entry.id, "umbrella", "kettle", "bicycle"]
    assert await found(faq, "choir practice") == TYPED.question
    assert await found(faq, "choir practice", server=11) != TYPED.question


async def test_an_own_entry_is_shown_in_every_language_as_it_was_written(faq: Faq) -> None:
    entry = await faq.add(SERVER, "es", TYPED, by=MODERATOR)
    assert (await faq.entry(SERVER, "en", entry.id)).language == "es"


async def test_who_changed_what_is_in_the_audit_list(faq: Faq, database: Database) -> None:
    entry = await faq.add(SERVER, "en", TYPED, by=MODERATOR)
    typed = replace(TYPED, question="When is choir practice?")
    changed = await faq.edit(SERVER, entry.id, typed, seen=entry.revision, by=MODERATOR)
    await faq.remove(SERVER, entry.id, seen=changed.revision, by=MODERATOR)
    await faq.hide(SERVER, "kettle", "en", by=MODERATOR)
    await faq.hide(SERVER, "kettle", "en", by=MODERATOR)
    await faq.restore(SERVER, "kettle", "en", by=MODERATOR)
    async with database.read() as read:
        lines = await audit.lines(read, SERVER, limit=10)
    assert {(line.action, line.target) for line in lines} == {
        ("faq.add", TYPED.question),
        ("faq.edit", "When is choir practice?"),
        ("faq.remove", "When is choir practice?"),
        ("faq.hide", "Who fills the kettle?"),
        ("faq.restore", "Who fills the kettle?"),
    }
    assert len(lines) == 5
    assert {line.actor_user_id for line in lines} == {MODERATOR}
    (edited,) = (line for line in lines if line.action == "faq.edit")
    assert (edited.before or "").startswith("When does the choir meet?\nThe choir meets on")
    assert (edited.after or "").startswith("When is choir practice?\nThe choir meets on")


async def test_of_two_who_edit_the_same_entry_the_second_is_refused(faq: Faq) -> None:
    entry = await faq.add(SERVER, "en", TYPED, by=MODERATOR)
    questions = ["When do we sing, A?", "When do we sing, B?"]
    results = await asyncio.gather(
        *(
            faq.edit(
                SERVER, entry.id, replace(TYPED, question=q), seen=entry.revision, by=MODERATOR
            )
            for q in questions
        ),
        return_exceptions=True,
    )
    (saved,) = (r for r in results if isinstance(r, Entry))
    (refused,) = (r for r in results if isinstance(r, UserError))
    assert refused.key == "faq.refused.changed_meanwhile"
    assert (await faq.entry(SERVER, "en", entry.id)).question == saved.question


async def test_a_stale_edit_or_removal_changes_nothing(faq: Faq, database: Database) -> None:
    entry = await faq.add(SERVER, "en", TYPED, by=MODERATOR)
    changed = await faq.edit(SERVER, entry.id, TYPED, seen=entry.revision, by=MODERATOR)
    stale = faq.remove(SERVER, entry.id, seen=entry.revision, by=MODERATOR)
    assert await refusal(stale) == "faq.refused.remove_changed"
    assert await faq.own_entry(SERVER, entry.id) == changed
    await faq.remove(SERVER, entry.id, seen=changed.revision, by=MODERATOR)
    gone = faq.remove(SERVER, entry.id, seen=changed.revision, by=MODERATOR)
    assert await refusal(gone) == "faq.refused.unknown"
    async with database.read() as read:
        assert len(await audit.lines(read, SERVER, limit=10)) == 3


async def test_what_is_refused_leaves_no_trace(faq: Faq, database: Database) -> None:
    bad = faq.add(SERVER, "en", replace(TYPED, answer="Short."), by=MODERATOR)
    assert await refusal(bad) == "faq.refused.answer"
    async with database.read() as read:
        assert await audit.lines(read, SERVER, limit=10) == []
    assert (await faq.kept(SERVER, "en")).own == ()


@pytest.mark.parametrize(
    ("verb", "entry_id", "key"),
    [
        ("hide", "own-1", "faq.refused.own"),
        ("hide", "nowhere", "faq.refused.unknown"),
        ("restore", "nowhere", "faq.refused.unknown"),
    ],
)
async def test_only_shipped_entries_are_hidden(
    faq: Faq, verb: str, entry_id: str, key: str
) -> None:
    assert await refusal(getattr(faq, verb)(SERVER, entry_id, "en", by=MODERATOR)) == key


async def test_only_own_entries_are_edited(faq: Faq) -> None:
    assert await refusal(faq.own_entry(SERVER, "kettle")) == "faq.refused.shipped"
    assert await refusal(faq.own_entry(SERVER, "nowhere")) == "faq.refused.unknown"


async def test_another_servers_entry_cannot_be_reached(faq: Faq) -> None:
    entry = await faq.add(SERVER, "en", TYPED, by=MODERATOR)
    assert await refusal(faq.own_entry(11, entry.id)) == "faq.refused.unknown"
    assert await refusal(faq.entry(11, "en", entry.id)) == "faq.gone"
    gone = faq.edit(11, entry.id, TYPED, seen=entry.revision, by=MODERATOR)
    assert await refusal(gone) == "faq.refused.gone_meanwhile"


async def test_a_server_has_so_many_entries_and_no_more(faq: Faq, database: Database) -> None:
    entry = await faq.add(SERVER, "en", TYPED, by=MODERATOR)
    async with database.transaction() as tx:
        for number in range(OWN_LIMIT - 1):
            await tx.execute(
                "INSERT INTO faq_entries SELECT server_id, $1, language, topic, question, answer, "
                "phrasings, tags, related, source_title, source_url, revision, changed_at "
                "FROM faq_entries WHERE id = $2",
                f"own-copy-{number}",
                entry.id,
            )
    one_more = faq.add(SERVER, "en", TYPED, by=MODERATOR)
    assert await refusal(one_more) == "faq.refused.too_many"


async def test_moderators_are_offered_what_they_can_act_on(faq: Faq) -> None:
    entry = await faq.add(SERVER, "en", TYPED, by=MODERATOR)
    await faq.hide(SERVER, "kettle", "en", by=MODERATOR)

    def of(entries: tuple[Entry, ...]) -> list[str]:
        return [found.id for found in entries]

    assert of(await faq.suggest_own(SERVER, "en", "CHOIR meet")) == [entry.id]
    assert of(await faq.suggest_own(SERVER, "en", "kettle")) == []
    assert of(await faq.suggest_shipped(SERVER, "en", "")) == ["umbrella", "bicycle"]
    assert of(await faq.suggest_hidden(SERVER, "en", "")) == ["kettle"]
    kept = await faq.kept(SERVER, "en")
    assert (of(kept.own), of(kept.hidden)) == ([entry.id], ["kettle"])


async def test_what_looks_like_a_new_entry_is_named(faq: Faq) -> None:
    draft = faq.check(replace(TYPED, question="Who fills the kettle now?"), "en")
    assert [e.id for e in await faq.similar(SERVER, "en", draft)][:1] == ["kettle"]


def test_what_ships_is_read_from_its_folder() -> None:
    assert set(shipped_entries()) == {"en", "es"}


def test_a_bad_file_is_refused_by_name(tmp_path: Any) -> None:
    text = (DATA / "content" / "faq" / "en.yaml").read_text("utf-8")
    (tmp_path / "en.yaml").write_text(text.replace("topic: basics", "topic: bass", 1), "utf-8")
    with pytest.raises(ContentError, match=r"en\.yaml:\d+: the topic is one of"):
        shipped_entries(tmp_path)
