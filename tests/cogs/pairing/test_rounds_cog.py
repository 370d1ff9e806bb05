"""Rounds in a simulated server: planned, asked, drawn in another process, and ended by taps."""

from __future__ import annotations

import asyncio
from typing import Any

import discord
import pytest
import simcord
from simcord.actors import MemberActor
from simcord.results import InteractionResult

from bot.errors import UserError
from cogs.pairing import introductions_cog
from cogs.pairing.matching.rounds import Drawn, Round
from cogs.pairing.model import Wishes
from tests.world import World, answer_of, buttons_of, custom_ids_of, inputs_of, text_of

HOUR, DAY = 3_600, 86_400
WISHES = Wishes(("en",), frozenset({"music", "books"}))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """A day has hundreds of wakings of the runner; simcord waits 50 ms after each by default."""
    settle: Any = simcord.Env._settle_internal  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setitem(settle.__kwdefaults__, "idle", 0.0005)
    world.bot.runtime.jobs._longest_sleep = DAY  # pyright: ignore[reportPrivateUsage]


@pytest.fixture
async def ready(world: World) -> World:
    """A server that has decided who is of age, with pairing switched on and a plan."""
    await world.settings("meeting.all_adults", True)
    await world.settings("pairing.enabled", True)
    await plan(world)
    return world


async def plan(world: World, **options: object) -> InteractionResult:
    given: dict[str, object] = {
        "channel": world.channel,
        "day": "Friday",
        "at": "18:00",
        "zone": "Europe/Berlin",
    }
    return await manage(world, "plan", **(given | options))


async def manage(world: World, what: str, **options: object) -> InteractionResult:
    return await world.moderator.slash(world.channel, f"manage pairing {what}", **options)


async def press(
    who: MemberActor, panel: InteractionResult | discord.Message, label: str
) -> InteractionResult:
    message: Any = answer_of(panel).message if isinstance(panel, InteractionResult) else panel
    return await who.click(message, label=label)


def service(world: World) -> Any:
    """What members do, without walking through the forms: those have tests of their own."""
    [pair] = [one for one in world.bot.tree.get_commands() if one.name == "pair"]
    return pair._members  # pyright: ignore


async def join(world: World, *people: MemberActor, wishes: Wishes = WISHES) -> None:
    for one in people:
        await service(world).join(world.guild.id, one.id, wishes, "Europe/Berlin")


async def asks_nobody(world: World) -> None:
    form = await press(world.moderator, await manage(world, "status"), "How rounds go")
    confirm, lead, followup, period = inputs_of(form)
    saved = await world.moderator.submit_modal(
        form, {confirm: "no", lead: "48", followup: "4", period: "12"}
    )
    assert "Whoever takes part and has not paused is in" in text_of(saved)


async def run_now(world: World, label: str = "Run a round") -> InteractionResult:
    result = await press(world.moderator, await manage(world, "run"), label)
    await world.env.settle()
    return result


def people_in(world: World, thread: Any) -> set[int]:
    held = world.env.backend.channels[thread.id].thread_members
    return {int(user_id) for user_id in held} - {world.bot.user.id if world.bot.user else 0}


def is_closed(world: World, thread: Any) -> bool:
    metadata = world.env.backend.channels[thread.id].thread_metadata
    return metadata is not None and metadata.archived and metadata.locked


async def test_a_refused_number_names_its_field_and_the_form_opens_again(world: World) -> None:
    await plan(world)
    form = await press(world.moderator, await manage(world, "status"), "How rounds go")
    for lead, period, said in (
        ("two", "12", "**How many hours before the draw to ask:** Please write a whole number"),
        ("24", "40", "**After how many days threads close:** Threads close after 1 to"),
    ):
        confirm, at, followup, ends = inputs_of(form)
        given = {confirm: "no", at: lead, followup: "4", ends: period}
        refused = await world.moderator.submit_modal(form, given)
        assert said in text_of(refused)
        form = await press(world.moderator, refused, "Try again")
    assert form.modal is not None
    parts = [part["component"] for part in form.modal["components"]]
    assert [one.get("value") for one in parts[1:]] == ["24", "4", "40"]
    assert [one["value"] for one in parts[0]["options"] if one.get("default")] == ["no"]


