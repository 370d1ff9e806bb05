"""Counts what Discord answers to requests, by status."""

from __future__ import annotations

import aiohttp

from bot.outside.figures import Figures


def counted(figures: Figures) -> aiohttp.TraceConfig:
    """Make what discord.py hands to its HTTP session, so that each answer is counted."""

    async def answered(
        session: aiohttp.ClientSession, context: object, told: aiohttp.TraceRequestEndParams
    ) -> None:
        figures.requested(told.response.status)

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(answered)
    return trace
