"""The moderators' queue of questions in a simulated server."""

from __future__ import annotations

import pytest
from simcord.results import InteractionResult

from bot.texts import Texts, Words
from cogs.faq.questions_model import Reason
from cogs.faq.questions_views import reason_words
from tests.cogs.faq.samples import TYPED
from tests.cogs.faq.test_entries_cog import audited, fill, prefilled
from tests.cogs.faq.test_questions_cog import (
    CHOIR,
    HOSTILE,
    answer,
    ask,
    before,
    choose,
    decline,
    press,
    queue,
    send,
    stored,
    tap,
    written,
)
from tests.world import World, answer_of, buttons_of, custom_ids_of, inputs_of, text_of

UMBRELLA = "zebra umbrella stand in the hall"


async def pressed(world: World, shown: InteractionResult, label: str) -> InteractionResult:
    return await tap(world, shown, label, world.moderator)


# What moderators see


async def test_a_notice_says_how_many_wait_opens_the_queue_and_holds_no_words(
    world: World,
) -> None:
    notices = world.guild.create_text_channel("moderators")
    await world.settings("server.notice_channel", [notices.id])
    await send(world)
    await send(world, UMBRELLA, who=world.other)
    [posted] = notices.history()
    said = text_of(posted)
    assert "A member has sent you a question" in said
    assert CHOIR not in said
    assert world.member.name not in said
    opened = await world.moderator.click(posted, label="Open")
    assert opened.ephemeral
    assert f"> {CHOIR}" in text_of(opened)
    member = await world.member.click(posted, label="Open")
    assert CHOIR not in text_of(member)
    assert "moderators" in text_of(member)


async def test_the_day_of_the_server_says_how_many_wait_and_leads_to_them(world: World) -> None:
    await send(world)
    day = await world.moderator.slash(world.channel, "today")
    assert "1 question waits for an answer." in text_of(day)
    assert CHOIR not in text_of(day)
    queue = await world.moderator.click(answer_of(day).message, label="Questions")
    assert f"> {CHOIR}" in text_of(queue)


def test_who_declines_can_read_to_the_end_what_the_asker_will_read() -> None:
    texts = Texts.load()
    for locale in texts.locales:
        for reason in set(Reason) - {Reason.WRITTEN}:
            assert len(reason_words(Words(texts, locale), reason)) <= 100, (locale, reason)


async def test_like_ones_stand_together_and_others_on_pages_of_their_own(world: World) -> None:
    await send(world)
    await send(world, UMBRELLA)
    await send(world, f"{CHOIR}?", who=world.other)
    shown = await queue(world)
    said = text_of(shown)
    assert "3 questions are waiting. This is 1 of 2." in said
    assert said.index(f"> {CHOIR}\n") < said.index(f"> {CHOIR}?\n")
    assert UMBRELLA not in said
    later = await pressed(world, shown, "Later")
    assert UMBRELLA in text_of(later)
    apart = await pressed(world, later, "One by one")
    assert "This is 1 of 3." in text_of(apart)
    assert f"{CHOIR}?" not in text_of(apart)
    together = await pressed(world, apart, "Like ones together")
    assert "This is 1 of 2." in text_of(together)


async def test_moderators_see_who_asked_only_where_they_chose_to_be_named(world: World) -> None:
    await send(world)
    shown = await before(world, UMBRELLA, who=world.other)
    named = await tap(world, shown, "Show my name", world.other)
    await tap(world, named, "Send it", world.other)
    shown = await queue(world)
    assert "without a name" in text_of(shown)
    assert str(world.member.id) not in text_of(shown)
    assert all(str(world.member.id) not in one for one in custom_ids_of(shown))
    later = text_of(await pressed(world, shown, "Later"))
    assert f"from <@{world.other.id}>, who chose to be named" in later


async def test_hostile_words_mention_link_and_format_nothing_in_the_queue(world: World) -> None:
    await send(world, HOSTILE)
    said = text_of(await queue(world))
    assert "> @\u200beveryone <\u200b@\u200b1> \\[x](https:\u200b//evil.example)" in said
    assert "discord\u200b.gg" in said


async def test_the_longest_questions_fit_into_one_message(world: World) -> None:
    words = "[zebra] " * 124 + "zebras!"
    for who in (world.member, world.other, world.moderator):
        await send(world, words, who=who)
    shown = await queue(world)
    assert len(text_of(shown)) < 4_000
    apart = await pressed(world, shown, "One by one")
    assert len(text_of(apart)) < 4_000
    assert len(text_of(await world.member.slash(world.channel, "faq mine"))) < 4_000


# Answering


