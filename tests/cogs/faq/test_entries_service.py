"""What moderators can do, on a real store."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot import audit
from bot.database import Database
from bot.errors import UserError
from cogs.faq.model import OWN_LIMIT, Entry
from tests.cogs.faq.library import MODERATOR, SERVER, Library, refusal
from tests.cogs.faq.samples import TYPED


async def test_an_added_entry_is_found_at_once_there_and_nowhere_else(library: Library) -> None:
    await library.shown()
    entry = await library.entries.add(SERVER, "en", TYPED, by=MODERATOR)
    assert await library.shown() == [entry.id, "umbrella", "kettle", "bicycle"]
    assert await library.found("choir practice") == TYPED.question
    assert await library.found("choir practice", server=11) != TYPED.question


async def test_an_own_entry_is_shown_in_every_language_as_it_was_written(library: Library) -> None:
    entry = await library.entries.add(SERVER, "es", TYPED, by=MODERATOR)
    assert (await library.faq.entry(SERVER, "en", entry.id)).language == "es"


async def test_who_changed_what_is_in_the_audit_list(library: Library, database: Database) -> None:
    entry = await library.entries.add(SERVER, "en", TYPED, by=MODERATOR)
    typed = replace(TYPED, question="When is choir practice?")
    changed = await library.entries.edit(SERVER, entry.id, typed, seen=entry.revision, by=MODERATOR)
    await library.entries.remove(SERVER, entry.id, seen=changed.revision, by=MODERATOR)
    await library.entries.hide(SERVER, "kettle", "en", by=MODERATOR)
    await library.entries.hide(SERVER, "kettle", "en", by=MODERATOR)
    await library.entries.restore(SERVER, "kettle", "en", by=MODERATOR)
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


async def test_of_two_who_edit_the_same_entry_the_second_is_refused(library: Library) -> None:
    entry = await library.entries.add(SERVER, "en", TYPED, by=MODERATOR)
    questions = ["When do we sing, A?", "When do we sing, B?"]
    results = await asyncio.gather(
        *(
            library.entries.edit(
                SERVER, entry.id, replace(TYPED, question=q), seen=entry.revision, by=MODERATOR
            )
            for q in questions
        ),
        return_exceptions=True,
    )
    (saved,) = (r for r in results if isinstance(r, Entry))
    (refused,) = (r for r in results if isinstance(r, UserError))
    assert refused.key == "faq.refused.changed_meanwhile"
    assert (await library.faq.entry(SERVER, "en", entry.id)).question == saved.question


async def test_a_stale_edit_or_removal_changes_nothing(
    library: Library, database: Database
) -> None:
    entry = await library.entries.add(SERVER, "en", TYPED, by=MODERATOR)
    changed = await library.entries.edit(SERVER, entry.id, TYPED, seen=entry.revision, by=MODERATOR)
    stale = library.entries.remove(SERVER, entry.id, seen=entry.revision, by=MODERATOR)
    assert await refusal(stale) == "faq.refused.remove_changed"
    assert await library.entries.own_entry(SERVER, entry.id) == changed
    await library.entries.remove(SERVER, entry.id, seen=changed.revision, by=MODERATOR)
    gone = library.entries.remove(SERVER, entry.id, seen=changed.revision, by=MODERATOR)
    assert await refusal(gone) == "faq.refused.unknown"
    async with database.read() as read:
        assert len(await audit.lines(read, SERVER, limit=10)) == 3


async def test_what_is_refused_leaves_no_trace(library: Library, database: Database) -> None:
    bad = library.entries.add(SERVER, "en", replace(TYPED, answer="Short."), by=MODERATOR)
    assert await refusal(bad) == "faq.refused.answer"
    async with database.read() as read:
        assert await audit.lines(read, SERVER, limit=10) == []
    assert (await library.entries.kept(SERVER, "en")).own == ()


@pytest.mark.parametrize(
    ("verb", "entry_id", "key"),
    [
        ("hide", "own-1", "faq.refused.own"),
        ("hide", "nowhere", "faq.refused.unknown"),
        ("restore", "nowhere", "faq.refused.unknown"),
    ],
)
async def test_only_shipped_entries_are_hidden(
    library: Library, verb: str, entry_id: str, key: str
) -> None:
    assert (
        await refusal(getattr(library.entries, verb)(SERVER, entry_id, "en", by=MODERATOR)) == key
    )


async def test_only_own_entries_are_edited(library: Library) -> None:
    assert await refusal(library.entries.own_entry(SERVER, "kettle")) == "faq.refused.shipped"
    assert await refusal(library.entries.own_entry(SERVER, "nowhere")) == "faq.refused.unknown"


async def test_another_servers_entry_cannot_be_reached(library: Library) -> None:
    entry = await library.entries.add(SERVER, "en", TYPED, by=MODERATOR)
    assert await refusal(library.entries.own_entry(11, entry.id)) == "faq.refused.unknown"
    assert await refusal(library.faq.entry(11, "en", entry.id)) == "faq.gone"
    gone = library.entries.edit(11, entry.id, TYPED, seen=entry.revision, by=MODERATOR)
    assert await refusal(gone) == "faq.refused.gone_meanwhile"


async def test_a_server_has_so_many_entries_and_no_more(
    library: Library, database: Database
) -> None:
    entry = await library.entries.add(SERVER, "en", TYPED, by=MODERATOR)
    async with database.transaction() as tx:
        for number in range(OWN_LIMIT - 1):
            await tx.execute(
                "INSERT INTO faq_entries SELECT server_id, $1, language, topic, question, answer, "
                "phrasings, tags, related, source_title, source_url, revision, changed_at "
                "FROM faq_entries WHERE id = $2",
                f"own-copy-{number}",
                entry.id,
            )
    one_more = library.entries.add(SERVER, "en", TYPED, by=MODERATOR)
    assert await refusal(one_more) == "faq.refused.too_many"


async def test_moderators_are_offered_what_they_can_act_on(library: Library) -> None:
    entry = await library.entries.add(SERVER, "en", TYPED, by=MODERATOR)
    await library.entries.hide(SERVER, "kettle", "en", by=MODERATOR)

    def of(entries: tuple[Entry, ...]) -> list[str]:
        return [found.id for found in entries]

    assert of(await library.entries.suggest_own(SERVER, "en", "CHOIR meet")) == [entry.id]
    assert of(await library.entries.suggest_own(SERVER, "en", "kettle")) == []
    assert of(await library.entries.suggest_shipped(SERVER, "en", "")) == ["umbrella", "bicycle"]
    assert of(await library.entries.suggest_hidden(SERVER, "en", "")) == ["kettle"]
    kept = await library.entries.kept(SERVER, "en")
    assert (of(kept.own), of(kept.hidden)) == ([entry.id], ["kettle"])


async def test_what_looks_like_a_new_entry_is_named(library: Library) -> None:
    draft = library.entries.check(replace(TYPED, question="Who fills the kettle now?"), "en")
    assert [e.id for e in await library.entries.similar(SERVER, "en", draft)][:1] == ["kettle"]
