"""How everything is answered: privately, in the person's language, and whatever goes wrong."""

from __future__ import annotations

import asyncio
import gc
import json
import re
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import pytest
import simcord.interactions
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.views import (
    Actions,
    Form,
    Panel,
    button,
    clip,
    menu,
    plain,
    read_action,
    reply,
    row,
    turn,
    typed_words,
    when_answered,
)
from tests.world import World, answer_of, buttons_of, custom_ids_of, inputs_of, text_of

if TYPE_CHECKING:
    import simcord
    from simcord.results import InteractionResult

    from bot.client import Interaction
    from tests.bot.conftest import LogTo

WORDS = "I could not sleep"

# What a person typed, shown again

MARKS = [*"*_~|`\\[]()<>@#&!-\n\r", "> ", "# ", "-# ", "1. ", "\u2028", " "]
TURNS = ["\u200e", "\u202e", "\u2066", "\u061c"]
REACHES = ["everyone", "here", "1234567890123456789", "t:1>", "a:b:1>", "/x:1>", "id:home>"]
LINKS = ["http", "s", "://", "steam", "DISCORD", ".gg/", "discordapp.com/invite/"]
PIECES = st.sampled_from([*MARKS, *TURNS, *REACHES, *LINKS, "é", "👋🏽"])
TYPED = st.lists(PIECES | st.characters(codec="utf-8"), max_size=25).map("".join)

DIRECTION = "[\0\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
LIVE = re.compile(
    r"[*_~|`\[]"  # emphasis, spoiler, code, a link's text
    r"|^[^\S\n]*(?:[#>-]|\d+\.)"  # heading, quote, list
    r"|@(?i:everyone|here)|<[@#:/a-zA-Z]"  # mentions, emoji, times, commands
    r"|://|(?i:discord(?:app)?\.)",  # links and invitations
    re.MULTILINE,
)


@given(TYPED)
@example("htt\u200eps://example.org")
@example("@\u202eeveryone")
@example("https://example.org/_a_**b**")
@example("<@1234567890123456789> <@&1> <#1> </x:1> <t:1:R> <a:b:1>")
@example("[call](https://example.org)")
@example("x\r# loud")
def test_nothing_typed_formats_mentions_links_or_turns_its_way_out(typed: str) -> None:
    shown = plain(typed)
    assert not re.search(DIRECTION, shown)
    literal = re.sub(r"\\[^0-9A-Za-z\s]", "\ufffc", shown)
    assert not LIVE.search(literal)


@given(TYPED)
def test_what_was_typed_is_read_as_it_was_typed(typed: str) -> None:
    read = re.sub(r"\\([^0-9A-Za-z\s])", r"\1", plain(typed)).replace("\u200b", "")
    lines = re.sub("\r\n?|[\u000b\u000c\u0085\u2028\u2029]", "\n", re.sub(DIRECTION, "", typed))
    assert read == lines.replace("\u200b", "")


@pytest.mark.parametrize("typed", ["How are you? 24/7", "+34 91 234 56 78", "עברית", "5 < 6"])
def test_ordinary_words_are_left_alone(typed: str) -> None:
    assert plain(typed) == typed


@given(st.text(), st.integers(1, 50))
def test_a_clipped_text_fits_and_shows_that_it_was_clipped(text: str, length: int) -> None:
    short = clip(text, length)
    assert len(short) <= length
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


# What a button remembers

NAMES = st.from_regex(r"[a-z]{1,12}:[a-z_]{1,12}", fullmatch=True)
ARGUMENTS = st.lists(st.integers(0, 2**63) | st.from_regex(r"[\w.-]{1,12}", fullmatch=True))


@given(NAMES, ARGUMENTS)
def test_what_a_button_remembers_is_read_back_or_refused_when_it_is_made(
    action: str, arguments: list[object]
) -> None:
    try:
        made = button("Go", action, *arguments)
    except ValueError:
        assert len(":".join([action, *map(str, arguments)])) > 100
        return
    assert made.custom_id is not None
    assert len(made.custom_id) <= 100
    assert read_action(made.custom_id) == (action, tuple(map(str, arguments)))


