"""What members do with check-ins of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

import discord
import pytest
from simcord.results import InteractionResult

from bot.recurrence import Rule
from bot.texts import Texts, Words
from bot.zones import is_zone_name
from cogs.checkins import own_views, views
from cogs.checkins.model import CONSENT_VERSION, Body, Place
from tests.cogs.checkins.test_answering import WORDS, dump
from tests.world import World, answer_of, buttons_of, text_of

NINE = {"days": "every day", "time": "9", "zone": "Europe/Berlin"}


async def command(world: World, what: str, **options: str) -> InteractionResult:
    return await world.member.slash(world.channel, f"checkin {what}", **options)


async def tap(world: World, answer: InteractionResult, label: str) -> InteractionResult:
    return await world.member.click(answer_of(answer).message, label=label)


async def start(world: World, **options: str) -> InteractionResult:
    """Set up check-ins and say yes."""
    asked = await command(world, "schedule", **(NINE | options))
    return await tap(world, asked, "Yes, start")


async def rows(world: World, table: str) -> list[dict[str, Any]]:
    return (await dump(world))[table]


def direct_messages(world: World) -> list[discord.Message]:
    """What the bot has sent to the member, oldest first."""
    return world.member.user.dm_channel.history()


async def press(world: World, message: discord.Message, label: str) -> InteractionResult:
    """Tap a button of a direct message."""
    return await world.member.user.click(message, label=label)


def close_direct_messages(world: World) -> None:
    path = f"/channels/{world.member.user.dm_channel.id}/messages"
    world.env.inject_error("POST", path, status=403, code=50007)


async def until(world: World, moment: datetime) -> None:
    """Let time pass; in steps, because simcord gives one of them five seconds of real time."""
    while (left := (moment - world.env.now()).total_seconds()) > 0:
        await world.env.advance_time(min(left, 3 * 3600))


# Consent


async def test_consent_is_asked_in_words_before_anything_is_kept_or_sent(world: World) -> None:
    before = await dump(world)
    asked = await command(world, "schedule", days="mon wed fri", time="9 pm", zone="America/Lima")
    assert asked.ephemeral
    told = text_of(asked)
    for said in (
        "Mon, Wed, Fri at 21:00",
        "Lima, Peru",
        "What is kept:",
        "Who sees it:",
        "How it ends:",
        "Harbour",
        "lock screen",
    ):
        assert said in told, said
    assert await dump(world) == before
    assert not _dm_requests(world)


async def test_no_keeps_nothing_and_sends_nothing(world: World) -> None:
    before = await dump(world)
    said = await tap(world, await command(world, "schedule", **NINE), "No")
    assert "Nothing was kept" in text_of(said)
    assert await dump(world) == before
    assert not _dm_requests(world)


def _dm_requests(world: World) -> list[Any]:
    return [r for r in world.env.http_requests if r.path == "/users/@me/channels"]


async def test_yes_stores_the_consent_once_with_its_version_and_sends_one_confirmation(
    world: World,
) -> None:
    started = await start(world)
    assert "Your check-ins are on." in text_of(started)
    (consent,) = await rows(world, "consents")
    assert consent["user_id"] == world.member.id
    assert consent["server_id"] == world.guild.id
    assert consent["version"] == CONSENT_VERSION
    (message,) = direct_messages(world)
    assert text_of(message).splitlines()[0] == "A note you asked for"
    assert "Harbour" in text_of(message)
    assert {"Pause", "Skip the next", "Stop", "Helplines"} == set(buttons_of(message))
    assert len(_dm_requests(world)) == 1


async def test_the_confirmation_carries_a_nonce_that_a_second_tap_repeats(world: World) -> None:
    asked = await command(world, "schedule", **NINE)
    nonce = buttons_of(asked)["Yes, start"].rsplit(":", 1)[1]
    await tap(world, asked, "Yes, start")
    path = f"/channels/{world.member.user.dm_channel.id}/messages"
    (sent,) = (r for r in world.env.http_requests if (r.method, r.path) == ("POST", path))
    assert sent.json is not None
    assert (sent.json["nonce"], sent.json["enforce_nonce"]) == (nonce, True)
    assert len(nonce) <= 25


async def test_yes_works_after_a_restart(world: World) -> None:
    asked = await command(world, "schedule", **NINE)
    await world.restart()
    assert "Your check-ins are on." in text_of(await tap(world, asked, "Yes, start"))
    assert len(await rows(world, "checkins_schedules")) == 1


async def test_words_that_have_changed_meanwhile_are_asked_about_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = await command(world, "schedule", **NINE)
    monkeypatch.setattr("cogs.checkins.member_cog.CONSENT_VERSION", CONSENT_VERSION + 1)
    again = await tap(world, asked, "Yes, start")
    assert "What is kept:" in text_of(again)
    assert await rows(world, "consents") == []


async def test_closed_direct_messages_are_said_on_the_spot_and_nothing_is_kept(
    world: World,
) -> None:
    before = await dump(world)
    asked = await command(world, "schedule", **NINE)
    close_direct_messages(world)
    refused = await tap(world, asked, "Yes, start")
    assert "Your direct messages are closed to this bot" in text_of(refused)
    assert "privacy settings" in text_of(refused)
    after = await dump(world)
    assert {t for t in after if after[t] != before[t]} <= {"jobs_timers", "jobs_messages"}
    assert after["jobs_timers"] == []
    # Opened meanwhile, the same button works.
    assert "Your check-ins are on." in text_of(await tap(world, asked, "Yes, start"))


async def test_a_confirmation_that_is_not_confirmed_is_said(world: World) -> None:
    asked = await command(world, "schedule", **NINE)
    path = f"/channels/{world.member.user.dm_channel.id}/messages"
    world.env.inject_error("POST", path, status=400, code=0)
    told = text_of(await tap(world, asked, "Yes, start"))
    assert "Discord did not confirm the first message" in told
    assert len(await rows(world, "checkins_schedules")) == 1


async def test_a_new_plan_takes_the_place_of_the_one_before(world: World) -> None:
    await start(world)
    await start(world, time="21:30")
    (schedule,) = await rows(world, "checkins_schedules")
    assert "21:30" in schedule["rule"]
    assert len(await rows(world, "consents")) == 1


# What is typed


async def test_what_cannot_be_read_is_refused_with_examples(world: World) -> None:
    for wrong, said in (
        ({"days": "someday"}, "I could not read those days."),
        ({"time": "noonish"}, "I could not read that time."),
        ({"zone": "america"}, "not sure which time zone"),
        ({"zone": "Europe/Atlantis"}, "not sure which time zone"),
    ):
        assert said in text_of(await command(world, "schedule", **(NINE | wrong)))


async def test_a_city_that_is_meant_for_certain_is_a_zone(world: World) -> None:
    asked = await command(world, "schedule", **(NINE | {"zone": "Lima"}))
    assert "Lima, Peru" in text_of(asked)


async def test_days_are_suggested_as_they_were_understood(world: World) -> None:
    async def offered(typed: str) -> list[str]:
        found = await world.member.autocomplete(world.channel, "checkin schedule", "days", typed)
        return [choice["name"] for choice in found]

    assert (await offered(""))[:2] == ["every day", "Monday to Friday"]
    assert await offered("mon, thu") == ["Mon, Thu"]
    assert await offered("zzz") == []


async def test_zones_are_found_by_city_and_none_is_filled_in_beforehand(world: World) -> None:
    found = await world.member.autocomplete(world.channel, "checkin schedule", "zone", "munich")
    assert [choice["value"] for choice in found] == ["Europe/Berlin"]
    spread = await world.member.autocomplete(world.channel, "checkin schedule", "zone", "")
    assert len(spread) == 25


async def test_a_schedule_belongs_to_a_server_and_is_made_there(world: World) -> None:
    refused = await world.member.user.slash("checkin schedule", **NINE)
    assert "in the server they are for" in text_of(refused)


async def test_none_is_made_where_moderators_switched_check_ins_off(world: World) -> None:
    asked = await command(world, "schedule", **NINE)
    await world.settings("checkins.enabled", value=False)
    assert "switched off check-ins" in text_of(await tap(world, asked, "Yes, start"))
    assert not _dm_requests(world)


# What is on


async def test_status_shows_the_plan_and_the_next_moment(world: World) -> None:
    assert "no check-ins of your own" in text_of(await command(world, "status"))
    await start(world)
    told = text_of(await command(world, "status"))
    assert "Harbour:** every day at 09:00" in told
    assert "Berlin, Germany" in told
    nine = int(datetime(2026, 1, 1, 8, tzinfo=UTC).timestamp())
    assert f"<t:{nine}:F> (<t:{nine}:R>)" in told


async def test_others_do_not_see_it_and_cannot_press_it(world: World) -> None:
    await start(world)
    theirs = await world.other.slash(world.channel, "checkin status")
    assert "no check-ins of your own" in text_of(theirs)
    ours = await command(world, "stop")
    assert "Stopped." in text_of(ours)


async def test_a_check_in_comes_by_direct_message_and_can_be_answered(world: World) -> None:
    await start(world)
    await until(world, datetime(2026, 1, 1, 8, 2, tzinfo=UTC))
    _, message = direct_messages(world)
    assert text_of(message).splitlines()[0] == "A note you asked for"
    assert {"Check in", "I'd like company", "Helplines", "Pass", "Stop"} <= set(buttons_of(message))
    asked = await press(world, message, "Check in")
    assert "Only you see this" in text_of(asked)


async def test_skipping_leaves_out_one_and_can_be_undone(world: World) -> None:
    await start(world)
    skipped = await command(world, "skip")
    day = timedelta(days=1)
    nine = datetime(2026, 1, 1, 8, tzinfo=UTC)
    assert f"<t:{int((nine + day).timestamp())}:F>" in text_of(skipped)
    assert "The next one is left out." in text_of(skipped)
    undone = await tap(world, skipped, "Let it come")
    assert f"<t:{int(nine.timestamp())}:F>" in text_of(undone)


async def test_a_pause_ends_at_midnight_where_the_member_lives(world: World) -> None:
    await start(world)
    paused = await command(world, "pause", until="2026-02-01")
    midnight = int(datetime(2026, 1, 31, 23, tzinfo=UTC).timestamp())
    assert f"Paused until <t:{midnight}:D>" in text_of(paused)
    resumed = await command(world, "resume")
    assert "Paused" not in text_of(resumed)
    forever = await command(world, "pause")
    assert "Paused until you go on." in text_of(forever)
    again = await tap(world, forever, "Go on")
    assert "They come again" in text_of(again)


async def test_a_day_that_cannot_be_read_pauses_nothing(world: World) -> None:
    await start(world)
    assert "I could not read that day." in text_of(await command(world, "pause", until="soonish"))
    assert "Paused" not in text_of(await command(world, "status"))


async def test_ends_of_pauses_are_suggested(world: World) -> None:
    spans = await world.member.autocomplete(world.channel, "checkin pause", "until", "")
    assert [choice["name"] for choice in spans][:2] == ["7 days", "14 days"]
    read = await world.member.autocomplete(world.channel, "checkin pause", "until", "1 week")
    assert [choice["value"] for choice in read] == ["2026-01-08"]


async def test_stopping_deletes_what_was_kept(world: World) -> None:
    await start(world)
    stopped = await command(world, "stop")
    assert "Stopped." in text_of(stopped)
    after = await dump(world)
    assert after["checkins_schedules"] == after["consents"] == after["jobs_timers"] == []


@pytest.mark.parametrize(
    ("label", "said"),
    [("Pause", "Paused."), ("Skip the next", "left out"), ("Stop", "Stopped.")],
)
async def test_each_way_out_is_one_tap_on_a_message_also_after_a_restart(
    world: World, label: str, said: str
) -> None:
    await start(world)
    await world.restart()
    (message,) = direct_messages(world)
    assert said in text_of(await press(world, message, label))
    await until(world, datetime(2026, 1, 1, 8, 2, tzinfo=UTC))
    assert len(direct_messages(world)) == 1


async def test_the_buttons_on_status_do_the_same(world: World) -> None:
    await start(world)
    stopped = await tap(world, await command(world, "status"), "Stop")
    assert "Stopped." in text_of(stopped)
    assert await rows(world, "consents") == []


async def test_status_in_direct_messages_names_the_servers(world: World) -> None:
    await start(world)
    told = text_of(await world.member.user.slash("checkin status"))
    assert "Harbour" in told


# What ends without the member


async def test_a_refusal_ends_it_and_is_told_once_at_the_next_command(world: World) -> None:
    await start(world)
    close_direct_messages(world)
    await until(world, datetime(2026, 1, 1, 8, 5, tzinfo=UTC))
    told = text_of(await command(world, "now"))
    assert told.startswith("Your check-ins from Harbour have ended")
    assert "Check in" in told
    assert await rows(world, "checkins_schedules") == []
    assert await rows(world, "consents") == []
    assert "have ended" not in text_of(await command(world, "status"))


@pytest.mark.parametrize("label", ["Pause", "Skip the next"])
async def test_a_button_of_an_earlier_message_tells_that_it_has_ended(
    world: World, label: str
) -> None:
    await start(world)
    [confirmed] = direct_messages(world)
    close_direct_messages(world)
    await until(world, datetime(2026, 1, 1, 8, 5, tzinfo=UTC))
    told = text_of(await press(world, confirmed, label))
    assert told.startswith("Your check-ins from Harbour have ended")
    assert await rows(world, "checkins_schedules") == []
    assert await rows(world, "consents") == []


def test_in_spanish_what_comes_by_direct_message_has_one_name() -> None:
    words = Words(Texts.load(), "es")
    for key in ("checkins.own.first_line", "checkins.renewal.body", "checkins.renewal.go_on"):
        assert "nota" not in words(key)
    assert "check-ins" in words("checkins.renewal.body")


async def test_erasing_ones_data_ends_it(world: World) -> None:
    await start(world)
    shown = await world.member.slash(world.channel, "privacy")
    confirm = await tap(world, shown, "Erase everything")
    await tap(world, confirm, "Erase")
    assert await rows(world, "checkins_schedules") == []
    assert await rows(world, "consents") == []
    await until(world, datetime(2026, 1, 1, 8, 5, tzinfo=UTC))
    assert len(direct_messages(world)) == 1
    assert "no check-ins of your own" in text_of(await command(world, "status"))


async def test_no_answer_to_a_member_pings_anybody_or_is_seen_by_others(world: World) -> None:
    for what in ("now", "status", "pause", "resume", "skip", "stop"):
        assert (await command(world, what)).ephemeral, what
    assert world.channel.history() == []


async def test_going_on_after_half_a_year_is_one_tap_and_so_is_stopping(world: World) -> None:
    await start(world)
    (schedule,) = await rows(world, "checkins_schedules")
    (before,) = await rows(world, "consents")
    await until(world, datetime(2026, 1, 1, 3, tzinfo=UTC))
    body = Body(schedule["id"], Place.DM, "en", own=True)
    person = await world.bot.fetch_user(world.member.id)
    asked = await person.send(view=views.renewal(WORDS, body, "0123456789abcdef01234567"))
    assert {"Go on", "Stop", "Helplines"} == set(buttons_of(asked))
    await press(world, asked, "Go on")
    (after,) = await rows(world, "consents")
    assert after["renew_at"] == before["renew_at"] + 3 * 3600
    await press(world, asked, "Stop")
    assert await rows(world, "consents") == []


async def test_silence_that_paused_them_is_told_once_and_resuming_is_one_command(
    world: World,
) -> None:
    await start(world)
    async with world.bot.runtime.database.transaction() as tx:
        await tx.execute("UPDATE checkins_schedules SET state = 'paused', off_reason = 'silence'")
    told = text_of(await command(world, "status"))
    assert told.startswith("Your check-ins from Harbour are paused")
    assert "are paused, because" not in text_of(await command(world, "status"))
    assert "They come again" in text_of(await command(world, "resume"))


async def test_whoever_has_check_ins_from_two_servers_chooses_by_the_buttons(world: World) -> None:
    await start(world)
    second = world.env.create_guild("Lighthouse")
    room = second.create_text_channel("general")
    there = second.add_member(world.member.user)
    asked = await there.slash(room, "checkin schedule", **NINE)
    await there.click(answer_of(asked).message, label="Yes, start")
    told = await world.member.user.slash("checkin stop")
    assert "more than one server" in text_of(told)
    assert "Harbour" in text_of(told)
    assert "Lighthouse" in text_of(told)
    assert len(await rows(world, "checkins_schedules")) == 2
    assert "Lighthouse" not in text_of(await command(world, "status"))


def test_every_zone_fits_on_the_button_that_says_yes() -> None:
    monday = datetime(2026, 1, 5, 9, tzinfo=UTC)
    for zone in sorted(available_timezones()):
        if is_zone_name(zone):
            rule = Rule.daily(9, 0, zone)
            own_views.asking(WORDS, (), "Harbour", rule, monday, nonce=f"co{2**63}")


# Who has left


async def look_again(world: World, hours: int) -> None:
    await until(world, world.env.now() + timedelta(hours=hours))


async def test_leaving_the_server_ends_it_after_a_second_look_a_day_later(world: World) -> None:
    await start(world)
    await command(world, "pause")
    world.guild.remove_member(world.member)
    await look_again(world, 9)
    assert len(await rows(world, "checkins_schedules")) == 1
    await look_again(world, 25)
    assert await rows(world, "checkins_schedules") == []
    assert await rows(world, "consents") == []


async def test_who_comes_back_within_the_day_keeps_it(world: World) -> None:
    await start(world)
    await command(world, "pause")
    world.guild.remove_member(world.member)
    await look_again(world, 9)
    world.guild.add_member(world.member.user)
    await look_again(world, 9)
    world.guild.remove_member(world.member)
    await look_again(world, 17)
    assert len(await rows(world, "checkins_schedules")) == 1


@pytest.mark.parametrize(("status", "code"), [(403, 50001), (500, 0), (404, 10013)])
async def test_no_other_answer_of_discord_means_that_somebody_left(
    world: World, status: int, code: int
) -> None:
    await start(world)
    await command(world, "pause")
    path = f"/guilds/{world.guild.id}/members/{world.member.id}"
    world.env.inject_error("GET", path, status=status, code=code, times=None)
    await look_again(world, 34)
    assert len(await rows(world, "checkins_schedules")) == 1
