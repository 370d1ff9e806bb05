"""What moderators do with files of answers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from simcord.results import InteractionResult

from bot.texts import Texts, Words
from bot.views import MAX_TEXT, Panel, button, row
from cogs.faq.model import TOPICS, Source
from cogs.faq.transfer import Change, Plan, Refusal
from cogs.faq.transfer_cog import READING
from cogs.faq.transfer_views import preview
from tests.cogs.faq.samples import TYPED, entry
from tests.cogs.faq.test_entries_cog import add, ask, audited, manage, tap
from tests.world import World, answer_of, buttons_of, text_of


async def take_in(world: World, text: str, name: str = "faq.yaml") -> InteractionResult:
    return await world.moderator.slash(
        world.channel, "manage faq import", file=(name, text.encode())
    )


async def exported(world: World, kind: str = "yaml") -> str:
    given = await manage(world, "export", kind=kind)
    [file] = answer_of(given).attachments
    return (await file.read()).decode("utf-8-sig")


async def test_answers_go_out_are_changed_and_come_in_again(world: World) -> None:
    await add(world)
    text = await exported(world)
    assert "question: When does the choir meet?" in text
    shown = await take_in(world, text.replace("When does the choir meet?", "When do we sing?"))
    assert shown.ephemeral
    assert "To add: 0 · to change: 1 · as before: 0 · not accepted: 0" in text_of(shown)
    assert "- When do we sing? (question)" in text_of(shown)
    assert "## When do we sing?" not in await ask(world, "choir practice")
    done = await tap(world, shown, "Change all of this")
    assert "Done. Added: 0, changed: 1" in text_of(done)
    assert "## When do we sing?" in await ask(world, "choir practice")
    assert "answer changed" in await audited(world)


async def test_a_spreadsheet_is_taken_and_an_unchanged_file_says_so(world: World) -> None:
    await add(world)
    text = await exported(world, "csv")
    same = await take_in(world, text, "faq.csv")
    assert "nothing to change" in text_of(same)
    assert set(buttons_of(same)) == {"Answers of this server"}
    rows = text.splitlines()[1:]
    new = "\r\n".join(rows).split(",", 1)[1].replace("When does", "Where does")
    both = text + '"",' + new + "\r\n"
    shown = await take_in(world, both, "faq.csv")
    assert "To add: 1 · to change: 0 · as before: 1" in text_of(shown)


async def test_what_is_refused_is_said_with_its_line_and_cannot_be_applied(world: World) -> None:
    await add(world)
    text = (await exported(world)).replace("topic: groups", "topic: '**@everyone**'")
    shown = await take_in(world, text)
    told = text_of(shown)
    assert "Line 1, “When does the choir meet?”: the topic is one of: basics, people" in told
    assert "@everyone" not in told
    assert "Change all of this" not in buttons_of(shown)
    broken = text_of(await take_in(world, "- question: [x"))
    assert "Line 1: this is not YAML that can be read" in broken


async def test_a_hundred_refusals_fit_into_one_message(world: World) -> None:
    entry = (
        "- question: '" + "*" * 300 + "'\n  topic: x\n  answer: y\n  phrasings: []\n  source: z\n"
    )
    told = text_of(await take_in(world, entry * 100))
    assert len(told) <= MAX_TEXT
    assert "and 92 more" in told


@pytest.mark.parametrize("locale", ["en", "es"])
@pytest.mark.parametrize(
    "text", ["When does the choir meet by the river? " * 5, "*" * 200], ids=["words", "marks"]
)
def test_a_preview_of_much_of_every_kind_fits_into_one_message(locale: str, text: str) -> None:
    words = Words(Texts.load(), locale)
    params = {
        "part": text[:40],
        "other": text[:40],
        "languages": "en, es",
        "topics": ", ".join(TOPICS),
        "least": 9_999,
        "limit": 9_999,
    }
    rules = [
        key.rsplit(".", 1)[1]
        for key in Texts.read()[locale]
        if key.startswith("faq.import.refused.")
    ]
    rules.sort(key=lambda rule: -len(words(f"faq.import.refused.{rule}", **params)))
    before = entry("own-1", "Why?")
    after = replace(
        entry("own-1", text[:100], language="xx", topic="bot", related=("kettle",)),
        sources=(Source("Another book", None),),
    )
    added, changed = (Change(after, None),) * 99, (Change(after, before),) * 99
    refused = tuple(Refusal(rule, 999_999, text, params) for rule in rules)
    for made in (Plan(added, changed), Plan(added, changed, refused=refused)):
        assert preview(words, made, "0", meanwhile=True).content_length() <= MAX_TEXT


async def test_what_would_change_is_not_listed_while_something_is_refused(world: World) -> None:
    await add(world)
    text = await exported(world)
    changed = text.replace("the choir", "the band")
    told = text_of(await take_in(world, changed + "- question: Who sings?\n"))
    assert "to change: 1 · as before: 0 · not accepted: 1" in told
    assert "“Who sings?”: “topic” is missing." in told
    assert "the band" not in told


async def test_somebody_elses_change_shows_the_preview_anew(world: World) -> None:
    await add(world)
    text = await exported(world)
    shown = await take_in(world, text.replace("the choir", "the band"))
    await manage(world, "hide", entry="what-is-peer-support")
    again = await tap(world, shown, "Change all of this")
    assert "meanwhile, so nothing was saved" in text_of(again)
    assert answer_of(again).id == answer_of(shown).id
    done = await tap(world, again, "Change all of this")
    assert "changed: 1" in text_of(done)


async def test_a_file_can_be_let_go_and_is_gone_after_a_restart(world: World) -> None:
    await add(world)
    text = (await exported(world)).replace("the choir", "the band")
    dropped = await tap(world, await take_in(world, text), "Do not save")
    assert "Nothing was saved" in text_of(dropped)
    shown = answer_of(await take_in(world, text)).message
    await world.restart()
    refused = await world.moderator.click(shown, label="Change all of this")
    assert "let go of this file" in text_of(refused)
    assert TYPED.question in await ask(world, "choir practice")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("faq.exe", "x", "ends in .yaml or .csv"),
        ("faq.yaml", "x" * 1_000_001, "at most 1000 kB"),
        ("faq.yaml", "", "Line 1: the file is a list of answers"),
    ],
)
async def test_other_files_are_refused_kindly(
    world: World, name: str, text: str, said: str
) -> None:
    assert said in text_of(await take_in(world, text, name))


async def test_files_are_read_at_a_pace(world: World) -> None:
    for _ in range(READING.times):
        await take_in(world, "[]")
    assert "there is a pause" in text_of(await take_in(world, "[]"))


async def test_the_kinds_of_files_are_suggested(world: World) -> None:
    assert "has not added any answers yet" in text_of(await manage(world, "export"))
    assert "YAML and as CSV" in text_of(await manage(world, "export", kind="pdf"))
    offered = await world.moderator.autocomplete(world.channel, "manage faq export", "kind", "c")
    assert offered == [{"name": "CSV", "value": "csv"}]


async def test_another_moderator_cannot_apply_what_is_not_theirs(world: World) -> None:
    await add(world)
    shown = await take_in(world, (await exported(world)).replace("the choir", "the band"))
    custom_id = buttons_of(shown)["Change all of this"]
    guild = world.env.backend.guilds[world.guild.id]
    power = guild.members[world.moderator.id].role_ids
    guild.members[world.member.id].role_ids[:] = list(power)
    channel = world.bot.get_partial_messageable(world.channel.id)
    forged = await channel.send(view=Panel(row(button("Forged", *custom_id.rsplit(":", 1)))))
    assert "let go of this file" in text_of(await world.member.click(forged, label="Forged"))
