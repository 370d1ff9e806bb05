"""Reads a page from standard input and writes its picture to standard output."""

from __future__ import annotations

import sys

from cogs.insights.picture.drawing import draw
from cogs.insights.picture.page import Page

if __name__ == "__main__":
    sys.stdout.buffer.write(draw(Page.from_json(sys.stdin.read())))
