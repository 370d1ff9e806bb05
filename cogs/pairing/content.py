"""What ships: topics to choose from, and sentences to begin a conversation with.

A topic says what somebody likes, never how they are: the store must not come to hold anybody's
health, faith or love life, so no topic may name them, be it shipped or written by moderators.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from bot.errors import ContentError, UserError
from cogs.pairing.model import Topic

USUAL = 24
"""So many of the shipped topics, the first, are offered where moderators chose none."""

LONGEST_NAME = 40
"""Characters of a topic's name: more is cut off in a menu on a phone."""

LONGEST_OPENER = 120
OWN = "own-"
"""How the id of a moderators' own topic begins; no shipped one does."""

_ID = re.compile(r"[a-z0-9-]{2,30}")

# Compiled when it is first asked: that takes as long as reading all that ships.
_SENSITIVE = (
    r"\b(?:"
    # health, in English, Spanish, French and Portuguese
    r"depress\w*|depresi\w*|anxi\w*|ansied\w*|ansios\w*|trauma\w*|c?ptsd|tept|bipolar\w*|schizo\w*"
    r"|esquizo\w*|psycho\w*|psico\w*|psychia\w*|psiqui\w*|adhd|tdah|autis\w*|asperger\w*"
    r"|neurodiv\w*|ocd|toc|bpd|tlp|borderline|dissocia\w*|disocia\w*|addict\w*|adicc\w*|adict\w*"
    r"|alcohol\w*|sober\w*|sobri\w*|drug\w*|droga\w*|suicid\w*|self ?harm\w*|autoles\w*"
    r"|disorder\w*|trastorno\w*|anorex\w*|bulimi\w*|diagnos\w*|disease\w*|illness\w*|enferm\w*"
    r"|sick\w*|cancer\w*|hiv|vih|sida|medica\w*|medicin\w*|pills?|pastillas?|therap\w*|terap\w*"
    r"|symptom\w*|sintoma\w*|panic\w*|chronic\w*|cronic\w*|dolor\w*|disab\w*|discapac\w*"
    r"|pregnan\w*|embaraz\w*|abuse\w*|abuso\w*|mental health|salud|health|recovery|recuperacion"
    # French bread is no ache
    r"|(?<!du )(?<!son )(?<!le )(?<!de )(?<!faire )pain(?! (?:et|maison|au|de))"
    r"|alcool\w*|drogue\w*|troubles?|maladies?|malades?|douleurs?|deuils?|handicap\w*"
    r"|enceintes?|grossesses?|sante|retabli\w*|automutil\w*"
    r"|doenca\w*|doente\w*|saude|remedi\w*|dor(?:es)?|deficien\w*|gravid\w*"
    r"|viciad\w*|vicios?|dependencia|luto|recuperacao"
    r"|psychisch\w*|seelisch\w*|angst\w*|angste|zwang\w*|adhs|ptbs|sucht\w*|suchte|alkohol\w*"
    r"|drogen?\w*|entzug|nuchtern\w*|suizid\w*|selbstmord\w*|selbstverletz\w*|storung\w*|krank\w*"
    r"|erkrank\w*|krebs|medikament\w*|tabletten|schmerz\w*|behinder\w*|schwanger\w*|missbrauch\w*"
    r"|magersucht|gesundheit\w*|genesung\w*|trauer\w*"
    # faith, politics and love life: just as little ours to keep
    r"|kirchen?\w*|moslem\w*|christen\w*|christlich\w*|jud(?:en?|isch\w*|entum)|politik\w*"
    r"|schwule?n?|glauben?"
    r"|eglises?|musulman\w*|chretien\w*|catholi\w*|juifs?|juives?|athee\w*|politiques?"
    r"|homosex\w*|transgenre\w*"
    r"|religi\w*|church\w*|iglesia\w*|islam\w*|muslim\w*|musulm\w*|christian\w*|cristian\w*"
    r"|jewish|judi[ao]s?|atheis\w*|ateis\w*|ateos?|politic\w*|gay|lesb\w*|queer\w*|lgbt\w*"
    r"|igrejas?|evangelic\w*|catolic\w*|cristao|cristaos|espirit[ai]\w*|umbanda|candomble"
    r"|muculman\w*|jud(?:eu|eus|aic\w*)|ateu|ateus|ateias?|fe"
    # Friday is “sexta” in Portuguese.
    r"|bisex\w*|transgender\w*|transg\w*|sex(?!tas?\b)\w*"
    r")\b"
)

