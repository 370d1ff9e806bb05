"""What can be refused, and to whom the refusal speaks.

A member reads a `UserError` in their own language, so it carries a text key and never a sentence.
The host of the process reads a `StartError` or a `ContentError`: those are plain English sentences,
because the text files themselves may be what is wrong.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager


class UserError(Exception):
    """A refusal that a person may read; `key` names its sentence in data/text."""

    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key)
        self.key = key
        self.params = params
        self.label: str | None = None
        """The key of the label of the field it is about, where it is about one of several."""


@contextmanager
def in_field(label: str) -> Generator[None]:
    """Say with every refusal which field of a form it is about; `label` is that field's key."""
    try:
        yield
    except UserError as error:
        error.label = label
        raise


class StartError(Exception):
    """The process cannot start or go on; `str()` is one sentence saying what to do about it.

    `status` is the exit status, from sysexits.h: 64 usage, 65 data, 69 unavailable, 74 input or
    output, 75 try again later, 77 not permitted, 78 configuration.
    """

    def __init__(self, message: str, status: int = os.EX_CONFIG) -> None:
        super().__init__(message)
        self.status = status


class ContentError(StartError):
    """A content file breaks a rule; `str()` names file, line and reason."""

    def __init__(self, file: str, line: int | None, reason: str) -> None:
        place = file if line is None else f"{file}:{line}"
        super().__init__(f"{place}: {reason}", os.EX_DATAERR)
        self.file = file
        self.line = line
        self.reason = reason
