"""*Answer with FAQ*: a helper answers somebody's message, and the bot never does by itself."""

from __future__ import annotations

import logging

import discord
import pytest
from simcord.results import InteractionResult

from cogs.faq.answering_views import LINE_LIMIT
from tests.cogs.faq.test_cog import speak
from tests.world import World, answer_of, buttons_of, custom_ids_of, inputs_of, text_of

MENU = "Answer with FAQ"
ASKED = "hello, what is peer support?"


async def choose_menu(world: World, said: str = ASKED) -> InteractionResult:
    message = await world.other.send(world.channel, said)
    return await world.member.context_menu(world.channel, MENU, message)


async def tap(world: World, answer: InteractionResult, label: str) -> InteractionResult:
    return await world.member.click(answer_of(answer), label=label)


async def preview(world: World) -> InteractionResult:
    return await tap(world, await choose_menu(world), "What is peer support?")


async def open_with(world: World, shown: InteractionResult, line: str) -> InteractionResult:
    form = await tap(world, shown, "Change the opening line")
    return await world.member.submit_modal(form, {inputs_of(form)[0]: line})


def posted(world: World) -> list[discord.Message]:
    bot = world.bot.user
    assert bot is not None
    return [one for one in world.channel.history() if one.author.id == bot.id]


async def test_a_helper_is_shown_what_fits_and_nobody_else_sees_it(world: World) -> None:
    shown = await choose_menu(world)
    assert shown.ephemeral
    assert "Only you see this" in text_of(shown)
    chosen = [one for one in custom_ids_of(shown) if one.startswith("faq:reply_choose:")]
    assert chosen[0].startswith("faq:reply_choose:what-is-peer-support:")
    assert 1 < len(chosen) <= 5
    assert "Helplines" in buttons_of(shown)
    assert posted(world) == []


async def test_the_helper_looks_at_it_changes_the_opening_line_and_posts(world: World) -> None:
    shown = await preview(world)
    told = text_of(shown)
    assert "Not posted yet" in told
    assert "This may help:" in told
    assert f"{world.member.mention} wrote the first line" in told
    again = await open_with(world, shown, "Hi Birch, read this with a tea:")
    assert "Hi Birch, read this with a tea:" in text_of(again)
    assert posted(world) == []
    done = await tap(world, again, "Post it")
    assert "in the channel now, with your name" in text_of(done)
    [message] = posted(world)
    assert text_of(message).startswith("Hi Birch, read this with a tea:\n## What is peer support?")
    assert f"{world.member.mention} wrote the first line" in text_of(message)
    [asked] = [one for one in world.channel.history() if one.content == ASKED]
    assert message.reference is not None
    assert message.reference.message_id == asked.id
    assert {"Helplines", "What is this?"} == set(buttons_of(message))


async def test_it_is_taken_back_with_one_tap_by_whoever_posted_it(world: World) -> None:
    done = await tap(world, await preview(world), "Post it")
    assert "no longer in the channel" in text_of(await tap(world, done, "Take it back"))
    assert posted(world) == []


async def test_the_reply_pings_nobody_and_is_sent_once(world: World) -> None:
    shown = await open_with(world, await preview(world), f"@everyone <@{world.other.id}> **now**")
    await tap(world, shown, "Post it")
    path = f"/channels/{world.channel.id}/messages"
    [sent] = [r for r in world.env.http_requests if (r.method, r.path) == ("POST", path)]
    assert sent.json is not None
    assert sent.json["allowed_mentions"]["parse"] == []
    assert not sent.json["allowed_mentions"].get("replied_user")
    assert sent.json["enforce_nonce"] is True
    [message] = posted(world)
    assert "@everyone" not in text_of(message)
    assert f"<@{world.other.id}>" not in text_of(message)
    assert "\\*\\*now" in text_of(message)


async def test_an_empty_opening_line_is_left_out(world: World) -> None:
    shown = await open_with(world, await preview(world), "   ")
    await tap(world, shown, "Post it")
    [message] = posted(world)
    assert text_of(message).startswith("## What is peer support?")


async def test_not_posting_posts_nothing(world: World) -> None:
    shown = await preview(world)
    assert "Nothing was posted" in text_of(await tap(world, shown, "Do not post"))
    assert posted(world) == []