@pytest.mark.parametrize("argument", ["a:b", "", "x" * 101])
def test_what_could_not_be_read_back_is_refused(argument: str) -> None:
    option = discord.SelectOption(label="x")
    with pytest.raises(ValueError, match="cannot remember"):
        button("Go", "test:go", argument)
    with pytest.raises(ValueError, match="cannot remember"):
        menu("test:go", argument, placeholder="x", options=[option])


def test_an_action_has_one_handler() -> None:
    async def handler(interaction: Interaction) -> None: ...

    actions = Actions()
    actions.on("test:go", handler)
    with pytest.raises(ValueError, match="has a handler already"):
        actions.on("test:go", handler)
    assert actions.known == {"test:go"}


# Pressing


async def post(world: World, *buttons: discord.ui.Button[Any]) -> discord.Message:
    """Let the bot post buttons where everybody can press them."""
    channel = world.bot.get_channel(world.channel.id)
    assert isinstance(channel, discord.TextChannel)
    return await channel.send(view=Panel("Choose", row(*buttons)))


async def press(
    world: World, *buttons: discord.ui.Button[Any], by: str = "member"
) -> InteractionResult:
    message = await post(world, *buttons)
    return await getattr(world, by).click(message, custom_id=buttons[0].custom_id)


def callbacks(world: World) -> list[dict[str, Any]]:
    """What the bot told Discord in answer to interactions."""
    return [
        sent.json.get("data", sent.json)
        for sent in world.env.http_requests
        if sent.json
        and sent.method == "POST"
        and sent.path.startswith(("/interactions/", "/webhooks/"))
    ]


def refused_kindly(world: World, result: InteractionResult) -> str:
    """The one private answer that a refusal or error is; it mentions nobody."""
    assert answer_of(result).ephemeral
    assert len(result.followups) + (result.response is not None) == 1
    assert callbacks(world)[-1]["allowed_mentions"] == {"parse": []}
    assert "helplines:open" in custom_ids_of(result)
    return text_of(result)


async def test_a_button_works_for_whoever_presses_it_with_what_it_remembers(world: World) -> None:
    async def say(interaction: Interaction, *said: str) -> None:
        await reply(interaction, Panel(" ".join(said)))

    world.bot.runtime.actions.on("test:say", say)
    assert text_of(await press(world, button("Go", "test:say", 7, "x.y"))) == "7 x.y"


async def test_the_bot_knows_that_somebody_is_being_answered(world: World) -> None:
    async def look(interaction: Interaction) -> None:
        known = asyncio.current_task() in world.bot.answering
        await reply(interaction, Panel(str(known)))

    world.bot.runtime.actions.on("test:look", look)
    assert text_of(await press(world, button("Go", "test:look"))) == "True"
    assert world.bot.answering == set()


async def test_a_button_of_an_earlier_version_says_so(world: World) -> None:
    result = await press(world, button("Go", "gone:away", 1))
    assert "does nothing any more" in refused_kindly(world, result)


@pytest.mark.parametrize("arguments", [(), (1, 2, 3)])
async def test_a_button_that_remembers_too_little_or_too_much_says_so(
    world: World, arguments: tuple[int, ...]
) -> None:
    async def two(interaction: Interaction, first: str, second: str) -> None: ...

    world.bot.runtime.actions.on("test:two", two)
    result = await press(world, button("Go", "test:two", *arguments))
    assert "does nothing any more" in refused_kindly(world, result)


async def test_who_presses_a_moderators_button_is_asked_at_the_moment_of_the_tap(
    world: World,
) -> None:
    async def done(interaction: Interaction) -> None:
        await reply(interaction, Panel("done"))

    world.bot.runtime.actions.on("test:steer", done, moderators=True)
    refused = await press(world, button("Go", "test:steer"))
    assert "Only moderators" in refused_kindly(world, refused)
    assert text_of(await press(world, button("Go", "test:steer"), by="moderator")) == "done"


async def test_what_nobody_expected_is_one_kind_answer_and_no_words_in_the_log(
    world: World, log_to: LogTo
) -> None:
    async def stumble(interaction: Interaction, said: str) -> None:
        raise RuntimeError(f"{WORDS}: {said} by {interaction.user.id}")

    world.bot.runtime.actions.on("test:stumble", stumble)
    log = log_to()
    result = await press(world, button("Go", "test:stumble", "please"))
    assert "Something went wrong on our side" in refused_kindly(world, result)
    (entry,) = [json.loads(line) for line in log.getvalue().splitlines()]
    assert entry["event"] == "unexpected"
    assert entry["error"].startswith("RuntimeError at tests/bot/test_views.py:")
    for private in (WORDS, "please", str(world.member.id), "ash"):
        assert private not in log.getvalue()