_PRESSING = re.compile(
    # why, numbers, duty, and promises
    r"\b(?:why|por que|should|must|have to|need to|deberias|debes|tienes que|scale|escala"
    r"|pourquoi|devrais|tu dois|il faut|echelle|tout ira"
    r"|deveria|tem que|tudo vai"
    r"|warum|wieso|solltest|musst|alles wird"
    r"|always be|everything will|todo saldra)\b|\d|https?:|[@#<>*_`~|]"
)


@dataclass(frozen=True, slots=True)
class Opener:
    """A gentle sentence to begin with, in one language."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Content:
    """What ships in one language, in the order of its file."""

    topics: tuple[Topic, ...]
    openers: tuple[Opener, ...]


Fail = Callable[..., ContentError]
"""Makes the refusal of a part of a file: `fail(reason, *path)`."""


def names_the_sensitive(text: str) -> bool:
    """Whether a topic would say of somebody what the bot must not keep."""
    return re.search(_SENSITIVE, _folded(text)) is not None


def check_topic(name: str, others: Sequence[str]) -> str:
    """Give a topic that moderators wrote in its proper form; raises UserError.

    `others` are the names it must differ from.
    """
    shown = " ".join(name.split())
    if not 2 <= len(shown) <= LONGEST_NAME or not any(sign.isalpha() for sign in shown):
        raise UserError("pairing.topics.refused.length", longest=LONGEST_NAME)
    if any(unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co", "Cn"} for sign in shown):
        raise UserError("pairing.topics.refused.length", longest=LONGEST_NAME)
    if names_the_sensitive(shown):
        raise UserError("pairing.topics.refused.sensitive")
    if _folded(shown) in {_folded(other) for other in others}:
        raise UserError("pairing.topics.refused.twice")
    return shown


def parse(data: object, fail: Fail, *, judged: bool = True) -> Content:
    """Read what ships in one language; raises ContentError with file, line and reason.

    Unless `judged`, its sentences are taken for fit: to judge them takes longer than to read them.
    """
    if not isinstance(data, dict) or set(cast("dict[str, Any]", data)) != {"topics", "openers"}:
        raise fail("must be a mapping with topics and openers")
    lists = cast("dict[str, Any]", data)
    topics = [
        Topic(id_, name)
        for id_, name in _read(lists["topics"], "topics", "name", _topic if judged else None, fail)
    ]
    openers = [
        Opener(id_, text)
        for id_, text in _read(
            lists["openers"], "openers", "text", _opener if judged else None, fail
        )
    ]
    if len(topics) < USUAL:
        raise fail(f"at least {USUAL} topics are needed", "topics")
    return Content(tuple(topics), tuple(openers))


def _read(
    items: Any, part: str, key: str, judge: Callable[[str], str | None] | None, fail: Fail
) -> list[tuple[str, str]]:
    if not isinstance(items, list) or not items:
        raise fail(f"{part} must be a list", part)
    found: dict[str, str] = {}
    for number, item in enumerate(cast("list[Any]", items)):
        fields = cast("dict[str, Any]", item) if isinstance(item, dict) else {}
        if set(fields) != {"id", key} or not all(isinstance(one, str) for one in fields.values()):
            raise fail(f"one of the {part} is a mapping with id and {key}", part, number)
        id_, text = fields["id"], fields[key].strip()
        if not _ID.fullmatch(id_) or id_.startswith(OWN):
            raise fail(f"an id is 2 to 30 of a-z, 0-9 and -, and not {OWN}...", part, number, "id")
        if id_ in found:
            raise fail(f"the id “{id_}” is there twice", part, number, "id")
        if text in found.values():
            raise fail(f"the {key} is there twice", part, number, key)
        wrong = judge(text) if judge else None
        if wrong is not None:
            raise fail(wrong, part, number, key)
        found[id_] = text
    return list(found.items())


def _topic(name: str) -> str | None:
    try:
        check_topic(name, ())
    except UserError as error:
        return f"the name cannot be offered: {error.key}"
    return None


def _opener(text: str) -> str | None:
    if not 10 <= len(text) <= LONGEST_OPENER or not text.endswith("?") or "\n" in text:
        return f"the text is one question of 10 to {LONGEST_OPENER} characters"
    folded = _folded(text)
    if _PRESSING.search(folded) or re.search(_SENSITIVE, folded):
        return "the text presses, counts, links or asks about what is nobody's business"
    return None


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[-‐‑–/.]", " ", bare).split())
