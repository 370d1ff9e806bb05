"""Files of a server's own entries, on a real store."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import audit
from bot.errors import UserError
from cogs.faq import store
from cogs.faq.model import Entry
from cogs.faq.transfer_service import FILE_BYTES, Transfer
from tests.cogs.faq.library import MODERATOR, SERVER, Library, refusal
from tests.cogs.faq.samples import TYPED


@pytest.fixture
def transfer(library: Library) -> Transfer:
    return Transfer(library.catalogs, library.database, library.clock)


async def own(library: Library, server: int = SERVER) -> tuple[Entry, ...]:
    return (await library.entries.kept(server, "en")).own


async def filled(library: Library) -> None:
    for number in range(3):
        typed = replace(TYPED, question=f"When does choir {number} meet?")
        await library.entries.add(SERVER, "en", typed, by=MODERATOR)


@pytest.mark.parametrize("kind", ["yaml", "csv"])
async def test_what_was_exported_changes_nothing_and_fills_another_server(
    library: Library, transfer: Transfer, kind: str
) -> None:
    await filled(library)
    [file] = await transfer.export(SERVER, kind)
    same = await transfer.read(SERVER, "en", f"faq.{kind}", file)
    assert (len(same.plan.unchanged), same.plan.ready) == (3, False)
    assert await refusal(transfer.apply(same, by=MODERATOR)) == "faq.import.not_ready"
    other = await transfer.read(SERVER + 1, "en", f"FAQ.{kind.upper()}", file)
    await transfer.apply(other, by=MODERATOR)
    copied = await own(library, SERVER + 1)
    assert {replace(entry, revision=0) for entry in copied} == {
        replace(entry, revision=0) for entry in await own(library)
    }
    assert await library.found("when does choir 1 meet", SERVER + 1) == "When does choir 1 meet?"


async def test_all_of_a_file_is_done_in_one_change_with_a_line_for_each(
    library: Library, transfer: Transfer
) -> None:
    await filled(library)
    before = await own(library)
    [file] = await transfer.export(SERVER, "yaml")
    text = file.decode().replace("choir 1", "the choir").replace("choir 2", "the band")
    text += text[: text.index("- id", 1)].replace(before[0].id, "").replace("choir 0", "nobody")
    upload = await transfer.read(SERVER, "en", "faq.yml", text.encode())
    assert (len(upload.plan.added), len(upload.plan.changed)) == (1, 2)
    assert await own(library) == before
    library.clock.now += timedelta(minutes=1)
    await transfer.apply(upload, by=MODERATOR)
    after = await own(library)
    assert len(after) == 4
    assert {entry.revision for entry in after} == {1, 4}
    assert len({entry.id for entry in after}) == 4
    async with library.database.read() as read:
        lines = (await audit.lines(read, SERVER, limit=50))[:3]
    assert {line.actor_user_id for line in lines} == {MODERATOR}
    assert sorted(line.action for line in lines) == ["faq.add", "faq.edit", "faq.edit"]
    assert await library.found("when does the band meet") == "When does the band meet?"


async def test_a_file_with_one_bad_entry_changes_nothing(
    library: Library, transfer: Transfer
) -> None:
    await filled(library)
    before = await own(library)
    [file] = await transfer.export(SERVER, "yaml")
    text = file.decode().replace("choir 1", "the choir").replace("topic: groups", "topic: x", 1)
    upload = await transfer.read(SERVER, "en", "faq.yaml", text.encode())
    assert [one.rule for one in upload.plan.refused] == ["topic"]
    assert await refusal(transfer.apply(upload, by=MODERATOR)) == "faq.import.not_ready"
    assert await own(library) == before


async def test_what_somebody_changed_since_the_preview_is_not_overwritten(
    library: Library, transfer: Transfer
) -> None:
    await filled(library)
    [file] = await transfer.export(SERVER, "yaml")
    text = file.decode().replace("does choir", "does the choir").encode()
    upload = await transfer.read(SERVER, "en", "faq.yaml", text)
    first = (await own(library))[0]
    await library.entries.edit(SERVER, first.id, TYPED, seen=first.revision, by=MODERATOR)
    before = await own(library)
    assert await refusal(transfer.apply(upload, by=MODERATOR)) == "faq.import.changed_meanwhile"
    assert await own(library) == before
    again = await transfer.again(upload)
    assert [one.rule for one in again.plan.refused] == ["changed"]
    async with library.database.read() as read:
        assert await store.revision(read, SERVER) == 4


async def test_of_two_files_applied_at_once_one_is_done_and_the_other_told(
    library: Library, transfer: Transfer
) -> None:
    await filled(library)
    [file] = await transfer.export(SERVER, "yaml")
    uploads = [
        await transfer.read(
            SERVER, "en", "faq.yaml", file.decode().replace("does choir", who).encode()
        )
        for who in ("does everybody", "does somebody")
    ]
    results = await asyncio.gather(
        *(transfer.apply(upload, by=MODERATOR) for upload in uploads), return_exceptions=True
    )
    [refused] = [one for one in results if isinstance(one, UserError)]
    assert refused.key == "faq.import.changed_meanwhile"
    asked = {entry.question.split()[2] for entry in await own(library)}
    assert asked in ({"everybody"}, {"somebody"})


async def test_a_new_entry_is_given_what_resembles_it(library: Library, transfer: Transfer) -> None:
    text = (
        "question,answer,topic,phrasings,source\n"
        '"Who fills the kettle on Fridays?","' + "Fern does, at four. " * 4 + '",groups,'
        '"friday kettle\nkettle on friday\nwho does the kettle",Fern\n'
    )
    upload = await transfer.read(SERVER, "en", "new.csv", text.encode())
    await transfer.apply(upload, by=MODERATOR)
    [entry] = await own(library)
    assert entry.related[:1] == ("kettle",)
    assert entry.id.startswith("own-")
    assert entry.language == "en"


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("faq.txt", b"", "faq.import.what_file"),
        ("faq", b"", "faq.import.what_file"),
        ("faq.yaml", b"\xff\xfe", "faq.import.not_utf8"),
        ("faq.csv", b"x" * (FILE_BYTES + 1), "faq.import.too_big"),
    ],
)
async def test_what_is_no_file_of_entries_is_refused(
    transfer: Transfer, name: str, content: bytes, key: str
) -> None:
    assert await refusal(transfer.read(SERVER, "en", name, content)) == key


@pytest.mark.parametrize(
    "text", ["- &a [x]\n- *a", "a: !!python/object:os.system x", "- {a: [", "\0", "--- 1\n--- 2"]
)
async def test_yaml_with_more_than_plain_values_is_refused(transfer: Transfer, text: str) -> None:
    upload = await transfer.read(SERVER, "en", "faq.yaml", text.encode())
    assert [one.rule for one in upload.plan.refused] == ["yaml"]


async def test_a_large_faq_comes_in_parts_that_can_each_be_read(
    library: Library, transfer: Transfer
) -> None:
    wide = "💚" * 890
    async with library.database.transaction() as tx:
        typed = replace(TYPED, answer=wide)
        entry = library.entries.check(typed, "en")
        for number in range(300):
            await store.put_entry(
                tx,
                SERVER,
                replace(entry, id=f"own-{number}", question=f"Question {number}?"),
                library.clock(),
            )
    parts = await transfer.export(SERVER, "csv")
    assert len(parts) > 1
    assert max(map(len, parts)) <= FILE_BYTES
    uploads = [await transfer.read(SERVER, "en", "faq.csv", part) for part in parts]
    assert sum(len(upload.plan.unchanged) for upload in uploads) == 300


async def test_nothing_of_its_own_is_nothing_to_export(transfer: Transfer) -> None:
    assert await refusal(transfer.export(SERVER, "yaml")) == "faq.export.nothing"