async def test_an_error_after_the_answer_comes_as_a_second_private_message(world: World) -> None:
    async def answer_and_stumble(interaction: Interaction) -> None:
        await reply(interaction, Panel("first"))
        raise UserError("errors.not_now")

    world.bot.runtime.actions.on("test:both", answer_and_stumble)
    result = await press(world, button("Go", "test:both"))
    (second,) = result.followups
    assert text_of(second).startswith("That is not available")
    assert second.ephemeral


@pytest.mark.parametrize("code", [10062, 10015])
async def test_for_an_interaction_that_is_too_old_there_is_nobody_to_answer(
    world: World, log_to: LogTo, code: int
) -> None:
    async def late(interaction: Interaction) -> None:
        await reply(interaction, Panel("too late"))

    world.bot.runtime.actions.on("test:late", late)
    world.env.inject_error("POST", "/interactions/*", status=404, code=code)
    log = log_to()
    result = await press(world, button("Go", "test:late"))
    assert result.response is None
    assert not result.followups
    assert [json.loads(line)["event"] for line in log.getvalue().splitlines()] == [
        "interaction_expired"
    ]


async def test_whoever_has_an_answer_that_discord_was_not_heard_to_take_is_told_no_more(
    world: World, log_to: LogTo
) -> None:
    told: list[str] = []

    async def then() -> None:
        told.append("once")

    async def answer(interaction: Interaction) -> None:
        when_answered(interaction, then)
        # Its word was lost on the way, so discord.py sent it again.
        await reply(interaction, Panel("first"))
        await reply(interaction, Panel("second"))

    world.bot.runtime.actions.on("test:heard", answer)
    world.env.inject_error("POST", "/interactions/*", status=400, code=40060)
    log = log_to()
    await press(world, button("Go", "test:heard"))
    assert told == ["once"]
    sent = [one.path for one in world.env.http_requests if one.method == "POST"]
    assert [path.split("/")[1] for path in sent[-2:]] == ["interactions", "webhooks"]
    assert "unexpected" not in log.getvalue()


async def test_whoever_was_told_to_wait_hears_it_when_nothing_comes(world: World) -> None:
    async def announce(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)

    world.bot.runtime.actions.on("test:announce", announce)
    world.env.inject_error("POST", "/interactions/*", status=400, code=40060)
    await press(world, button("Go", "test:announce"))
    sent = [one.path for one in world.env.http_requests if one.method == "POST"]
    assert [path.split("/")[1] for path in sent[-2:]] == ["interactions", "webhooks"]


async def test_what_an_answer_tells_is_kept_until_discord_has_the_answer(world: World) -> None:
    forgotten: list[str] = []

    async def forget() -> None:
        forgotten.append("news")

    async def tell(interaction: Interaction) -> None:
        when_answered(interaction, forget)
        await reply(interaction, Panel("News"))

    world.bot.runtime.actions.on("test:tell", tell)
    world.env.inject_error("POST", "/interactions/*", status=404, code=10062)
    await press(world, button("Go", "test:tell"))
    assert forgotten == []
    await press(world, button("Go", "test:tell"))
    assert forgotten == ["news"]


@pytest.mark.parametrize("broken", [aiohttp.ServerDisconnectedError(), ConnectionResetError()])
async def test_when_the_way_to_discord_breaks_in_mid_answer_nothing_more_is_claimed(
    world: World, log_to: LogTo, broken: Exception
) -> None:
    async def cut_off(interaction: Interaction) -> None:
        raise broken

    world.bot.runtime.actions.on("test:cut_off", cut_off)
    log = log_to()
    result = await press(world, button("Go", "test:cut_off"))
    assert result.response is None
    assert not result.followups
    [entry] = map(json.loads, log.getvalue().splitlines())
    assert (entry["event"], entry["level"]) == ("not_answered", "warning")


