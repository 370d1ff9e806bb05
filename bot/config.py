"""What the process is told by its environment: read once, checked, secrets never printed."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from bot.content import DATA
from bot.errors import StartError


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable, as `.env.example` and the README describe it."""

    name: str
    default: str
    meaning: str
    secret: bool = False


VARIABLES = (
    Variable("DISCORD_TOKEN", "", "Bot token from Discord's developer portal.", secret=True),
    Variable("DISCORD_TOKEN_FILE", "", "A file that holds the token, instead of DISCORD_TOKEN."),
    Variable("STATE_DIR", "", "Folder for the database and its key."),
    Variable("DATABASE_URL", "", "postgresql://... to use PostgreSQL instead of SQLite.", True),
    Variable(
        "SHARD_COUNT",
        "",
        "With PostgreSQL: into how many shards all processes together divide the servers.",
    ),
    Variable(
        "SHARD_IDS",
        "",
        "With PostgreSQL: the shards of this process, 0-3,7 say; all of them when empty.",
    ),
    Variable("DATABASE_KEY", "", "64 hex digits: the database key, instead of a key file.", True),
    Variable(
        "DATABASE_KEY_FILE",
        "",
        "File of the database key; made on first start. Without it, systemd's credential "
        "database.key is used when the service is given one.",
    ),
    Variable("DATABASE_PLAIN", "no", "yes stores SQLite without encryption."),
    Variable(
        "FAQ_SEARCH",
        "auto",
        "semantic finds answers by meaning (150 MB more), lexical by words; auto: by meaning where "
        "the encoder is installed.",
    ),
    Variable("LOG_LEVEL", "info", "debug, info, warning or error."),
    Variable("LOG_FORMAT", "auto", "text, json, or auto: text on a terminal, else json."),
    Variable(
        "STATUS_ADDRESS",
        "",
        "Where /healthz and /metrics are served: a port, which is then on this machine alone, or "
        "address:port. Without it nothing is served.",
    ),
    Variable("HOST_NAME", "", "Who runs this bot; /about shows it."),
    Variable("HOST_CONTACT", "", "How to reach who runs this bot; /about shows it."),
    Variable("SOURCE_URL", "", "Where the source code of this bot is; /about shows it."),
)

MOST_SHARDS = 10_000
"""More than anybody has: 25 million servers."""

_TOKEN = re.compile(r"[\w-]{20,}\.[\w-]{5,}\.[\w-]{20,}")


@dataclass(frozen=True, slots=True)
class Config:
    """The checked settings of the process."""

    state_dir: Path
    token: str | None = field(default=None, repr=False)
    database_url: str | None = field(default=None, repr=False)
    shard_count: int | None = None
    """Into how many shards the servers are divided; None leaves it to Discord."""
    shard_ids: tuple[int, ...] | None = None
    """The shards of this process; None for all of them."""
    database_key: str | None = field(default=None, repr=False)
    database_key_file: Path | None = None
    database_key_is_credential: bool = False
    database_plain: bool = False
    faq_search: Literal["auto", "semantic", "lexical"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "text", "json"] = "auto"
    status_address: tuple[str, int] | None = None
    host_name: str | None = None
    host_contact: str | None = None
    source_url: str | None = None

    @property
    def database_path(self) -> Path:
        """Where the SQLite database is, when no DATABASE_URL is set."""
        return self.state_dir / "alongside.db"

    @property
    def key_path(self) -> Path:
        """Where the database key is, when DATABASE_KEY does not hold it."""
        return self.database_key_file or self.state_dir / "database.key"

    @property
    def journal_path(self) -> Path:
        """Where the journal of what a restore must not undo is, whatever the store is."""
        return self.state_dir / "journal.db"

    @property
    def token_looks_right(self) -> bool:
        """Whether the token has the shape that Discord gives them: three dotted parts."""
        return self.token is not None and _TOKEN.fullmatch(self.token) is not None

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Config:
        """Check the environment; raises StartError naming every variable that is wrong."""
        problems: list[str] = []

        def choice(name: str, default: str, *options: str) -> str:
            value = environ.get(name, "").strip().lower() or default
            if value not in options:
                problems.append(f"{name} must be one of: {', '.join(options)}")
                return default
            return value

        def text(name: str) -> str | None:
            return environ.get(name, "").strip() or None

        def path(name: str, value: str) -> Path:
            try:
                return Path(value).expanduser()
            except RuntimeError:
                problems.append(
                    f"{name} must be a path without ~, for there is no such home folder"
                )
                return Path(value)

        token = text("DISCORD_TOKEN")
        token_file = text("DISCORD_TOKEN_FILE")
        if token and token_file:
            problems.append("set DISCORD_TOKEN or DISCORD_TOKEN_FILE, not both")
        elif token_file:
            try:
                token = path("DISCORD_TOKEN_FILE", token_file).read_text("ascii").strip() or None
            except (OSError, UnicodeDecodeError):
                problems.append("DISCORD_TOKEN_FILE cannot be read; check its path and rights")
            else:
                if token is None:
                    problems.append("DISCORD_TOKEN_FILE is empty; put the bot token into it")

        if token and not re.fullmatch("[!-~]+", token):
            problems.append("the token of Discord holds signs that no token has; copy it again")
        url = text("DATABASE_URL")
        if url and not _names_postgres(url):
            problems.append(
                "DATABASE_URL must be empty for SQLite, or postgresql://user:password@host:port/"
                "name, with signs such as / ? # @ in the password written as %2F %3F %23 %40"
            )
        shard_count, shard_ids = _shards(
            text("SHARD_COUNT"), text("SHARD_IDS"), problems, shared=url is not None
        )
        key = text("DATABASE_KEY")
        if key and not re.fullmatch(r"[0-9a-fA-F]{64}", key):
            problems.append("DATABASE_KEY must be 64 hex digits")
        key_file = text("DATABASE_KEY_FILE")
        if key and key_file:
            problems.append("set DATABASE_KEY or DATABASE_KEY_FILE, not both")
        credentials = text("CREDENTIALS_DIRECTORY")
        credential = Path(credentials, "database.key") if credentials else None
        if credential and not key and not key_file and credential.exists():
            key_file = str(credential)
        address = text("STATUS_ADDRESS")
        status_address = _address(address) if address else None
        if address and status_address is None:
            problems.append("STATUS_ADDRESS must be a port, 9464 say, or address:port")
        source = text("SOURCE_URL")
        if source and not re.fullmatch(r"https?://[^\s<>()\[\]]{3,300}", source):
            problems.append("SOURCE_URL must be a web address that begins with https://")
        config = cls(
            state_dir=path("STATE_DIR", text("STATE_DIR") or _default_state_dir(environ)),
            token=token,
            database_url=url,
            shard_count=shard_count,
            shard_ids=shard_ids,
            database_key=key.lower() if key else None,
            database_key_file=path("DATABASE_KEY_FILE", key_file) if key_file else None,
            database_key_is_credential=bool(
                credential and key_file and Path(key_file).parent == credential.parent
            ),
            database_plain=choice("DATABASE_PLAIN", "no", "yes", "no") == "yes",
            faq_search=choice("FAQ_SEARCH", "auto", "auto", "semantic", "lexical"),  # pyright: ignore[reportArgumentType]
            log_level=choice("LOG_LEVEL", "info", "debug", "info", "warning", "error"),  # pyright: ignore[reportArgumentType]
            log_format=choice("LOG_FORMAT", "auto", "auto", "text", "json"),  # pyright: ignore[reportArgumentType]
            status_address=status_address,
            host_name=text("HOST_NAME"),
            host_contact=text("HOST_CONTACT"),
            source_url=source,
        )
        if problems:
            raise StartError("settings: " + "; ".join(problems) + ".", os.EX_CONFIG)
        return config


