"""Content files to read, and rows to work with."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.content import parse_yaml
from cogs.helplines.model import Grade, Helpline, Helplines, PageDate, Source, parse

FILE = "data/content/helplines.yaml"

CHECKED = date(2026, 11, 21)

GOOD = """\
finder: https://finder.example/
sources:
  lists:
    url: https://lists.example/
    dated: '2026-08'
    number_only: true
countries:
- country: 'ES'
  checked: '2026-11-21'
  emergency:
  - number: '112'
    services: [police, ambulance, fire]
    sources: [lists]
  helplines:
  - id: es-024
    name: Línea 024
    phone: '024'
    hours: '24/7'
    languages: [es]
    free: true
    grade: B
    checked: '2026-11-21'
    sources:
    - lists
    - url: https://old.example/
      dated: '2022-05-09'
- country: 'PL'
  checked: '2026-11-21'
  emergency:
  - number: '112'
    services: [police]
    sources: [lists]
"""


def read(text: str) -> Helplines:
    document = parse_yaml(text, FILE)
    return parse(document.data, file=document.file, line=document.line)


def helpline(**changes: Any) -> Helpline:
    told: dict[str, Any] = {
        "id": "es-024",
        "country": "ES",
        "name": "Línea 024",
        "grade": Grade.OPERATOR,
        "sources": (Source("https://a.example/", PageDate(2026, 8, 8)),),
        "checked": CHECKED,
        "phone": "024",
    }
    return Helpline(**(told | changes))
