"""The handful of things that a feature is given at setup."""

from __future__ import annotations

from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from discord import app_commands

from bot.agenda import Agenda
from bot.blocks.service import Blocks
from bot.clock import Clock
from bot.config import Config
from bot.consent.service import Consents
from bot.content import Load, load_yaml
from bot.counting import Counting
from bot.database import Database
from bot.guide import Guide
from bot.jobs.runner import Runner
from bot.journal import Journal, Replays
from bot.membership.service import Membership
from bot.news.service import News
from bot.notices.service import Notices
from bot.outside.figures import Figures
from bot.permissions import MODERATOR_DEFAULT
from bot.privacy import Privacy
from bot.reports.service import Reports
from bot.scenes import Scenes
from bot.seals import Seals
from bot.settings.service import Settings
from bot.shelf import Shelf
from bot.texts import Texts
from bot.views import Actions, Form, refused_forms


def _manage_group() -> app_commands.Group:
    return app_commands.Group(
        name="manage",
        description="-",
        guild_only=True,
        default_permissions=MODERATOR_DEFAULT,
    )


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything that lives as long as the process, opened once by `bot.opening`."""

    config: Config
    clock: Clock
    texts: Texts
    database: Database
    settings: Settings
    privacy: Privacy
    jobs: Runner
    notices: Notices
    consents: Consents
    news: News
    blocks: Blocks
    reports: Reports
    membership: Membership
    seals: Seals
    counting: Counting
    figures: Figures
    journal: Journal | None = None
    load: Load = load_yaml
    """Reads a file of `data/`, at most starts from a copy of what it said."""
    replays: Replays = field(default_factory=Replays)
    agenda: Agenda = field(default_factory=Agenda)
    guide: Guide = field(default_factory=Guide)
    scenes: Scenes = field(default_factory=Scenes)
    actions: Actions = field(default_factory=Actions)
    manage: app_commands.Group = field(default_factory=_manage_group)
    open_forms: WeakValueDictionary[str, Form] = field(
        default_factory=WeakValueDictionary[str, Form]
    )
    """Forms that wait for their words, by custom id; one that could not be shown goes by itself."""
    refused_forms: Shelf[str, Form] = field(default_factory=refused_forms)
