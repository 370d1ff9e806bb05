"""The command line: `alongside`, the same as `python -m bot`."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import signal
import sys
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dotenv import dotenv_values

from bot import __version__, logs
from bot.alone import alone
from bot.clock import system_clock
from bot.config import Config
from bot.errors import StartError
from bot.memory import keep_together

if TYPE_CHECKING:
    from bot.backup.restoring import Settled
    from bot.client import Alongside

_log = logs.get(__name__)

_TOKEN_REFUSED = 4004
"""The gateway's close code "Authentication failed": the token was reset while the bot ran."""

_LAST_PORT = 65535

_READER_GONE = 128 + signal.SIGPIPE
"""The status of a program that ended because nobody read its output any more."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; gives the exit status. 0 is well, others are those of sysexits.h."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        config = Config.read(_environment())
        logs.configure(config)
        command = options.command or ("run" if config.token else "play")
        match command:
            case "run":
                with alone(config):
                    return asyncio.run(_until_told(_run(config)))
            case "play":
                return asyncio.run(_until_told(_play(config, options)))
            case "check":
                status = asyncio.run(_check(config))
                sys.stdout.flush()
                return status
            case "status":
                return _status(config)
            case "migrate":
                with alone(config):
                    return asyncio.run(_migrate(config))
            case "move":
                return asyncio.run(_until_told(_move(config)))
            case "backup":
                return _backup(config, options)
            case "journal":
                return _journal(config, options)
            case "restore":
                return asyncio.run(_restore(config, options))
            case "replay":
                return asyncio.run(_replay(config, options))
            case "rekey":
                return _rekey(config, options)
            case "export-server":
                return asyncio.run(_export_server(config, options))
            case "import-server":
                return asyncio.run(_import_server(config, options))
            case _:
                return asyncio.run(_policy(config, options))
    except StartError as error:
        print(f"alongside: {error}", file=sys.stderr)
        return error.status
    except BrokenPipeError:
        # Whoever read the output has seen enough, as `head` does. What is still in the buffer has
        # nowhere to go, and Python would complain about it at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _READER_GONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="alongside",
        description="A Discord bot for peer-support communities. "
        "Without a command it runs when there is a token, and opens the playground when not.",
    )
    parser.add_argument("--version", action="version", version=f"alongside {__version__}")
    parser.set_defaults(port=0, fresh=False)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("run", help="join Discord with the token of DISCORD_TOKEN")
    play = commands.add_parser("play", help="open a simulated server on a page of this machine")
    play.add_argument(
        "--port", type=_port, default=0, help="port of the page (default: a free one)"
    )
    play.add_argument("--fresh", action="store_true", help="start over with a new playground")
    commands.add_parser("check", help="look at settings, store and content; say what is wrong")
    commands.add_parser("status", help="ask the bot that runs at STATUS_ADDRESS how it is")
    commands.add_parser("migrate", help="bring the database up to date and stop")
    _add_care_of_the_store(commands)
    policy = commands.add_parser(
        "policy", help="write a privacy policy and terms for you to complete"
    )
    policy.add_argument("--out", type=Path, default=Path("policy"), metavar="DIR")
    return parser


def _add_care_of_the_store(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    backup = commands.add_parser("backup", help="copy the store, encrypted, while the bot runs")
    backup.add_argument("destination", nargs="?", type=Path, metavar="DEST")
    journal = commands.add_parser(
        "journal", help="copy the list of what a restore must not undo, for another disk"
    )
    journal.add_argument("target", type=Path, metavar="FILE")
    restore = commands.add_parser("restore", help="check a backup and put it in the store's place")
    restore.add_argument("backup", type=Path, metavar="FILE")
    for one in (backup, restore):
        one.add_argument(
            "--key-file", type=Path, metavar="FILE", help="the backup's key, if not the store's"
        )
    backup.add_argument(
        "--prune", action="store_true", help="delete backups there that are too old to be restored"
    )
    restore.add_argument(
        "--replace", action="store_true", help="keep the store that is there under another name"
    )
    replay = commands.add_parser(
        "replay", help="make PostgreSQL ready after its own tools have restored it"
    )
    replay.add_argument("since", type=_moment, metavar="MOMENT", help="2026-11-22T03:00Z, say")
    replay.add_argument(
        "--journal",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="the journal of another machine that ran the bot",
    )
    for one in (restore, replay):
        one.add_argument(
            "--without-journal",
            action="store_true",
            help="restore although nobody can tell who left since; nothing of members is kept",
        )
    leave = commands.add_parser("export-server", help="write one server into a file of its own")
    leave.add_argument("server", type=int, metavar="ID", help="the server's number in Discord")
    leave.add_argument(
        "--hand-over",
        action="store_true",
        help="with what is members' own, and keep nothing of the server here",
    )
    enter = commands.add_parser("import-server", help="take such a file into this store")
    for one in (leave, enter):
        one.add_argument("file", type=Path, metavar="FILE")
        one.add_argument(
            "--key-file",
            type=Path,
            required=True,
            metavar="FILE",
            help="the key of that file alone; export-server makes it",
        )
    commands.add_parser("move", help="copy the SQLite store into the PostgreSQL of DATABASE_URL")
    rekey = commands.add_parser("rekey", help="encrypt the store with another key")
    rekey.add_argument(
        "--new-key-file", type=Path, metavar="FILE", help="the new key; made when there is none"
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise argparse.ArgumentTypeError("a moment is written 2026-11-22T03:00Z")
    return moment


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {_LAST_PORT}")
    return int(text)


def _environment() -> dict[str, str]:
    try:
        from_file = {k: v for k, v in dotenv_values(".env").items() if v is not None}
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(
            "The file .env cannot be read; see that this account may read it, "
            "and that it is saved as UTF-8 text."
        ) from error
    return {**from_file, **os.environ}


async def _until_told(work: Coroutine[Any, Any, int]) -> int:
    """Run until it ends or SIGTERM or Ctrl-C comes; then let it close what it has open."""
    task = asyncio.create_task(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return 0


async def _run(config: Config) -> int:
    keep_together()
    # What start-up makes stays; the collector would go through it again and again. `on_ready`
    # switches it on again for what comes later.
    gc.disable()
    import aiohttp
    import discord

    from bot.client import Alongside
    from bot.migrations import overtaken
    from bot.opening import open_runtime

    if config.token is None:
        raise StartError(
            "There is no DISCORD_TOKEN. Put one into .env to join Discord, "
            "or try the bot without one: alongside play."
        )
    _keep_way_back(config)
    runtime = await open_runtime(config)
    bot = Alongside(runtime)
    try:
        async with bot, _shown(bot):
            await _first(overtaken(runtime.database), bot.start(config.token))
    except (discord.LoginFailure, discord.ConnectionClosed) as error:
        if isinstance(error, discord.ConnectionClosed) and error.code != _TOKEN_REFUSED:
            raise StartError(
                f"Discord closed the connection for good (code {error.code}). "
                "Start again; nothing is lost.",
                os.EX_TEMPFAIL,
            ) from error
        raise StartError(
            "Discord refuses the token. Make a new one in the developer portal, page “Bot”, "
            "“Reset Token”, and put it into DISCORD_TOKEN.",
            os.EX_NOPERM,
        ) from error
    except (aiohttp.ClientError, discord.HTTPException, discord.GatewayNotFound, OSError) as error:
        raise StartError(
            f"Discord cannot be reached ({logs.describe(error)}). "
            "Check this machine's network, then start again; nothing is lost.",
            os.EX_TEMPFAIL,
        ) from error
    finally:
        await runtime.database.close()
    return 0


async def _first(*works: Coroutine[Any, Any, object]) -> None:
    """Let them run until one ends, and end as it did, or the first of those that did.

    The others are cancelled.
    """
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _shown(bot: Alongside) -> AbstractAsyncContextManager[object]:
    """Serve what is seen of the bot; a web server is read in only where there is one."""
    address = bot.runtime.config.status_address
    if address is None:
        return nullcontext()
    from bot.outside.page import shown

    return shown(bot, address)


def _keep_way_back(config: Config) -> None:
    from bot.backup.service import before_update

    taken = before_update(config, system_clock)
    if taken is not None:
        _log.info("backed_up_before_update", path=str(taken.path), schema=taken.facts.schema)


async def _play(config: Config, options: argparse.Namespace) -> int:
    from bot import playground

    await playground.run(config, port=options.port, fresh=options.fresh)
    return 0


async def _check(config: Config) -> int:
    from bot.doctor import Grade, examine

    wrong = 0
    async for finding in examine(config):
        print(f"{finding.grade.value:<8} {finding.subject}: {finding.sentence}")
        wrong += finding.grade is Grade.WRONG
    if wrong:
        print(f"\n{wrong} of these must be put right before the bot can be relied on.")
        return os.EX_CONFIG
    print("\nNothing is in the way.")
    return 0


def _status(config: Config) -> int:
    from bot.outside.asking import ask

    well, told = ask(config)
    for name, value in told.items():
        print(f"{name}: {value}")
    # Container engines know 1 alone as "ill".
    return 0 if well else 1


async def _migrate(config: Config) -> int:
    from bot.opening import open_runtime

    _keep_way_back(config)
    runtime = await open_runtime(config)
    version = await runtime.database.schema_version()
    await runtime.database.close()
    print(f"The database has schema {version}.")
    return 0


async def _move(config: Config) -> int:
    from bot.moving.service import move

    moved = await move(
        config, system_clock, lambda table, rows: print(f"{table}: {rows:,} rows, read back")
    )
    print(
        f"Moved {moved.rows:,} rows of {moved.tables} tables; all of them were read back and are "
        f"the same on both sides (SHA-256 {moved.digest[:16]})."
    )
    print(f"The SQLite store is {moved.kept} now. Members may erase what is in it: delete it soon.")
    print(
        "Keep DATABASE_URL in the settings of the bot and start it. STATE_DIR stays as it is: the "
        "journal and its key are there. Back up PostgreSQL with its own tools from now on."
    )
    return 0


def _backup(config: Config, options: argparse.Namespace) -> int:
    from bot.backup.service import take

    taken = take(
        config,
        options.destination,
        system_clock,
        key_file=options.key_file,
        prune=options.prune,
    )
    print(
        f"{taken.path}: {taken.size_bytes // 1024:,} KB, schema {taken.facts.schema}, "
        f"as of {taken.facts.taken_at:%Y-%m-%d %H:%M:%S} UTC; every page was read back."
    )
    if taken.pruned:
        print(f"Deleted {taken.pruned} that were too old to be restored.")
    return 0


def _journal(config: Config, options: argparse.Namespace) -> int:
    from bot.backup.service import copy_journal

    copy_journal(config, options.target, system_clock)
    print(f"The journal is copied to {options.target}.")
    return 0


async def _restore(config: Config, options: argparse.Namespace) -> int:
    from bot.backup.restoring import restore

    restored = await restore(
        config,
        options.backup,
        system_clock,
        key_file=options.key_file,
        replace_store=options.replace,
        without_journal=options.without_journal,
    )
    facts = restored.facts
    print(f"Restored as of {facts.taken_at:%Y-%m-%d %H:%M:%S} UTC, schema {facts.schema}.")
    if restored.kept is not None:
        print(f"The store from before is {restored.kept}; delete it when you need it no more.")
    _say_settled(restored.settled)
    return 0


async def _replay(config: Config, options: argparse.Namespace) -> int:
    from bot.backup.restoring import replay

    _say_settled(
        await replay(
            config,
            options.since,
            system_clock,
            journals=options.journal,
            without_journal=options.without_journal,
        )
    )
    return 0


def _say_settled(settled: Settled) -> None:
    for kind, count in sorted(settled.replayed.items()):
        print(f"Done again from the journal: {kind}, {count}.")
    if settled.forgotten:
        print(f"Left out because no journal tells who left: {settled.forgotten} rows of members.")
    print(f"Fell due before the restore and will not be sent: {len(settled.left_out)}.")
    for message in settled.left_out:
        print(f"  {message.due_at:%Y-%m-%d %H:%M} UTC  {message.kind}  server {message.server_id}")


def _rekey(config: Config, options: argparse.Namespace) -> int:
    from bot.rekey import rekey

    key_file = rekey(config, options.new_key_file)
    if key_file == config.key_path:
        print(f"The new key is in {key_file}; the one before is kept beside it, for old backups.")
    else:
        print(
            f"The new key is in {key_file}. Put it where the old one was (DATABASE_KEY or the "
            "credential), or name the file in DATABASE_KEY_FILE; keep the old one for old backups."
        )
    return 0


async def _export_server(config: Config, options: argparse.Namespace) -> int:
    from bot.handover.service import export_server

    written = await export_server(
        config,
        options.server,
        options.file,
        options.key_file,
        system_clock,
        hand_over=options.hand_over,
    )
    print(f"{written.path}: {written.rows} rows of server {options.server}; it was read back.")
    if options.hand_over:
        print("Nothing of this server is kept here any more. Give away file and key apart.")
    else:
        print("What is members' own is not in it; they are asked again.")
    return 0


async def _import_server(config: Config, options: argparse.Namespace) -> int:
    from bot.handover.service import import_server

    taken = await import_server(config, options.file, options.key_file, system_clock)
    facts = taken.facts
    print(
        f"Server {facts.server_id} is here, as of {facts.taken_at:%Y-%m-%d %H:%M:%S} UTC: "
        f"{taken.rows} rows."
    )
    _say_settled(taken.settled)
    return 0


async def _policy(config: Config, options: argparse.Namespace) -> int:
    from bot.policy import write

    for path in await write(config, options.out):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