async def test_a_message_without_words_is_said_kindly_and_searched_for(world: World) -> None:
    for said in ("\u200b", "🫖" * 3):
        told = text_of(await choose_menu(world, said))
        assert "I found nothing that comes near" in told or "cannot read any words" in told
    picture = await world.other.send(world.channel, "", attachments=[("tea.png", b"x")])
    shown = await world.member.context_menu(world.channel, MENU, picture)
    assert "cannot read any words" in text_of(shown)
    form = await tap(world, shown, "Search in other words")
    found = await world.member.submit_modal(form, {inputs_of(form)[0]: "what is peer support"})
    assert answer_of(found).id == answer_of(shown).id
    done = await tap(world, await tap(world, found, "What is peer support?"), "Post it")
    assert "in the channel now" in text_of(done)
    [message] = posted(world)
    assert message.reference is not None
    assert message.reference.message_id == picture.id


async def test_where_nothing_fits_no_guess_is_dressed_up(world: World) -> None:
    told = text_of(await choose_menu(world, "how do i bake bread at midnight"))
    assert "Closest to that message" not in told


async def test_a_message_deleted_meanwhile_is_answered_in_the_channel(world: World) -> None:
    message = await world.other.send(world.channel, ASKED)
    shown = await world.member.context_menu(world.channel, MENU, message)
    await message.delete()
    path = f"/channels/{world.channel.id}/messages"
    await tap(world, await tap(world, shown, "What is peer support?"), "Post it")
    [sent] = [r for r in world.env.http_requests if (r.method, r.path) == ("POST", path)]
    assert sent.json is not None
    assert sent.json["message_reference"]["fail_if_not_exists"] is False


async def test_nothing_of_the_message_is_stored_or_logged(
    world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = await choose_menu(world, "marmalade what is peer support")
    choose = next(one for one in custom_ids_of(shown) if one.startswith("faq:reply_choose:"))
    seen = await world.member.click(answer_of(shown).message, custom_id=choose)
    assert "marmalade" not in text_of(shown) + text_of(seen)
    await tap(world, seen, "Post it")
    assert "marmalade" not in caplog.text + "".join(capsys.readouterr())
    async with world.bot.runtime.database.read() as read:
        for table in ("faq_entries", "faq_tallies", "audit_lines", "jobs_messages"):
            assert await read.fetch(f"SELECT * FROM {table}") == []  # noqa: S608


# Where and how often


async def test_it_keeps_to_the_pace_of_sharing(world: World) -> None:
    await tap(world, await preview(world), "Post it")
    refused = await tap(world, await preview(world), "Post it")
    assert "You can share again in" in text_of(refused)
    assert len(posted(world)) == 1


async def test_who_may_not_write_here_cannot_answer_here(world: World) -> None:
    message = await world.other.send(world.channel, ASKED)
    shown = await preview(world)
    guild = world.env.backend.guilds[world.guild.id]
    everyone = guild.roles[world.guild.id]
    everyone.permissions &= ~discord.Permissions(send_messages=True).value
    for refused in (
        await world.member.context_menu(world.channel, MENU, message),
        await tap(world, shown, "Post it"),
    ):
        assert "you and the bot may both write" in text_of(refused)
    assert posted(world) == []


async def test_it_is_refused_where_moderators_switched_the_faq_off(world: World) -> None:
    shown = await preview(world)
    await world.settings("faq.enabled", value=False)
    assert "switched off the FAQ" in text_of(await choose_menu(world))
    assert "switched off the FAQ" in text_of(await tap(world, shown, "Post it"))
    assert posted(world) == []


async def test_a_restart_lets_go_and_says_so(world: World) -> None:
    message = answer_of(await preview(world)).message
    await world.restart()
    refused = await world.member.click(message, label="Post it")
    assert "let go of this" in text_of(refused)
    assert posted(world) == []


async def test_what_is_posted_is_in_the_servers_language(world: World) -> None:
    await world.settings("server.language", "es")
    shown = await choose_menu(world, "¿qué es el apoyo entre pares?")
    choose = next(one for one in custom_ids_of(shown) if one.startswith("faq:reply_choose:"))
    seen = await world.member.click(answer_of(shown).message, custom_id=choose)
    assert "Quizá esto ayude:" in text_of(seen)
    assert "Not posted yet" in text_of(seen)
    await tap(world, seen, "Post it")
    [message] = posted(world)
    assert "escribió la primera línea" in text_of(message)
    assert "Líneas de ayuda" in buttons_of(message)


async def test_the_menu_has_a_spanish_name_and_spanish_answers(world: World) -> None:
    speak(world, "es-ES")
    assert "Solo tú ves esto" in text_of(await choose_menu(world))


async def test_the_longest_line_and_name_fit(world: World) -> None:
    world.env.backend.guilds[world.guild.id].members[world.member.id].nick = "*" * 32
    shown = await open_with(world, await preview(world), "*" * LINE_LIMIT)
    done = await tap(world, shown, "Post it")
    assert "in the channel now" in text_of(done)
