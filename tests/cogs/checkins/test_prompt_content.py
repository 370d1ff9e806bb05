"""The prompts that ship, held to more than their schema."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

import pytest

from bot.content import DATA, load_yaml
from bot.errors import ContentError
from cogs.checkins.prompts import CATEGORIES, Pool, Prompt, Task, Tip, Weight, choose, parse
from cogs.checkins.service import shipped_prompts
from cogs.checkins.shapes import TEXT_LIMIT, banned

LANGUAGES = tuple(sorted(path.stem for path in (DATA / "content" / "prompts").glob("*.yaml")))
QUOTES = {"es": "«»", "fr": "«»", "de": "„“"}


# To judge them takes longer than to read them, and has a test of its own below.
SHIPPED = shipped_prompts(judged=False)
ALL = [(language, prompt) for language, prompts in SHIPPED.items() for prompt in prompts]

# What the checker leaves to moderators, who know their people, and what ships never holds.
TOO_NARROW = re.compile(
    r"\b(?:"
    r"see|seen|hear|hearing|look|looks|watch|walk|run|stand|go out|outside|outdoors|window"
    r"|home|house|work|job|boss|school|class|office|friends?|partner|kids?|pet|pets|sports?"
    r"|summer|winter|spring|autumn|snow|christmas|easter|new year|monday|weekend"
    r"|eat|food|drink|tea|coffee|bed|sleep|asleep|awake|money|buy|always|everyone must|guys|miss"
    r"|normal|healthy|sick|better|worse|fail|failed"
    r"|ves|ver|oyes|oir|mira|mirar|andar|correr|afuera|ventana|hogar|trabajo|empleo|escuela"
    r"|oficina|amig[oa]s?|pareja|hij[oa]s|mascotas?|verano|invierno|primavera|otoño|nieve|navidad"
    r"|lunes|fin de semana|comer|comida|beber|té|café|cama|dormir|dinero|comprar"
    r"|todos|todas|chicos|fallar|enferm[oa]|sanos?|peor"
    r"|ouvir|olhar|olhe|veem|janela|casa|lar|trabalho|emprego|escola|escritório|amizades?"
    r"|parceir[oa]s?|filh[oa]s?|verão|inverno|outono|neve|natal|páscoa|segunda-feira|bebida|chá"
    r"|dinheiro|galera|falhar|doente|pior"
    r"|voir|vois|entends|entendre|regarder?|marcher|courir|dehors|fenêtre|maison|travail|boulot"
    r"|école|bureau|amie?s?|couple|enfants?|été|hiver|printemps|automne|neige|noël|lundi|week-end"
    r"|manger|nourriture|boire|thé|lit|dormir|argent|acheter|tous|malade|pire|meilleure?"
    r"|sehen|siehst|hören|hörst|schaust?|laufen|rennen|stehen|draußen|fenster|zuhause|arbeit"
    r"|büro|schule|freund(?:e|in|innen)?|kinder|haustiere?|sommer|frühling|herbst|schnee"
    r"|weihnachten|ostern|montag|wochenende|essen|trinken|tee|kaffee|bett|schlaf(?:en)?|geld"
    r"|kaufen|krank|gesund|schlimmer|schlechter|versagt"
    r")\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_twelve_prompts_ship_in_each_category_and_more_than_eighty_in_all(language: str) -> None:
    counts = Counter(prompt.category for prompt in SHIPPED[language])
    assert counts == dict.fromkeys(CATEGORIES, 12)
    assert len(SHIPPED[language]) == 96


def test_every_language_has_the_same_prompts_tagged_alike() -> None:
    def tags(language: str) -> list[tuple[str, str, Tip, Task, Weight]]:
        return [(p.id, p.category, p.tip, p.task, p.weight) for p in SHIPPED[language]]

    for language in LANGUAGES:
        assert tags(language) == tags("en"), language


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_tip_task_and_weight_is_well_served(language: str) -> None:
    prompts = SHIPPED[language]
    for tip in Tip:
        assert sum(p.tip is tip for p in prompts) >= 12, tip
    for task in Task:
        assert sum(p.task is task for p in prompts) >= 12, task
    assert sum(p.weight is Weight.LIGHT for p in prompts) >= len(prompts) / 2
    for category in CATEGORIES:
        deep = sum(p.weight is Weight.DEEP for p in prompts if p.category == category)
        assert deep <= 2, category


def test_no_shipped_prompt_has_a_banned_shape_in_any_language() -> None:
    assert [
        (prompt.text, locale)
        for language, prompt in ALL
        for locale in dict.fromkeys((language, *LANGUAGES))
        if banned(prompt.text, locale)
    ] == []


def test_a_shipped_prompt_fits_anybody_anywhere() -> None:
    narrow = {prompt.text: TOO_NARROW.findall(prompt.text) for _, prompt in ALL}
    assert {text: words for text, words in narrow.items() if words} == {}


def test_a_shipped_prompt_is_short_plain_text_for_any_screen_reader() -> None:
    def is_plain(prompt: Prompt) -> bool:
        text = prompt.text
        kinds = {unicodedata.category(character) for character in text + prompt.safe_because}
        return (
            20 <= len(text) <= min(TEXT_LIMIT, 140)
            and not set(text) & set("!¡*_`~|<>#@[]()\n\t'\"")
            and not kinds & {"So", "Sk", "Cf", "Cc"}
            and not re.search(r"\d", text)
            and len(re.split(r"(?<=[.?])\s+(?=[A-ZÀÉÊÇ¿ÁÉÍÓÚÄÖÜ„])", text)) <= 2
            and text[-1] in ".?”»“"
        )

    assert [prompt.text for _, prompt in ALL if not is_plain(prompt)] == []


def test_questions_are_opened_and_closed_as_the_language_does() -> None:
    def is_closed(language: str, text: str) -> bool:
        opened, closed = QUOTES.get(language, "“”")
        marks = text.count("?") if language == "es" else 0
        return text.count("¿") == marks and text.count(opened) == text.count(closed)

    assert [prompt.text for language, prompt in ALL if not is_closed(language, prompt.text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_prompt_says_in_its_own_words_what_makes_it_safe(language: str) -> None:
    reasons = [prompt.safe_because for prompt in SHIPPED[language]]
    assert len(set(reasons)) == len(reasons)
    assert all(reason.endswith(".") for reason in reasons)


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "en"])
def test_no_text_was_left_in_english(language: str) -> None:
    english = {p.id: p for p in SHIPPED["en"]}
    assert all(p.text != english[p.id].text for p in SHIPPED[language])
    assert all(p.safe_because != english[p.id].safe_because for p in SHIPPED[language])


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_channel_with_one_category_hears_all_of_it_before_a_repeat(category: str) -> None:
    prompts = [p for p in SHIPPED["en"] if p.category == category]
    posts: dict[str, int] = {}
    heard: list[str] = []
    for number in range(1, 25):
        chosen = choose(Pool.of(prompts), posts, number)
        assert chosen is not None
        posts.pop(chosen.id, None)
        posts[chosen.id] = number
        heard.append(chosen.id)
    assert len(set(heard[:12])) == len(set(heard[12:])) == 12


def test_a_start_takes_for_fit_what_the_check_judges() -> None:
    document = load_yaml(DATA / "content" / "prompts" / "en.yaml")
    banned_one = [document.data[0] | {"text": "Why are you so quiet today?"}]
    [taken] = parse(banned_one, "en", document.error, judged=False)
    assert taken.text == "Why are you so quiet today?"
    with pytest.raises(ContentError, match=r"checkins\.refused\.why"):
        parse(banned_one, "en", document.error)
