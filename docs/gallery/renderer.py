"""Shows recorded messages and forms in a simulated server, and takes their pictures."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import discord
from discord import ui
from PIL import Image
from playwright.async_api import async_playwright

from bot.views import Panel, button, row
from tests.world import World, make_world

if TYPE_CHECKING:
    from simcord.builders import ChannelHandle
    from simcord.preview import Preview

    from bot.client import Interaction

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
PHONE = (390, 3_600)
"""The width of a phone, and as high as it takes: no message is cut off."""
COLOURS = 32
BETWEEN = 12
WHITE = (255, 255, 255)
GALLERY = 12
"""The type of a component that shows pictures."""
IS_COMPONENTS_V2 = 1 << 15
OPEN = "gallery:open"

AT_ONCE = 30
"""Messages on one page."""

Components = list[dict[str, Any]]
Pictures = dict[str, bytes]
"""PNGs by the name of what they show."""


class _Recorded(ui.Modal):
    """A form as it was recorded."""

    def __init__(self, shown: dict[str, Any]) -> None:
        super().__init__(title="recorded", timeout=60)
        self._shown = {**shown, "custom_id": "form:recorded"}

    def to_dict(self) -> dict[str, Any]:
        """What Discord is sent."""
        return self._shown


class Studio:
    """A simulated server with a camera at the height of a member's phone."""

    def __init__(self, world: World, browser: Any) -> None:
        self._world = world
        self._browser = browser
        self._form: dict[str, Any] = {}
        self._role = world.guild.create_role("Supporters").id
        world.env.backend.bot_user.name = "Alongside"

        async def open_form(interaction: Interaction) -> None:
            await interaction.response.send_modal(_Recorded(self._form))

        world.bot.runtime.actions.on(OPEN, open_form)

    async def messages(self, shown: Mapping[str, Components], locale: str) -> Pictures:
        """Show messages in a channel of their own, and take a picture of each."""
        taken: Pictures = {}
        names = list(shown)
        for start in range(0, len(names), AT_ONCE):
            batch = {name: shown[name] for name in names[start : start + AT_ONCE]}
            taken |= await self._batch(batch, locale)
        return taken

    async def _batch(self, shown: Mapping[str, Components], locale: str) -> Pictures:
        backend = self._world.env.backend
        channel = self._world.guild.create_text_channel("check-ins")
        posted = {
            name: backend.create_message(
                channel.id,
                backend.bot_user.id,
                None,
                components=self._here(components),
                flags=IS_COMPONENTS_V2,
            ).id
            for name, components in shown.items()
        }
        taken: Pictures = {}
        async with self._look(channel, locale, layout="channel") as preview:
            page = await self._browser.new_page(viewport={"width": PHONE[0], "height": PHONE[1]})
            await page.goto(preview.url)
            for name, number in posted.items():
                article = page.locator(f'article[data-message-id="{number}"]')
                await article.scroll_into_view_if_needed()
                taken[name] = await article.screenshot()
            await page.close()
        return taken

    def _here(self, components: Components) -> Components:
        """Point at people, roles and places of this server where it has not those of the test."""
        world, known = self._world, self._world.env.backend
        said = json.dumps(_without_pictures(components))
        for pattern, held, instead in (
            (r"<@(\d+)>", known.users, f"<@{world.other.id}>"),
            (r"<@&(\d+)>", {self._role}, f"<@&{self._role}>"),
            (r"<#(\d+)>", known.channels, f"<#{world.channel.id}>"),
        ):
            said = re.sub(pattern, lambda m, h=held, i=instead: m[0] if int(m[1]) in h else i, said)
        return json.loads(said)

    async def forms(self, shown: Mapping[str, dict[str, Any]], locale: str) -> Pictures:
        """Open forms one after the other, and take a picture of each."""
        channel = self._world.bot.get_channel(self._world.channel.id)
        assert isinstance(channel, discord.TextChannel)  # noqa: S101
        door = await channel.send(view=Panel("A form", row(button("open", OPEN))))
        taken: Pictures = {}
        for name, form in shown.items():
            self._form = form
            opened = await self._world.moderator.click(door, label="open")
            async with self._look(self._world.channel, locale, layout="message") as preview:
                cast("Any", preview)._capture_manager._browser = _Lent(self._browser)
                picture = await preview.screenshot(
                    viewer=self._world.moderator,
                    target=opened,
                    viewport=PHONE,
                    allow_incomplete=True,
                )
            taken[name] = picture.png or b""
        return taken

    def _look(self, channel: ChannelHandle, locale: str, layout: Any) -> Preview:
        return self._world.env.preview(
            channel,
            viewers=[self._world.moderator],
            layout=layout,
            width=PHONE[0],
            height=PHONE[1],
            locale="es-ES" if locale == "es" else "en-US",
            timezone="Europe/Berlin",
        )


def _without_pictures(parts: Components) -> Components:
    """What a message says: the files that went with it were not recorded."""
    return [
        {**part, "components": _without_pictures(part["components"])}
        if "components" in part
        else part
        for part in parts
        if part["type"] != GALLERY
    ]


WHOLE_FORMS = """addEventListener("DOMContentLoaded", () => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(".modal-dialog { max-height: none !important; }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
});"""
"""Shows what a member would scroll down to."""


class _Lent:
    """A browser that outlives each look through it."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser

    def __getattr__(self, name: str) -> Any:
        return getattr(self._browser, name)

    async def new_context(self, **options: Any) -> Any:
        """Open a form to its end."""
        context = await self._browser.new_context(**options)
        await context.add_init_script(WHOLE_FORMS)
        return context

    async def close(self) -> None:
        """Stay open for the next."""


@asynccontextmanager
async def studio() -> AsyncGenerator[Studio]:
    """Open a server and a browser."""
    with tempfile.TemporaryDirectory() as folder:
        async with make_world(Path(folder) / "state") as world, async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=CHROMIUM, args=list(ARGUMENTS)
            )
            yield Studio(world, browser)
            await browser.close()


def beside(pictures: Sequence[bytes]) -> bytes:
    """Put pictures side by side into one small PNG."""
    each = [Image.open(BytesIO(one)).convert("RGB") for one in pictures]
    width = sum(one.width for one in each) + BETWEEN * (len(each) - 1)
    whole = Image.new("RGB", (width, max(one.height for one in each)), WHITE)
    left = 0
    for one in each:
        whole.paste(one, (left, 0))
        left += one.width + BETWEEN
    out = BytesIO()
    whole.quantize(COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()
