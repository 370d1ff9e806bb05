"""What members do about pairing: joining in words, looking, pausing, and leaving."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import discord
import pytest
import simcord
from simcord.actors import MemberActor
from simcord.results import InteractionResult

from bot.bounds import ADULT_ROLES, ALL_ADULTS, OTHERS_MEET
from bot.consent import service as consent
from bot.consent.model import HALF_A_YEAR
from bot.jobs import store as jobs
from bot.jobs.model import Timer
from bot.settings.model import Setting
from bot.texts import Texts, Words
from cogs.pairing import views
from cogs.pairing.draft import Draft
from cogs.pairing.model import CONSENT, CONSENT_VERSION, Block, Often, Role, Shown, Wishes
from cogs.pairing.service import RENEWAL, Ground, Members, shipped_content
from tests.world import World, answer_of, buttons_of, inputs_of, text_of

WORDS = Words(Texts.load(), "en")


@pytest.fixture(autouse=True)
def quick_settling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simcord waits 50 ms after each tap by default, in case something still comes."""
    settle: Any = simcord.Env._settle_internal  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setitem(settle.__kwdefaults__, "idle", 0.0005)


@pytest.fixture
async def harbour(world: World) -> World:
    """A server whose moderators have switched pairing on, and said that all are adults."""
    await decide(world, ALL_ADULTS, value=True)
    await world.settings("pairing.enabled", value=True)
    return world


async def decide(world: World, setting: Setting[Any], *, value: object) -> None:
    """Say as the moderator who may meet whom."""
    settings = world.bot.runtime.settings
    await settings.change(world.guild.id, setting, value, by=world.moderator.id)


async def command(
    world: World, what: str, person: MemberActor | None = None, **options: str
) -> InteractionResult:
    return await (person or world.member).slash(world.channel, f"pair {what}", **options)


async def tap(
    world: World, answer: InteractionResult, label: str, person: MemberActor | None = None
) -> InteractionResult:
    return await (person or world.member).click(answer_of(answer).message, label=label)


FIRST: dict[str, Any] = {
    "languages": ["en", "es"],
    "topics": ["music", "books"],
    "role": "listen",
    "hours": ["weekday-evening", "weekend-morning"],
    "often": "second",
}


async def fill(
    world: World, form: InteractionResult, *given: Any, person: MemberActor | None = None
) -> InteractionResult:
    """Fill the parts of a form in their order."""
    inputs = inputs_of(form)
    assert len(inputs) == len(given)
    return await (person or world.member).submit_modal(form, dict(zip(inputs, given, strict=True)))


async def filled(
    world: World, person: MemberActor | None = None, **changed: Any
) -> InteractionResult:
    """Ask to join and fill the first form; gives what one would agree to."""
    asked = await command(world, "join", person, zone="Europe/Berlin")
    form = await tap(world, asked, "Go on", person)
    return await fill(world, form, *(FIRST | changed).values(), person=person)


async def joined(world: World, person: MemberActor | None = None, **changed: Any) -> Any:
    return await tap(world, await filled(world, person, **changed), "Yes, I agree", person)


async def with_direct_messages(world: World) -> InteractionResult:
    """Join, and ask for direct messages."""
    form = await tap(world, await filled(world), "A few more things")
    ready = await fill(world, form, "en", "yes", ["games"], ["topics"], "yes")
    return await tap(world, ready, "Yes, I agree")


async def rows(world: World, table: str) -> list[dict[str, Any]]:
    async with world.bot.runtime.database.read() as read:
        found = await read.fetch(f"SELECT * FROM {table}")  # noqa: S608
    return [{name: row[name] for name in row.keys()} for row in found]  # noqa: SIM118


async def kept(world: World) -> dict[str, list[dict[str, Any]]]:
    """All rows that may name a person."""
    tables = [holding.table for holding in world.bot.runtime.privacy.holdings if holding.person]
    return {table: await rows(world, table) for table in tables if table != "audit_lines"}


def direct_messages(world: World) -> list[discord.Message]:
    return world.member.user.dm_channel.history()


# Joining


async def test_it_is_said_in_words_before_anything_is_asked_or_kept(harbour: World) -> None:
    before = await kept(harbour)
    asked = await command(harbour, "join", zone="Lima")
    assert asked.ephemeral
    told = text_of(asked)
    for said in ("Who can look in", "manage threads in Harbour", "What is kept", "How it ends"):
        assert said in told, said
    await tap(harbour, asked, "Go on")
    assert await kept(harbour) == before


