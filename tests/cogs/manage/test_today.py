"""What moderators see of their server's day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.agenda import Agenda, Asked, Item, Part
from bot.texts import Texts, Words
from cogs.manage import today_views as views
from tests.cogs.checkins.test_cog import add, january, until
from tests.stores import NOW
from tests.world import World, answer_of, buttons_of, text_of


async def today(world: World) -> str:
    return text_of(await world.moderator.slash(world.channel, "today"))


async def test_a_quiet_server_is_said_to_be_quiet(world: World) -> None:
    shown = await world.moderator.slash(world.channel, "today")
    assert shown.ephemeral
    assert "Nothing needs a hand." in text_of(shown)
    assert "Nothing goes out in the next two days." in text_of(shown)
    assert {"Look again", "Pause everything", "Settings"} <= set(buttons_of(shown))


async def test_what_comes_and_what_went_out_stands_there_with_its_moment(world: World) -> None:
    await add(world)
    at = int(datetime(2026, 1, 1, 8, tzinfo=UTC).timestamp())
    assert f"<t:{at}:f>: check-in in <#{world.channel.id}>" in await today(world)
    await until(world, january(1, 9))
    shown = await today(world)
    assert "Went out since yesterday" in shown
    assert "Did not go out" not in shown


async def test_what_did_not_go_out_is_there_with_the_reason(world: World) -> None:
    await add(world)
    await world.moderator.slash(world.channel, "pause everything")
    await until(world, january(1, 12))
    shown = await world.moderator.slash(world.channel, "today")
    assert "Everything is paused." in text_of(shown)
    assert "too late to be kind" in text_of(shown)
    going_on = await world.moderator.click(answer_of(shown).message, label="Resume")
    assert "It goes on" in text_of(going_on)


async def test_a_channel_that_is_gone_needs_a_hand_and_leads_to_where_it_is_changed(
    world: World,
) -> None:
    place = world.guild.create_text_channel("quiet")
    await add(world, channel=place)
    world.env.backend.delete_channel(place.id)
    await world.env.settle()
    shown = await world.moderator.slash(world.channel, "today")
    assert "not there any more" in text_of(shown)
    there = await world.moderator.click(answer_of(shown).message, label="Check-ins")
    assert "Check-in" in text_of(there)


async def test_what_members_have_for_themselves_is_nobodys_agenda(world: World) -> None:
    told = await world.bot.runtime.agenda.of(
        Asked(world.guild.id, world.moderator.id, NOW, NOW + timedelta(days=9))
    )
    assert not any(told.values())


@given(st.lists(st.tuples(st.sampled_from(Part), st.integers(0, 9)), max_size=30))
async def test_what_comes_is_told_soonest_first_and_what_was_latest_first(
    given_: list[tuple[Part, int]],
) -> None:
    items = [Item(part, "k", at=NOW + timedelta(hours=hour)) for part, hour in given_]

    async def tell(_asked: Asked) -> list[Item]:
        return items

    agenda = Agenda()
    agenda.register(tell)
    told = await agenda.of(Asked(1, 2, NOW, NOW))
    assert sum(map(len, told.values())) == len(items)
    for part, those in told.items():
        moments = [item.at for item in those if item.at is not None]
        if part is not Part.NEED:
            assert moments == sorted(moments, reverse=part is not Part.COMING)


def test_a_day_that_is_full_fits_into_one_message() -> None:
    for locale in Texts.load().locales:
        words = Words(Texts.load(), locale)
        channel = "<#" + "9" * 19 + ">"
        params = {"channel": channel}
        lead = ("checkins.today.lead", "checkins:list", 99)
        full = {
            Part.NEED: [Item(Part.NEED, "checkins.today.no_thread_rights", params, lead=lead)] * 9,
            Part.COMING: [Item(Part.COMING, "checkins.today.coming", params, NOW)] * 50,
            Part.LEFT_OUT: [
                Item(
                    Part.LEFT_OUT,
                    "checkins.today.left_out",
                    params,
                    NOW,
                    "checkins.today.reason.restored",
                )
            ]
            * 50,
            Part.DONE: [Item(Part.DONE, "checkins.today.sent", params, NOW)] * 50,
        }
        panel = views.day(words, full, paused=True)
        assert panel.total_children_count <= 40
        assert panel.content_length() <= 4000


async def test_every_open_notice_stands_there_and_is_taken_off_in_the_settings(
    world: World,
) -> None:
    runtime = world.bot.runtime
    async with runtime.database.transaction() as tx:
        for subject in ("a", "b"):
            key, channel = "checkins_uncertain", str(world.channel.id)
            await runtime.notices.raise_notice(
                tx, world.guild.id, key, subject, NOW, channel=channel
            )
    shown = await world.moderator.slash(world.channel, "today")
    assert text_of(shown).count("cannot tell whether a check-in arrived") == 2
    settings = await world.moderator.click(answer_of(shown).message, label="Settings")
    assert "Settings: Server" in text_of(settings)
