"""How the bot looks, and the one funnel through which every refusal and error is answered.

Every message is a `Panel` (Components V2). Every button and menu remembers what it is for in its
custom id, `<feature>:<action>:<arguments>`, and is answered by the handler that the feature
registered for `<feature>:<action>`: it works after a restart, and nothing is kept in memory for
it. A press is read from the interaction itself; a `DynamicItem` would have discord.py build the
whole message anew for each, and would only log what goes wrong.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import aiohttp
import discord
from discord import ui

from bot import logs
from bot.database import StoreError
from bot.errors import UserError
from bot.outside.handling import begun
from bot.permissions import require_moderator
from bot.settings.core import LANGUAGE
from bot.shelf import Shelf
from bot.texts import Words

if TYPE_CHECKING:
    from bot.client import Alongside, Interaction

_log = logs.get(__name__)

CALM = discord.Colour(0x4F7CAC)
"""The one accent colour. It carries no meaning."""

FORM_SECONDS = 60 * 60
"""How long an open form waits for its words; after that they are given back, not lost."""

FORM_AGAIN = "form:again"
"""Opens a refused form again; the argument says which."""

_THEN = "then"
"""Holds what is done once an interaction has been answered."""

_ANSWERED = "answered"
"""Marks an interaction that Discord has an answer of, though nobody heard it say so."""

_ANSWERED_BEFORE = 40060
"""Discord's refusal of a second first answer (docs.discord.com, "JSON Error Codes")."""

MODERATING = "moderating"
"""Marks an interaction of somebody who acts as a moderator, and is known to be one."""

MAX_TEXT = 4_000
"""Characters that Discord takes in all texts of one message together."""

MAX_CUSTOM_ID = 100
"""Characters that Discord takes in what a button or menu remembers."""


# What a message is made of


class Panel(ui.LayoutView):
    """One message: texts and rows of buttons, in one quiet frame."""

    def __init__(self, *parts: ui.Item[Any] | str | None) -> None:
        super().__init__(timeout=None)
        items: list[ui.Item[Any]] = [
            ui.TextDisplay(part) if isinstance(part, str) else part
            for part in parts
            if part is not None
        ]
        self.add_item(ui.Container(*items, accent_colour=CALM))
        # Taps are answered by `pressed`, so discord.py need not listen for them: for each private
        # answer that it listens to it keeps 7 kB and a timer for a quarter of an hour.
        self.stop()


_PRESSED = re.compile(r"(?P<action>[a-z]+:[a-z_]+)(?::(?P<arguments>(?s:.+)))?")


def read_action(custom_id: str) -> tuple[str, tuple[str, ...]] | None:
    """Read the action and its arguments back; None for what no button or menu of ours remembers."""
    match = _PRESSED.fullmatch(custom_id)
    if match is None:
        return None
    return match["action"], tuple(match["arguments"].split(":")) if match["arguments"] else ()


async def pressed(interaction: Interaction) -> None:
    """Hand a press to whoever registered for it; answers whatever goes wrong.

    What a press says is all in the interaction: the message it was on need not be read back.
    """
    data: Any = interaction.data
    found = read_action(str(data["custom_id"]))
    if found is None:
        return
    action, arguments = found
    actions = interaction.client.runtime.actions
    begun(interaction, "button", action if action in actions else "unknown")
    # What is chosen of the server's own, a channel say, comes as its id.
    chosen = [str(one) for one in data.get("values", ())]
    try:
        await actions.run(interaction, action, arguments, chosen)
    except Exception as error:  # noqa: BLE001 - the boundary: it is answered and logged
        await answer_error(interaction, error)


def button(
    label: str,
    action: str,
    *arguments: object,
    style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    emoji: str | None = None,
    disabled: bool = False,
) -> ui.Button[Any]:
    """Make a button that asks for `action`, `<feature>:<action>`, with arguments."""
    return ui.Button(
        label=clip(label, 80),
        custom_id=_custom_id(action, arguments),
        style=style,
        emoji=emoji,
        disabled=disabled,
    )


def _custom_id(action: str, arguments: Sequence[object]) -> str:
    """Join what a button remembers; raises ValueError for what could not be read back."""
    parts = [action, *map(str, arguments)]
    custom_id = ":".join(parts)
    if len(custom_id) > MAX_CUSTOM_ID or any(":" in part or not part for part in parts[1:]):
        raise ValueError(f"{action} cannot remember {arguments}")
    return custom_id


