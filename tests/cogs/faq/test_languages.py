"""A question in Spanish finds what is there in Spanish, and what is there in English only."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.cogs.faq.library import MODERATOR, SERVER, Library
from tests.cogs.faq.samples import TYPED
from tests.cogs.faq.test_cog import speak
from tests.cogs.faq.test_entries_cog import fill, manage, tap
from tests.world import World, answer_of, buttons_of, custom_ids_of, text_of

ENGLISH = replace(TYPED, question="When does the choir meet?")
SPANISH = replace(
    TYPED,
    question="¿Cuándo ensaya el coro?",
    answer="El coro ensaya los jueves a las seis en la sala grande. Puede venir quien quiera.",
    phrasings="ensayo del coro\nqué día se canta\ncuándo cantamos",
)


@pytest.mark.parametrize(
    ("asked", "question"),
    [
        ("donde dejo el paraguas", "¿Dónde dejo el paraguas?"),
        ("quien llena la tetera?", "¿Quién llena la tetera?"),
        ("can i bring a bicycle", "Can I bring a bicycle?"),
    ],
)
async def test_spanish_comes_first_and_english_where_there_is_none(
    library: Library, asked: str, question: str
) -> None:
    assert await library.found(asked, language="es") == question


async def test_a_servers_own_entries_are_found_in_every_language(library: Library) -> None:
    english = await library.entries.add(SERVER, "en", ENGLISH, by=MODERATOR)
    spanish = await library.entries.add(SERVER, "es", SPANISH, by=MODERATOR)
    for language in ("en", "es"):
        assert await library.found("choir practice", language=language) == english.question
        assert await library.found("ensayo del coro", language=language) == spanish.question


async def test_an_answer_in_the_other_language_says_so(world: World) -> None:
    for language, typed in (("en", ENGLISH), ("es", SPANISH)):
        form = await manage(world, "add", language=language)
        await tap(world, await fill(world, form, typed), "Save")
    speak(world, "es-ES")
    english = await world.member.slash(world.channel, "faq ask", question="choir practice")
    assert "## When does the choir meet?" in text_of(english)
    assert "Esta respuesta solo está en inglés." in text_of(english)
    spanish = await world.member.slash(world.channel, "faq ask", question="ensayo del coro")
    assert "## ¿Cuándo ensaya el coro?" in text_of(spanish)
    assert "solo está en" not in text_of(spanish)


async def test_who_asks_in_spanish_is_answered_in_spanish_wherever_their_discord_is_from(
    world: World,
) -> None:
    asked = await world.member.slash(
        world.channel, "faq ask", question="¿qué es el apoyo entre pares?"
    )
    assert "## ¿Qué es el apoyo entre pares?" in text_of(asked)
    assert "only" not in text_of(asked)
    assert not any("Spanish" in label for label in buttons_of(asked))


async def test_who_asks_in_spanish_goes_on_in_spanish(world: World) -> None:
    asked = await world.member.slash(
        world.channel, "faq ask", question="¿qué es el apoyo entre pares?"
    )
    related = next(label for label in buttons_of(asked) if label.startswith("¿"))
    followed = await world.member.click(answer_of(asked), label=related)
    assert f"## {related}" in text_of(followed)
    assert any(label.startswith("¿") for label in buttons_of(followed))
    helped = await world.member.click(answer_of(followed), label="This helped")
    assert f"## {related}" in text_of(helped)
    assert "only" not in text_of(helped)
    asked = await world.member.slash(
        world.channel, "faq ask", question="¿qué es el apoyo entre pares?"
    )
    instead = await world.member.click(answer_of(asked), label="Not what I meant")
    offered = [each for each in custom_ids_of(instead) if each.startswith("faq:show:")]
    assert offered
    assert all("@es" in each for each in offered)
    assert not any("Spanish" in label for label in buttons_of(instead))


async def test_what_is_offered_in_the_other_language_says_so(world: World) -> None:
    form = await manage(world, "add", language="en")
    await tap(world, await fill(world, form, ENGLISH), "Save")
    speak(world, "es-ES")
    near = await world.member.slash(world.channel, "faq ask", question="choir meets singers")
    assert "When does the choir meet? · inglés" in buttons_of(near)
