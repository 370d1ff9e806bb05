"""What moderators do with the FAQ."""

from __future__ import annotations

from dataclasses import replace

import pytest
from simcord.actors import MemberActor
from simcord.backend.errors import SetupError
from simcord.results import InteractionResult

from bot.views import MAX_TEXT
from cogs.faq.entries_views import PHRASINGS_FIELD, SOURCE_FIELD
from cogs.faq.model import ANSWER_LIMIT, QUESTION_LIMIT, Typed
from cogs.faq.service import TOKEN
from tests.cogs.faq.samples import TYPED
from tests.world import World, answer_of, buttons_of, custom_ids_of, inputs_of, text_of


async def manage(world: World, what: str, **options: str) -> InteractionResult:
    return await world.moderator.slash(world.channel, f"manage faq {what}", **options)


async def fill(
    world: World, form: InteractionResult, typed: Typed, by: MemberActor | None = None
) -> InteractionResult:
    words = (typed.question, typed.answer, typed.phrasings, [typed.topic], typed.source)
    values = dict(zip(inputs_of(form), words, strict=True))
    return await (by or world.moderator).submit_modal(form, values)


async def tap(world: World, answer: InteractionResult, label: str) -> InteractionResult:
    return await world.moderator.click(answer_of(answer), label=label)


async def add(world: World, typed: Typed = TYPED) -> str:
    """Add an entry, and give its id."""
    preview = await fill(world, await manage(world, "add"), typed)
    saved = await tap(world, preview, "Save")
    return buttons_of(saved)["Change it"].rsplit(":", 1)[1]


async def ask(world: World, question: str) -> str:
    answer = await world.member.slash(world.channel, "faq ask", question=question)
    return text_of(answer)


async def audited(world: World) -> str:
    return text_of(await world.moderator.slash(world.channel, "manage audit"))


def prefilled(form: InteractionResult) -> list[str]:
    assert form.modal is not None
    parts = [part["component"] for part in form.modal["components"]]
    return [part["value"] for part in parts if part.get("value")]


async def offered(world: World, what: str, typed: str = "") -> list[str]:
    choices = await world.moderator.autocomplete(
        world.channel, f"manage faq {what}", "entry", typed
    )
    return [choice["value"] for choice in choices]


# Adding


async def test_a_new_answer_is_previewed_saved_and_found_by_members(world: World) -> None:
    preview = await fill(world, await manage(world, "add"), TYPED)
    assert preview.ephemeral
    assert "Not saved yet" in text_of(preview)
    assert "choir practice · what day is singing · when do we sing" in text_of(preview)
    assert "## When does the choir meet?" not in await ask(world, "choir practice")
    saved = await tap(world, preview, "Save")
    assert "Added. Members of this server see it like this:" in text_of(saved)
    told = await ask(world, "choir practice")
    assert "## When does the choir meet?" in told
    assert "Written by the moderators of this server" in told
    assert "[The choir's page](https://example.org/choir)" in told
    assert "answer added" in await audited(world)


async def test_moderators_are_not_named_twice_as_the_source(world: World) -> None:
    form = await manage(world, "add")
    usual = prefilled(form)[-1]
    told = text_of(await fill(world, form, replace(TYPED, source=usual)))
    assert "Written by the moderators of this server." in told
    assert "Source:" not in told


async def test_the_preview_names_what_it_looks_like(world: World) -> None:
    typed = replace(TYPED, question="What is peer support, in short?")
    told = text_of(await fill(world, await manage(world, "add"), typed))
    assert "It looks like what these answer already:\n- What is peer support?" in told


async def test_a_preview_can_be_dropped_or_changed(world: World) -> None:
    preview = await fill(world, await manage(world, "add"), TYPED)
    form = await tap(world, preview, "Change it")
    assert prefilled(form)[:2] == [TYPED.question, TYPED.answer]
    second = await fill(world, form, replace(TYPED, question="When do we sing?"))
    assert "## When do we sing?" in text_of(second)
    dropped = await tap(world, second, "Do not save")
    assert "Nothing was saved" in text_of(dropped)
    assert "has been" not in await ask(world, "choir practice")
    assert "answer added" not in await audited(world)


