"""How /privacy and /manage privacy look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from bot.consent.model import Consent
from bot.privacy.service import Export, Receipt
from bot.texts import Words
from bot.views import Panel, button, clip, helplines_button, plain, row

SHOWN = 6
"""Consents on one page: the newest; the next come up as these are taken back."""

_DANGER = discord.ButtonStyle.danger


@dataclass(frozen=True, slots=True)
class Given:
    """A yes, and the name of the server it was given in, if the bot is still there."""

    consent: Consent
    server: str | None


def page(words: Words, kept: Export, given: Sequence[Given], *, said: str | None = None) -> Panel:
    """What is kept about this person, and what they can do about it."""
    held = _listed(words, {table: len(rows) for table, rows in kept.items()}, "privacy.holds")
    parts: list[ui.Item[Any] | str] = []
    for one in given[:SHOWN]:
        feature = _feature(words, one.consent.feature)
        server = clip(plain(one.server), 100) if one.server else words("privacy.server_unknown")
        since = discord.utils.format_dt(one.consent.given_at, "D")
        parts.append(words("privacy.consents.line", feature=feature, server=server, since=since))
        parts.append(
            row(
                button(
                    words("privacy.consents.take_back", feature=feature),
                    "privacy:take_back",
                    one.consent.server_id,
                    one.consent.feature,
                )
            )
        )
    return Panel(
        said,
        f"## {words('privacy.title')}",
        held or words("privacy.nothing"),
        f"### {words('privacy.consents.title')}" if parts else None,
        *parts,
        words("privacy.never"),
        "-# " + words("privacy.about_you"),
        row(
            button(words("privacy.export"), "privacy:export"),
            button(words("privacy.erase"), "privacy:ask_erase", style=_DANGER),
            helplines_button(words),
        ),
    )


def taken_back(words: Words, feature: str) -> str:
    """The line on top of the page, after a tap."""
    return words("privacy.consents.taken_back", feature=_feature(words, feature))


def exported(words: Words, filename: str) -> Panel:
    """The file goes with it."""
    return Panel(words("privacy.exported"), ui.File(f"attachment://{filename}"))


def confirm(words: Words) -> Panel:
    """Ask once before erasing."""
    return Panel(
        f"## {words('privacy.confirm.title')}",
        words("privacy.confirm.body"),
        row(
            button(words("privacy.confirm.yes"), "privacy:erase", style=_DANGER),
            button(words("privacy.confirm.no"), "privacy:show"),
        ),
    )


def erased(words: Words, receipt: Receipt) -> Panel:
    """The receipt: what was deleted, and how much."""
    if not receipt:
        return Panel(words("privacy.erased.nothing"))
    return Panel(
        f"## {words('privacy.erased.title')}",
        words("privacy.erased.body", count=sum(receipt.values())),
        _listed(words, receipt, "privacy.holds"),
    )


def server_page(words: Words, kept: Export) -> Panel:
    """What a server has set up, for its moderators."""
    held = _listed(words, {table: len(rows) for table, rows in kept.items()}, "privacy.server")
    return Panel(
        f"## {words('privacy.server_title')}",
        held or words("privacy.server_nothing"),
        words("privacy.server_members"),
        row(
            button(words("privacy.export"), "privacy:server_export"),
            button(words("privacy.server_erase"), "privacy:server_ask_erase", style=_DANGER),
        ),
    )


def server_confirm(words: Words) -> Panel:
    """Ask once before erasing a server, saying what goes."""
    return Panel(
        f"## {words('privacy.server_confirm.title')}",
        words("privacy.server_confirm.body"),
        row(
            button(words("privacy.server_confirm.yes"), "privacy:server_erase", style=_DANGER),
            button(words("privacy.confirm.no"), "privacy:server_show"),
        ),
    )


def server_erased(words: Words, receipt: Receipt) -> Panel:
    """The receipt of a server."""
    named = {
        table: count for table, count in receipt.items() if _known(words, f"privacy.server.{table}")
    }
    rest = sum(receipt.values()) - sum(named.values())
    return Panel(
        f"## {words('privacy.erased.title')}",
        words("privacy.server_erased", count=sum(receipt.values())),
        _listed(words, named, "privacy.server") or None,
        f"- {words('privacy.server_rest')}: {words('privacy.rows', count=rest)}" if rest else None,
    )


def _listed(words: Words, counts: Mapping[str, int], key: str) -> str:
    return "\n".join(
        f"- {words(f'{key}.{table}')}: {words('privacy.rows', count=count)}"
        for table, count in counts.items()
    )


def _feature(words: Words, feature: str) -> str:
    key = f"consent.{feature}"
    # One whose feature the host has taken away can be taken back all the same.
    return words(key) if _known(words, key) else plain(feature)


def _known(words: Words, key: str) -> bool:
    return words.texts.has(key)
