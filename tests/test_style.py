"""Every message and every form of the bot has its picture on the style page."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from docs.gallery.builders import builders
from docs.gallery.page import PAGE, PICTURES, alt, file_of, words
from tests.rules import read_sources

FRESH = (
    "a message or form is new, renamed or gone: run `python -m docs.gallery` (it runs the tests of "
    "the features and takes pictures: ten minutes on two cores), and commit docs/style.md and "
    "docs/pictures/style; a builder that it misses needs a test that shows its message"
)
MOST_BYTES = 6_000_000


def test_every_message_and_form_has_its_picture_and_no_other_is_there() -> None:
    wanted = {file_of(one) for one in builders()}
    assert len(wanted) > 100
    assert {path.name for path in PICTURES.glob("*")} == wanted, FRESH
    shown = re.findall(r"!\[([^\]]+)\]\(pictures/style/([\w-]+\.png)\)", PAGE.read_text("utf-8"))
    assert sorted(name for _, name in shown) == sorted(wanted), FRESH
    assert all(len(said) > 5 for said, _ in shown)


def test_the_pictures_stay_small() -> None:
    assert sum(path.stat().st_size for path in PICTURES.glob("*.png")) < MOST_BYTES


NOT_LAST = {
    # Passing is the last and lightest of four ways to go on.
    ("answer_views.py", "prompt"),
    # Nothing was found: a person comes first.
    ("views.py", "not_found"),
}


def test_helplines_are_at_the_end_of_their_row() -> None:
    rows = 0
    for path, source in read_sources("cogs").items():
        for function in ast.parse(source).body if path.endswith("views.py") else ():
            if not isinstance(function, ast.FunctionDef):
                continue
            for call in ast.walk(function):
                if not isinstance(call, ast.Call) or ast.unparse(call.func) != "row":
                    continue
                parts = [ast.unparse(part).startswith("helplines_button(") for part in call.args]
                if any(parts) and (Path(path).name, function.name) not in NOT_LAST:
                    rows += 1
                    assert parts[-1], f"{path}, {function.name}"
    assert rows > 50


def test_the_words_of_a_picture_are_those_of_its_message() -> None:
    tapped = {"type": 2, "label": "Leave", "custom_id": "x"}
    said = "### Hi <@1>\n-# See </faq ask:2> in <#3>, **at** <t:4:f>, [here](https://a.example)"
    shown = [{"type": 17, "components": [{"type": 10, "content": said}, tapped]}]
    read = "Hi somebody. See /faq ask in a channel, at a moment, here. Button: Leave."
    assert alt("\n".join(words(shown))) == read