async def test_a_refused_answer_gives_the_words_back_and_reopens_with_them(world: World) -> None:
    typed = replace(TYPED, answer=TYPED.answer + " https://example.org and ``` too")
    refused = await fill(world, await manage(world, "add"), typed)
    told = text_of(refused)
    assert "Links cannot stand in the answer" in told
    assert typed.question in told
    assert "choir practice\nwhat day is singing\nwhen do we sing" in told
    form = await tap(world, refused, "Change it")
    assert prefilled(form)[1] == typed.answer
    preview = await fill(world, form, TYPED)
    assert "Added" in text_of(await tap(world, preview, "Save"))


async def test_the_longest_answer_fits_into_every_message(world: World) -> None:
    longest = Typed(
        question="*" * (QUESTION_LIMIT - 1) + "a",
        answer="_" * (ANSWER_LIMIT - 1) + "a",
        phrasings="\n".join(f"{n:02}{'_' * 110}" for n in range(PHRASINGS_FIELD // 113)),
        topic="mental-health",
        source="_" * 190 + " https://example.org/" + "x" * (SOURCE_FIELD - 211),
    )
    preview = await fill(world, await manage(world, "add"), longest)
    assert "Not saved yet" in text_of(preview)
    assert len(text_of(preview)) <= MAX_TEXT
    saved = await tap(world, preview, "Save")
    assert "Added" in text_of(saved)
    refused = await fill(world, await manage(world, "add"), replace(longest, source=" "))
    assert "Please say" in text_of(refused)


async def test_the_language_of_an_answer_can_be_chosen_and_is_said(world: World) -> None:
    choices = await world.moderator.autocomplete(
        world.channel, "manage faq add", "language", "span"
    )
    assert choices == [{"name": "Spanish", "value": "es"}]
    typed = replace(TYPED, question="¿Cuándo ensaya el coro?")
    preview = await fill(world, await manage(world, "add", language="es"), typed)
    await tap(world, preview, "Save")
    assert "This answer is there in Spanish only." in await ask(world, "choir practice")


async def test_a_draft_lost_in_a_restart_is_said_and_stays_readable(world: World) -> None:
    preview = answer_of(await fill(world, await manage(world, "add"), TYPED)).message
    await world.restart()
    refused = await world.moderator.click(preview, label="Save")
    assert "let go of this draft" in text_of(refused)
    assert "choir practice" in text_of(preview)


# Changing


async def test_an_own_answer_is_changed(world: World) -> None:
    entry = await add(world)
    assert await offered(world, "edit", "choir") == [entry]
    form = await manage(world, "edit", entry=entry)
    assert prefilled(form)[0] == TYPED.question
    preview = await fill(world, form, replace(TYPED, question="When is choir practice?"))
    assert "instead of what is there now" in text_of(preview)
    await tap(world, preview, "Save")
    assert "## When is choir practice?" in await ask(world, "what day is singing")
    assert "answer changed" in await audited(world)


async def test_a_change_made_meanwhile_is_not_overwritten_and_no_words_are_lost(
    world: World,
) -> None:
    entry = await add(world)
    mine = await fill(
        world,
        await manage(world, "edit", entry=entry),
        replace(TYPED, question="When do we sing, mine?"),
    )
    theirs = await fill(
        world,
        await manage(world, "edit", entry=entry),
        replace(TYPED, question="When do we sing, theirs?"),
    )
    await tap(world, theirs, "Save")
    refused = await tap(world, mine, "Save")
    assert "Somebody else changed this answer meanwhile" in text_of(refused)
    assert "When do we sing, mine?" in text_of(refused)
    assert "theirs?" in await ask(world, "choir practice")
    again = await fill(
        world,
        await tap(world, refused, "Change it"),
        replace(TYPED, question="When do we sing, ours?"),
    )
    await tap(world, again, "Save")
    assert "ours?" in await ask(world, "choir practice")


async def test_an_answer_removed_meanwhile_can_be_added_again(world: World) -> None:
    entry = await add(world)
    preview = await fill(world, await manage(world, "edit", entry=entry), TYPED)
    await tap(world, await manage(world, "remove", entry=entry), "Remove")
    refused = await tap(world, preview, "Save")
    assert "Somebody else removed this answer meanwhile" in text_of(refused)
    again = await fill(world, await tap(world, refused, "Change it"), TYPED)
    assert "Added" in text_of(await tap(world, again, "Save"))


async def test_a_shipped_answer_cannot_be_edited(world: World) -> None:
    told = text_of(await manage(world, "edit", entry="what-is-peer-support"))
    assert "comes with the bot" in told


# Removing, hiding, restoring


async def test_removing_asks_once(world: World) -> None:
    entry = await add(world)
    asked = await manage(world, "remove", entry=entry)
    assert "cannot be undone" in text_of(asked)
    assert "## When does the choir meet?" in await ask(world, "choir practice")
    removed = await tap(world, asked, "Remove")
    assert "Removed: When does the choir meet?" in text_of(removed)
    assert "## When does the choir meet?" not in await ask(world, "choir practice")
    assert "answer removed" in await audited(world)


async def test_a_shipped_answer_is_hidden_and_restored(world: World) -> None:
    question = "what is peer support"
    assert "what-is-peer-support" in await offered(world, "hide", "what is peer")
    hidden = await manage(world, "hide", entry="what-is-peer-support")
    assert "Hidden in this server" in text_of(hidden)
    assert "## What is peer support?\n" not in await ask(world, question)
    assert "not shown here any more" in await ask(world, f"{TOKEN}what-is-peer-support")
    suggested = await world.member.autocomplete(world.channel, "faq ask", "question", question)
    assert "What is peer support?" not in [choice["name"] for choice in suggested]
    assert await offered(world, "restore") == ["what-is-peer-support"]
    assert "What is peer support? (hidden)" in text_of(await manage(world, "list"))
    await manage(world, "restore", entry="what-is-peer-support")
    assert "## What is peer support?" in await ask(world, question)
    told = await audited(world)
    assert "answer hidden" in told
    assert "answer shown again" in told


async def test_hiding_is_undone_with_one_tap(world: World) -> None:
    hidden = await manage(world, "hide", entry="what-is-peer-support")
    await tap(world, hidden, "Show it again")
    assert "## What is peer support?" in await ask(world, "what is peer support")


async def test_the_list_says_what_was_added_and_turns_its_pages(world: World) -> None:
    assert "as they come with the bot" in text_of(await manage(world, "list"))
    await add(world)
    shipped = (await offered(world, "hide"))[:11]
    for entry in shipped:
        await manage(world, "hide", entry=entry)
    first = await manage(world, "list")
    assert "When does the choir meet? (added)" in text_of(first)
    second = await tap(world, first, "More")
    assert text_of(second).count("(hidden)") == 2
    assert answer_of(second).id == answer_of(first).id


# Who may


@pytest.mark.parametrize("what", ["add", "edit", "remove", "hide", "restore", "list"])
async def test_members_are_not_offered_the_moderators_commands(world: World, what: str) -> None:
    options = {} if what in {"add", "list"} else {"entry": "what-is-peer-support"}
    with pytest.raises(SetupError):
        await world.member.slash(world.channel, f"manage faq {what}", **options)


async def test_who_is_no_moderator_any_more_is_refused_at_the_press(world: World) -> None:
    form = await manage(world, "add")
    preview = await fill(world, await manage(world, "add"), TYPED)
    hidden = await manage(world, "hide", entry="what-is-peer-support")
    listed = await manage(world, "list")
    guild = world.env.backend.guilds[world.guild.id]
    guild.members[world.moderator.id].role_ids.clear()
    for pressed in (
        await tap(world, preview, "Save"),
        await tap(world, hidden, "Show it again"),
        await fill(world, form, TYPED),
    ):
        assert "Only moderators of this server can do that" in text_of(pressed)
    assert "Answers of this server" in text_of(listed)
    assert "answer added" not in await ask(world, "choir practice")


async def test_it_is_switched_off_in_the_settings_panel(world: World) -> None:
    panel = await world.moderator.slash(world.channel, "settings")
    section = await world.moderator.select(answer_of(panel), ["faq"], custom_id="settings:section")
    assert "Channels for questions**: every channel" in text_of(section)
    switch = next(one for one in custom_ids_of(section) if "faq.enabled" in one)
    await world.moderator.click(answer_of(section), custom_id=switch)
    assert "switched off the FAQ" in await ask(world, "what is peer support")