async def test_what_would_be_kept_is_shown_and_only_the_yes_keeps_it(harbour: World) -> None:
    before = await kept(harbour)
    ready = await filled(harbour)
    told = text_of(ready)
    for said in (
        "English first, then Español",
        "Music, Books",
        "listen",
        "Weekday evenings (18–22); Weekend mornings (6–12), by the clock of Berlin, Germany",
        "every second round",
        "rather not",
        "Direct messages:** no",
    ):
        assert said in told, said
    assert await kept(harbour) == before
    done = await tap(harbour, ready, "Yes, I agree")
    assert "You take part now." in text_of(done)
    [member] = await rows(harbour, "pairing_members")
    assert member["user_id"] == harbour.member.id
    assert Wishes.from_text(member["wishes"]) == Wishes(
        ("en", "es"),
        frozenset({"music", "books"}),
        role=Role.LISTEN,
        hours=frozenset({Block.WEEKDAY_EVENING, Block.WEEKEND_MORNING}),
        often=Often.SECOND,
    )
    [consent] = await rows(harbour, "consents")
    assert (consent["feature"], consent["version"]) == ("pairing", CONSENT_VERSION)
    assert direct_messages(harbour) == []


async def test_the_second_form_asks_the_rest_and_everything_can_be_left_as_it_is(
    harbour: World,
) -> None:
    form = await tap(harbour, await filled(harbour), "A few more things")
    ready = await fill(harbour, form, "es", "yes", ["games"], ["topics"], "no")
    told = text_of(ready)
    for said in (
        "Español first",
        "at once:** fine",
        "Left out:** Video games",
        "share it:** topics",
    ):
        assert said in told, said
    await tap(harbour, ready, "Yes, I agree")
    [member] = await rows(harbour, "pairing_members")
    wishes = Wishes.from_text(member["wishes"])
    assert wishes.languages == ("es", "en")
    assert wishes.threesome
    assert wishes.avoid == {"games"}
    assert wishes.shown == {Shown.TOPICS}


async def test_no_keeps_nothing(harbour: World) -> None:
    before = await kept(harbour)
    said = await tap(harbour, await filled(harbour), "No")
    assert "Nothing was changed" in text_of(said)
    assert await kept(harbour) == before


async def test_what_was_chosen_outlives_a_restart_though_nothing_is_kept_of_it(
    harbour: World,
) -> None:
    ready = await filled(harbour)
    await harbour.restart()
    assert await rows(harbour, "pairing_members") == []
    await tap(harbour, ready, "Yes, I agree")
    [member] = await rows(harbour, "pairing_members")
    assert Wishes.from_text(member["wishes"]).topics == {"music", "books"}


async def test_a_rarer_language_is_an_option_of_the_command(harbour: World) -> None:
    offered = await harbour.member.autocomplete(harbour.channel, "pair join", "language", "welsh")
    assert [(one["name"], one["value"]) for one in offered] == [("Welsh", "cy")]
    asked = await command(harbour, "join", zone="Europe/London", language="cy")
    form = await tap(harbour, asked, "Go on")
    ready = await fill(harbour, form, ["cy", "en"], [], "either", [], "every")
    assert "English first, then Cymraeg" in text_of(ready)
    refused = await command(harbour, "join", zone="Europe/London", language="nothing such")
    assert "not sure which language" in text_of(refused)


async def test_a_zone_that_is_not_certain_is_never_guessed(harbour: World) -> None:
    refused = await command(harbour, "join", zone="nowhere at all")
    assert "not sure which time zone" in text_of(refused)
    offered = await harbour.member.autocomplete(harbour.channel, "pair join", "zone", "nairo")
    assert [one["value"] for one in offered] == ["Africa/Nairobi"]


async def test_topics_that_moderators_changed_meanwhile_are_chosen_again(harbour: World) -> None:
    ready = await filled(harbour)
    members = _members(harbour)
    await members.add_topic(harbour.guild.id, "Sourdough", by=harbour.moderator.id)
    again = await tap(harbour, ready, "Yes, I agree")
    assert "just changed the topics" in text_of(again)
    assert "Topics:** any" in text_of(again)
    assert await rows(harbour, "pairing_members") == []
    form = await tap(harbour, again, "Change")
    own = (await members.offered(harbour.guild.id, "en"))[0]
    assert own.name == "Sourdough"
    ready = await fill(harbour, form, ["en"], [own.id], "either", [], "every")
    assert "Topics:** Sourdough" in text_of(ready)
    await tap(harbour, ready, "Yes, I agree")
    [member] = await rows(harbour, "pairing_members")
    assert "Sourdough" not in member["wishes"]


def _members(world: World) -> Members:
    runtime = world.bot.runtime
    ground = Ground(
        runtime.database,
        runtime.settings,
        runtime.notices,
        shipped_content(),
        runtime.texts.speaks,
        runtime.clock,
        runtime.jobs.wake,
        runtime.counting,
    )
    return Members(ground)


# Who may join


