"""/setup, as moderators see it; and the one offer of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from types import ModuleType
from typing import Any

import discord
import pytest
import simcord.interactions
from simcord.backend.models import Overwrite
from simcord.backend.serializers import guild_create_payload
from simcord.builders import ChannelHandle
from simcord.enums import OverwriteType
from simcord.results import InteractionResult

from bot import zones
from bot.agenda import Item, Part
from bot.guide import Lack, Place, State, lacking
from bot.permissions import NEEDED, NEEDED_FOR_CALLS, NEEDED_FOR_NOTICES, NEEDED_FOR_PAIRING
from bot.texts import Texts, Words
from cogs.helplines import countries
from cogs.manage import setup_views as views
from cogs.manage.setup_model import Pages
from tests.stores import NOW
from tests.world import World, answer_of, buttons_of, custom_ids_of, inputs_of, text_of


async def opened(world: World) -> InteractionResult:
    return await world.moderator.slash(world.channel, "setup")


async def press(world: World, panel: InteractionResult, label: str) -> InteractionResult:
    return await world.moderator.click(answer_of(panel).message, label=label)


async def at(world: World, page: str) -> InteractionResult:
    """Go on until a page is there, by its title."""
    panel = await opened(world)
    for _ in range(12):
        if text_of(panel).startswith(f"## {page}"):
            return panel
        panel = await press(world, panel, "Begin" if "Begin" in buttons_of(panel) else "Go on")
    raise AssertionError(f"there is no page {page}")


async def tap(world: World, panel: InteractionResult, custom_id: str) -> InteractionResult:
    return await world.moderator.click(answer_of(panel).message, custom_id=custom_id)


async def value(world: World, key: str) -> Any:
    settings = world.bot.runtime.settings
    return await settings.get(world.guild.id, settings.by_key(key))


# Page by page


async def test_who_only_goes_on_comes_to_the_end_and_has_changed_nothing(world: World) -> None:
    panel = await opened(world)
    assert panel.ephemeral
    assert "no person, no therapy and no crisis service" in text_of(panel)
    titles: list[str] = []
    panel = await press(world, panel, "Begin")
    while "Go on" in buttons_of(panel):
        titles.append(text_of(panel).splitlines()[0])
        panel = await press(world, panel, "Go on")
    assert titles == [
        "## Language and time",
        "## People",
        "## FAQ",
        "## Check-ins",
        "## Who may meet",
        "## Pairing",
        "## Company",
        "## Helplines",
    ]
    assert "## How it stands" in text_of(panel)
    changes = await world.moderator.slash(world.channel, "manage audit")
    assert "Nothing has been changed yet." in text_of(changes)


async def test_it_is_taken_up_where_it_was_left_also_by_another_moderator_and_after_a_restart(
    world: World,
) -> None:
    await at(world, "Check-ins")
    await world.restart()
    assert text_of(await opened(world)).startswith("## Check-ins")
    again = await world.moderator.click(answer_of(await opened(world)).message, label="Back")
    assert text_of(again).startswith("## FAQ")
    assert text_of(await opened(world)).startswith("## FAQ")


async def test_a_step_saves_at_once_stays_on_its_page_and_stands_among_the_changes(
    world: World,
) -> None:
    panel = await at(world, "Language and time")
    form = await tap(world, panel, "settings:edit:server.language:server")
    saved = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "es"})
    assert text_of(saved).startswith("## Language and time")
    assert "**Language** is now: Español" in text_of(saved)
    off = await tap(world, await at(world, "FAQ"), "settings:switch:faq.enabled:off:faq")
    assert text_of(off).startswith("## FAQ")
    assert await value(world, "faq.enabled") is False
    changes = await world.moderator.slash(world.channel, "manage audit")
    assert "Answering questions" in text_of(changes)
    assert "Undo" in text_of(changes)


async def test_what_decides_about_age_is_asked_once_more_and_leads_back(world: World) -> None:
    panel = await at(world, "Who may meet")
    asked = await tap(world, panel, "settings:switch:meeting.all_adults:on:meeting")
    assert "Is that right?" in text_of(asked)
    left = await press(world, asked, "No, leave it as it is")
    assert text_of(left).startswith("## Who may meet")
    asked = await tap(world, left, "settings:switch:meeting.all_adults:on:meeting")
    saved = await press(world, asked, "Yes, change it")
    assert text_of(saved).startswith("## Who may meet")
    assert await value(world, "meeting.all_adults") is True


async def test_a_zone_is_found_by_its_city_and_asked_about_where_several_fit(world: World) -> None:
    panel = await at(world, "Language and time")
    form = await tap(world, panel, "settings:edit:server.zone:server")
    saved = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "berlin"})
    assert "Berlin, Germany (Europe/Berlin)" in text_of(saved)
    form = await tap(world, saved, "settings:edit:server.zone:server")
    which = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "spain"})
    assert "Several places fit" in text_of(which)
    menu, *_ = custom_ids_of(which)
    saved = await world.moderator.select(
        answer_of(which).message, ["Atlantic/Canary"], custom_id=menu
    )
    assert text_of(saved).startswith("## Language and time")
    assert await value(world, "server.zone") == "Atlantic/Canary"
    form = await tap(world, saved, "settings:edit:server.zone:server")
    refused = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "xyzzyx"})
    assert "write a large city or a country" in text_of(refused)
    assert await value(world, "server.zone") == "Atlantic/Canary"


async def test_who_does_not_find_their_place_among_several_writes_another_or_leaves_it(
    world: World,
) -> None:
    panel = await at(world, "Language and time")
    form = await tap(world, panel, "settings:edit:server.zone:server")
    which = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "US"})
    form = await press(world, which, "Try again")
    which = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "spain"})
    left = await press(world, which, "No, leave it as it is")
    assert text_of(left).startswith("## Language and time")
    panel = await world.moderator.slash(world.channel, "settings")
    form = await tap(world, panel, "settings:edit:server.zone")
    which = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "spain"})
    left = await press(world, which, "No, leave it as it is")
    assert text_of(left).startswith("## Settings: Server")
    assert await value(world, "server.zone") == ""


async def test_the_later_of_two_moderators_sees_what_the_earlier_changed(world: World) -> None:
    panel = await at(world, "Language and time")
    form = await tap(world, panel, "settings:edit:server.language:server")
    await world.settings("server.language", "es")
    refused = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "en"})
    assert "Somebody else changed this" in text_of(refused)
    assert "**Language**: Español" in text_of(await opened(world))


async def test_who_is_no_moderator_any_more_can_turn_and_change_nothing(world: World) -> None:
    panel = await at(world, "FAQ")
    world.env.backend.get_guild(world.guild.id).members[world.moderator.id].role_ids.clear()
    for custom_id in ("settings:switch:faq.enabled:off:faq", "setup:page:checkins"):
        assert "Only moderators" in text_of(await tap(world, panel, custom_id))
    assert await value(world, "faq.enabled") is True


# Rights


def without(world: World, channel_id: int, **denied: bool) -> None:
    """Deny everybody without a role of their own, and so the bot, some rights in a channel."""
    backend = world.env.backend
    everyone = backend.get_guild(world.guild.id).everyone_role.id
    deny = discord.Permissions(**denied).value
    backend.set_overwrite(
        channel_id, Overwrite(target_id=everyone, type=OverwriteType.ROLE, allow=0, deny=deny)
    )


async def test_missing_rights_are_named_with_their_channel_until_they_are_given(
    world: World,
) -> None:
    await world.settings("server.notice_channel", [world.channel.id])
    without(world, world.channel.id, send_messages=True)
    await world.env.settle()
    panel = await at(world, "People")
    assert f"In <#{world.channel.id}> the bot lacks: **Send Messages**." in text_of(panel)
    assert "On a phone" in text_of(panel)
    without(world, world.channel.id)
    await world.env.settle()
    panel = await press(world, panel, "Check again")
    assert text_of(panel).startswith("## People")
    assert "lacks" not in text_of(panel)
    assert "Check again" not in buttons_of(panel)


async def test_of_a_channel_that_the_bot_cannot_see_no_more_is_asked_than_it_lacks(
    world: World,
) -> None:
    without(world, world.channel.id, view_channel=True)
    await world.env.settle()
    guild = world.bot.get_guild(world.guild.id)
    assert guild is not None
    [lack] = lacking(guild, [Place(world.channel.id, NEEDED_FOR_NOTICES)])
    assert lack.rights == ("view_channel",)


async def test_a_channel_that_is_gone_is_said_to_be_gone(world: World) -> None:
    place = world.guild.create_text_channel("quiet")
    await world.settings("server.notice_channel", [place.id])
    world.env.backend.delete_channel(place.id)
    await world.env.settle()
    assert "is not there any more" in text_of(await at(world, "People"))


async def test_every_right_that_the_bot_may_ask_for_has_a_name(world: World) -> None:
    words = Words(world.bot.runtime.texts, "en")
    asked = NEEDED | NEEDED_FOR_PAIRING | NEEDED_FOR_CALLS | NEEDED_FOR_NOTICES
    without(world, world.channel.id, **{name: True for name, on in asked if on})
    await world.env.settle()
    guild = world.bot.get_guild(world.guild.id)
    assert guild is not None
    [lack] = lacking(guild, [Place(world.channel.id, asked)])
    assert words(f"rights.{lack.rights[0]}") == "View Channel"
    for name, on in asked:
        assert not on or world.bot.runtime.texts.has(
            "rights." + name.replace("read_messages", "view_channel"), "en"
        )


# The offer


def offers(channel: ChannelHandle) -> list[discord.Message]:
    return [one for one in channel.history() if "Set it up" in buttons_of(one)]


async def join(world: World) -> None:
    """The bot joins, as far as it learns of it."""
    backend = world.env.backend
    guild = backend.get_guild(world.guild.id)
    payload = guild_create_payload(backend, guild)
    # With this, Discord would say that one is back which was there before.
    del payload["unavailable"]
    backend.emit("GUILD_CREATE", payload)
    await world.env.settle()


async def test_the_setup_is_offered_once_also_after_a_restart_and_after_a_removal_by_mistake(
    world: World,
) -> None:
    await join(world)
    [offered] = offers(world.channel)
    assert "Nothing is posted or asked here before somebody sets it up" in text_of(offered)
    # Within one second it would be the same promise, and that is made once in any case.
    await world.env.advance_time(60)
    await join(world)
    await world.restart()
    await join(world)
    world.env.backend.emit("GUILD_DELETE", {"id": str(world.guild.id)})
    await world.env.settle()
    await join(world)
    assert len(offers(world.channel)) == 1


async def test_the_offer_names_nobody_and_only_moderators_can_use_it(world: World) -> None:
    await join(world)
    [message] = offers(world.channel)
    assert "<@" not in text_of(message)
    assert not message.mentions
    refused = await world.member.click(message, label="Set it up")
    assert refused.ephemeral
    assert "Only moderators" in text_of(refused)
    begun = await world.moderator.click(message, label="Set it up")
    assert begun.ephemeral
    assert text_of(begun).startswith("## Setting up Alongside")


async def test_the_offer_goes_to_the_system_channel_and_else_where_the_bot_may_speak(
    world: World,
) -> None:
    backend = world.env.backend
    lobby, open_ = world.guild.create_text_channel("lobby"), world.channel
    without(world, open_.id, send_messages=True)
    backend.edit_guild(world.guild.id, {"system_channel_id": open_.id})
    await join(world)
    assert offers(open_) == []
    assert len(offers(lobby)) == 1


async def test_the_system_channel_comes_before_one_that_stands_higher(world: World) -> None:
    lobby = world.guild.create_text_channel("lobby")
    world.env.backend.edit_guild(world.guild.id, {"system_channel_id": lobby.id})
    await join(world)
    assert offers(world.channel) == []
    assert len(offers(lobby)) == 1


async def test_where_the_bot_may_speak_nowhere_nothing_is_offered_and_setup_is_there(
    world: World,
) -> None:
    without(world, world.channel.id, send_messages=True)
    await world.env.settle()
    await join(world)
    assert offers(world.channel) == []
    assert "Begin" in buttons_of(await opened(world))


async def test_nothing_is_offered_where_moderators_have_begun_by_themselves(world: World) -> None:
    await at(world, "FAQ")
    await join(world)
    assert offers(world.channel) == []


# What to begin with


async def at_the_end(world: World) -> InteractionResult:
    return await at(world, "How it stands")


async def choose(world: World, panel: InteractionResult, channel: ChannelHandle) -> Any:
    [menu] = [one for one in custom_ids_of(panel) if one.endswith(":first_in")]
    return await world.moderator.select(answer_of(panel).message, [channel], custom_id=menu)


async def test_the_first_check_in_is_planned_in_two_taps_after_what_it_could_say(
    world: World,
) -> None:
    await world.settings("server.zone", "Europe/Berlin")
    asked = await press(world, await at_the_end(world), "First check-in")
    shown = await choose(world, asked, world.channel)
    assert f"In <#{world.channel.id}>, at 10:00 (Berlin, Germany)" in text_of(shown)
    assert "What it could say" in text_of(shown)
    assert "No time zone is chosen yet" not in text_of(shown)
    made = await press(world, shown, "Every day")
    assert "It is planned" in text_of(made)
    # 10:00 in Berlin, in winter.
    moment = int(datetime(2026, 1, 1, 9, tzinfo=UTC).timestamp())
    assert f"<t:{moment}" in text_of(made)
    back = await press(world, made, "Back to setup")
    assert "● **Check-ins**: on" in text_of(back)
    assert f"<t:{moment}:f>: check-in in <#{world.channel.id}>" in text_of(back)


async def test_where_no_zone_is_chosen_that_is_said_before_anything_is_planned(
    world: World,
) -> None:
    asked = await press(world, await at_the_end(world), "First check-in")
    shown = await choose(world, asked, world.channel)
    assert "at 10:00 (UTC)" in text_of(shown)
    there = await press(world, shown, "Choose one")
    assert text_of(there).startswith("## Language and time")


async def test_of_two_who_plan_the_same_check_in_at_once_the_second_is_shown_the_first(
    world: World,
) -> None:
    panels = [await press(world, await at_the_end(world), "First check-in") for _ in range(2)]
    for shown in [await choose(world, panel, world.channel) for panel in panels]:
        assert "It is planned" in text_of(await press(world, shown, "Every day"))
    listed = await world.moderator.slash(world.channel, "manage checkins list")
    assert "Next" not in buttons_of(listed)
    assert "every day, 10:00" in text_of(listed)


async def test_nothing_is_planned_where_the_bot_may_not_speak_until_it_may(world: World) -> None:
    without(world, world.channel.id, send_messages=True)
    await world.env.settle()
    asked = await press(world, await at_the_end(world), "First check-in")
    shown = await choose(world, asked, world.channel)
    assert "the bot lacks: **Send Messages**" in text_of(shown)
    assert "Every day" not in buttons_of(shown)
    without(world, world.channel.id)
    await world.env.settle()
    assert "Every day" in buttons_of(await press(world, shown, "Check again"))


async def test_the_first_own_answer_is_written_in_the_form_and_leads_back(world: World) -> None:
    form = await press(world, await at_the_end(world), "First own answer")
    question, answer, phrasings, topic, source = inputs_of(form)
    shown = await world.moderator.submit_modal(
        form,
        {
            question: "When is the reading group?",
            answer: "It meets every Tuesday at seven in the channel for books. All are welcome.",
            phrasings: "reading group when\nbook club time\nwhen do we read together",
            topic: ["groups"],
            source: "Moderators of this server",
        },
    )
    saved = await press(world, shown, "Save")
    assert "reading group" in text_of(saved)
    assert "How it stands" in text_of(await press(world, saved, "Back to setup"))


async def pairing_on(world: World) -> None:
    await world.settings("meeting.all_adults", True)
    await world.settings("pairing.enabled", True)


async def test_the_first_round_is_planned_in_two_taps_and_only_once(world: World) -> None:
    assert "First pairing round" not in buttons_of(await at_the_end(world))
    await pairing_on(world)
    panels = [await press(world, await opened(world), "First pairing round") for _ in range(2)]
    shown, late = [await choose(world, panel, world.channel) for panel in panels]
    assert "on a Monday at 18:00 (UTC)" in text_of(shown)
    assert "No time zone is chosen yet" in text_of(shown)
    made = await press(world, shown, "Every 2 weeks")
    assert "Rounds are planned" in text_of(made)
    assert "every 2 weeks, on Monday, 18:00 (UTC)" in text_of(made)
    again = await press(world, late, "Every 4 weeks")
    assert "every 2 weeks, on Monday" in text_of(again)
    back = await press(world, again, "Back to setup")
    assert "● **Pairing**: on" in text_of(back)


async def test_the_rights_that_introductions_need_are_named_before_a_round_is_planned(
    world: World,
) -> None:
    await pairing_on(world)
    without(world, world.channel.id, create_private_threads=True, manage_threads=True)
    await world.env.settle()
    asked = await press(world, await at_the_end(world), "First pairing round")
    shown = await choose(world, asked, world.channel)
    assert {"**Create Private Threads**", "**Manage Threads"} <= {
        part.strip(" .").partition(" (")[0]
        for part in text_of(shown).partition("lacks:")[2].partition("\n")[0].split(",")
    }
    assert "Every 2 weeks" not in buttons_of(shown)
    without(world, world.channel.id)
    await world.env.settle()
    assert "Every 2 weeks" in buttons_of(await press(world, shown, "Check again"))


async def test_hours_are_given_by_days_and_times_and_a_city(world: World) -> None:
    await world.settings("server.zone", "Europe/Madrid")
    panel = await at(world, "Company")
    form = await tap(world, panel, "settings:edit:company.staffed:company")
    # Without a zone there are no hours.
    assert "empty for none" not in str(form.modal)
    days, span, more, zone = inputs_of(form)
    given = {days: ["0", "1", "2"], span: "18:00-22:00", more: "", zone: "Europe/Madrid"}
    refused = await world.moderator.submit_modal(form, given | {span: "evening"})
    assert "Please give times like this: 18:00-22:00" in text_of(refused)
    form = await press(world, refused, "Try again")
    days, span, more, zone = inputs_of(form)
    saved = await world.moderator.submit_modal(
        form, {days: ["0", "1", "2"], span: "18:00-22:00", more: "Sat 10:00-14:00", zone: "berlin"}
    )
    assert text_of(saved).startswith("## Company")
    written = "Mon-Wed 18:00-22:00; Sat 10:00-14:00; Europe/Berlin"
    assert await value(world, "company.staffed") == written


async def test_what_a_form_says_of_a_place_is_searched_for_beside_the_loop(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[tuple[ModuleType, threading.Thread]] = []

    def search(module: ModuleType, index: Callable[[str], Any], language: str) -> Any:
        searched.append((module, threading.current_thread()))
        return index(language)

    for module in (zones, countries):
        index: Callable[[str], Any] = vars(module)["_index"]
        monkeypatch.setattr(module, "_index", partial(search, module, index))
    forms: list[tuple[str, str, list[Any]]] = [
        ("Language and time", "server.zone", ["berlin"]),
        ("Company", "company.staffed", [[], "18:00-22:00", "", "berlin"]),
        ("Helplines", "helplines.first_country", ["germany"]),
    ]
    for page, key, typed in forms:
        form = await tap(world, await at(world, page), f"settings:edit:{key}:{key.split('.')[0]}")
        await world.moderator.submit_modal(form, dict(zip(inputs_of(form), typed, strict=True)))
        assert await value(world, key)
    assert {module for module, _ in searched} == {zones, countries}
    assert threading.current_thread() not in {thread for _, thread in searched}


async def test_hours_of_other_days_are_read_in_the_language_of_who_fills_in_the_form(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = simcord.interactions.base_payload

    def german(*args: Any, **kwargs: Any) -> Any:
        record, sent = original(*args, **kwargs)
        return record, {**sent, "locale": "de"}

    panel = await at(world, "Company")
    monkeypatch.setattr(simcord.interactions, "base_payload", german)
    form = await tap(world, panel, "settings:edit:company.staffed:company")
    days, span, more, zone = inputs_of(form)
    await world.moderator.submit_modal(
        form, {days: [], span: "", more: "Di 18:00-20:00", zone: "UTC"}
    )
    assert await value(world, "company.staffed") == "Tue 18:00-20:00; UTC"


# Size


async def test_every_page_fits_into_a_message_in_every_language(world: World) -> None:
    guide = world.bot.runtime.guide
    pages = Pages.around(chapter.name for chapter in guide.chapters)
    places = [Lack(10**18 + number, ("manage_threads",) * 6) for number in range(9)]
    item = Item(Part.COMING, "checkins.today.coming", {"channel": "<#" + "9" * 19 + ">"}, NOW)
    for locale in Texts.load().locales:
        words = Words(world.bot.runtime.texts, locale)
        panels = [views.welcome(words, pages), views.offer(words, "x" * 24)]
        for chapter in guide.chapters:
            state = State(on=True, lacks=("company.setup.no_channels",) * 3)
            shown = (*chapter.settings, *chapter.people)
            values = {one.key: one.default for one in shown}
            looked = views.Looked(shown, values, state, places)
            panels.append(views.page(words, pages, chapter.name, looked))
        features = [views.Feature(one, State(on=True), places) for one in guide.chapters]
        panels.append(views.ready(words, pages, features, [item] * 9, paused=True))
        for panel in panels:
            assert panel.total_children_count <= 40
            assert panel.content_length() <= 4_000
