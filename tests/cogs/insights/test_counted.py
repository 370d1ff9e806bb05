"""What the features count, each in the transaction in which it happens."""

from __future__ import annotations

from datetime import date, timedelta

from bot.counting import Speed, What
from bot.database import Database
from tests.cogs.company import harbour as company
from tests.cogs.insights.months import counted_from, month_now, rows
from tests.cogs.pairing import harbour as pairing
from tests.world import World, answer_of, custom_ids_of

JANUARY = date(2026, 1, 1)
"""Worlds begin with it."""


async def test_a_round_of_five_and_its_introductions_are_counted(database: Database) -> None:
    harbour = await pairing.make_harbour(database)
    await counted_from(database, harbour.settings, pairing.SERVER, month_now(harbour.now))
    await harbour.round_of(*range(1, 7))
    await harbour.run()
    assert await rows(database) == {What.ROUNDS: 1, What.INTRODUCTIONS: 3}
    # That it is carried on, and ends, is nothing new.
    await harbour.until(harbour.now + timedelta(days=20), timedelta(days=1))
    assert await rows(database) == {What.ROUNDS: 1, What.INTRODUCTIONS: 3}


async def test_a_round_of_four_is_not_counted_as_one(database: Database) -> None:
    harbour = await pairing.make_harbour(database)
    await counted_from(database, harbour.settings, pairing.SERVER, month_now(harbour.now))
    await harbour.round_of(*range(1, 5))
    await harbour.run()
    assert await rows(database) == {What.INTRODUCTIONS: 2}


async def test_an_introduction_that_could_not_be_made_is_not_counted(database: Database) -> None:
    harbour = await pairing.make_harbour(database)
    await counted_from(database, harbour.settings, pairing.SERVER, month_now(harbour.now))
    harbour.discord.refusing = {pairing.INTRODUCTION}
    await harbour.round_of(1, 2)
    await harbour.run()
    assert await rows(database) == {}


async def test_a_request_counts_when_the_first_supporter_comes(database: Database) -> None:
    harbour = await company.make_harbour(database)
    await counted_from(database, harbour.settings, company.SERVER, month_now(harbour.now))
    await harbour.on_duty(company.FERN, company.HAZEL)
    one = await harbour.ask()
    await harbour.after(timedelta(minutes=16))
    assert await rows(database) == {}
    await harbour.accept(company.FERN, one.id)
    assert await rows(database) == {What.ANSWERED: 1, Speed.HOUR: 1}
    await harbour.requests.hand_over(company.FERN, one.id, to_moderators=False)
    await harbour.run()
    await harbour.accept(company.HAZEL, one.id)
    assert await rows(database) == {What.ANSWERED: 1, Speed.HOUR: 1}


async def ask(world: World, question: str) -> None:
    await world.member.slash(world.channel, "faq ask", question=question)


async def test_what_the_faq_answers_and_what_it_does_not_is_counted_once_a_day(
    world: World,
) -> None:
    runtime = world.bot.runtime
    await ask(world, "What is peer support?")
    assert await rows(runtime.database) == {}
    await counted_from(runtime.database, runtime.settings, world.guild.id, JANUARY)
    for _ in range(2):
        await ask(world, "What is peer support?")
        await ask(world, "xylophone zzyzx")
    assert await rows(runtime.database) == {What.FAQ_USED: 1, What.FAQ_MISSED: 1}


async def test_an_answer_that_is_chosen_from_a_list_is_counted(world: World) -> None:
    runtime = world.bot.runtime
    await counted_from(runtime.database, runtime.settings, world.guild.id, JANUARY)
    shown = await world.member.slash(world.channel, "faq ask", question="xylophone zzyzx")
    person = next(one for one in custom_ids_of(shown) if one.startswith("faq:show:"))
    await world.member.click(answer_of(shown).message, custom_id=person)
    assert (await rows(runtime.database))[What.FAQ_USED] == 1
