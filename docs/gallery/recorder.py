"""A plugin of pytest: writes down what builders give while the tests run.

It is loaded by `docs.gallery` alone. GALLERY_FOLDER says where it writes.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.texts import Words
from bot.views import Form, Panel
from docs.gallery.builders import Builder, builders

LANGUAGES = ("en", "es")
MOST = 40
"""Calls of one builder that are kept to choose from, in each process."""

_records: dict[str, dict[str, dict[str, Any]]] = {}
_test = ""


def pytest_configure() -> None:
    """Stand in for every builder before a feature takes hold of it."""
    found = builders()
    for module in sorted({one.module for one in found}):
        importlib.import_module(module)
    for one in found:
        module = importlib.import_module(one.module)
        if one.is_form:
            _watch_form(one, getattr(module, one.name))
        else:
            setattr(module, one.name, _watched(one, getattr(module, one.name)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Remember which test runs."""
    global _test
    _test = item.nodeid


def pytest_sessionfinish() -> None:
    """Write what was recorded."""
    process = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    target = Path(os.environ["GALLERY_FOLDER"]) / f"{process}.json"
    target.write_text(json.dumps(_records, ensure_ascii=False), encoding="utf-8")


def _watched(builder: Builder, build: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(build)

    @functools.wraps(build)
    def watching(*given: Any, **named: Any) -> Any:
        made = build(*given, **named)
        bound = signature.bind(*given, **named)
        _record(
            builder, made, lambda: build(*_spanish(bound).args, **_spanish(bound).kwargs), bound
        )
        return made

    return watching


def _watch_form(builder: Builder, form: type[Form]) -> None:
    begin = form.__init__
    signature = inspect.signature(begin)
    nested = False

    @functools.wraps(begin)
    def watching(self: Form, *given: Any, **named: Any) -> None:
        nonlocal nested
        begin(self, *given, **named)
        if nested:
            return
        bound = signature.bind(self, *given, **named)

        def again() -> Form:
            nonlocal nested
            nested = True
            try:
                other = _spanish(bound)
                made = form(*other.args[1:], **other.kwargs)
            finally:
                nested = False
            made._forms.pop(made.custom_id, None)  # pyright: ignore[reportPrivateUsage]
            return made

        _record(builder, self, again, bound)

    form.__init__ = watching


def _spanish(bound: inspect.BoundArguments) -> inspect.BoundArguments:
    changed: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        if isinstance(value, Words):
            value = Words(value.texts, "es")
        elif name == "locale":
            value = "es-ES"
        changed[name] = value
    return inspect.BoundArguments(bound.signature, type(bound.arguments)(changed))


def _record(
    builder: Builder, made: Any, again: Callable[[], Any], bound: inspect.BoundArguments
) -> None:
    words = [one for one in bound.arguments.values() if isinstance(one, Words)]
    kept = _records.setdefault(builder.key, {})
    if len(kept) >= MOST or not words or any(one.locale != LANGUAGES[0] for one in words):
        return
    shown = _shown(made)
    if shown is not None:
        # The ids in what a button remembers differ from run to run; what is seen does not.
        kept.setdefault(_seen(shown), {"test": _test, "en": shown, "es": _shown(again())})


def _shown(made: Any) -> Any:
    if isinstance(made, Panel):
        return made.to_components()
    if isinstance(made, Form):
        return made.to_dict()
    if isinstance(made, list | tuple):
        return next((shown for one in made if (shown := _shown(one)) is not None), None)  # pyright: ignore[reportUnknownVariableType]
    return None


def _seen(shown: Any) -> str:
    if isinstance(shown, dict):
        parts = {k: v for k, v in shown.items() if k not in {"custom_id", "id"}}  # pyright: ignore
        return "{" + ",".join(f"{k}:{_seen(v)}" for k, v in sorted(parts.items())) + "}"  # pyright: ignore
    if isinstance(shown, list):
        return "[" + ",".join(map(_seen, shown)) + "]"  # pyright: ignore
    return str(shown)
