"""A question to the moderators in a simulated server, from the tap to what the asker hears."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import discord
import pytest
from simcord.actors import MemberActor
from simcord.results import InteractionResult

from bot.database import Database, StoreUnavailable
from cogs.faq.questions_model import WORDS_LENGTH
from tests.cogs.faq.samples import TYPED
from tests.hostile.ground import Person
from tests.hostile.ground import tap as raw_tap
from tests.world import DAY, World, answer_of, buttons_of, custom_ids_of, inputs_of, text_of

if TYPE_CHECKING:
    from tests.hostile.ground import Ground

CHOIR = "when does our choir sing together"
HOSTILE = "@everyone <@1> [x](https://evil.example) # big ||gone|| discord.gg/abc"
FIRST_LINE = "A note you asked for"


async def ask(world: World, words: str = CHOIR, who: MemberActor | None = None) -> Any:
    return await (who or world.member).slash(world.channel, "faq ask", question=words)


async def tap(
    world: World, answer: Any, label: str, who: MemberActor | None = None
) -> InteractionResult:
    message = answer if isinstance(answer, discord.Message) else answer_of(answer).message
    result = await (who or world.member).click(message, label=label)
    await world.env.settle()
    return result


async def choose(
    world: World, answer: Any, action: str, value: str, who: MemberActor | None = None
) -> InteractionResult:
    menu = next(one for one in custom_ids_of(answer) if one.startswith(action))
    result = await (who or world.member).select(answer_of(answer).message, [value], custom_id=menu)
    await world.env.settle()
    return result


async def press(world: World, who: MemberActor, custom_id: str) -> InteractionResult:
    """Tap a button that is no longer there, or that is somebody else's, as a program could."""
    person = Person(who.name, who.id, world.channel.id, world.guild.id)
    return await raw_tap(cast("Ground", SimpleNamespace(world=world)), person, custom_id)


async def before(
    world: World, words: str = CHOIR, *, hear: str | None = None, who: MemberActor | None = None
) -> InteractionResult:
    """As far as the panel that shows what would go."""
    shown = await tap(world, await ask(world, words, who), "Ask the moderators", who)
    return await choose(world, shown, "faq:question_hear", hear, who) if hear else shown


async def send(
    world: World, words: str = CHOIR, *, hear: str | None = None, who: MemberActor | None = None
) -> InteractionResult:
    sent = await tap(world, await before(world, words, hear=hear, who=who), "Send it", who)
    # Which of two is the older is told by the second.
    await world.env.advance_time(2)
    return sent


async def queue(world: World) -> InteractionResult:
    return await world.moderator.slash(world.channel, "manage faq questions")


async def answer(world: World, shown: InteractionResult) -> InteractionResult:
    """Answer the group that is shown, with an entry of its own."""
    form = await tap(world, shown, "Answer", world.moderator)
    typed = (TYPED.question, TYPED.answer, TYPED.phrasings, [TYPED.topic], TYPED.source)
    preview = await world.moderator.submit_modal(
        form, dict(zip(inputs_of(form), typed, strict=True))
    )
    return await tap(world, preview, "Save", world.moderator)


async def decline(
    world: World, shown: InteractionResult, reason: str = "elsewhere", note: str = ""
) -> InteractionResult:
    form = await tap(world, shown, "Decline", world.moderator)
    return await world.moderator.submit_modal(
        form, dict(zip(inputs_of(form), (reason, note), strict=True))
    )


def written(world: World, who: MemberActor | None = None) -> list[str]:
    """What somebody was written by direct message, the oldest first."""
    return [text_of(one) for one in messages(world, who)]


def messages(world: World, who: MemberActor | None = None) -> list[discord.Message]:
    return (who or world.member).user.dm_channel.history()


async def stored(world: World) -> str:
    async with world.bot.runtime.database.read() as read:
        return str([tuple(row) for row in await read.fetch("SELECT * FROM faq_questions")])


# Before the tap


