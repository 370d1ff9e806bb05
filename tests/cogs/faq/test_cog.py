"""What members do with the FAQ."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import discord
import pytest
from simcord.results import InteractionResult

from bot.views import Panel, button, row
from cogs.faq.cog import SUGGESTIONS
from cogs.faq.service import TOKEN
from tests.world import World, answer_of, buttons_of, custom_ids_of, text_of

UNKNOWN = "how do i bake bread at midnight"
PEERS = f"{TOKEN}what-is-peer-support"
HOSTILE = {
    "six thousand letters": "peer support " * 461 + "now",
    "six thousand of one letter": "x" * 6_000,
    "right to left": "\u202e?troppus reep si tahw\u202c",
    "zalgo": "w" + "\u0336\u0353\u035a" * 200 + "hat is peer support",
    "emoji": "😀🫠👩\u200d👩\u200d👧" * 50,
    "sql": "'; DROP TABLE faq_entries; --",
    "markdown": "# **hi** [click](https://evil.example) ||x|| ```code```",
    "mentions": "@everyone <@1> <@&2> <#3> </faq ask:4>",
    "nothing": " \u200b ",
    "a made up suggestion": f"{TOKEN}../../etc/passwd",
}


async def ask(world: World, question: str) -> InteractionResult:
    return await world.member.slash(world.channel, "faq ask", question=question)


async def tap(world: World, answer: InteractionResult, label: str) -> InteractionResult:
    return await world.member.click(answer_of(answer), label=label)


async def share(world: World, entry: str = PEERS) -> InteractionResult:
    return await tap(world, await tap(world, await ask(world, entry), "Share"), "Share it")


def speak(world: World, locale: str) -> None:
    """Give everybody a Discord app in another language; simcord knows only en-US."""
    emit = world.env.backend.emit

    def emit_in(event: str, payload: Mapping[str, Any]) -> None:
        if event == "INTERACTION_CREATE":
            payload = {**payload, "locale": locale}
        emit(event, payload)

    world.env.backend.emit = emit_in


# Asking


async def test_suggestions_come_with_half_a_word_and_with_a_typo(world: World) -> None:
    for typed in ("what is peer sup", "waht is peer suport", "whats peer support"):
        offered = await world.member.autocomplete(world.channel, "faq ask", "question", typed)
        assert {"name": "What is peer support?", "value": PEERS} in offered
        assert len(offered) <= SUGGESTIONS
    assert await world.member.autocomplete(world.channel, "faq ask", "question", "")


async def test_enter_sends_what_was_typed_not_what_came_nearest(world: World) -> None:
    typed = "i feel  so alone"
    first, *_ = await world.member.autocomplete(world.channel, "faq ask", "question", typed)
    assert first == {"name": "Ask in my words: i feel so alone", "value": "i feel so alone"}
    assert "## I did not find an answer" in text_of(await ask(world, first["value"]))
    whole = "What is peer support?"
    first, *_ = await world.member.autocomplete(world.channel, "faq ask", "question", whole)
    assert first == {"name": whole, "value": PEERS}
    long = "i feel so alone and i do not know " * 4
    assert await world.member.autocomplete(world.channel, "faq ask", "question", long) == []


async def test_a_chosen_suggestion_is_answered_privately_with_its_source(world: World) -> None:
    answer = await ask(world, PEERS)
    assert answer.ephemeral
    told = text_of(answer)
    assert told.startswith("## What is peer support?")
    assert "Source: [Mead" in told
    assert world.channel.history() == []


async def test_own_words_find_the_answer(world: World) -> None:
    assert "## What is peer support?" in text_of(await ask(world, "meaning of peer suport"))


async def test_a_related_question_is_one_tap_away_on_the_same_message(world: World) -> None:
    first = await ask(world, PEERS)
    label = "What are the core principles of peer support?"
    second = await tap(world, first, label)
    assert f"## {label}" in text_of(second)
    assert answer_of(second).id == answer_of(first).id


async def test_what_is_not_there_is_said_plainly_with_helplines_first(world: World) -> None:
    answer = await ask(world, UNKNOWN)
    assert answer.ephemeral
    assert "I did not find an answer to that" in text_of(answer)
    assert "bake" not in text_of(answer)
    first = list(buttons_of(answer).values())[:2]
    assert first == ["helplines:open", "faq:show:bot-talk-to-human"]


async def test_a_near_miss_is_offered_and_not_called_an_answer(world: World) -> None:
    answer = await ask(world, "peer leader group rules burnout")
    told = text_of(answer)
    assert "I did not find an answer to that" in told
    assert next(iter(buttons_of(answer))) == "Helplines"
    assert len(buttons_of(answer)) == 6
    near = list(buttons_of(answer))[2]
    assert f"## {near}" in text_of(await tap(world, answer, near))


@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_words_get_a_calm_private_answer_without_them(
    world: World, kind: str
) -> None:
    answer = await ask(world, HOSTILE[kind])
    assert answer.ephemeral
    told = text_of(answer)
    for part in ("@everyone", "<@", "evil.example", "\u202e", "DROP", "passwd", "xxxx", "\u0336"):
        assert part not in told
    assert "Helplines" in buttons_of(answer)
    await world.member.autocomplete(world.channel, "faq ask", "question", HOSTILE[kind])


async def test_nothing_of_a_question_is_stored_or_logged(
    world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    # What the library of the store says of each statement, `bot.logs` never lets through.
    caplog.set_level(logging.WARNING, "aiosqlite")
    await world.member.autocomplete(world.channel, "faq ask", "question", "marmalade")
    await ask(world, "marmalade sandwich")
    await ask(world, PEERS)
    written = caplog.text + "".join(capsys.readouterr())
    assert "marmalade" not in written
    assert str(world.member.id) not in written
    async with world.bot.runtime.database.read() as read:
        for table in ("faq_entries", "faq_hidden", "faq_revisions", "faq_questions", "audit_lines"):
            assert await read.fetch(f"SELECT * FROM {table}") == []  # noqa: S608


async def test_shipped_answers_come_while_the_database_is_down(world: World) -> None:
    await world.bot.runtime.database.close()
    assert "## What is peer support?" in text_of(await ask(world, PEERS))
    assert await world.member.autocomplete(world.channel, "faq ask", "question", "peer")
    browsed = await world.member.slash(world.channel, "faq browse")
    assert "Questions by topic" in text_of(browsed)


async def test_old_buttons_work_after_a_restart(world: World) -> None:
    answer = answer_of(await ask(world, PEERS)).message
    await world.restart()
    shown = await world.member.click(answer, label="How is peer support different from therapy?")
    assert "## How is peer support different from therapy?" in text_of(shown)


async def test_a_direct_message_is_answered_and_has_nothing_to_share_to(world: World) -> None:
    person = world.env.create_user("dune")
    answer = await person.slash("faq ask", question=PEERS)
    assert "## What is peer support?" in text_of(answer)
    assert "Share" not in buttons_of(answer)


# Language


async def test_a_member_reads_their_own_language(world: World) -> None:
    speak(world, "es-ES")
    told = text_of(await ask(world, PEERS))
    assert "## ¿Qué es el apoyo entre" in told
    assert "Líneas de ayuda" in told


async def test_who_speaks_another_language_reads_the_servers(world: World) -> None:
    speak(world, "it")
    assert "## What is peer support?" in text_of(await ask(world, PEERS))
    await world.settings("server.language", "es")
    assert "## ¿Qué es el apoyo entre" in text_of(await ask(world, PEERS))


async def test_what_is_shared_is_in_the_servers_language(world: World) -> None:
    await world.settings("server.language", "es")
    posted = await share(world)
    assert "It is in the channel now" in text_of(posted)
    (message,) = world.channel.history()
    assert "## ¿Qué es el apoyo entre" in text_of(message)
    assert "What is peer support?" not in text_of(message)


# Browsing


async def test_topics_are_browsed_on_one_message_that_turns(world: World) -> None:
    first = await world.member.slash(world.channel, "faq browse")
    assert first.ephemeral
    topic = await world.member.select(answer_of(first), ["bot"], custom_id="faq:topic")
    assert "## This bot" in text_of(topic)
    assert "Page 1 of 2" in text_of(topic)
    second = await tap(world, topic, "More")
    assert "Page 2 of 2" in text_of(second)
    back = await tap(world, second, "Back")
    assert text_of(back) == text_of(topic)
    shown = await tap(world, back, "What can this bot do?")
    again = await tap(world, shown, "More on this topic")
    assert text_of(again) == text_of(topic)
    assert {answer_of(a).id for a in (topic, second, back, shown, again)} == {answer_of(first).id}


# Where it may be used


async def test_it_is_refused_where_moderators_switched_it_off(world: World) -> None:
    answer = await ask(world, PEERS)
    await world.settings("faq.enabled", value=False)
    assert "switched off the FAQ" in text_of(await ask(world, PEERS))
    assert "switched off the FAQ" in text_of(await tap(world, answer, "Share"))
    offered = await world.member.autocomplete(world.channel, "faq ask", "question", "peer")
    assert offered == []


async def test_it_names_the_channels_where_questions_are_answered(world: World) -> None:
    other = world.guild.create_text_channel("questions")
    await world.settings("faq.channels", [other.id])
    refused = await ask(world, PEERS)
    assert refused.ephemeral
    assert f"<#{other.id}>" in text_of(refused)
    answer = await world.member.slash(other, "faq ask", question=PEERS)
    assert "## What is peer support?" in text_of(answer)


# Sharing


async def test_sharing_says_first_what_others_will_see_and_then_posts_that(world: World) -> None:
    asked = await ask(world, PEERS)
    confirm = await tap(world, asked, "Share")
    assert "without your name" in text_of(confirm)
    assert world.channel.history() == []
    posted = await tap(world, confirm, "Share it")
    assert answer_of(posted).id == answer_of(asked).id
    (message,) = world.channel.history()
    told = text_of(message)
    assert "## What is peer support?" in told
    assert "ash" not in told.lower().split()
    assert str(world.member.id) not in told
    assert {"Helplines", "What is this?"} == set(buttons_of(message))
    assert message.mentions == []


async def test_keeping_it_private_posts_nothing(world: World) -> None:
    confirm = await tap(world, await ask(world, PEERS), "Share")
    kept = await tap(world, confirm, "Keep it private")
    assert "Source: [Mead" in text_of(kept)
    assert world.channel.history() == []


async def test_what_is_shared_can_be_taken_back(world: World) -> None:
    posted = await share(world)
    gone = await tap(world, posted, "Take it back")
    assert "no longer in the channel" in text_of(gone)
    assert world.channel.history() == []
    again = await share_again_later(world)
    (message,) = world.channel.history()
    await message.delete()
    assert "no longer in the channel" in text_of(await tap(world, again, "Take it back"))


async def share_again_later(world: World) -> InteractionResult:
    await world.env.advance_time(31)
    return await share(world)


async def test_taking_back_works_after_a_restart(world: World) -> None:
    posted = answer_of(await share(world)).message
    await world.restart()
    await world.member.click(posted, label="Take it back")
    assert world.channel.history() == []


async def test_others_can_ask_what_a_shared_answer_is_and_see_helplines(world: World) -> None:
    await share(world)
    (message,) = world.channel.history()
    told = await world.other.click(message, label="What is this?")
    assert told.ephemeral
    assert "About Alongside" in text_of(told)
    form = await world.other.click(message, label="Helplines")
    assert form.modal is not None


async def test_there_is_a_pause_between_shared_answers(world: World) -> None:
    await share(world)
    refused = await share(world, f"{TOKEN}benefits")
    assert "You can share again in" in text_of(refused)
    assert len(world.channel.history()) == 1
    await share_again_later(world)
    assert len(world.channel.history()) == 2


async def test_two_taps_on_one_confirmation_carry_one_nonce(world: World) -> None:
    confirm = await tap(world, await ask(world, PEERS), "Share")
    nonce = buttons_of(confirm)["Share it"].rsplit(":", 1)[1]
    await tap(world, confirm, "Share it")
    path = f"/channels/{world.channel.id}/messages"
    (sent,) = (r for r in world.env.http_requests if (r.method, r.path) == ("POST", path))
    assert len(nonce) <= 25
    assert sent.json is not None
    assert (sent.json["nonce"], sent.json["enforce_nonce"]) == (nonce, True)


async def test_only_the_bots_own_message_can_be_taken_back(world: World) -> None:
    theirs = await world.other.send(world.channel, "hello")
    channel = world.bot.get_partial_messageable(world.channel.id)
    ids = world.channel.id, theirs.id
    seal = world.bot.runtime.seals.make(world.member.id, *ids)
    forged = await channel.send(view=Panel(row(button("Forged", "faq:take_back", *ids, seal))))
    refused = await world.member.click(forged, label="Forged")
    assert "no longer" not in text_of(refused)
    assert theirs.id in [message.id for message in world.channel.history()]


async def test_who_may_not_write_here_cannot_share_here(world: World) -> None:
    quiet = world.guild.create_text_channel(
        "quiet",
        overwrites={world.member: discord.PermissionOverwrite(send_messages=False)},
    )
    answer = await world.member.slash(quiet, "faq ask", question=PEERS)
    assert "Share" not in buttons_of(answer)


async def test_the_right_to_write_is_asked_again_when_the_button_is_pressed(world: World) -> None:
    confirm = await tap(world, await ask(world, PEERS), "Share")
    channel = world.env.backend.channels[world.channel.id]
    from simcord.backend.models import Overwrite
    from simcord.enums import OverwriteType

    channel.overwrites.append(
        Overwrite(
            target_id=world.member.id,
            type=OverwriteType.MEMBER,
            allow=0,
            deny=discord.Permissions(send_messages=True).value,
        )
    )
    refused = await tap(world, confirm, "Share it")
    assert "Sharing works in channels where you and the bot may both write" in text_of(refused)
    assert world.channel.history() == []


async def test_a_channel_closed_to_the_bot_is_said_and_costs_no_pause(world: World) -> None:
    path = f"/channels/{world.channel.id}/messages"
    world.env.inject_error("POST", path, status=403, code=50013)
    refused = await share(world)
    assert "may not write in this channel" in text_of(refused)
    assert "It is in the channel now" in text_of(await share(world))


async def test_a_hidden_answer_cannot_be_shared_from_an_old_message(world: World) -> None:
    confirm = await tap(world, await ask(world, PEERS), "Share")
    await world.moderator.slash(world.channel, "manage faq hide", entry="what-is-peer-support")
    refused = await tap(world, confirm, "Share it")
    assert "not shown here any more" in text_of(refused)
    assert world.channel.history() == []


async def test_how_to_reach_a_person_is_offered_once_though_it_is_near_too(world: World) -> None:
    answer = await ask(world, "human moderator bicycle zebra")
    assert "I did not find an answer to that" in text_of(answer)
    assert custom_ids_of(answer).count("faq:show:bot-talk-to-human") == 1


async def test_what_a_server_wrote_goes_with_the_server(world: World) -> None:
    await world.moderator.slash(world.channel, "manage faq hide", entry="what-is-peer-support")
    assert "## What is peer support?\n" not in text_of(await ask(world, "what is peer support"))
    await world.bot.runtime.privacy.erase_server(world.guild.id)
    assert "## What is peer support?\n" in text_of(await ask(world, "what is peer support"))


async def test_a_thread_counts_as_its_channel_and_has_its_own_right_to_write(world: World) -> None:
    await world.settings("faq.channels", [world.channel.id])
    parent = world.bot.get_channel(world.channel.id)
    assert isinstance(parent, discord.TextChannel)
    made = await parent.create_thread(name="a question", type=discord.ChannelType.public_thread)
    (thread,) = [found for found in world.channel.threads if found.id == made.id]
    answer = await world.member.slash(thread, "faq ask", question=PEERS)
    assert "Share" in buttons_of(answer)
    await tap(world, await tap(world, answer, "Share"), "Share it")
    assert "## What is peer support?" in text_of(thread.history()[-1])
