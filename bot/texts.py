"""The sentence for a key, in a language, with its parameters.

A sentence is either text with `{named}` parameters, or one text per plural category of its
language (`one`, `few`, `other` ...), chosen by the parameter `count`. The categories are those of
the Unicode CLDR, through Babel.

A sentence names a command as `</pair status>`. Once Discord has said which number each command has,
that becomes a mention: a tap opens the command, and everybody reads its name in their own language.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, cast

from babel import Locale, UnknownLocaleError

from bot.content import DATA, Document, Load, by_language, load_yaml
from bot.errors import ContentError

BASE = "en"
"""The language that every key exists in, and that is used when no wanted language is spoken."""

Sentence = str | dict[str, str]

SHIPPED = DATA / "text"
"""The sentences that come with the bot."""

COMMAND = re.compile(r"</([a-z][a-z ]*)>")
"""A command that a sentence names, by its path in English."""


class Texts:
    """All sentences of all languages. Reading files happens once, at start."""

    def __init__(self, catalogs: Mapping[str, Mapping[str, Sentence]]) -> None:
        self._catalogs = catalogs
        self._plural_forms: dict[str, Callable[[int], str]] = {}
        self._command_ids: Mapping[str, int] = {}
        self.locales = tuple(sorted(catalogs))

    @classmethod
    def load(cls, folder: Path = SHIPPED, load: Load = load_yaml) -> Texts:
        """Read every `<locale>.yaml` of the folder; raises ContentError for a wrong one."""
        return cls(cls.read(folder, load=load))

    @staticmethod
    def read(
        folder: Path = SHIPPED, *, load: Load = load_yaml
    ) -> Mapping[str, Mapping[str, Sentence]]:
        """The sentences by locale and key; raises ContentError."""
        catalogs: dict[str, dict[str, Sentence]] = {}
        for locale, document in by_language(folder, load):
            try:
                Locale.parse(locale, sep="-")
            except (ValueError, UnknownLocaleError) as error:
                raise document.error("must be named after a language, as en or pt-BR") from error
            catalogs[locale] = _read(document)
        if BASE not in catalogs:
            raise ContentError(f"{folder.name}/{BASE}.yaml", None, "is missing; install again")
        return catalogs

    def choose(self, *wanted: str | None) -> str:
        """Give the first wanted locale that is spoken here, exactly or by its language."""
        for locale in wanted:
            if locale is None:
                continue
            for candidate in (locale, locale.split("-")[0]):
                if candidate in self._catalogs:
                    return candidate
        return BASE

    def speaks(self, locale: str) -> bool:
        """Whether the locale, or at least its language, is spoken here."""
        return locale in self._catalogs or locale.split("-")[0] in self._catalogs

    def say(self, key: str, locale: str, **params: object) -> str:
        """Give the sentence; an unknown key is a mistake in the program and raises KeyError."""
        sentence = self._catalogs[locale][key]
        if isinstance(sentence, dict):
            plural = self._plural_forms.get(locale)
            if plural is None:
                # Not at start: reading a language's rules takes 10 ms.
                plural = Locale.parse(locale, sep="-").plural_form
                self._plural_forms[locale] = plural
            category = plural(cast(int, params["count"]))
            sentence = sentence.get(category) or sentence["other"]
        if "</" in sentence:
            sentence = COMMAND.sub(lambda named: self.command(named[1], locale), sentence)
        return sentence.format_map(params)

    def know_commands(self, ids: Mapping[str, int]) -> None:
        """Name commands by mentions from now on; `ids` are those of the top-level commands.

        docs.discord.com/developers/reference, "Message Formatting": a subcommand is mentioned with
        the id of the command at its top.
        """
        self._command_ids = ids

    def command(self, path: str, locale: str) -> str:
        """Name a command: a mention, or its name in a language where Discord gave no id for it."""
        top = path.split()[0]
        if top in self._command_ids:
            return f"</{path}:{self._command_ids[top]}>"
        return "/" + self.command_name(path, locale)

    def command_name(self, path: str, locale: str) -> str:
        """Give a command's name in a language, with those of its groups before it."""
        keys = accumulate(path.split(), lambda group, name: f"{group}.{name}")
        return " ".join(self.say(f"commands.{key}.name", locale) for key in keys)

    def has(self, key: str, locale: str = BASE) -> bool:
        """Whether the language has this key."""
        return key in self._catalogs[locale]

    def keys(self, locale: str = BASE) -> frozenset[str]:
        """All keys of a language."""
        return frozenset(self._catalogs[locale])

    def forms(self, key: str, locale: str) -> dict[str, str]:
        """A sentence's forms by plural category; one that does not count has the category ""."""
        sentence = self._catalogs[locale][key]
        return sentence if isinstance(sentence, dict) else {"": sentence}

    def placeholders(self, key: str, locale: str) -> frozenset[str]:
        """Names of the parameters that a sentence takes, over all its plural forms."""
        forms = self.forms(key, locale)
        parsed = (part for form in forms.values() for part in string.Formatter().parse(form))
        return frozenset(
            {name for _, name, _, _ in parsed if name} | ({"count"} if "" not in forms else set())
        )

    def plural_categories(self, locale: str) -> frozenset[str]:
        """The plural categories that a language needs, `other` included."""
        return frozenset(Locale.parse(locale, sep="-").plural_form.rules) | {"other"}


@dataclass(frozen=True, slots=True)
class Words:
    """The texts in one person's language: `words("faq.nothing")`."""

    texts: Texts
    locale: str

    def __call__(self, key: str, **params: object) -> str:
        """Say a sentence in this language."""
        return self.texts.say(key, self.locale, **params)


def _read(document: Document) -> dict[str, Sentence]:
    content: object = document.data
    if not isinstance(content, dict):
        raise document.error("must be a mapping from keys to sentences")
    data = cast(dict[str, Any], content)
    for key, sentence in data.items():
        plural = isinstance(sentence, dict)
        forms: dict[str, Any] = cast(Any, sentence) if plural else {"": sentence}
        if plural and "other" not in forms:
            raise document.error(f"“{key}” has plural forms but no “other”", key)
        for category, form in forms.items():
            if not isinstance(form, str):
                raise document.error(f"“{key}” is not text; put it in quotes", key, category)
            if "{" not in form and "}" not in form:
                continue
            try:
                fields = list(string.Formatter().parse(form))
            except ValueError as error:
                raise document.error(f"“{key}” has an unmatched brace: {error}", key) from error
            for _, name, spec, conversion in fields:
                if name is not None and (not name.isidentifier() or spec or conversion):
                    raise document.error(f"“{key}”: use plain names in braces, not {name!r}", key)
    return data
