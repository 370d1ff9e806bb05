"""The settings that no single feature owns."""

from __future__ import annotations

from typing import Any

from bot.settings.model import Channels, Language, Roles, Setting, Toggle, Zone

PAUSED = Toggle(key="server.paused", default=False)
"""Whether nothing goes out here: no check-in, introduction, call or post. Private answers do."""

LANGUAGE = Language(key="server.language", default="en")
"""The language of what the bot posts for all to see, and for people whose own it does not speak."""

ZONE = Zone(key="server.zone", default="")
"""The time zone in which new check-ins, rounds and hours are suggested, and in which months of
counts begin; empty: UTC."""

MODERATOR_ROLES = Roles(key="server.moderator_roles", default=(), managers_only=True)
"""Roles whose members steer the bot, beside everybody who may manage the server."""

NOTICE_CHANNEL = Channels(key="server.notice_channel", default=(), maximum=1)
"""Where moderators are told what they must know; without one, on top of /settings."""

CORE: tuple[Setting[Any], ...] = (LANGUAGE, ZONE, MODERATOR_ROLES, NOTICE_CHANNEL)