async def test_where_nothing_or_only_something_near_was_found_the_moderators_can_be_asked(
    world: World,
) -> None:
    nothing = await ask(world, "zebra xylophone")
    assert "Did you mean" not in text_of(nothing)
    near = await ask(world, "peers and a group for support things")
    assert "Did you mean one of these?" in text_of(near)
    for shown in (nothing, near):
        assert "Ask the moderators" in buttons_of(shown)
    found = await ask(world, "what is peer support")
    assert "Ask the moderators" not in buttons_of(found)


async def test_the_exact_words_are_shown_before_they_go_and_nothing_is_stored(
    world: World,
) -> None:
    shown = await before(world, HOSTILE)
    said = text_of(shown)
    assert "Nothing has gone yet" in said
    assert "Who reads it:** only the moderators of this server" in said
    assert "**Your name** is not with it." in said
    assert "14 days" in said
    assert "> @\u200beveryone <\u200b@\u200b1> \\[x](https:\u200b//evil.example)" in said
    assert all(HOSTILE not in one for one in custom_ids_of(shown))
    assert await stored(world) == "[]"
    send_it = buttons_of(shown)["Send it"]
    dropped = await tap(world, shown, "Do not send it")
    assert "Nothing was sent" in text_of(dropped)
    again = await press(world, world.member, send_it)
    assert "I no longer have your words" in text_of(again)
    assert await stored(world) == "[]"


async def test_words_can_be_changed_in_a_form_and_what_was_chosen_stays(world: World) -> None:
    shown = await tap(world, await before(world, hear="never"), "Show my name")
    form = await tap(world, shown, "Change the words")
    [field] = inputs_of(form)
    changed = await world.member.submit_modal(form, {field: "who has the key"})
    assert "> who has the key" in text_of(changed)
    assert CHOIR not in text_of(changed)
    assert "**Your name** is with it" in text_of(changed)
    assert "**You do not hear**" in text_of(changed)
    hidden = await tap(world, changed, "Do not show my name")
    assert "**Your name** is not with it." in text_of(hidden)


async def test_too_many_words_are_cut_and_that_is_said(world: World) -> None:
    shown = await before(world, "zebra " * 400)
    assert f"I can pass on {WORDS_LENGTH} characters" in text_of(shown)


async def test_after_a_restart_the_words_are_gone_and_can_be_written_again(world: World) -> None:
    shown = await before(world)
    await world.restart()
    gone = await tap(world, shown, "Send it")
    assert "I no longer have your words" in text_of(gone)
    form = await tap(world, gone, "Write it again")
    [field] = inputs_of(form)
    shown = await world.member.submit_modal(form, {field: CHOIR})
    receipt = await tap(world, shown, "Send it")
    assert "It is with the moderators." in text_of(receipt)
    assert CHOIR in await stored(world)


async def test_nobody_else_sends_or_reads_what_somebody_is_about_to_send(world: World) -> None:
    shown = await before(world)
    for label in ("Send it", "Show my name", "Change the words"):
        other = await press(world, world.other, buttons_of(shown)[label])
        assert "I no longer have your words" in text_of(other)
        assert CHOIR not in text_of(other)
    assert await stored(world) == "[]"


async def test_not_what_was_meant_leads_to_the_moderators_with_the_words_it_was_found_for(
    world: World,
) -> None:
    words = "what is peer support???"
    found = await ask(world, words)
    assert "## What is peer support?" in text_of(found)
    instead = await tap(world, found, "Not what I meant")
    shown = await tap(world, instead, "Ask the moderators")
    assert f"> {words}" in text_of(shown)
    assert "It is with" in text_of(await tap(world, shown, "Send it"))
    chosen = await tap(world, await ask(world, "id:what-is-peer-support"), "Not what I meant")
    form = await tap(world, chosen, "Ask the moderators")
    assert form.modal is not None


# Refused