async def test_without_a_decision_about_ages_the_panel_says_what_to_do(world: World) -> None:
    shown = text_of(await manage(world, "status"))
    assert "Not ready yet" in shown
    assert "</manage pairing plan:" in shown


async def test_a_plan_shows_when_where_and_how(ready: World) -> None:
    shown = text_of(await manage(ready, "status"))
    assert "every 2 weeks, on Friday" in shown
    assert "48 hours before" in shown
    assert "0 members" in shown


async def test_five_say_yes_and_the_round_is_drawn_in_another_process(ready: World) -> None:
    more = [ready.guild.add_member(ready.env.create_user(name)) for name in ("elm", "fir", "hazel")]
    everybody = [ready.member, ready.other, *more]
    await join(ready, *everybody)
    preview = text_of(await manage(ready, "preview"))
    assert "2 pairs" in preview
    assert "1 waits" in preview
    assert not any(f"<@{one.id}>" in preview for one in everybody)
    await run_now(ready)
    [asked] = ready.channel.history()
    assert "Who is in" in text_of(asked)
    for one in everybody:
        answer = await press(one, asked, "I'm in")
        assert answer.ephemeral
        assert "You are in" in text_of(answer)
    assert "5 have said yes" in text_of(await manage(ready, "status"))
    await ready.env.advance_time(HOUR + 60)
    threads = ready.channel.threads
    assert len(threads) == 2
    assert all(str(thread.name).startswith("Hello · ") for thread in threads)
    met = [people_in(ready, thread) for thread in threads]
    assert all(len(pair) == 2 for pair in met)
    [hello, *_] = [m for m in threads[0].history() if "you asked to meet" in text_of(m)]
    for user_id in met[0]:
        assert f"<@{user_id}>" in text_of(hello)
    assert "Topics:" in text_of(hello)
    assert list(buttons_of(hello)) == ["Leave", "Block", "Report", "Helplines"]
    assert "2 pairs" in text_of(await manage(ready, "status"))
    [waiting] = {one.id for one in everybody} - met[0] - met[1]
    left = next(one for one in everybody if one.id == waiting)
    status = text_of(await left.slash(ready.channel, "pair status"))
    assert "one person short" in status


async def test_leaving_by_a_tap_closes_the_thread_and_tells_the_other(ready: World) -> None:
    await join(ready, ready.member, ready.other)
    await asks_nobody(ready)
    await run_now(ready)
    [thread] = ready.channel.threads
    [hello] = [m for m in thread.history() if "you asked to meet" in text_of(m)]
    asked = await press(ready.member, hello, "Leave")
    assert asked.ephemeral
    assert "not told why" in text_of(asked)
    done = await press(ready.member, asked, "Close it")
    assert "It is closed" in text_of(done)
    await ready.env.settle()
    [closed] = [m for m in thread.history() if "come to its end" in text_of(m)]
    assert closed is not None
    assert is_closed(ready, thread)
    told = text_of(await ready.other.slash(ready.channel, "pair status"))
    assert "ended early" in told


async def test_who_may_look_into_a_thread_cannot_end_it_by_a_tap(ready: World) -> None:
    await join(ready, ready.member, ready.other)
    await asks_nobody(ready)
    await run_now(ready)
    [thread] = ready.channel.threads
    [hello] = [m for m in thread.history() if "you asked to meet" in text_of(m)]
    looks_in = ready.guild.create_role(
        "Threads", permissions=discord.Permissions(manage_threads=True)
    )
    somebody = ready.guild.add_member(ready.env.create_user("hazel"), roles=[looks_in])
    refused = await press(somebody, hello, "Leave")
    assert "is over, or is not yours" in text_of(refused)


async def test_a_restart_between_thread_and_words_makes_no_second_thread(ready: World) -> None:
    await join(ready, ready.member, ready.other)
    await asks_nobody(ready)
    # The thread is made; then everything that is sent into it fails for a while.
    original = introductions_cog.IntroductionCarrier._introduce  # pyright: ignore[reportPrivateUsage]

    async def cut_off(*_: Any) -> Any:
        raise RuntimeError("cut off")

    introductions_cog.IntroductionCarrier._introduce = cut_off  # pyright: ignore
    try:
        await run_now(ready)
        assert len(ready.channel.threads) == 1
    finally:
        introductions_cog.IntroductionCarrier._introduce = original  # pyright: ignore
    await ready.restart()
    await ready.env.advance_time(10 * 60)
    [thread] = ready.channel.threads
    assert people_in(ready, thread) == {ready.member.id, ready.other.id}
    assert len([m for m in thread.history() if "you asked to meet" in text_of(m)]) == 1


