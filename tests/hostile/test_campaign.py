"""A small part of the campaign, and that it would see what it looks for."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.hostile import words
from tests.hostile.campaign import Campaign
from tests.hostile.ground import make_ground

SOME = 400


@pytest.mark.parametrize("also", [(), ("--longest",)], ids=["hostile", "longest"])
def test_some_hundred_inputs_are_all_answered_within_limits_and_leave_no_trace(
    also: tuple[str, ...],
) -> None:
    """In a process of its own, because it takes the log of the whole process.

    The second time, every sentence is the longest of all languages, and people type all they may.
    """
    command = [sys.executable, "-m", "tests.hostile", "--inputs", str(SOME), "--seed", "7"]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, *also, "--json"], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.stdout, done.stderr
    figures: dict[str, Any] = json.loads(done.stdout)
    found = {
        name: figures[name] for name in ("unanswered", "failures", "mentions", "logged", "limits")
    }
    assert found == {name: {} for name in found}
    assert figures["untried"] == []
    assert figures["inputs"] >= SOME
    assert done.returncode == 0


async def test_the_campaign_sees_what_it_looks_for(tmp_path: Path) -> None:
    async with make_ground(tmp_path / "state") as ground:
        log = io.StringIO()
        campaign = Campaign(ground, Random(1), log, tmp_path)  # noqa: S311
        await campaign.prepare()
        mark = words.mark_of(1)
        bad: list[dict[str, Any]] = [
            {"components": [{"type": 10, "content": "hello"}]},
            {"content": "x", "allowed_mentions": {"parse": ["everyone"]}},
            {"content": "x", "allowed_mentions": {"parse": [], "users": [str(ground.stranger.id)]}},
            *(
                {"allowed_mentions": {}, "components": [{"type": 10, "content": said}]}
                for said in (f"{mark} @everyone", f"<@{words.SOMEBODY}>", "a\u202eb")
            ),
        ]
        for sent in bad:
            before = campaign.tally.mentions.total()
            await campaign._judge(sent)  # pyright: ignore[reportPrivateUsage]
            assert campaign.tally.mentions.total() == before + 1, sent
        lines = [
            {"event": mark, "level": "info"},
            {"event": "x", "level": "info", "who": ground.world.member.id},
        ]
        for line in lines:
            log.write(json.dumps(line) + "\n")
        campaign._judge_log()  # pyright: ignore[reportPrivateUsage]
        assert campaign.tally.logged.total() == len(lines)
        log.write(json.dumps({"event": "unexpected", "level": "error"}) + "\n")
        campaign._judge_log()  # pyright: ignore[reportPrivateUsage]
        assert campaign.tally.failures.total() == 1