async def test_nobody_joins_before_moderators_said_who_is_of_age(world: World) -> None:
    off = await command(world, "join", zone="Europe/Berlin")
    assert "switched off" in text_of(off)
    await decide(world, ALL_ADULTS, value=True)
    await world.settings("pairing.enabled", value=True)
    await decide(world, ALL_ADULTS, value=False)
    undecided = await command(world, "join", zone="Europe/Berlin")
    assert "not yet set up who may meet whom" in text_of(undecided)


async def test_whom_the_roles_admit_nowhere_is_told_so_before_choosing_anything(
    world: World,
) -> None:
    adults = world.guild.create_role("18+")
    await decide(world, ADULT_ROLES, value=(adults.id,))
    await world.settings("pairing.enabled", value=True)
    refused = await command(world, "join", zone="Europe/Berlin")
    assert "By the roles of this server" in text_of(refused)
    await decide(world, OTHERS_MEET, value=True)
    ready = await filled(world)
    await decide(world, OTHERS_MEET, value=False)
    # Roles are asked at the moment of the yes, not only when the form was opened.
    refused = await tap(world, ready, "Yes, I agree")
    assert "By the roles of this server" in text_of(refused)
    assert await rows(world, "pairing_members") == []


async def test_a_yes_to_older_words_shows_the_present_ones(
    harbour: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = await filled(harbour)
    monkeypatch.setattr("cogs.pairing.member_cog.CONSENT_VERSION", CONSENT_VERSION + 1)
    shown = await tap(harbour, ready, "Yes, I agree")
    assert "Who can look in" in text_of(shown)
    assert await rows(harbour, "pairing_members") == []


# Direct messages


async def test_direct_messages_are_opened_only_on_their_yes_and_seen_to_arrive(
    harbour: World,
) -> None:
    done = await with_direct_messages(harbour)
    assert "a first direct message is there" in text_of(done)
    [message] = direct_messages(harbour)
    assert text_of(message).splitlines()[0] == "A note you asked for"
    assert "Harbour" in text_of(message)
    [member] = await rows(harbour, "pairing_members")
    assert member["dm_channel_id"] == message.channel.id
    left = await harbour.member.user.click(message, label="Leave")
    assert "You have left." in text_of(left)
    assert await rows(harbour, "pairing_members") == []


async def test_closed_direct_messages_keep_nobody_from_taking_part(harbour: World) -> None:
    path = f"/channels/{harbour.member.user.dm_channel.id}/messages"
    harbour.env.inject_error("POST", path, status=403, code=50007, times=None)
    done = await with_direct_messages(harbour)
    assert "direct messages are closed" in text_of(done)
    [member] = await rows(harbour, "pairing_members")
    assert member["dm_channel_id"] is None


async def test_who_takes_their_yes_to_direct_messages_back_gets_none(harbour: World) -> None:
    changed = await tap(harbour, await with_direct_messages(harbour), "Change wishes")
    form = await tap(harbour, changed, "A few more things")
    ready = await fill(harbour, form, "en", "yes", [], ["topics"], "no")
    await tap(harbour, ready, "Yes, I agree")
    [member] = await rows(harbour, "pairing_members")
    assert member["dm_channel_id"] is None
    assert len(direct_messages(harbour)) == 1


# Taking part


async def test_status_says_what_is_on_and_what_one_wished(harbour: World) -> None:
    assert "do not take part" in text_of(await command(harbour, "status"))
    await joined(harbour)
    told = text_of(await command(harbour, "status"))
    assert "Harbour:** you take part" in told
    assert "No round is planned yet." in told
    assert "Music, Books" in told
    # Others see nothing of it.
    assert "do not take part" in text_of(await command(harbour, "status", harbour.other))


async def test_wishes_are_changed_from_where_they_were(harbour: World) -> None:
    await joined(harbour)
    changed = await tap(harbour, await command(harbour, "status"), "Change wishes")
    assert "Music, Books" in text_of(changed)
    form = await tap(harbour, changed, "Change")
    ready = await fill(harbour, form, ["es"], ["music"], "talk", [], "once")
    await tap(harbour, ready, "Yes, I agree")
    [member] = await rows(harbour, "pairing_members")
    assert Wishes.from_text(member["wishes"]) == Wishes(
        ("es",), frozenset({"music"}), role=Role.TALK, often=Often.ONCE
    )


async def test_pausing_going_on_and_leaving_a_round_out_are_one_tap_each(harbour: World) -> None:
    await joined(harbour)
    skipped = await command(harbour, "skip")
    assert "You leave out the next round." in text_of(skipped)
    back = await tap(harbour, skipped, "Take part after all")
    assert "You are in for the next round." in text_of(back)
    paused = await tap(harbour, back, "Pause")
    assert "paused until you go on" in text_of(paused)
    assert {"Go on", "Change wishes", "Leave"} < set(buttons_of(paused))
    on = await tap(harbour, paused, "Go on")
    assert "You take part again." in text_of(on)
    until_then = await command(harbour, "pause", until="2 weeks")
    assert "paused until <t:" in text_of(until_then)
    assert "You take part again." in text_of(await command(harbour, "resume"))
    refused = await command(harbour, "pause", until="some day")
    assert "could not read that day" in text_of(refused)


async def test_the_suggested_pauses_are_understood(harbour: World) -> None:
    offered = await harbour.member.autocomplete(harbour.channel, "pair pause", "until", "")
    assert [one["name"] for one in offered] == ["14 days", "30 days", "60 days", "90 days"]
    await joined(harbour)
    for one in offered:
        paused = await command(harbour, "pause", until=str(one["value"]))
        assert "paused until <t:" in text_of(paused)


async def test_leaving_deletes_wishes_and_yes_at_once(harbour: World) -> None:
    before = await kept(harbour)
    await joined(harbour)
    left = await command(harbour, "leave")
    assert "You have left." in text_of(left)
    assert await kept(harbour) == before
    assert await rows(harbour, "jobs_timers") == []
    assert "do not take part" in text_of(await command(harbour, "leave"))


async def test_from_direct_messages_everything_but_changing_works(harbour: World) -> None:
    await joined(harbour)
    person = harbour.member.user
    told = await person.slash("pair status")
    assert "Harbour:** you take part" in text_of(told)
    assert "Change wishes" not in buttons_of(told)
    refused = await person.slash("pair join", zone="Europe/Berlin")
    assert "Pairing belongs to a server." in text_of(refused)
    left = await person.slash("pair leave")
    assert "You have left." in text_of(left)
    assert await rows(harbour, "pairing_members") == []


# The half-yearly question


async def test_after_half_a_year_they_are_asked_in_their_direct_messages(harbour: World) -> None:
    await with_direct_messages(harbour)
    [member] = await rows(harbour, "pairing_members")
    runtime, now = harbour.bot.runtime, harbour.env.now()
    async with runtime.database.transaction() as tx:
        given = await consent.given(tx, harbour.member.id, harbour.guild.id, CONSENT)
        assert given is not None
        soon = now + timedelta(minutes=1)
        await consent.postpone(tx, given, soon)
        await jobs.set_timers(tx, [Timer(RENEWAL, member["id"], harbour.guild.id, soon)])
    runtime.jobs.wake()
    await harbour.env.advance_time(120)
    [_, asked] = direct_messages(harbour)
    assert "Shall it go on?" in text_of(asked)
    assert "Shall it go on?" in text_of(await command(harbour, "status"))
    on = await harbour.member.user.click(asked, label="Go on")
    assert "You take part again." in text_of(on)
    assert "Shall it go on?" not in text_of(await command(harbour, "status"))
    [kept_yes] = await rows(harbour, "consents")
    assert kept_yes["renew_at"] >= int((now + HALF_A_YEAR).timestamp())


# What the screens are like


@pytest.mark.parametrize("locale", ["en", "es"])
def test_every_screen_fits_a_phone(locale: str) -> None:
    """Some forty-five characters make a line there, and a screen has some twenty of them."""
    words = Words(WORDS.texts, locale)
    topics = shipped_content()[locale].topics[:24]
    wishes = Wishes(
        ("en", "es"),
        frozenset(topic.id for topic in topics[:4]),
        frozenset({topics[9].id}),
        hours=frozenset({Block.WEEKDAY_EVENING, Block.WEEKEND_MORNING}),
    )
    draft = Draft("America/Argentina/ComodRivadavia", wishes)
    offered = [topic.id for topic in topics]
    for panel in (
        views.about(words, (), "Harbour", draft, offered),
        views.summary(words, draft, topics),
    ):
        texts = [
            part.content
            for part in panel.walk_children()
            if isinstance(part, discord.ui.TextDisplay)
        ]
        lines = [line for text in texts for line in text.split("\n")]
        assert sum(-(-len(line) // 45) for line in lines) <= 20
        assert all(len(id_) <= 100 for id_ in _custom_ids(panel))


def _custom_ids(panel: discord.ui.LayoutView) -> list[str]:
    return [
        part.custom_id
        for part in panel.walk_children()
        if isinstance(part, discord.ui.Button) and part.custom_id
    ]


@pytest.mark.parametrize("locale", ["en", "es"])
async def test_no_word_of_a_form_is_cut_off(harbour: World, locale: str) -> None:
    words = Words(WORDS.texts, locale)
    topics = shipped_content()[locale].topics[:25]
    draft = Draft("Europe/Berlin", Wishes(("en", "es", "cy", "de", "fr"), frozenset({"music"})))

    async def given(interaction: Any, draft: Draft) -> None: ...

    for form in (views.WishesForm, views.MoreForm):
        made = form(harbour.bot, words, draft, topics, given)
        assert len(made.children) == 5
        assert "…" not in str(made.to_dict())