async def test_a_thread_that_was_made_and_not_written_down_is_found_by_its_code(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await join(ready, ready.member, ready.other)
    await asks_nobody(ready)
    from cogs.pairing.introductions_service import Introductions

    original = Introductions.thread_made
    cut = [True]

    async def cut_off(self: Introductions, introduction_id: str, thread_id: int) -> bool:
        if cut.pop() if cut else False:
            raise RuntimeError("cut off")
        return await original(self, introduction_id, thread_id)

    monkeypatch.setattr(Introductions, "thread_made", cut_off)
    await run_now(ready)
    await ready.env.advance_time(10 * 60)
    [thread] = ready.channel.threads
    assert len([m for m in thread.history() if "you asked to meet" in text_of(m)]) == 1


async def test_without_the_right_to_make_threads_moderators_are_told(ready: World) -> None:
    await join(ready, ready.member, ready.other)
    await asks_nobody(ready)
    ready.env.inject_error(
        "POST", f"/channels/{ready.channel.id}/threads", status=403, code=50013, times=None
    )
    await run_now(ready)
    assert "Create Private Threads" in text_of(
        await ready.moderator.slash(ready.channel, "settings")
    )
    assert "could not be made" in text_of(await ready.member.slash(ready.channel, "pair status"))


async def test_the_follow_up_is_asked_once_and_answered_privately(ready: World) -> None:
    await join(ready, ready.member, ready.other)
    await asks_nobody(ready)
    await run_now(ready)
    [thread] = ready.channel.threads
    for _ in range(9):
        await ready.env.advance_time(DAY / 2)
    [asked] = [m for m in thread.history() if "Did you get to talk" in text_of(m)]
    answer = await press(ready.member, asked, "Yes")
    assert answer.ephemeral
    assert "Good to hear" in text_of(answer)
    for _ in range(18):
        await ready.env.advance_time(DAY / 2)
    assert is_closed(ready, thread)


async def test_postpone_stop_and_pause_are_in_the_panel_and_in_the_audit_list(
    ready: World,
) -> None:
    await join(ready, ready.member, ready.other)
    postponed = await press(ready.moderator, await manage(ready, "postpone"), "By 7 days")
    assert "Put off" in text_of(postponed)
    await run_now(ready)
    stopped = await press(ready.moderator, await manage(ready, "stop"), "Stop it")
    assert "Round 1 was stopped" in text_of(stopped)
    paused = await press(ready.moderator, stopped, "Pause rounds")
    assert "Rounds are paused" in text_of(paused)
    lines = text_of(await ready.moderator.slash(ready.channel, "manage audit"))
    for told in ("pairing planned", "postponed", "round run", "round stopped", "rounds paused"):
        assert told in lines


async def test_topics_say_why_none_is_a_diagnosis(ready: World) -> None:
    shown = await manage(ready, "topics")
    assert "a diagnosis cannot be a topic" in text_of(shown)
    form = await press(ready.moderator, shown, "Write one")
    refused = await ready.moderator.submit_modal(form, {inputs_of(form)[0]: "Depression"})
    assert "never how they are" in text_of(refused)
    form = await press(ready.moderator, shown, "Write one")
    added = await ready.moderator.submit_modal(form, {inputs_of(form)[0]: "Harbour walks"})
    assert "Harbour walks" in text_of(added)


async def test_topics_are_chosen_out_of_those_that_ship(ready: World) -> None:
    shown = await manage(ready, "topics")
    form = await press(ready.moderator, shown, "Choose from the bot's topics")
    first, *others = inputs_of(form)
    await ready.moderator.submit_modal(form, {first: ["music"], **{key: [] for key in others}})
    assert [topic.id for topic in await service(ready).offered(ready.guild.id, "en")] == ["music"]


async def test_a_second_tap_on_run_does_not_draw_before_anybody_could_answer(ready: World) -> None:
    await join(ready, ready.member, ready.other)
    first, second = await manage(ready, "run"), await manage(ready, "run")
    await press(ready.moderator, first, "Run a round")
    shown = await press(ready.moderator, second, "Run a round")
    assert "Nothing was changed by this tap" in text_of(shown)
    # It stands there as it is now, in the place of the question that was out of date.
    assert "Stop this round" in buttons_of(shown)
    assert "Round 1 asks" in text_of(await manage(ready, "status"))
    stop = await manage(ready, "stop")
    await press(ready.moderator, stop, "Stop it")
    await run_now(ready)
    assert "Round 2 asks" in text_of(await manage(ready, "status"))


async def test_no_round_is_offered_while_pairing_is_off(ready: World) -> None:
    await join(ready, ready.member, ready.other)
    question = await manage(ready, "run")
    await ready.settings("pairing.enabled", False)
    panel = await manage(ready, "status")
    assert "Run now" not in buttons_of(panel)
    assert "once you switch it on" in text_of(panel)
    for answer in (
        await manage(ready, "run"),
        await press(ready.moderator, question, "Run a round"),
    ):
        assert "once you switch it on in </settings:" in text_of(answer)
        assert "helplines:open" not in custom_ids_of(answer)
    opened = await press(ready.moderator, panel, "Settings")
    assert "Settings: Pairing" in text_of(opened)
    await ready.settings("pairing.enabled", True)
    assert "Run now" in buttons_of(await manage(ready, "status"))


async def test_a_menu_of_topics_is_a_new_one_when_a_topic_has_gone(ready: World) -> None:
    shown = await manage(ready, "topics")
    for _ in range(2):
        [menu] = [one for one in custom_ids_of(shown) if "topic_remove" in one]
        values = _options(shown, menu)
        shown = await ready.moderator.select(answer_of(shown).message, [values[0]], custom_id=menu)
        assert "topic_remove" in str(custom_ids_of(shown))
        assert menu not in custom_ids_of(shown)


def _options(panel: InteractionResult, menu: str) -> list[str]:
    [found] = [
        part
        for outer in answer_of(panel).components
        for rows in outer["components"]
        for part in rows.get("components", [])
        if part.get("custom_id") == menu
    ]
    return [option["value"] for option in found["options"]]


async def test_a_second_preview_is_refused_while_one_is_made(ready: World) -> None:
    await join(ready, ready.member, ready.other)
    drawer: Any = ready.bot.get_cog("Drawer")
    started, go = asyncio.Event(), asyncio.Event()

    async def slow(_: Round) -> Drawn:
        started.set()
        await go.wait()
        return Drawn((), ())

    drawer._draw = slow
    first = asyncio.create_task(drawer.preview(ready.guild.id))
    await started.wait()
    with pytest.raises(UserError, match="previewing"):
        await drawer.preview(ready.guild.id)
    go.set()
    assert (await first).pairs == 0
    assert (await drawer.preview(ready.guild.id)).pairs == 0


async def test_an_open_form_puts_nothing_back_that_somebody_else_changed(ready: World) -> None:
    other = ready.guild.create_text_channel("lounge")
    form = await press(ready.moderator, await manage(ready, "status"), "How rounds go")
    confirm, lead, followup, period = inputs_of(form)
    await plan(ready, channel=other, day="Monday")
    given = {confirm: "yes", lead: "24", followup: "3", period: "10"}
    saved = text_of(await ready.moderator.submit_modal(form, given))
    assert f"<#{other.id}>" in saved
    assert "Monday" in saved
    assert "24 hours" in saved


async def test_how_rounds_go_is_not_overwritten_unseen(ready: World) -> None:
    panel = await manage(ready, "status")
    first = await press(ready.moderator, panel, "How rounds go")
    second = await press(ready.moderator, panel, "How rounds go")
    for form, hours in ((second, "36"), (first, "24")):
        confirm, lead, followup, period = inputs_of(form)
        given = {confirm: "yes", lead: hours, followup: "4", period: "12"}
        told = await ready.moderator.submit_modal(form, given)
    assert "Somebody else changed how rounds go" in text_of(told)
    assert "36 hours" in text_of(told)
    assert "36 hours" in text_of(await manage(ready, "status"))
    form = await press(ready.moderator, told, "Try again")
    confirm, lead, followup, period = inputs_of(form)
    given = {confirm: "yes", lead: "24", followup: "4", period: "12"}
    assert "24 hours" in text_of(await ready.moderator.submit_modal(form, given))
