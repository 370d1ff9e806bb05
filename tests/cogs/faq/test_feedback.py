"""What members do when an answer helped or was not what they meant, and what moderators read."""

from __future__ import annotations

from simcord.actors import MemberActor
from simcord.results import InteractionResult

from bot.views import MAX_CUSTOM_ID, button
from cogs.faq.service import TOKEN
from tests.bot.test_views import press
from tests.world import World, answer_of, buttons_of, custom_ids_of, text_of

PEERS = f"{TOKEN}what-is-peer-support"


async def ask(world: World, question: str = PEERS) -> InteractionResult:
    return await world.member.slash(world.channel, "faq ask", question=question)


async def tap(world: World, answer: InteractionResult, label: str) -> InteractionResult:
    return await world.member.click(answer_of(answer), label=label)


async def counts(world: World) -> list[tuple[str, int, int]]:
    async with world.bot.runtime.database.read() as read:
        rows = await read.fetch("SELECT entry_id, helped, missed FROM faq_tallies")
    return [(row["entry_id"], row["helped"], row["missed"]) for row in rows]


async def test_what_helped_is_counted_and_the_answer_stays(world: World) -> None:
    asked = await ask(world)
    thanked = await tap(world, asked, "This helped")
    assert answer_of(thanked).id == answer_of(asked).id
    assert "## What is peer support?" in text_of(thanked)
    assert "how often this is said, not who says it" in text_of(thanked)
    assert {"This helped", "Not what I meant"}.isdisjoint(buttons_of(thanked))
    assert "Helplines" in buttons_of(thanked)
    assert await counts(world) == [("what-is-peer-support", 1, 0)]


async def test_asking_ten_times_counts_once(world: World) -> None:
    for _ in range(10):
        await tap(world, await ask(world), "This helped")
    await tap(world, await ask(world), "Not what I meant")
    assert await counts(world) == [("what-is-peer-support", 1, 0)]


async def test_what_was_not_meant_shows_the_next_best_and_the_way_to_people(world: World) -> None:
    asked = await ask(world, "what is peer support")
    assert "## What is peer support?" in text_of(asked)
    remembered = buttons_of(asked)["Not what I meant"].split(":")[3:]
    assert remembered
    instead = await tap(world, asked, "Not what I meant")
    assert answer_of(instead).id == answer_of(asked).id
    assert "## Not what you meant" in text_of(instead)
    ids = custom_ids_of(instead)
    assert ids[:2] == ["helplines:open", "faq:show:bot-talk-to-human"]
    offered = [one.split(":")[2] for one in ids[2:] if one.startswith("faq:show:")]
    assert offered == [one for one in remembered if one != "bot-talk-to-human"][:3]
    assert "faq:topic" in ids
    assert await counts(world) == [("what-is-peer-support", 0, 1)]


async def test_one_road_leads_on_to_the_next(world: World) -> None:
    instead = await tap(world, await ask(world, "what is peer support"), "Not what I meant")
    offered = [label for label, one in buttons_of(instead).items() if one.count(":") > 2]
    second = await tap(world, instead, offered[0])
    assert f"## {offered[0]}" in text_of(second)
    third = await tap(world, second, "Not what I meant")
    assert offered[0] not in buttons_of(third)
    assert set(offered[1:]) <= set(buttons_of(third))


async def test_without_words_what_resembles_the_entry_is_offered(world: World) -> None:
    instead = await tap(world, await ask(world), "Not what I meant")
    shown = [one for one in custom_ids_of(instead) if one.startswith("faq:show:")]
    assert len(shown) > 1
    assert not any(one.startswith("faq:show:what-is-peer-support") for one in shown)


async def test_a_forged_button_that_names_an_answer_twice_shows_it_once(world: World) -> None:
    forged = button("x", "faq:instead", "what-is-peer-support", "benefits", "benefits")
    instead = await press(world, forged)
    assert [one for one in custom_ids_of(instead) if "benefits" in one] == ["faq:show:benefits"]


async def test_a_button_remembers_no_more_than_discord_takes(world: World) -> None:
    for question in ("what is peer support", "peer leader group rules burnout", "how do i listen"):
        assert max(map(len, custom_ids_of(await ask(world, question)))) <= MAX_CUSTOM_ID


async def test_an_old_button_still_counts_after_a_restart(world: World) -> None:
    message = answer_of(await ask(world)).message
    await world.restart()
    await world.member.click(message, label="This helped")
    assert await counts(world) == [("what-is-peer-support", 1, 0)]


async def test_what_is_not_shown_here_any_more_is_not_counted(world: World) -> None:
    asked = await ask(world)
    await world.moderator.slash(world.channel, "manage faq hide", entry="what-is-peer-support")
    assert "not shown here any more" in text_of(await tap(world, asked, "This helped"))
    assert await counts(world) == []


async def test_the_road_goes_on_while_the_database_is_down(world: World) -> None:
    asked = await ask(world)
    await world.bot.runtime.database.close()
    assert "## Not what you meant" in text_of(await tap(world, asked, "Not what I meant"))


async def test_a_direct_message_counts_for_no_server(world: World) -> None:
    person = world.env.create_user("dune")
    answer = await person.slash("faq ask", question=PEERS)
    assert "This helped" not in buttons_of(answer)
    instead = await person.click(answer_of(answer), label="Not what I meant")
    assert "## Not what you meant" in text_of(instead)
    assert await counts(world) == []


# Moderators


async def people(world: World, how_many: int) -> list[MemberActor]:
    return [world.guild.add_member(world.env.create_user(f"p{n}")) for n in range(how_many)]


async def test_moderators_read_steps_of_five_only(world: World) -> None:
    told = text_of(await world.moderator.slash(world.channel, "manage faq feedback"))
    assert "after at least 5 taps" in told
    assert "members have" not in told
    for number, person in enumerate(await people(world, 8)):
        answer = await person.slash(world.channel, "faq ask", question=PEERS)
        label = "This helped" if number < 6 else "Not what I meant"
        await person.click(answer_of(answer), label=label)
    told = text_of(await world.moderator.slash(world.channel, "manage faq feedback"))
    assert "**What is peer support?**\nHelped: about 5 times · not meant: fewer than 5" in told
    listed = await world.moderator.slash(world.channel, "manage faq list")
    again = await world.moderator.click(answer_of(listed), label="Which answers help")
    assert "Helped: about 5 times · not meant: fewer than 5" in text_of(again)


async def test_who_is_no_moderator_any_more_does_not_read_on(world: World) -> None:
    listed = await world.moderator.slash(world.channel, "manage faq feedback")
    guild = world.env.backend.guilds[world.guild.id]
    guild.members[world.moderator.id].role_ids.clear()
    refused = await world.moderator.click(answer_of(listed), label="Answers of this server")
    assert "Only moderators of this server can do that" in text_of(refused)