async def test_when_discord_takes_no_answer_the_bot_goes_on(world: World, log_to: LogTo) -> None:
    world.env.inject_error("POST", "/interactions/*", status=500, times=None)
    log = log_to()
    result = await press(world, button("Go", "gone:away"))
    assert result.response is None
    assert "not_answered" in log.getvalue()
    world.env.backend.faults.clear()
    assert "does nothing any more" in text_of(await press(world, button("Go", "gone:away")))


async def test_a_command_that_the_client_still_has_in_another_shape_is_not_available(
    world: World,
) -> None:
    command: Any = world.bot.tree.get_command("about")

    async def outdated(interaction: Interaction) -> None:
        raise discord.app_commands.CommandSignatureMismatch(command)

    world.bot.runtime.actions.on("test:outdated", outdated)
    result = await press(world, button("Go", "test:outdated"))
    assert "not available here" in refused_kindly(world, result)


# Without the store


async def test_without_the_store_a_button_says_so_and_helplines_still_work(world: World) -> None:
    lines = await world.moderator.slash(world.channel, "manage audit")
    about = await world.member.slash(world.channel, "about")
    await world.bot.runtime.database.close()
    world.bot.runtime.settings.forget(world.guild.id)
    refused = await press(world, button("Go", "audit:list", 0), by="moderator")
    assert "cannot reach its memory" in refused_kindly(world, refused)
    assert lines.ephemeral
    spain = await world.member.slash(world.channel, "helplines", country="Spain")
    assert "112" in text_of(spain)
    form = await world.member.click(answer_of(about).message, label="Helplines")
    found = await world.member.submit_modal(form, {inputs_of(form)[0]: "Spain"})
    assert "112" in text_of(found)


# Turning a private message over


async def test_a_tap_on_a_private_message_changes_it_and_on_a_public_one_answers_privately(
    world: World,
) -> None:
    async def over(interaction: Interaction) -> None:
        await turn(interaction, Panel("other side", row(button("Again", "test:over"))))

    world.bot.runtime.actions.on("test:over", over)
    first = await press(world, button("Go", "test:over"))
    private = answer_of(first)
    assert private.ephemeral
    await world.other.click(await post(world, button("Go", "test:over")), label="Go")
    again = await world.member.click(private.message, label="Again")
    assert not again.followups
    assert answer_of(again).id == private.id


# Forms


async def open_form(world: World, key: str = "helplines.first_country") -> InteractionResult:
    return await press(world, button("Go", "settings:edit", key), by="moderator")


async def test_a_form_is_answered_once(world: World) -> None:
    form = await open_form(world)
    saved = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "Spain"})
    assert not saved.followups
    assert "Saved." in text_of(saved)
    assert not world.bot.runtime.open_forms


async def test_a_form_that_could_not_be_shown_is_not_remembered(world: World) -> None:
    async def submitted(_: Interaction) -> None:
        return

    kept = Form(world.bot, "Hours", submitted)
    assert kept.custom_id in world.bot.runtime.open_forms
    del kept
    gc.collect()
    assert not world.bot.runtime.open_forms


async def test_a_refused_form_is_answered_once_as_well(world: World) -> None:
    form = await open_form(world)
    refused = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "Atlantis ```@here"})
    assert answer_of(refused).ephemeral
    assert len(refused.followups) + (refused.response is not None) == 1
    assert "**Country listed first:** No single country" in text_of(refused)
    assert "```\nCountry listed first: Atlantis '''@here\n```" in text_of(refused)
    assert not world.bot.runtime.open_forms


async def test_a_refused_form_is_opened_again_with_what_was_given(world: World) -> None:
    form = await open_form(world)
    for typed in ("Atlantis", "Avalon"):
        refused = await world.moderator.submit_modal(form, {inputs_of(form)[0]: typed})
        form = await world.moderator.click(answer_of(refused).message, label="Try again")
        assert _defaults(form) == [typed]
    saved = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "Spain"})
    assert "Saved." in text_of(saved)


async def test_after_a_restart_a_refused_form_says_that_the_words_stand_above(world: World) -> None:
    form = await open_form(world)
    refused = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "Atlantis"})
    await world.restart()
    gone = await world.moderator.click(answer_of(refused).message, label="Try again")
    assert "your words stand above" in text_of(gone)


