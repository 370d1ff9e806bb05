"""The rules that the shape of the code keeps, as functions of source text.

They take `{path: source}` so that a test can break each rule on purpose and see it caught.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

Sources = Mapping[str, str]

ROOT = Path(__file__).resolve().parent.parent

PURE = {"numpy", "rapidfuzz", "babel", "phonenumbers", "rustworkx"}
"""Libraries that compute and touch nothing; a concept module may lean on them."""

ASYNC_OR_WORLD = {"discord", "asyncio", "aiosqlite", "asyncpg", "sqlcipher3", "aiohttp", "random"}

PURE_OF_BOT = (
    *(
        "bot.bounds",
        "bot.errors",
        "bot.hours",
        "bot.once",
        "bot.recurrence",
        "bot.sheets",
        "bot.shelf",
        "bot.spoken",
    ),
    "bot.zones",
)
"""Concept modules of `bot`: they compute and touch nothing, so a feature's may lean on them."""

LOUD = {
    *("bot.views", "bot.permissions", "bot.delivery", "bot.client", "bot.runtime"),
    *("bot.commands", "bot.doctor", "bot.guide", "bot.outside", "bot.suggesting"),
    *("bot.gateway", "bot.identifying", "bot.servers", "bot.standing", "bot.threads"),
}
"""Parts of `bot` that know Discord, and that a service therefore never sees."""

ROLES = {"store", "service", "settings", "views", "cog", "check"}


def read_sources(*folders: str) -> dict[str, str]:
    """Read the Python files of some folders, by path from the project's root."""
    return {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


@functools.cache
def _nodes(source: str) -> tuple[ast.AST, ...]:
    """All of a source; parsed once, for every rule looks at every file."""
    return tuple(ast.walk(ast.parse(source)))


def imports(source: str) -> Iterator[str]:
    """Every module that a source imports when it runs; those for the type checker only, not."""
    skipped: set[ast.AST] = set()
    for node in _nodes(source):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            skipped.update(child for part in node.body for child in ast.walk(part))
    for node in _nodes(source):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def wrong_imports(sources: Sources) -> list[str]:
    """Imports that a file's role does not allow (DESIGN, who may import whom)."""
    found: list[str] = []
    for path, source in sources.items():
        parts = Path(path).with_suffix("").parts
        allowed = set(imports(source))
        for name in sorted(allowed):
            reason = _refusal(parts, name)
            if reason:
                found.append(f"{path} imports {name}: {reason}")
    return found


def _refusal(parts: tuple[str, ...], name: str) -> str | None:
    top = name.split(".")[0]
    if parts[0] == "bot" and top == "cogs":
        return "bot knows no feature"
    if top == "simcord" and parts[:2] != ("bot", "playground"):
        return "only the playground knows simcord"
    if top == "matplotlib" and parts[:3] != ("cogs", "insights", "picture"):
        return "only the process that draws has room for matplotlib"
    if parts[0] != "cogs" or len(parts) < 3:
        return None
    feature, role = parts[1], _role(parts[2])
    if top == "cogs" and name.split(".")[1:2] not in ([], [feature]):
        return "features never import each other"
    own = _role(name.split(".")[2]) if name.startswith(f"cogs.{feature}.") else None
    if role not in ROLES and role != "__init__":
        if top in ASYNC_OR_WORLD or (top == "bot" and not _pure(name)):
            return "a model or concept holds facts and rules only"
        if own in ROLES:
            return "a model or concept leans on no role"
    if role in {"store", "service", "settings", "check"} and top == "discord":
        return "only views and cog know Discord"
    if role == "store" and (own in ROLES or name in LOUD):
        return "a store leans on the door and its model"
    if role == "settings" and own in ROLES:
        return "what can be changed is declared, not looked up"
    if role == "service" and (own in {"views", "cog"} or ".".join(name.split(".")[:2]) in LOUD):
        return "a service is quiet"
    if role in {"views", "cog"} and own == "store":
        return "what is shown comes from the service"
    return None


def _pure(name: str) -> bool:
    """Whether what is imported of `bot` is a concept; the package itself is nothing."""
    return name == "bot" or ".".join(name.split(".")[:2]) in PURE_OF_BOT


def _role(name: str) -> str:
    """The role of a file by its name; what stands before the last `_` says what it is about."""
    last = name.rsplit("_", 1)[-1]
    return last if last in {"store", "service", "views", "cog"} else name


_SQL = re.compile(r"^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE|PRAGMA)\s", re.I)


def sql_out_of_place(sources: Sources) -> list[str]:
    """Files that hold SQL and are neither a store nor the door."""
    return [
        f"{path}: {text.strip()[:50]}"
        for path, source in sources.items()
        if _role(Path(path).stem) != "store"
        and not path.startswith(("bot/database", "bot/migrations"))
        for text in _strings(source)
        if _SQL.match(text)
    ]


def clocks_out_of_place(sources: Sources) -> list[str]:
    """Files that ask what time it is and are not the clock."""
    asked = {"datetime.now", "datetime.utcnow", "date.today", "time.time", "datetime.datetime.now"}
    return [
        f"{path}:{node.lineno}"
        for path, source in sources.items()
        if path != "bot/clock.py"
        for node in _nodes(source)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in asked
    ]


def searches_on_the_loop(sources: Sources) -> list[str]:
    """Coroutines that search for a place themselves: the first time it takes long."""
    searches = {"search_zones", "zone_named", "countries.exact", "countries.search"}
    return [
        f"{path}:{node.lineno}"
        for path, source in sources.items()
        for coroutine in _nodes(source)
        if isinstance(coroutine, ast.AsyncFunctionDef)
        for node in ast.walk(coroutine)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in searches
    ]


def _strings(source: str) -> Iterator[str]:
    for node in _nodes(source):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


_KEY = re.compile(r"[a-z_]+(\.[a-z_0-9-]+)+")


def keys_said(sources: Sources) -> tuple[set[str], list[re.Pattern[str]]]:
    """The text keys a source names outright, and the patterns of those it puts together."""
    exact: set[str] = set()
    patterns: list[re.Pattern[str]] = []
    for source in sources.values():
        for node in _nodes(source):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if _KEY.fullmatch(node.value):
                    exact.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                made = "".join(
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+"
                    for part in node.values
                )
                if re.match(r"[a-z_]+\\\.", made):
                    patterns.append(re.compile(made))
    return exact, patterns


_SAYING = {"words", "self.words", "UserError", "RuleWrong", "super().__init__"}
"""What is given a text key first: the words, and the refusals and their own kinds."""


def keys_used(sources: Sources) -> set[str]:
    """The text keys that are certainly said: first argument of `words(...)`, `UserError(...)`."""
    used: set[str] = set()
    for source in sources.values():
        for node in _nodes(source):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = ast.unparse(node.func)
            if name in _SAYING or name.endswith(".say"):
                used |= {key for key in _constants(node.args[0]) if _KEY.fullmatch(key)}
    return used


def _constants(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return _constants(node.body) | _constants(node.orelse)
    return set()


def never_said(keys: Iterable[str], sources: Sources) -> list[str]:
    """Keys of the texts that nothing says."""
    exact, patterns = keys_said(sources)
    return sorted(
        key for key in keys if key not in exact and not any(p.fullmatch(key) for p in patterns)
    )


def actions_written_down(sources: Sources) -> set[str]:
    """What lines of the list of changes say was done, where it stands in the code as it is."""
    found: set[str] = set()
    for source in sources.values():
        for node in _nodes(source):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Line.of"):
                found |= {
                    argument.value
                    for argument in node.args[3:4]
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                }
    return found
