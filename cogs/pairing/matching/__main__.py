"""Draws a round in a process of its own: `python -m cogs.pairing.matching`.

It reads a `Round` as JSON on standard input and writes what was drawn as JSON on standard output.
Matching holds the interpreter for as long as it takes, so the process that serves people never does
it. What is no round ends it with status 2, and whatever else goes wrong with status 1; either
way with one line on standard error that holds no word and no id of a member.
"""

from __future__ import annotations

import sys

from cogs.pairing.matching.drawing import draw
from cogs.pairing.matching.rounds import RoundError, drawn_to_json, round_from_json

BAD_INPUT, FAILED = 2, 1


def main() -> int:
    """Read, draw, write; give the exit status."""
    try:
        asked = round_from_json(sys.stdin.buffer.read().decode("utf-8"))
        drawn = draw(asked)
    except (RoundError, UnicodeDecodeError) as error:
        told = str(error) if isinstance(error, RoundError) else "not UTF-8"
        sys.stderr.write(f"bad round: {told}\n")
        return BAD_INPUT
    except Exception as error:  # noqa: BLE001 - a traceback may show what members wrote
        sys.stderr.write(f"the draw failed: {type(error).__name__}\n")
        return FAILED
    sys.stdout.write(drawn_to_json(drawn))
    return 0


if __name__ == "__main__":
    sys.exit(main())