async def test_only_who_filled_a_form_in_opens_it_again(world: World) -> None:
    form = await open_form(world)
    refused = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "Atlantis"})
    kept = buttons_of(refused)["Try again"].split(":")[2:]
    taken = await press(world, button("Go", "form:again", *kept), by="member")
    assert taken.modal is None


async def test_a_moderators_slip_shows_no_helplines_and_a_members_refusal_does(
    world: World,
) -> None:
    form = await open_form(world)
    refused = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "Atlantis"})
    assert "helplines:open" not in custom_ids_of(refused)
    slip = await world.moderator.slash(world.channel, "manage helplines add", country="Atlantis")
    assert "helplines:open" not in custom_ids_of(slip)
    gone = await press(world, button("Go", "settings:edit", "no.setting"), by="moderator")
    assert "helplines:open" not in custom_ids_of(gone)
    # Whoever is refused because they are no moderator is a member.
    refused_kindly(world, await press(world, button("Go", "settings:open"), by="member"))


def _defaults(form: InteractionResult) -> list[str | None]:
    assert form.modal is not None
    return [
        part["component"].get("value") for part in form.modal["components"] if part["type"] == 18
    ]


async def test_after_a_restart_a_form_gives_the_words_back_and_saves_nothing(world: World) -> None:
    form = await open_form(world)
    await world.restart()
    given = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "Spain ```@here"})
    assert given.ephemeral
    assert "nothing was saved" in text_of(given)
    assert "```\nSpain '''@here\n```" in text_of(given)
    settings = world.bot.runtime.settings
    country = settings.by_key("helplines.first_country")
    assert await settings.get(world.guild.id, country) == ""


async def test_after_an_hour_a_form_gives_the_words_back(world: World) -> None:
    form = await open_form(world)
    await world.env.advance_time(60 * 60 + 1)
    assert not world.bot.runtime.open_forms
    given = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "Spain"})
    assert "Spain" in text_of(given)
    assert "nothing was saved" in text_of(given)


async def test_who_lost_the_right_meanwhile_saves_nothing(world: World) -> None:
    form = await open_form(world)
    guild = world.env.backend.get_guild(world.guild.id)
    guild.members[world.moderator.id].role_ids.clear()
    refused = await world.moderator.submit_modal(form, {inputs_of(form)[0]: "Spain"})
    assert "Only moderators" in refused_kindly(world, refused)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            {"components": [{"component": {"value": "a"}}, {"component": {"value": "b"}}]},
            ["a", "b"],
        ),
        ({"components": [{"components": [{"value": "a"}, {"value": ""}]}]}, ["a"]),
        ({"components": [{"component": {"values": ["1"]}}, {"type": 10}]}, []),
        ({"components": None}, []),
        ({}, []),
        ("text", []),
    ],
)
def test_typed_words_are_found_wherever_they_stand(data: object, words: list[str]) -> None:
    assert typed_words(data) == words


# Languages


@pytest.fixture
def speak(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let everybody's client be set to another language: simcord knows American English only."""
    original = simcord.interactions.base_payload

    def speak(locale: str) -> None:
        def payload(*args: Any, **kwargs: Any) -> Any:
            record, sent = original(*args, **kwargs)
            return record, {**sent, "locale": locale}

        monkeypatch.setattr(simcord.interactions, "base_payload", payload)

    return speak


@pytest.mark.parametrize(
    ("own", "server", "said"),
    [
        ("es-ES", "en", "Este botón"),
        ("es-419", "en", "Este botón"),
        ("it", "es", "Este botón"),
        ("it", "en", "This button"),
        ("en-GB", "es", "This button"),
    ],
)
async def test_an_answer_is_in_the_persons_language_else_in_the_servers(
    world: World, speak: Any, own: str, server: str, said: str
) -> None:
    await world.settings("server.language", server)
    speak(own)
    assert said in text_of(await press(world, button("Go", "gone:away")))


async def test_everything_that_can_be_tapped_is_short_enough_to_remember(world: World) -> None:
    panel = await world.moderator.slash(world.channel, "settings")
    about = await world.member.slash(world.channel, "about")
    assert buttons_of(panel)
    assert all(len(one) <= 100 for one in [*custom_ids_of(panel), *custom_ids_of(about)])
