"""Which sentence is said, in which language, and which text files are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.errors import ContentError
from bot.texts import Texts, Words

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = Texts(
    {
        "en": {
            "hello": "Hello, {name}.",
            "braces": "{{this}} stays",
            "days": {"one": "{count} day", "other": "{count} days"},
        },
        "es": {
            "hello": "Hola, {name}.",
            "days": {"one": "{count} día", "many": "{count} de días", "other": "{count} días"},
        },
        "pl": {"days": {"one": "{count} dzień", "few": "{count} dni", "other": "{count} dnia"}},
        "pt-BR": {"hello": "Oi, {name}."},
    }
)


@pytest.mark.parametrize(
    ("locale", "count", "said"),
    [
        ("en", 0, "0 days"),
        ("en", 1, "1 day"),
        ("en", 2, "2 days"),
        ("es", 0, "0 días"),
        ("es", 1, "1 día"),
        ("es", 21, "21 días"),
        ("es", 1_000_000, "1000000 de días"),
        ("pl", 3, "3 dni"),
        ("pl", 5, "5 dnia"),  # the category "many" is not there: the last resort is "other"
    ],
)
def test_a_number_gets_the_form_of_its_language(locale: str, count: int, said: str) -> None:
    assert TEXTS.say("days", locale, count=count) == said


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ((), "en"),
        (("es",), "es"),
        (("es-419",), "es"),
        (("es-ES",), "es"),
        (("en-GB",), "en"),
        (("fr", "es"), "es"),
        (("fr", None), "en"),
        (("fr", "de"), "en"),
        ((None, "es"), "es"),
        (("pt-BR",), "pt-BR"),
        (("pt-PT", "es"), "es"),
        (("", "es"), "es"),
    ],
)
def test_the_first_wanted_language_that_is_spoken_is_chosen(
    wanted: tuple[str | None, ...], chosen: str
) -> None:
    assert TEXTS.choose(*wanted) == chosen


@pytest.mark.parametrize(
    ("locale", "spoken"), [("es-419", True), ("en-US", True), ("fr", False), ("pt-PT", False)]
)
def test_a_language_is_spoken_in_each_of_its_countries(locale: str, spoken: bool) -> None:
    assert TEXTS.speaks(locale) is spoken


@pytest.mark.parametrize("params", [{}, {"nam": "Ash"}, {"count": 1}])
def test_a_missing_parameter_is_a_mistake_that_shows(params: dict[str, object]) -> None:
    with pytest.raises(KeyError):
        TEXTS.say("hello", "en", **params)


def test_a_key_that_does_not_exist_is_a_mistake_that_shows() -> None:
    with pytest.raises(KeyError):
        TEXTS.say("goodbye", "en")


def test_what_a_parameter_holds_is_never_read_as_a_sentence() -> None:
    words = Words(TEXTS, "es")
    assert words("hello", name="{count} {name.__class__}") == "Hola, {count} {name.__class__}."


def test_doubled_braces_are_shown_as_braces() -> None:
    assert TEXTS.say("braces", "en") == "{this} stays"


def test_placeholders_are_those_of_all_forms() -> None:
    assert TEXTS.placeholders("days", "en") == {"count"}
    assert TEXTS.placeholders("hello", "en") == {"name"}
    assert TEXTS.placeholders("braces", "en") == frozenset()


GOOD = "a.b: Hello\na.c:\n  one: one\n  other: more\n"


def folder_with(tmp_path: Path, **files: str) -> Path:
    for name, content in files.items():
        (tmp_path / f"{name.replace('_', '-')}.yaml").write_text(content, encoding="utf-8")
    return tmp_path


def test_every_file_of_the_folder_is_a_language(tmp_path: Path) -> None:
    texts = Texts.load(folder_with(tmp_path, en=GOOD, es=GOOD, pt_BR=GOOD))
    assert texts.locales == ("en", "es", "pt-BR")
    assert texts.keys() == {"a.b", "a.c"}
    assert texts.has("a.b", "es")
    assert not texts.has("a.d")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("- a\n- b\n", "en.yaml:1: must be a mapping"),
        ("", "en.yaml: must be a mapping"),
        ("a: x\nb: {one: y}\n", "en.yaml:2: “b” has plural forms but no “other”"),
        ("a: x\nb: 5\n", "en.yaml:2: “b” is not text"),
        ("a: x\nb: yes\nc: true\n", "en.yaml:3: “c” is not text"),
        ("a:\n  one: x\n  other: 7\n", "en.yaml:3: “a” is not text"),
        ("a: x\nb: '{open'\n", "en.yaml:2: “b” has an unmatched brace"),
        ("a: 'closed}'\n", "en.yaml:1: “a” has an unmatched brace"),
        ("a: '{}'\n", "en.yaml:1: “a”: use plain names in braces, not ''"),
        ("a: '{0}'\n", "en.yaml:1: “a”: use plain names in braces, not '0'"),
        ("a: '{name.__class__}'\n", "en.yaml:1: “a”: use plain names"),
        ("a: '{name[0]}'\n", "en.yaml:1: “a”: use plain names"),
        ("a: '{name!r}'\n", "en.yaml:1: “a”: use plain names"),
        ("a: '{name:>999999999}'\n", "en.yaml:1: “a”: use plain names"),
        ("a: x\na: y\n", "en.yaml:2: has the key “a” twice"),
    ],
)
def test_a_wrong_text_file_is_refused_with_its_line(
    tmp_path: Path, content: str, said: str
) -> None:
    with pytest.raises(ContentError) as refused:
        Texts.load(folder_with(tmp_path, en=content))
    assert said in str(refused.value)


def test_a_file_that_is_named_after_no_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"klingonish\.yaml:1: must be named after a language"):
        Texts.load(folder_with(tmp_path, en=GOOD, klingonish=GOOD))


def test_without_english_there_is_nothing_to_fall_back_on(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"/en\.yaml: is missing"):
        Texts.load(folder_with(tmp_path, es=GOOD))


COMMANDS = {
    "joining": "Use </pair join> here, {name}.",
    "commands.pair.name": "pair",
    "commands.pair.join.name": "join",
}
IN_SPANISH = {
    "joining": "Usa aquí </pair join>, {name}.",
    "commands.pair.name": "encuentros",
    "commands.pair.join.name": "participar",
}


@pytest.mark.parametrize(
    ("locale", "said"),
    [("en", "Use /pair join here, Ash."), ("es", "Usa aquí /encuentros participar, Ash.")],
)
def test_a_command_is_named_in_the_language_until_discord_has_given_it_a_number(
    locale: str, said: str
) -> None:
    texts = Texts({"en": COMMANDS, "es": IN_SPANISH})
    assert texts.say("joining", locale, name="Ash") == said


@pytest.mark.parametrize("locale", ["en", "es"])
def test_a_command_with_a_number_is_mentioned_so_that_a_tap_opens_it(locale: str) -> None:
    texts = Texts({"en": COMMANDS, "es": IN_SPANISH})
    texts.know_commands({"pair": 77})
    said = texts.say("joining", locale, name="</pair join>")
    assert "</pair join:77>" in said
    assert "/pair join " not in said
    # What a parameter holds is no sentence of ours.
    assert said.endswith(", </pair join>.")
