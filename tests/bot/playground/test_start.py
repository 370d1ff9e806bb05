import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("missing", ["simcord", "markdown_it"])
def test_without_the_extra_one_sentence_says_how_to_get_it(missing: str, tmp_path: Path) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from bot.__main__ import main\n"
        "sys.exit(main(['play']))"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "STATE_DIR": str(tmp_path), "DISCORD_TOKEN": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == os.EX_UNAVAILABLE
    assert "--require-hashes --only-binary :all: -r requirements/play.lock" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