async def test_the_form_holds_the_members_words_and_the_audit_list_does_not(world: World) -> None:
    await send(world)
    await send(world, f"{CHOIR}?", who=world.other)
    form = await pressed(world, await queue(world), "Answer")
    assert prefilled(form)[:2] == [CHOIR, f"{CHOIR}\n{CHOIR}?"]
    typed = (CHOIR, TYPED.answer, f"{CHOIR}\n{CHOIR}?\nsinging", [TYPED.topic], TYPED.source)
    values = dict(zip(inputs_of(form), typed, strict=True))
    preview = await world.moderator.submit_modal(form, values)
    assert (await stored(world)).count(CHOIR) == 2
    saved = await pressed(world, preview, "Save")
    assert "Added, and whoever asked hears of it." in text_of(saved)
    assert CHOIR not in await stored(world)
    found = await ask(world, "when does our choir sing together?", world.other)
    assert TYPED.answer in text_of(found)
    said = await audited(world)
    assert "question of members answered" in said
    assert "answer added" in said
    assert CHOIR not in said
    assert str(world.member.id) not in said


async def test_a_draft_whose_question_is_gone_can_still_become_an_entry(world: World) -> None:
    receipt = await send(world)
    form = await pressed(world, await queue(world), "Answer")
    preview = await fill(world, form, TYPED)
    await tap(world, receipt, "Take it back")
    refused = await pressed(world, preview, "Save")
    assert "Somebody else has dealt with this meanwhile, or it was taken back" in text_of(refused)
    assert "answer added" not in await audited(world)
    again = await pressed(world, refused, "Change it")
    preview = await fill(world, again, TYPED)
    assert "Added. Members" in text_of(await pressed(world, preview, "Save"))


async def test_an_entry_that_is_there_answers_after_it_was_looked_at(world: World) -> None:
    await send(world, "zebra peer support stripes", hear="dm")
    offered = await pressed(world, await queue(world), "Answer with an entry")
    confirm = await choose(
        world, offered, "faq:question_entry", "what-is-peer-support", world.moderator
    )
    assert "Whoever asked will be shown this:" in text_of(confirm)
    assert len(written(world)) == 1
    done = await pressed(world, confirm, "Yes, this one")
    assert "Done. Whoever asked hears of it" in text_of(done)
    assert "## What is peer support?" in written(world)[1]


async def test_what_looks_like_a_suggestion_is_answered_like_any_words(world: World) -> None:
    await send(world, "id: own-zebra")
    offered = await pressed(world, await queue(world), "Answer with an entry")
    assert "Which answer fits this?" in text_of(offered)


# Two at once


@pytest.mark.parametrize("late", ["Answer", "Answer with an entry", "Decline", "Hand over"])
async def test_the_later_of_two_moderators_is_told_and_sees_what_waits_now(
    world: World, late: str
) -> None:
    await send(world)
    shown = await queue(world)
    button = buttons_of(shown)[late]
    await decline(world, await queue(world))
    told = await press(world, world.moderator, button)
    assert "Somebody else has dealt with this meanwhile" in text_of(told)
    assert "Nothing is waiting." in text_of(told)


async def test_a_form_that_was_open_when_another_was_quicker_does_nothing(world: World) -> None:
    await send(world, hear="dm")
    form = await pressed(world, await queue(world), "Decline")
    shown = await pressed(world, await queue(world), "Hand over")
    await pressed(world, shown, "Yes, tell them")
    told = await world.moderator.submit_modal(
        form, dict(zip(inputs_of(form), ("unclear", ""), strict=True))
    )
    assert "Nothing was done a second time" in text_of(told)
    assert len(written(world)) == 2


# Who may


async def test_who_is_no_moderator_any_more_does_nothing_with_an_old_panel(world: World) -> None:
    await send(world)
    shown = await queue(world)
    form = await pressed(world, shown, "Decline")
    guild = world.env.backend.guilds[world.guild.id]
    guild.members[world.moderator.id].role_ids.clear()
    await world.env.settle()
    for label in ("Answer", "Answer with an entry", "Decline", "Hand over"):
        told = await press(world, world.moderator, buttons_of(shown)[label])
        assert "moderators" in text_of(told)
        assert CHOIR not in text_of(told)
    await world.moderator.submit_modal(
        form, dict(zip(inputs_of(form), ("unclear", ""), strict=True))
    )
    assert CHOIR in await stored(world)


async def test_own_words_that_are_missing_are_asked_for_again(world: World) -> None:
    await send(world)
    told = await decline(world, await queue(world), "written")
    assert "Please write what whoever asked shall read" in text_of(told)
    assert CHOIR in await stored(world)


async def test_everybody_of_a_group_hears_from_one_answer(world: World) -> None:
    await send(world, hear="dm")
    await send(world, f"{CHOIR}!", hear="dm", who=world.other)
    await answer(world, await queue(world))
    for who in (world.member, world.other):
        _, told = written(world, who)
        assert TYPED.answer in told
    assert answer_of(await queue(world)) is not None
