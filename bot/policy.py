"""What is kept of people and for how long, as a table; and the policy and terms made from it.

The table is read from the holdings that the daily sweep enforces, so it says what the code does.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from bot.config import Config
from bot.content import DATA
from bot.errors import StartError
from bot.journal import KEPT
from bot.opening import open_runtime
from bot.privacy import Holding, Kind
from bot.privacy.service import SERVER_GRACE
from bot.texts import Words

if TYPE_CHECKING:
    from collections.abc import Iterable

TEMPLATES = DATA / "policy"
"""One folder a language, with `privacy.md` and `terms.md`."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One table that names people."""

    table: str
    name: str
    """The table whose words say what it is."""
    columns: tuple[str, ...]
    """Those that name somebody."""
    own: bool
    """Whether the people named see it, export it and erase it."""
    limits: tuple[tuple[str, int], ...]
    """After how many days from the moment in which column a row goes; the first to come counts."""

    @property
    def days(self) -> int | None:
        """What no row outlives; None for as long as it is not erased or taken back."""
        return max((days for _, days in self.limits), default=None)


def kept(holdings: Iterable[Holding]) -> list[Kept]:
    """Everything that names people, by table."""
    by_table: dict[str, list[Holding]] = {}
    for holding in holdings:
        if holding.person is not None:
            by_table.setdefault(holding.table, []).append(holding)
    return [
        Kept(
            table,
            next((one.name for one in those if one.shown_as), table),
            tuple(sorted(one.person for one in those if one.person)),
            any(one.kind is Kind.OWN for one in those),
            tuple(
                sorted(
                    {
                        (one.kept_since, one.kept_days)
                        for one in those
                        if one.kept_since is not None and one.kept_days is not None
                    }
                )
            ),
        )
        for table, those in sorted(by_table.items())
    ]


def table(holdings: Iterable[Holding], words: Words) -> str:
    """Write the retention of everything that names people as a Markdown table."""
    heads = [words(f"policy.head.{name}") for name in ("what", "whose", "kept")]
    lines = [f"| {' | '.join(heads)} |", "| --- | --- | --- |"]
    for one in kept(holdings):
        whose = words("policy.own" if one.own else "policy.about")
        days = (
            words("policy.until_erased") if one.days is None else words("policy.days", n=one.days)
        )
        lines.append(f"| {words(f'privacy.holds.{one.name}')} (`{one.table}`) | {whose} | {days} |")
    journal = words("policy.days", n=KEPT.days)
    lines.append(f"| {words('policy.journal')} | {words('policy.neither')} | {journal} |")
    return "\n".join(lines)


def documents(config: Config, holdings: Iterable[Holding], words: Words) -> dict[str, str]:
    """Fill the templates of one language; what the host has not said stays in square brackets."""
    folder = TEMPLATES / words.locale
    values = {
        "host": config.host_name or words("policy.blank.host"),
        "contact": config.host_contact or words("policy.blank.contact"),
        "jurisdiction": words("policy.blank.jurisdiction"),
        "date": words("policy.blank.date"),
        "encryption": words(
            "policy.encryption.disk"
            if config.database_url or config.database_plain
            else "policy.encryption.store"
        ),
        "retention": table(holdings, words),
        "grace_days": str(SERVER_GRACE.days),
        "journal_days": str(KEPT.days),
    }
    try:
        return {
            path.name: Template(path.read_text(encoding="utf-8")).substitute(values)
            for path in sorted(folder.glob("*.md"))
        }
    except OSError as error:
        raise StartError(f"The templates in {folder} cannot be read: {error.strerror}.") from error


async def write(config: Config, out: Path) -> list[Path]:
    """Write policy and terms in every language into a folder; never over a file that is there."""
    from bot.client import Alongside

    written: list[Path] = []
    with tempfile.TemporaryDirectory() as folder:
        scratch = replace(
            config,
            state_dir=Path(folder),
            database_url=None,
            database_key=None,
            database_key_file=None,
            database_plain=True,
        )
        runtime = await open_runtime(scratch)
        async with Alongside(runtime) as bot:
            await bot.load_features()
            holdings = runtime.privacy.holdings
            texts = runtime.texts
            made = {
                out / locale / name: text
                for locale in texts.locales
                for name, text in documents(config, holdings, Words(texts, locale)).items()
            }
    try:
        for path, text in made.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
            written.append(path)
    except FileExistsError as error:
        raise StartError(
            f"{error.filename} exists already and may hold your own words; name another folder "
            "with --out, or move it away."
        ) from error
    except OSError as error:
        raise StartError(f"{out} cannot be written: {error.strerror}.") from error
    return written
