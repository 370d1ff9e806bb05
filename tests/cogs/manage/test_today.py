"""What moderators see of their server's day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from simcord.results import InteractionResult

from bot.agenda import Agenda, Asked, Item, Part
from bot.texts import Texts, Words
from cogs.helplines import store as helplines
from cogs.helplines.model import ServerRow
from cogs.manage import today_views as views
from tests.cogs.checkins.test_cog import add, january, until
from tests.cogs.helplines.samples import helpline
from tests.cogs.manage.test_setup import without
from tests.stores import NOW
from tests.world import World, answer_of, buttons_of, inputs_of, text_of


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
        lead = ("settings.section.checkins", "checkins:list", 99)
        rights = {"feature": "x" * 30, "rights": "x" * 200, **params}
        full = {
            Part.NEED: [Item(Part.NEED, "today.rights", rights, lead=lead)] * 9,
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


async def needs(world: World) -> InteractionResult:
    return await world.moderator.slash(world.channel, "today")


async def test_rights_that_pairing_and_company_lack_are_named_and_lead_to_how_they_are_given(
    world: World,
) -> None:
    rooms = world.guild.create_text_channel("rooms")
    helpers = world.guild.create_role("Helper")
    for key, value in (
        ("meeting.all_adults", True),
        ("company.supporter_roles", [helpers.id]),
        ("company.call_channel", [world.channel.id]),
        ("company.thread_channel", [rooms.id]),
        ("company.enabled", True),
        ("pairing.enabled", True),
    ):
        await world.settings(key, value)
    assert "lack" not in text_of(await needs(world))
    without(world, rooms.id, create_private_threads=True)
    await world.env.settle()
    panel = await world.moderator.slash(world.channel, "setup")
    panel = await world.moderator.click(answer_of(panel).message, label="Begin")
    shown = await needs(world)
    assert f"Company: in <#{rooms.id}> I lack Create Private Threads." in text_of(shown)
    there = await world.moderator.click(answer_of(shown).message, label="Company")
    assert text_of(there).startswith("## Company")
    assert "On a phone" in text_of(there)
    without(world, rooms.id)
    await world.env.settle()
    assert "lack" not in text_of(await needs(world))


async def test_a_feature_that_is_on_and_lost_what_it_needs_says_so(world: World) -> None:
    await world.settings("meeting.all_adults", True)
    await world.settings("pairing.enabled", True)
    await world.settings("meeting.all_adults", False)
    shown = await needs(world)
    assert "nobody can join before it is decided who may meet whom" in text_of(shown)
    there = await world.moderator.click(answer_of(shown).message, label="Pairing")
    assert text_of(there).startswith("## Pairing")


async def test_helplines_checked_long_ago_are_named_until_somebody_has_looked_again(
    world: World,
) -> None:
    row = ServerRow("es-own-1", "ES", helpline(id="es-own-1", checked=date(2025, 9, 1)))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    async with world.bot.runtime.database.transaction() as tx:
        await helplines.put_row(tx, world.guild.id, row, now)
    shown = await needs(world)
    assert "last checked more than 90 days ago: Línea 024, on 2025-09-01" in text_of(shown)
    form = await world.moderator.click(answer_of(shown).message, label="Check it")
    name, phone, *_, source = inputs_of(form)
    typed = {name: "Línea 024", phone: "024", source: "https://example.org"}
    saved = await world.moderator.submit_modal(form, typed)
    assert "Changed for" in text_of(saved)
    assert "Línea 024" not in text_of(await needs(world))