def link(label: str, url: str) -> ui.Button[Any]:
    """Make a button that opens a web page."""
    return ui.Button(label=clip(label, 80), url=url)


def menu(
    action: str,
    *arguments: object,
    placeholder: str,
    options: Sequence[discord.SelectOption],
) -> ui.Select[Any]:
    """Make a menu of at most 25 options, of which one is chosen."""
    return ui.Select(
        custom_id=_custom_id(action, arguments),
        placeholder=clip(placeholder, 150),
        options=list(options),
    )


def channel_menu(action: str, *arguments: object, placeholder: str) -> ui.ChannelSelect[Any]:
    """Make a menu of text channels, of which one is chosen; its handler gets the id."""
    return ui.ChannelSelect(
        custom_id=_custom_id(action, arguments),
        placeholder=clip(placeholder, 150),
        channel_types=[discord.ChannelType.text],
    )


def row(*items: ui.Item[Any] | None) -> ui.ActionRow[Any]:
    """Put up to five buttons, or one menu, side by side."""
    return ui.ActionRow(*[item for item in items if item is not None])


def field(label: str, component: ui.Item[Any], *, description: str | None = None) -> ui.Label[Any]:
    """Put a label, and a line of help, on one part of a form."""
    shown = clip(description, 100) if description else None
    return ui.Label(text=clip(label, 45), component=component, description=shown)


def helplines_button(words: Words) -> ui.Button[Any]:
    """The button to the helplines, which belongs on every message; that feature answers it."""
    return button(words("helplines.button"), "helplines:open")


def report_button(words: Words, scene: str, reference: str) -> ui.Button[Any]:
    """The button that writes to the moderators from a scene that is registered in `bot.scenes`."""
    return button(words("safety.report.button"), "safety:report", scene, reference)


def block_button(words: Words, scene: str, reference: str) -> ui.Button[Any]:
    """The button that blocks the other person of a scene; its answer is private."""
    return button(words("safety.block.button"), "safety:block", scene, reference)


# What a person typed, shown again


