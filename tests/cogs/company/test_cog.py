"""Company in a simulated server, as a member, two supporters and a moderator act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import discord
import pytest
import simcord
from simcord import interactions
from simcord.actors import MemberActor
from simcord.backend import serializers
from simcord.builders import ChannelHandle, UserHandle
from simcord.results import InteractionResult

from bot.settings.core import LANGUAGE, PAUSED
from cogs.company.settings import ENABLED, STAFFED, WAIT_MINUTES
from tests.world import World, answer_of, buttons_of, custom_ids_of, inputs_of, text_of

HOUR = 3_600


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """Simcord waits 50 ms after each step by default, in case something still comes."""
    settle: Any = simcord.Env._settle_internal  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setitem(settle.__kwdefaults__, "idle", 0.0005)
    world.bot.runtime.jobs._longest_sleep = 24 * HOUR  # pyright: ignore[reportPrivateUsage]


@dataclass(slots=True)
class Harbour:
    """A server that has been set up, with two supporters."""

    world: World
    calls: ChannelHandle
    fern: MemberActor
    hazel: MemberActor

    async def asking(self, who: MemberActor | None = None) -> InteractionResult:
        """As far as the form."""
        who = who or self.world.member
        shown = await who.slash(self.world.channel, "company ask")
        return await who.click(answer_of(shown).message, label="Go on")

    async def ask(
        self, line: str = "", *, unnamed: bool = False, who: MemberActor | None = None
    ) -> InteractionResult:
        form = await self.asking(who)
        wish, typed, hidden = inputs_of(form)
        given = {wish: "listen", typed: line, hidden: unnamed}
        answer = await (who or self.world.member).submit_modal(form, given)
        await self.world.env.settle()
        return answer

    async def on_duty(self, *people: MemberActor) -> None:
        for one in people:
            await one.slash(self.calls, "company duty on")
        await self.world.env.settle()

    async def come(self, who: MemberActor) -> InteractionResult:
        answer = await who.click(self.call, label="I can be there")
        await self.world.env.settle()
        return answer

    async def press(
        self, who: MemberActor, on: InteractionResult | discord.Message, label: str
    ) -> InteractionResult:
        message = answer_of(on).message if isinstance(on, InteractionResult) else on
        answer = await who.click(message, label=label)
        await self.world.env.settle()
        return answer

    @property
    def call(self) -> discord.Message:
        [only] = self.calls.history()
        return only

    @property
    def thread(self) -> Any:
        [only] = self.world.channel.threads
        return only

    @property
    def called(self) -> str:
        """The line of a call that mentions people."""
        return text_of(self.call).splitlines()[0]

    @property
    def panel(self) -> discord.Message:
        return self.said[0]

    @property
    def said(self) -> list[discord.Message]:
        """What stands in the thread."""
        own = self.world.bot.user
        assert own is not None
        return [one for one in self.thread.history() if one.author.id == own.id and one.components]

    @property
    def people(self) -> set[int]:
        held = self.world.env.backend.channels[self.thread.id].thread_members
        return {int(user_id) for user_id in held} & {
            one.id for one in (self.world.member, self.world.other, self.fern, self.hazel)
        }

    def is_closed(self) -> bool:
        found = self.world.env.backend.channels[self.thread.id].thread_metadata
        return found is not None and found.archived and found.locked


@pytest.fixture
async def harbour(world: World) -> Harbour:
    role = world.guild.create_role("Supporter")
    calls = world.guild.create_text_channel("supporters")
    fern, hazel = (
        world.guild.add_member(world.env.create_user(name), roles=[role])
        for name in ("fern", "hazel")
    )
    await world.settings("meeting.all_adults", value=True)
    await world.settings("company.supporter_roles", [role.id])
    await world.settings("company.call_channel", [calls.id])
    await world.settings("company.thread_channel", [world.channel.id])
    await world.settings("company.enabled", value=True)
    return Harbour(world, calls, fern, hazel)


# Before the tap


async def test_off_it_says_how_to_reach_a_person_and_that_nobody_was_told(world: World) -> None:
    shown = await world.member.slash(world.channel, "company ask")
    assert "nobody knows that you tapped this" in text_of(shown)
    assert list(buttons_of(shown)) == ["Helplines"]


async def test_what_happens_and_who_may_look_is_said_before_anything_is_kept(
    harbour: Harbour,
) -> None:
    shown = await harbour.world.member.slash(harbour.world.channel, "company ask")
    assert shown.ephemeral
    said = text_of(shown)
    for part in ("Who can look in", "may manage threads", "no crisis care", "Nobody is on duty"):
        assert part in said
    assert list(buttons_of(shown)) == ["Go on", "Helplines"]
    assert harbour.world.channel.threads == []
    assert harbour.calls.history() == []


async def test_the_button_of_a_prompt_asks_as_the_command_does(harbour: Harbour) -> None:
    prompt = await harbour.world.member.slash(harbour.world.channel, "checkin now")
    shown = await harbour.press(harbour.world.member, prompt, "I'd like company")
    assert answer_of(shown).id != answer_of(prompt).id
    assert "Who can look in" in text_of(shown)


async def test_usual_hours_are_said_where_nobody_is_on_duty(harbour: Harbour) -> None:
    await harbour.world.settings(STAFFED.key, "Mon-Sun 18:00-22:00; Europe/Berlin")
    await harbour.ask()
    assert "The next usual hours are from <t:" in text_of(harbour.panel)
    await harbour.on_duty(harbour.fern)
    assert "usual hours" not in text_of(harbour.panel)


# From the asker to the supporter to the end


async def test_a_request_goes_from_asker_to_supporter_to_closed(harbour: Harbour) -> None:
    world = harbour.world
    await harbour.on_duty(harbour.fern)
    answer = await harbour.ask("It is a *long* evening @everyone")
    assert answer_of(answer).ephemeral
    assert "Your thread opens now" in text_of(answer)

    assert harbour.people == {world.member.id}
    assert harbour.thread.name.startswith("Room · ")
    said = text_of(harbour.panel)
    assert "I have called supporters who are on duty" in said
    assert "> It is a \\*long\\* evening @\u200beveryone" in said
    assert [one.id for one in harbour.panel.mentions] == [world.member.id]

    called = text_of(harbour.call)
    assert "evening" not in called
    assert f"<@{world.member.id}> would like company" in called
    assert harbour.called == f"<@{harbour.fern.id}>"

    came = await harbour.come(harbour.fern)
    assert came.ephemeral
    assert f"<#{harbour.thread.id}>" in text_of(came)
    assert harbour.people == {world.member.id, harbour.fern.id}
    assert f"<@{harbour.fern.id}> is here" in text_of(harbour.panel)
    taken = text_of(harbour.call)
    assert "Somebody is there" in taken
    assert "<@" not in taken

    closed = await harbour.press(harbour.fern, harbour.panel, "Close")
    assert "Thank you" in text_of(closed)
    assert harbour.is_closed()
    assert "evening" not in "".join(text_of(one) for one in harbour.said)
    assert "has come to its end" in text_of(harbour.said[-1])
    assert harbour.calls.history() == []


async def test_who_stays_unnamed_is_named_to_nobody_before_somebody_comes(
    harbour: Harbour,
) -> None:
    await harbour.on_duty(harbour.fern)
    await harbour.ask("hello", unnamed=True)
    assert str(harbour.world.member.id) not in text_of(harbour.call)
    assert not any(str(harbour.world.member.id) in one for one in custom_ids_of(harbour.call))
    assert "Somebody would like company" in text_of(harbour.call)
    await harbour.come(harbour.fern)
    assert f"<@{harbour.world.member.id}>" in text_of(harbour.said[-1])


async def test_a_line_that_is_not_sent_is_given_back(harbour: Harbour) -> None:
    world = harbour.world
    late = await harbour.asking()
    for number in range(3):
        await harbour.ask(f"evening {number}")
        shown = await world.member.slash(world.channel, "company ask")
        await harbour.press(world.member, shown, "Take back")
    paced = await harbour.ask("I wrote this with care")
    assert "called supporters often" in text_of(paced)
    assert "I wrote this with care" in text_of(paced)
    await world.settings(ENABLED.key, value=False)
    wish, typed, hidden = inputs_of(late)
    given = {wish: "listen", typed: "and this as well", hidden: False}
    switched_off = await world.member.submit_modal(late, given)
    assert "nobody knows that you tapped this" in text_of(switched_off)
    assert "and this as well" in text_of(switched_off)


async def test_a_blocked_supporter_is_not_mentioned_and_hears_nothing_of_it(
    harbour: Harbour,
) -> None:
    await harbour.on_duty(harbour.fern, harbour.hazel)
    world = harbour.world
    await world.bot.runtime.blocks.block(
        world.guild.id, world.member.id, harbour.fern.id, stays=False
    )
    await harbour.ask()
    assert harbour.called == f"<@{harbour.hazel.id}>"
    refused = text_of(await harbour.come(harbour.fern))
    assert "You need not do anything about this one" in refused
    assert "block" not in refused.lower()
    assert harbour.people == {world.member.id}


async def test_somebody_who_is_no_supporter_or_not_on_duty_is_told_how_it_goes(
    harbour: Harbour,
) -> None:
    await harbour.ask()
    assert "role for supporters" in text_of(await harbour.come(harbour.world.other))
    assert "</company duty on:" in text_of(await harbour.come(harbour.fern))
    await harbour.on_duty(harbour.fern)
    assert "This is the room" in text_of(await harbour.come(harbour.fern))


async def test_going_on_duty_shows_who_waits_and_calls_anew(harbour: Harbour) -> None:
    await harbour.ask()
    assert "Nobody on duty was called" in text_of(harbour.call)
    shown = await harbour.fern.slash(harbour.calls, "company duty on", hours=2)
    await harbour.world.env.settle()
    assert "1 request is waiting" in text_of(shown)
    assert harbour.called == f"<@{harbour.fern.id}>"
    assert "I have called supporters" in text_of(harbour.panel)
    off = await harbour.press(harbour.fern, shown, "Go off duty")
    assert "You are not on duty" in text_of(off)
    status = await harbour.fern.slash(harbour.calls, "company duty status")
    assert "You are not on duty" in text_of(status)
    assert "role for supporters" in text_of(
        await harbour.world.member.slash(harbour.calls, "company duty on")
    )


async def test_asking_twice_shows_where_the_thread_is(harbour: Harbour) -> None:
    await harbour.ask()
    shown = await harbour.world.member.slash(harbour.world.channel, "company ask")
    assert f"<#{harbour.thread.id}>" in text_of(shown)
    gone = await harbour.press(harbour.world.member, shown, "Take back")
    assert "What you wrote is deleted" in text_of(gone)
    assert harbour.world.channel.threads == []
    assert harbour.calls.history() == []


async def test_of_two_supporters_tapping_at_once_one_comes_and_the_other_is_thanked(
    harbour: Harbour,
) -> None:
    await harbour.on_duty(harbour.fern, harbour.hazel)
    await harbour.ask()
    env, call = harbour.world.env, harbour.call
    stored = env.backend.get_message(call.channel.id, call.id)
    [accept] = [one for one in custom_ids_of(call) if one.startswith("company:accept:")]
    taps: list[InteractionResult] = []
    for who in (harbour.fern, harbour.hazel):
        record, payload = interactions.base_payload(
            env.backend,
            type=3,
            channel_id=call.channel.id,
            guild_id=harbour.world.guild.id,
            user_id=who.id,
            data={"custom_id": accept, "component_type": 2},
        )
        payload["message"] = dict(serializers.message_payload(env.backend, stored))
        env.backend.emit("INTERACTION_CREATE", payload)
        taps.append(InteractionResult(env, record))
    await env.settle()
    said = sorted(text_of(one) for one in taps)
    assert sum("This is the room" in one for one in said) == 1
    assert sum("Thank you for being ready to be there" in one for one in said) == 1
    assert len(harbour.people) == 2


async def test_only_the_supporter_hands_over(harbour: Harbour) -> None:
    await harbour.on_duty(harbour.fern)
    await harbour.ask()
    await harbour.come(harbour.fern)
    refused = await harbour.press(harbour.world.member, harbour.panel, "Hand over")
    assert "as a supporter" in text_of(refused)
    assert not harbour.is_closed()


async def test_handing_over_brings_somebody_else_and_takes_the_first_out(
    harbour: Harbour,
) -> None:
    await harbour.on_duty(harbour.fern, harbour.hazel)
    await harbour.ask()
    await harbour.come(harbour.fern)
    whom = await harbour.press(harbour.fern, harbour.panel, "Hand over")
    done = await harbour.press(harbour.fern, whom, "Another supporter")
    assert "I am calling others" in text_of(done)
    assert harbour.called == f"<@{harbour.hazel.id}>"
    await harbour.come(harbour.hazel)
    assert harbour.people == {harbour.world.member.id, harbour.hazel.id}


async def test_handing_over_to_moderators_reaches_them_where_they_look(harbour: Harbour) -> None:
    await harbour.on_duty(harbour.fern)
    await harbour.ask("hello")
    await harbour.come(harbour.fern)
    whom = await harbour.press(harbour.fern, harbour.panel, "Hand over")
    await harbour.press(harbour.fern, whom, "Moderators")
    shown = text_of(await harbour.world.moderator.slash(harbour.world.channel, "settings"))
    assert f"<#{harbour.thread.id}>" in shown
    assert "hello" not in shown
    assert "The moderators were asked" in text_of(harbour.said[-1])


async def test_waiting_too_long_is_said_in_the_thread_and_to_moderators(harbour: Harbour) -> None:
    await harbour.world.settings(WAIT_MINUTES.key, 5)
    await harbour.ask("hello", unnamed=True)
    await harbour.world.env.advance_time(6 * 60)
    assert "Nobody has come yet" in text_of(harbour.said[-1])
    shown = text_of(await harbour.world.moderator.slash(harbour.world.channel, "settings"))
    assert "1 member who asked for company is waiting" in shown
    assert "hello" not in shown
    assert str(harbour.world.member.id) not in shown


async def test_who_waits_already_is_not_left_alone_by_a_pause(harbour: Harbour) -> None:
    await harbour.world.settings(WAIT_MINUTES.key, 5)
    await harbour.ask("hello")
    await harbour.world.settings(PAUSED.key, True)
    await harbour.world.env.advance_time(6 * 60)
    assert "Nobody has come yet" in text_of(harbour.said[-1])
    await harbour.on_duty(harbour.fern)
    assert "This is the room" in text_of(await harbour.come(harbour.fern))


async def test_nobody_asks_anew_while_everything_is_paused(harbour: Harbour) -> None:
    await harbour.on_duty(harbour.fern)
    await harbour.world.settings(PAUSED.key, True)
    shown = await harbour.world.member.slash(harbour.world.channel, "company ask")
    assert "nobody knows that you tapped this" in text_of(shown)


async def test_after_a_restart_every_button_still_works(harbour: Harbour) -> None:
    await harbour.on_duty(harbour.fern)
    await harbour.ask()
    await harbour.world.restart()
    assert "This is the room" in text_of(await harbour.come(harbour.fern))
    await harbour.press(harbour.world.member, harbour.panel, "Close")
    assert harbour.is_closed()


async def test_the_report_button_names_the_other_one_and_nobody_notices(harbour: Harbour) -> None:
    await harbour.on_duty(harbour.fern)
    await harbour.ask(unnamed=True)
    before = len(harbour.thread.history())
    form = await harbour.press(harbour.fern, harbour.call, "Report")
    assert form.modal is not None
    assert str(harbour.world.member.id) not in str(form.modal)
    await harbour.come(harbour.fern)
    form = await harbour.press(harbour.world.member, harbour.panel, "Report")
    assert form.modal is not None
    assert str(harbour.fern.id) in str(form.modal)
    assert len(harbour.thread.history()) == before + 1  # the welcome


async def test_blocking_from_the_thread_ends_it_with_the_same_words(harbour: Harbour) -> None:
    await harbour.on_duty(harbour.fern)
    await harbour.ask()
    await harbour.come(harbour.fern)
    await harbour.press(harbour.world.member, harbour.panel, "Block")
    assert harbour.is_closed()
    assert "has come to its end" in text_of(harbour.said[-1])


async def test_without_a_channel_the_asker_sees_it_says_how_to_reach_a_person(
    harbour: Harbour,
) -> None:
    world = harbour.world
    unseen: dict[Any, discord.PermissionOverwrite] = {
        world.guild.default_role: discord.PermissionOverwrite(view_channel=False)
    }
    hidden = world.guild.create_text_channel("hidden", overwrites=unseen)
    await world.settings("company.thread_channel", [hidden.id])
    shown = await world.member.slash(world.channel, "company ask")
    assert "nobody knows that you tapped this" in text_of(shown)
    told = text_of(await world.moderator.slash(world.channel, "settings"))
    assert f"<#{hidden.id}>" in told


async def test_by_direct_message_somebody_asks_in_the_server_they_take_part_in(
    harbour: Harbour,
) -> None:
    world = harbour.world
    person = UserHandle(world.env, world.env.backend.users[world.member.id])
    shown = await person.slash("company ask")
    assert "nobody knows that you tapped this" in text_of(shown)
    await harbour.on_duty(harbour.fern)
    supporter = UserHandle(world.env, world.env.backend.users[harbour.fern.id])
    shown = await supporter.slash("company ask")
    assert "**Harbour**" in text_of(shown) or "in Harbour" in text_of(shown)
    form = await supporter.click(answer_of(shown).message, label="Go on")
    wish, typed, hidden = inputs_of(form)
    await supporter.submit_modal(form, {wish: "think", typed: "", hidden: False})
    await world.env.settle()
    assert "Thinking it through together" in text_of(harbour.panel)


async def test_by_direct_message_the_server_is_chosen_by_its_name(harbour: Harbour) -> None:
    world = harbour.world
    await harbour.on_duty(harbour.fern)
    second = world.env.create_guild("Lighthouse")
    room = second.create_text_channel("general")
    role = second.create_role("Supporter")
    settings = world.bot.runtime.settings
    for key, value in {
        "meeting.all_adults": True,
        "company.supporter_roles": [role.id],
        "company.call_channel": [room.id],
        "company.thread_channel": [room.id],
        "company.enabled": True,
    }.items():
        await settings.change(second.id, settings.by_key(key), value, by=world.moderator.id)
    await second.add_member(harbour.fern.user, roles=[role]).slash(room, "company duty on")
    supporter = UserHandle(world.env, world.env.backend.users[harbour.fern.id])
    shown = await supporter.slash("company ask")
    assert list(buttons_of(shown)) == ["Harbour", "Lighthouse", "Helplines"]
    chosen = await supporter.click(answer_of(shown).message, label="Lighthouse")
    assert "Lighthouse" in text_of(chosen)


async def test_a_forged_button_leads_nowhere(harbour: Harbour) -> None:
    world = harbour.world
    await harbour.ask()
    elsewhere = world.env.create_guild("Meadow")
    backend = world.env.backend
    [request] = await requests_of(world)
    for custom_id, said in (
        (f"company:close:{request}:x", "over already"),
        (f"company:take_back:{request}:x", "over already"),
        (f"company:handed:{request}:moderators", "over already"),
        ("company:accept:0000000000000000:x", "You need not do anything"),
        ("company:form:nonsense", "does nothing any more"),
        (f"company:choose:{elsewhere.id}", "nobody knows that you tapped this"),
    ):
        forged = backend.create_message(
            world.channel.id,
            world.bot.user.id if world.bot.user else 0,
            "",
            components=[
                {
                    "type": 1,
                    "components": [{"type": 2, "style": 2, "label": "x", "custom_id": custom_id}],
                }
            ],
        )
        message = next(m for m in world.channel.history() if m.id == forged.id)
        answer = await world.other.click(message, label="x")
        assert said in text_of(answer), custom_id
    assert len(await requests_of(world)) == 1


async def requests_of(world: World) -> list[str]:
    async with world.bot.runtime.database.read() as read:
        found = await read.fetch("SELECT id FROM company_requests WHERE state <> 'ended'")
    return [row["id"] for row in found]


async def test_switching_it_on_before_it_is_set_up_says_what_is_missing(world: World) -> None:
    panel = await world.moderator.slash(world.channel, "settings")
    chosen = await world.moderator.select(
        answer_of(panel).message, ["company"], custom_id="settings:section"
    )
    refused = await world.moderator.click(answer_of(chosen).message, label="Switch on")
    assert "Please choose first" in text_of(refused)
    assert not await world.bot.runtime.settings.get(world.guild.id, ENABLED)


async def test_the_thread_speaks_the_language_of_who_asked_and_the_call_the_servers(
    harbour: Harbour,
) -> None:
    await harbour.world.settings(LANGUAGE.key, "es")
    await harbour.ask()
    assert "A room for you" in text_of(harbour.panel)
    assert "Puedo estar ahí" in text_of(harbour.call)