def _shards(
    count: str | None, ids: str | None, problems: list[str], *, shared: bool
) -> tuple[int | None, tuple[int, ...] | None]:
    """Read the shards of this process, and add to `problems` what is wrong with them."""
    if count is None and ids is None:
        return None, None
    if not shared:
        problems.append(
            "SHARD_COUNT and SHARD_IDS need DATABASE_URL, for processes share PostgreSQL only"
        )
    number = int(count) if count and re.fullmatch("[0-9]{1,5}", count) else 0
    if count is None:
        problems.append("SHARD_IDS needs SHARD_COUNT, the same number in every process")
    elif not 0 < number <= MOST_SHARDS:
        problems.append(f"SHARD_COUNT must be a number from 1 to {MOST_SHARDS}")
        number = 0
    if ids is None:
        return number or None, None
    if not re.fullmatch(r"[0-9]{1,5}(-[0-9]{1,5})?( *, *[0-9]{1,5}(-[0-9]{1,5})?)*", ids):
        problems.append("SHARD_IDS must be numbers and ranges with commas between: 0-3,7")
        return number or None, None
    ranges = [[int(end) for end in part.split("-")] for part in ids.split(",")]
    if any(one[0] > one[-1] for one in ranges):
        problems.append("SHARD_IDS has a range that ends before it begins; write 0-3, not 3-0")
    last = max(end for one in ranges for end in one)
    if number and last >= number:
        problems.append(
            f"SHARD_IDS names shard {last}, but SHARD_COUNT={number} has those from 0 to "
            f"{number - 1}"
        )
        return number, None
    found = {shard for one in ranges for shard in range(one[0], one[-1] + 1)}
    return number or None, tuple(sorted(found))


def _address(text: str) -> tuple[str, int] | None:
    """Read address:port; a port alone is on loopback. None for anything else."""
    try:
        parts = urlsplit(f"//{text}" if ":" in text else f"//127.0.0.1:{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    more = parts.path + parts.query + parts.fragment
    if not host or not port or more or not re.fullmatch(r"[\w.:-]+", host) or "@" in text:
        return None
    return host, port


def _names_postgres(url: str) -> bool:
    """Whether the address comes apart as it was meant to.

    A / ? or # in a password would end it there, and what follows would be shown as a name.
    """
    try:
        parts = urlsplit(url)
        hosts = parts.netloc.rpartition("@")[2].split(",")
        ports = [urlsplit(f"//{host}").port for host in hosts]
    except ValueError:
        return False
    rest = parts.path + parts.query + parts.fragment
    return parts.scheme in {"postgresql", "postgres"} and 0 not in ports and "@" not in rest


def _default_state_dir(environ: Mapping[str, str]) -> str:
    if (DATA.parent / "pyproject.toml").exists():
        return str(DATA / "state")
    home = environ.get("XDG_DATA_HOME") or "~/.local/share"
    return f"{home}/alongside"