_NEW_LINE = re.compile("\r\n?|[\u000b\u000c\u0085\u2028\u2029]")
_UNSEEN = re.compile("[\0\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BARE = dict.fromkeys([0, *range(0xD800, 0xE000)])
_FORMATTING = re.compile(
    r"()([\\*_~|`\[])"  # a mark anywhere
    r"|^([^\S\n]*)([#>-])"  # a heading, quote or list at the start of a line
    r"|^([^\S\n]*\d+)(\.)",  # a numbered list
    re.MULTILINE,
)
_REACHES_OUT = re.compile(
    r"(?<=@)(?=everyone|here|[!&]?\d)|(?<=<)(?=[#@:/a-z])|(?<=:)(?=//)"
    r"|(?<=discord)(?=\.)|(?<=discordapp)(?=\.)",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """Show what a person typed as they typed it: no mention, link or formatting comes out of it.

    What turns the direction of writing is taken out first, lest it hide the rest from the eye of
    the other rules, and with it half signs and the sign of zero, which Discord refuses. Marks get
    a backslash; where Discord knows none, a space without width.
    """
    shown = _NEW_LINE.sub("\n", _UNSEEN.sub("", text))
    shown = _FORMATTING.sub(_escaped, shown)
    return _REACHES_OUT.sub("\u200b", shown)


def _escaped(match: re.Match[str]) -> str:
    *_, before, mark = (group for group in match.groups() if group is not None)
    return f"{before}\\{mark}"


def clip(text: str, length: int) -> str:
    """Shorten to at most `length` characters, at the end, and show that it was shortened."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


# Answering


async def words_for(interaction: Interaction) -> Words:
    """The texts in the language of this person, else of this server, else English."""
    runtime = interaction.client.runtime
    own = interaction.locale.value
    if runtime.texts.speaks(own) or interaction.guild_id is None:
        return Words(runtime.texts, runtime.texts.choose(own))
    return Words(runtime.texts, runtime.texts.choose(await server_language(interaction)))


async def server_language(interaction: Interaction) -> str | None:
    """The language that the moderators chose for the server; None where nobody can say now."""
    if interaction.guild_id is None:
        return None
    try:
        return await interaction.client.runtime.settings.get(interaction.guild_id, LANGUAGE)
    except StoreError:
        return None


def when_answered(interaction: Interaction, then: Callable[[], Awaitable[None]]) -> None:
    """Have something done as soon as Discord has the answer: what it tells need not be told again.

    A crash before, or an answer that came too late, leaves it undone.
    """
    interaction.extras.setdefault(_THEN, []).append(then)


async def _answered(interaction: Interaction) -> None:
    for then in interaction.extras.pop(_THEN, []):
        try:
            await then()
        except StoreError as error:
            # They have their answer; at worst they are told a second time.
            _log.error("store_error", error=logs.describe(error))


def _has_answer(interaction: Interaction) -> bool:
    return interaction.response.is_done() or _ANSWERED in interaction.extras


async def _first(interaction: Interaction, answer: Awaitable[object]) -> None:
    """Give the first answer.

    discord.py sends it again where Discord's word that it has come was lost. The second is refused,
    and whoever waits for it has the first.
    """
    try:
        await answer
    except discord.HTTPException as error:
        if error.code != _ANSWERED_BEFORE:
            raise
        interaction.extras[_ANSWERED] = True


async def reply(interaction: Interaction, panel: ui.LayoutView, *, files: Any = ()) -> None:
    """Answer privately: a new message that only this person sees."""
    none = discord.AllowedMentions.none()
    attachments = list(files)
    if _has_answer(interaction):
        await interaction.followup.send(
            view=panel, ephemeral=True, allowed_mentions=none, files=attachments
        )
    else:
        await _first(
            interaction,
            interaction.response.send_message(
                view=panel, ephemeral=True, allowed_mentions=none, files=attachments
            ),
        )
    await _answered(interaction)


async def turn(interaction: Interaction, panel: ui.LayoutView) -> None:
    """Answer a tap by changing the private message it was on; elsewhere, by a new private one."""
    message = interaction.message
    if message is not None and message.flags.ephemeral and not _has_answer(interaction):
        await _first(
            interaction,
            interaction.response.edit_message(
                view=panel, allowed_mentions=discord.AllowedMentions.none()
            ),
        )
        await _answered(interaction)
    else:
        await reply(interaction, panel)


async def answer_error(interaction: Interaction, error: BaseException) -> None:
    """Answer any error of a command, button, menu or form, privately and in words."""
    figures = interaction.client.runtime.figures
    while isinstance(error, discord.app_commands.CommandInvokeError):
        error = error.original
    if isinstance(error, UserError):
        refused = error
    elif isinstance(error, StoreError):
        _log.error("store_error", error=logs.describe(error))
        refused = UserError("errors.store")
    elif isinstance(
        error,
        # The last three: a client still offers what an earlier version of the bot had.
        discord.app_commands.CheckFailure
        | discord.app_commands.CommandNotFound
        | discord.app_commands.CommandSignatureMismatch
        | discord.app_commands.TransformerError,
    ):
        refused = UserError("errors.not_now")
    elif isinstance(error, discord.NotFound) and error.code in {10062, 10015}:
        # The interaction is older than Discord allows; there is nobody left to answer.
        _log.warning("interaction_expired")
        figures.unanswered("expired")
        return
    elif isinstance(error, aiohttp.ClientError | ConnectionError):
        # The way to Discord broke in mid-answer: that nothing was changed, nobody can say.
        _log.warning("not_answered", error=logs.describe(error))
        figures.unanswered("broken")
        return
    else:
        if isinstance(error, discord.HTTPException) and error.code == _ANSWERED_BEFORE:
            # That an answer will come, say: they wait for it.
            interaction.extras[_ANSWERED] = True
        _log.error("unexpected", error=logs.describe(error))
        refused = UserError("errors.unexpected")
    figures.refused(refused.key)
    words = await words_for(interaction)
    try:
        if interaction.type is discord.InteractionType.autocomplete:
            if not interaction.response.is_done():
                await cast(Any, interaction.response).autocomplete([])
            return
        await reply(interaction, _refusal(interaction, words, refused))
    except (discord.HTTPException, aiohttp.ClientError, OSError) as unanswered:
        _log.warning("not_answered", error=logs.describe(unanswered))
        figures.unanswered("failed")


def _refusal(
    interaction: Interaction,
    words: Words,
    error: UserError,
    given: str | None = None,
    again: ui.Button[Any] | None = None,
) -> Panel:
    """What is answered; who has mistyped a setting for others needs no helpline."""
    moderating = interaction.extras.get(MODERATING) and error.key != "errors.store"
    helplines = None if moderating else helplines_button(words)
    text = words(error.key, **error.params)
    return Panel(
        text if error.label is None else f"**{words(error.label)}:** {text}",
        given,
        row(again, helplines) if again or helplines else None,
    )


# Handlers of buttons, menus and forms

LARGEST_ID = 2**63 - 1
"""The largest number that the store takes for an id."""


def number_of(text: str) -> int:
    """Read an id or a page from a button; raises UserError for anything else."""
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= LARGEST_ID):
        raise UserError("errors.old_button")
    return int(text)


Handler = Callable[..., Awaitable[None]]


class Actions:
    """Which handler answers which button. A handler gets the interaction and the arguments."""

    def __init__(self) -> None:
        self._handlers: dict[str, tuple[Handler, bool]] = {}

    def on(self, action: str, handler: Handler, *, moderators: bool = False) -> None:
        """Register a handler; `moderators` refuses everybody else at the moment of the tap."""
        if action in self._handlers:
            raise ValueError(f"{action} has a handler already")
        self._handlers[action] = (handler, moderators)

    @property
    def known(self) -> frozenset[str]:
        """Every registered action."""
        return frozenset(self._handlers)

    def __contains__(self, action: str) -> bool:
        return action in self._handlers

    async def run(
        self,
        interaction: Interaction,
        action: str,
        arguments: Sequence[str],
        chosen: Sequence[str],
    ) -> None:
        """Run the handler of a pressed button; raises UserError for one nobody knows any more."""
        found = self._handlers.get(action)
        if found is None:
            raise UserError("errors.old_button")
        handler, moderators = found
        if moderators:
            await require_moderator(interaction)
            interaction.extras[MODERATING] = True
        try:
            pressed = handler(interaction, *arguments, *chosen)
        except TypeError as error:
            # The number of arguments differs: a button of an earlier version.
            raise UserError("errors.old_button") from error
        await pressed


class Form(ui.Modal):
    """A form of up to five parts. Whoever opens it gives the handler of what is submitted.

    What a moderator gave is kept for a while when it is refused, so that the form can be opened
    again as it was. Of a member's words no more is kept than they asked for, so that is not done
    for them unless `again` says so, for a form without words.
    """

    def __init__(
        self,
        client: Alongside,
        title: str,
        submitted: Callable[[Interaction], Awaitable[None]],
        *parts: ui.Label[Any] | ui.TextDisplay[Any],
        moderators: bool = False,
        again: bool = False,
    ) -> None:
        self._client = client
        self._forms = client.runtime.open_forms
        self._submitted = submitted
        self._moderators = moderators
        self._again = again or moderators
        super().__init__(
            title=clip(title, 45), timeout=FORM_SECONDS, custom_id=f"form:{uuid4().hex}"
        )
        self._forms[self.custom_id] = self
        for part in parts:
            self.add_item(part)

    async def on_submit(self, interaction: Interaction, /) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Check the person again, then hand over; answers whatever goes wrong."""
        begun(interaction, "form", "form")
        try:
            if self._moderators:
                await require_moderator(interaction)
                interaction.extras[MODERATING] = True
            if all(_fits(part) for part in self.walk_children()):
                await self._hand_over(interaction)
            else:
                await give_words_back(interaction)
        except Exception as error:  # noqa: BLE001 - the boundary: it is answered and logged
            await answer_error(interaction, error)
        finally:
            # Not sooner: what is no open form any more gets its words back (bot.client).
            self._forms.pop(self.custom_id, None)

    async def _hand_over(self, interaction: Interaction) -> None:
        try:
            await self._submitted(interaction)
        except UserError as error:
            if not self._again:
                raise
            runtime = self._client.runtime
            kept = uuid4().hex
            for part in self._labels():
                _fill(part.component)
            runtime.refused_forms.put(kept, self, 1, runtime.clock())
            runtime.figures.refused(error.key)
            words = await words_for(interaction)
            again = button(words("errors.form_again"), FORM_AGAIN, kept, interaction.user.id)
            await reply(interaction, _refusal(interaction, words, error, self._given(), again))

    def renewed(self) -> Form:
        """The same form, to be opened anew: Discord wants another id for it each time."""
        return Form(
            self._client,
            self.title,
            self._submitted,
            *cast("list[ui.Label[Any]]", self.children),
            moderators=self._moderators,
            again=self._again,
        )

    def _labels(self) -> list[ui.Label[Any]]:
        return [cast("ui.Label[Any]", one) for one in self.children if isinstance(one, ui.Label)]

    def _given(self) -> str | None:
        """The words that were typed, each under its label, to be copied."""
        typed = [
            f"{part.text}: {part.component.value}"
            for part in self._labels()
            if isinstance(part.component, ui.TextInput) and part.component.value
        ]
        return given_back("\n".join(typed), 3_000)

    async def on_error(self, interaction: Interaction, error: Exception, /) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Answer through the one funnel."""
        self._forms.pop(self.custom_id, None)
        await answer_error(interaction, error)

    async def on_timeout(self) -> None:
        """Let the memory of it go; its words are given back if they still come."""
        self._forms.pop(self.custom_id, None)


def _fill(part: ui.Item[Any]) -> None:
    """Let a part of a form begin with what was given in it."""
    if isinstance(part, ui.TextInput):
        part.default = part.value or None
    elif isinstance(part, ui.RadioGroup):
        for choice in part.options:
            choice.default = choice.value == part.value
    elif isinstance(part, ui.CheckboxGroup):
        for box in part.options:
            box.default = box.value in part.values
    elif isinstance(part, ui.Checkbox):
        part.default = part.value
    elif isinstance(part, ui.Select):
        for option in part.options:
            option.default = option.value in part.values
    elif isinstance(part, ui.ChannelSelect | ui.RoleSelect):
        part.default_values = cast(Any, part.values)


def refused_forms() -> Shelf[str, Form]:
    """A place for forms that were refused, until they are opened again, or not for an hour."""
    most = 200
    return Shelf(most=most, weight=most, unused=timedelta(seconds=FORM_SECONDS))


async def open_again(interaction: Interaction, kept: str, person: str) -> None:
    """Open a refused form as it was, for whoever filled it in."""
    runtime = interaction.client.runtime
    form = runtime.refused_forms.get(kept, runtime.clock())
    if form is None or person != str(interaction.user.id):
        raise UserError("errors.form_gone")
    # It stays kept: a form may be closed by a slip, and be refused again.
    await interaction.response.send_modal(form.renewed())


def _fits(part: ui.Item[Any]) -> bool:
    """Whether what was filled in is what the form asked for, should Discord not have seen to it."""
    match part:
        case ui.TextInput():
            return len(part.value) <= (part.max_length or MAX_TEXT)
        case ui.RadioGroup():
            return part.value is None or part.value in {one.value for one in part.options}
        case ui.Select():
            return {*part.values} <= {one.value for one in part.options}
        case _:
            return True


def typed_words(data: Any) -> list[str]:
    """The texts typed into a submitted form, wherever they stand in it."""
    if isinstance(data, dict):
        entry = cast(dict[str, Any], data)
        own = [entry["value"]] if isinstance(entry.get("value"), str) and entry["value"] else []
        parts = [entry.get("components"), entry.get("component")]
        return own + [word for part in parts for word in typed_words(part)]
    if isinstance(data, list):
        return [word for part in cast(list[Any], data) for word in typed_words(part)]
    return []


async def give_words_back(interaction: Interaction) -> None:
    """Answer a form that outlived the process that opened it: nothing was saved, here it is."""
    words = await words_for(interaction)
    typed = typed_words(cast(Any, interaction.data))
    await reply(interaction, Panel(words("errors.form_expired"), given_back("\n\n".join(typed))))


def given_back(typed: str, most: int = 3_500) -> str | None:
    """Words that were not taken, as they were typed, so that they can be copied."""
    shown = clip(typed.translate(_BARE).replace("```", "'''"), most)
    return f"```\n{shown}\n```" if shown.strip() else None
