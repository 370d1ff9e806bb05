"""Gives what an earlier start has read of a YAML file, for as long as the file is the same.

Reading the shipped YAML is a quarter of a start; reading the same as JSON takes a twentieth of the
time. A copy begins with a seal (HMAC-SHA-256 under a key derived from the store's) over the YAML
file, the program that reads it and the copy's own data: one of another file, of another version, or
that anybody else has written, is not used but made anew.
Nothing of members is in it, and whoever deletes it costs the next start some time.
"""

from __future__ import annotations

import hmac
import json
import os
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from bot import __version__, logs
from bot.content import Document, name_of, parse_bytes, read_bytes
from bot.database.files import make_folder

_log = logs.get(__name__)

PROGRAM = Path(__file__).with_name("plain_yaml.py")
"""What parses the files of which copies are kept."""


class Rereading:
    """Reads YAML files, and keeps a copy of each as JSON in a folder of its own."""

    def __init__(self, folder: Path, key: str | None) -> None:
        """`key` is the store's; without one the seal holds no secret."""
        self._folder: Path | None = folder
        self._key = hmac.digest((key or "").encode(), b"alongside reread", "sha256")
        self._reader = __version__.encode() + PROGRAM.read_bytes()

    def load(self, path: Path) -> Document:
        """Read a file as `load_yaml` does; raises ContentError."""
        source, name = read_bytes(path), name_of(path)
        if self._folder is None:
            return parse_bytes(source, name)
        copy = self._folder / f"{name.replace('/', '-')}.json"
        try:
            seal, _, body = copy.read_bytes().partition(b"\n")
        except OSError:
            seal = body = b""
        if hmac.compare_digest(seal, self._seal(source, body)):
            # Where a part stands is asked of a wrong file only.
            lines = cache(lambda: parse_bytes(source, name).lines())
            return Document(name, json.loads(body), lines)
        document = parse_bytes(source, name)
        self._keep(copy, source, document.data)
        return document

    def _seal(self, source: bytes, body: bytes) -> bytes:
        parts = (self._reader, source, body)
        # The hash of each, or a byte could move from one part into the next.
        hashes = b"".join(sha256(part).digest() for part in parts)
        return hmac.new(self._key, hashes, sha256).hexdigest().encode()

    def _keep(self, copy: Path, source: bytes, data: Any) -> None:
        body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
        draft = copy.with_suffix(f".{os.getpid()}")
        try:
            if not copy.parent.is_dir():
                make_folder(copy.parent)
            draft.touch(0o600)
            draft.write_bytes(self._seal(source, body) + b"\n" + body)
            draft.replace(copy)
        except OSError as error:
            # The bot runs all the same; once is enough to have tried.
            self._folder = None
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            _log.info("content_not_kept", error=logs.describe(error))