async def test_where_moderators_switched_it_off_the_button_is_not_there(world: World) -> None:
    shown = await before(world)
    await world.settings("faq.questions_enabled", value=False)
    assert "Ask the moderators" not in buttons_of(await ask(world))
    refused = await tap(world, shown, "Send it")
    assert "do not take questions this way" in text_of(refused)
    assert f"```\n{CHOIR}\n```" in text_of(refused)
    await world.settings("faq.questions_enabled", value=True)
    looked = await tap(world, refused, "Look at it again")
    assert "It is with" in text_of(await tap(world, looked, "Send it"))


async def test_past_the_pace_the_words_are_given_back(world: World) -> None:
    for number in range(3):
        await send(world, f"zebra {number} xylophone {number}{number}{number}")
    refused = await send(world, CHOIR)
    assert "3 questions of yours are waiting" in text_of(refused)
    assert f"```\n{CHOIR}\n```" in text_of(refused)


async def test_a_store_that_fails_keeps_the_words_for_the_next_tap(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = await before(world)

    def down(_: object) -> Any:
        raise StoreUnavailable("The store cannot be reached.")

    with monkeypatch.context() as patched:
        patched.setattr(Database, "transaction", down)
        failed = await tap(world, shown, "Send it")
        assert "It is with the moderators." not in text_of(failed)
    assert "It is with the moderators." in text_of(await tap(world, shown, "Send it"))


# The receipt, and taking it back


async def test_the_receipt_takes_it_back_also_after_a_restart(world: World) -> None:
    receipt = await send(world)
    assert "the next time you use one of my commands" in text_of(receipt)
    take_back = buttons_of(receipt)["Take it back"]
    await world.restart()
    back = await tap(world, receipt, "Take it back")
    assert "Your words are deleted" in text_of(back)
    assert await stored(world) == "[]"
    assert "Nothing is waiting." in text_of(await queue(world))
    again = await press(world, world.member, take_back)
    assert "This question is over" in text_of(again)


async def test_two_taps_send_one_question(world: World) -> None:
    shown = await before(world)
    send_it = buttons_of(shown)["Send it"]
    await tap(world, shown, "Send it")
    second = await press(world, world.member, send_it)
    assert "It is with the moderators." in text_of(second)
    assert (await stored(world)).count(CHOIR) == 1


async def test_what_waits_is_on_ones_own_list_and_on_nobody_elses(world: World) -> None:
    await send(world)
    shown = await world.member.slash(world.channel, "faq mine")
    assert f"> {CHOIR}" in text_of(shown)
    assert CHOIR not in text_of(await world.other.slash(world.channel, "faq mine"))
    back = await tap(world, shown, "Take it back")
    assert "Taken back" in text_of(back)


# Hearing back


async def test_by_direct_message_it_is_agreed_to_in_words_and_confirmed_at_once(
    world: World,
) -> None:
    shown = await before(world, hear="dm")
    assert "**You agree** that I write to you" in text_of(shown)
    assert written(world) == []
    receipt = await tap(world, shown, "Send it")
    assert "I have written you a direct message" in text_of(receipt)
    [note] = written(world)
    assert note.startswith(f"{FIRST_LINE}\n")
    assert CHOIR not in note


async def test_closed_messages_show_on_the_spot_and_the_answer_comes_another_way(
    world: World,
) -> None:
    shown = await before(world, hear="dm")
    path = f"/channels/{world.member.user.dm_channel.id}/messages"
    world.env.inject_error("POST", path, status=403, code=50007, times=None)
    receipt = await tap(world, shown, "Send it")
    assert "My direct message did not reach you" in text_of(receipt)
    await decline(world, await queue(world))
    told = await world.member.slash(world.channel, "faq browse")
    assert "have read what you asked them on" in text_of(told)


async def test_killed_between_asking_and_hearing_back_the_answer_comes_once(world: World) -> None:
    await send(world, hear="dm")
    await world.restart()
    await answer(world, await queue(world))
    await world.restart()
    await world.env.advance_time(DAY)
    note, told = written(world)
    assert told.startswith(f"{FIRST_LINE}\n")
    assert "have answered what you asked them on" in told
    assert f"## {TYPED.question}" in told
    assert TYPED.answer in told
    assert CHOIR not in note + told
    await world.restart()
    await world.env.advance_time(DAY)
    assert len(written(world)) == 2
    assert CHOIR not in await stored(world)


async def test_at_the_next_command_it_is_said_once_and_the_list_shows_the_answer(
    world: World,
) -> None:
    await send(world)
    await answer(world, await queue(world))
    first = await ask(world, "what is peer support")
    assert text_of(first).startswith("In Harbour, the moderators have answered what you asked")
    assert "the moderators have answered" not in text_of(await ask(world))
    shown = await world.member.slash(world.channel, "faq mine")
    opened = await tap(world, shown, TYPED.question)
    assert TYPED.answer in text_of(opened)


async def test_who_looked_at_their_list_is_not_told_again(world: World) -> None:
    await send(world)
    await decline(world, await queue(world), "unknown")
    shown = text_of(await world.member.slash(world.channel, "faq mine"))
    assert shown.count("have read what you asked them on") == 1
    assert "did not want to guess" in shown
    assert "have read what you asked" not in text_of(await ask(world))


async def test_who_did_not_want_to_hear_is_told_nothing_and_nothing_is_kept(world: World) -> None:
    await send(world, hear="never")
    await decline(world, await queue(world))
    assert await stored(world) == "[]"
    assert "moderators" not in text_of(await world.member.slash(world.channel, "faq browse"))
    assert written(world) == []


async def test_one_tap_below_the_note_ends_the_messages(world: World) -> None:
    await send(world, hear="dm")
    [note] = messages(world)
    quiet = await world.member.user.click(note, label="Do not write to me")
    assert "I will not write to you about it" in text_of(quiet)
    await decline(world, await queue(world))
    await world.env.settle()
    assert len(written(world)) == 1
    assert "have read what you asked" in text_of(await ask(world))


async def test_declined_and_handed_over_say_why_and_where_a_person_is(world: World) -> None:
    await send(world, hear="dm")
    await decline(world, await queue(world), "personal")
    await send(world, "zebra xylophone", hear="dm")
    shown = await tap(world, await queue(world), "Hand over", world.moderator)
    assert "a person can do more here" in text_of(shown)
    await tap(world, shown, "Yes, tell them", world.moderator)
    _, personal, _, handed = messages(world)
    assert "A person can listen better" in text_of(personal)
    assert "You can write to any of them" in text_of(handed)
    for one in (personal, handed):
        assert "I'd like company" in buttons_of(one)
        assert "Helplines" in buttons_of(one)


async def test_what_a_moderator_writes_comes_as_their_words_and_formats_nothing(
    world: World,
) -> None:
    await send(world, hear="dm")
    await decline(world, await queue(world), "elsewhere", HOSTILE)
    _, told = written(world)
    assert "> @\u200beveryone <\u200b@\u200b1>" in told
    assert "A channel of the server" not in told


async def test_unanswered_it_ends_and_its_asker_is_told_kindly(world: World) -> None:
    await send(world, hear="dm")
    await world.env.advance_time(14 * DAY + 60)
    _, told = written(world)
    assert "That says nothing about your question" in told
    assert CHOIR not in await stored(world)
    assert "Nothing is waiting." in text_of(await queue(world))


# Spanish


async def test_it_speaks_spanish_to_who_asks_in_spanish(world: World) -> None:
    emit = world.env.backend.emit

    def emit_in(event: str, payload: Mapping[str, Any]) -> None:
        if event == "INTERACTION_CREATE":
            payload = {**payload, "locale": "es-ES"}
        emit(event, payload)

    world.env.backend.emit = emit_in
    shown = await tap(world, await ask(world, "cebra xilófono"), "Preguntar a la moderación")
    shown = await choose(world, shown, "faq:question_hear", "dm")
    assert "**Aceptas** que te escriba" in text_of(shown)
    await tap(world, shown, "Enviarlo")
    world.env.backend.emit = emit
    await decline(world, await queue(world), "unclear")
    note, told = written(world)
    assert note.startswith("Algo que pediste recibir")
    assert "No quedó claro qué querías decir" in told
