"""`python -m tests.hostile`: how the bot takes thousands of hostile inputs."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

from tests.hostile.campaign import run


def main() -> int:
    """Run the campaign; the exit status says whether everything held."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000, help="how many (default: 10000)")
    parser.add_argument("--seed", type=int, default=1, help="of the dice (default: 1)")
    parser.add_argument(
        "--longest", action="store_true", help="with the longest words of all languages and people"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    tally = asyncio.run(run(options.inputs, options.seed, longest=options.longest))
    figures = tally.to_json()
    if options.json:
        sys.stdout.write(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    else:
        for name, value in figures.items():
            sys.stdout.write(f"{name}: {value if value not in ({}, []) else 'none'}\n")
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
