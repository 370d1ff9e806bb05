"""The helplines command and button, and how moderators add to what ships."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from discord import app_commands
from discord.ext import commands

from bot.errors import UserError
from bot.guide import Chapter
from bot.privacy import Holding
from bot.views import Panel, plain, reply, turn, words_for
from cogs.helplines import countries, model, views
from cogs.helplines.agenda_cog import HelplinesAgenda
from cogs.helplines.service import HelplineDesk, Typed, shipped_helplines
from cogs.helplines.settings import FIRST_COUNTRY

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction

CHOICES = 25
"""How many suggestions Discord shows."""

_ABOUT = {
    f"helplines.refused.{name}": f"helplines.line.{name}"
    for name in ("name", "written", "hours", "source")
}
"""Which field of the form a refusal is about; a wrong number is shown in its refusal."""


class Helplines(commands.Cog):
    """Shows numbers by country: by command, and by the button on other features' messages."""

    def __init__(self, bot: Alongside, shipped: model.Helplines, desk: HelplineDesk) -> None:
        self._bot = bot
        self._finder = shipped.finder
        self._desk = desk

    @app_commands.command(name="helplines", description="-")
    async def helplines(self, interaction: Interaction, country: str | None = None) -> None:
        """Show a country's numbers, or ask for one."""
        if country is None:
            await self.open(interaction)
        else:
            await self._answer(interaction, country, replace=False)

    @helplines.autocomplete("country")
    async def suggest(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest countries as they are typed."""
        return await country_choices(interaction, current)

    async def open(self, interaction: Interaction) -> None:
        """Answer the button: the server's first country at once, else the form."""
        first = await self._desk.first_country(interaction.guild_id)
        if first is None:
            await self._ask(interaction, replace=False)
        else:
            await self._show(interaction, first, replace=False)

    async def another(self, interaction: Interaction) -> None:
        """Ask for a country, to show it in place of what is shown."""
        await self._ask(interaction, replace=True)

    async def show(self, interaction: Interaction, code: str) -> None:
        """Show the country of a pressed button."""
        if code not in countries.codes():
            raise UserError("errors.old_button")
        await self._show(interaction, code, replace=True)

    async def _ask(self, interaction: Interaction, *, replace: bool) -> None:
        async def submitted(then: Interaction, typed: str) -> None:
            await self._answer(then, typed, replace=replace)

        words = await words_for(interaction)
        form = views.CountryForm(self._bot, words, submitted)
        await interaction.response.send_modal(form)

    async def _answer(self, interaction: Interaction, typed: str, *, replace: bool) -> None:
        code = await _named(interaction, typed)
        if code is not None:
            await self._show(interaction, code, replace=replace)
            return
        words = await words_for(interaction)
        locale = views.reader_locale(interaction, words)
        near = await _near(interaction, typed, views.MATCHES)
        named = near if typed.strip() else ()
        panel = views.matches_panel(words, named, locale, self._finder)
        await (turn if replace else reply)(interaction, panel)

    async def _show(self, interaction: Interaction, code: str, *, replace: bool) -> None:
        answer = await self._desk.look_up(interaction.guild_id, code)
        words = await words_for(interaction)
        panel = views.numbers_panel(words, answer, views.reader_locale(interaction, words))
        await (turn if replace else reply)(interaction, panel)


class ManageHelplines(app_commands.Group):
    """Moderators add lines for their server, and change or hide shipped ones."""

    def __init__(self, bot: Alongside, shipped: model.Helplines, desk: HelplineDesk) -> None:
        super().__init__(name="helplines", description="-")
        self._bot = bot
        self._shipped = shipped
        self._desk = desk

    @app_commands.command(name="add", description="-")
    async def add(self, interaction: Interaction, country: str) -> None:
        """Open the form for a new line."""
        code = await _named(interaction, country)
        if code is None:
            raise UserError("helplines.refused.country")

        async def save(then: Interaction, typed: Typed) -> None:
            line = await self._desk.add(_server(then), code, typed, by=then.user.id)
            await self._saved(then, line, "helplines.saved.added")

        await self._open_form(interaction, None, save)

    @app_commands.command(name="edit", description="-")
    async def edit(self, interaction: Interaction, line: str) -> None:
        """Open the form with a line as it stands."""
        await self.look_again(interaction, line)

    async def look_again(self, interaction: Interaction, line: str) -> None:
        """Open the same from a button: saved as it is, it was checked today."""
        now = await self._desk.line(_server(interaction), line)

        async def save(then: Interaction, typed: Typed) -> None:
            changed = await self._desk.edit(_server(then), now.id, typed, by=then.user.id)
            await self._saved(then, changed, "helplines.saved.changed")

        await self._open_form(interaction, now, save)

    @app_commands.command(name="remove", description="-")
    async def remove(self, interaction: Interaction, line: str) -> None:
        """Delete an added line, or hide a shipped one in this server."""
        now = await self._desk.line(_server(interaction), line)
        await self._desk.remove(_server(interaction), now.id, by=interaction.user.id)
        words = await words_for(interaction)
        hidden = self._desk.is_shipped(now.id)
        key = "helplines.saved.hidden" if hidden else "helplines.saved.removed"
        await reply(interaction, Panel(words(key, name=plain(now.name))))

    @app_commands.command(name="list", description="-")
    async def list_rows(self, interaction: Interaction) -> None:
        """List what this server made of the shipped lines."""
        await reply(interaction, await self._rows(interaction))

    async def restore(self, interaction: Interaction, row_id: str) -> None:
        """Put a shipped line back, and show the list as it is then."""
        await self._desk.restore(_server(interaction), row_id, by=interaction.user.id)
        await turn(interaction, await self._rows(interaction))

    @add.autocomplete("country")
    async def suggest_country(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest countries as they are typed."""
        return await country_choices(interaction, current)

    @edit.autocomplete("line")
    @remove.autocomplete("line")
    async def suggest_line(
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest lines by country and name."""
        asked = current.casefold().split()
        found: list[app_commands.Choice[str]] = []
        for line in await self._desk.lines(_server(interaction)):
            shown = f"{countries.name(line.country, interaction.locale.value)}: {line.name}"
            if all(part in f"{shown} {line.country}".casefold() for part in asked):
                found.append(app_commands.Choice(name=shown[:100], value=line.id))
        return found[:CHOICES]

    async def _open_form(
        self,
        interaction: Interaction,
        line: model.Helpline | None,
        save: views.Submitted,
    ) -> None:
        async def submitted(then: Interaction, typed: Typed) -> None:
            try:
                await save(then, typed)
            except UserError as error:
                error.label = _ABOUT.get(error.key)
                raise

        words = await words_for(interaction)
        locale = views.reader_locale(interaction, words)
        form = views.LineForm(self._bot, words, line, locale, submitted)
        await interaction.response.send_modal(form)

    async def _saved(self, interaction: Interaction, line: model.Helpline, key: str) -> None:
        words = await words_for(interaction)
        locale = views.reader_locale(interaction, words)
        shown = views.helpline_text(words, line, locale)
        country = countries.name(line.country, locale)
        await reply(interaction, Panel(words(key, country=country), shown))

    async def _rows(self, interaction: Interaction) -> Panel:
        words = await words_for(interaction)
        rows = await self._desk.rows(_server(interaction))
        names = {
            line.id: line.name
            for country in self._shipped.countries.values()
            for line in country.helplines
        }
        return views.rows_panel(words, rows, names, views.reader_locale(interaction, words))


async def country_choices(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
    """Make Discord's suggestions from what was typed so far; the value sent is the code."""
    locale, found = interaction.locale.value, await _near(interaction, current, CHOICES)
    return [
        app_commands.Choice(name=countries.name(code, locale)[:100], value=code) for code in found
    ]


# In a worker thread: the first search in a language reads the names of all countries in it.


async def _named(interaction: Interaction, typed: str) -> str | None:
    return await asyncio.to_thread(countries.exact, typed.strip(), interaction.locale.value)


async def _near(interaction: Interaction, typed: str, most: int) -> tuple[str, ...]:
    return await asyncio.to_thread(countries.search, typed, interaction.locale.value, most)


def _server(interaction: Interaction) -> int:
    if interaction.guild_id is None:
        raise UserError("errors.not_now")
    return interaction.guild_id


async def setup(bot: Alongside) -> None:
    """Wire the feature."""
    runtime = bot.runtime
    shipped = shipped_helplines(load=runtime.load)
    desk = HelplineDesk(shipped, runtime.database, runtime.settings, runtime.clock)
    runtime.settings.declare(FIRST_COUNTRY)
    runtime.privacy.register(Holding(table="helplines_rows"))
    runtime.guide.register(Chapter(name="helplines", rank=60, settings=(FIRST_COUNTRY,)))
    cog = Helplines(bot, shipped, desk)
    manage = ManageHelplines(bot, shipped, desk)
    runtime.actions.on("helplines:open", cog.open)
    runtime.actions.on(views.ANOTHER, cog.another)
    runtime.actions.on(views.COUNTRY, cog.show)
    runtime.actions.on(views.RESTORE, manage.restore, moderators=True)
    runtime.actions.on(views.LOOK_AGAIN, manage.look_again, moderators=True)
    runtime.agenda.register(HelplinesAgenda(desk).tell)
    runtime.manage.add_command(manage)
    await bot.add_cog(cog)
