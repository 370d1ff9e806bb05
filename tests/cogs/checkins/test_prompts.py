"""How prompts are read, and which one comes next."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content import parse_yaml
from bot.errors import ContentError
from cogs.checkins.prompts import Pool, Prompt, Task, Tip, Weight, choose, parse

GOOD = """\
- id: hello-there
  category: hello
  tip: greet
  task: connection
  weight: light
  text: One word back is plenty.
  safe_because: It only greets.
"""


def read(text: str, language: str = "en") -> tuple[Prompt, ...]:
    document = parse_yaml(text, "prompts/en.yaml")
    return parse(document.data, language, document.error)


def test_a_prompt_is_read_with_all_its_parts() -> None:
    assert read(GOOD) == (
        Prompt(
            "hello-there",
            "hello",
            Tip.GREET,
            Task.CONNECTION,
            Weight.LIGHT,
            "One word back is plenty.",
            "It only greets.",
        ),
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        (GOOD, "hello: there", 1, "a list"),
        (GOOD, "[]", 1, "a list"),
        (GOOD, "- hello", 1, "a mapping"),
        ("  tip: greet\n", "", 1, "needs “tip”"),
        ("  tip: greet\n", "  tip: greet\n  mood: good\n", 4, "“mood” is not a part"),
        ("category: hello", "category: hallo", 2, "the category is one of hello, today"),
        ("tip: greet", "tip: wave", 3, "the tip is one of greet, check-in, listen, attention"),
        ("task: connection", "task: 1", 4, "“task” must be text"),
        ("task: connection", "task: control", 4, "moving-towards"),
        ("weight: light", "weight: heavy", 5, "light, middle, deep"),
        ("id: hello-there", "id: Hello", 1, "an id is"),
        ("id: hello-there", "id: own-hello", 1, "an id is"),
        ("One word back", "Why one word", 6, "checkins.refused.why"),
        ("One word back is plenty.", '""', 6, "checkins.refused.empty"),
        ("It only greets.", "Yes.", 7, "“safe_because” is a sentence"),
        ("It only greets.", "x" * 161, 7, "“safe_because” is a sentence"),
        ("greets.\n", f"greets.\n{GOOD}", 8, "the id “hello-there” is there twice"),
        (
            "greets.\n",
            f"greets.\n{GOOD.replace('hello-there', 'hello-again')}",
            13,
            "the text is there twice",
        ),
    ],
)
def test_a_broken_file_is_refused_with_file_line_and_reason(
    old: str, new: str, line: int, reason: str
) -> None:
    with pytest.raises(ContentError) as refused:
        read(GOOD.replace(old, new))
    assert str(refused.value).startswith(f"prompts/en.yaml:{line}: ")
    assert reason in str(refused.value)


def prompt(number: int, weight: Weight = Weight.LIGHT) -> Prompt:
    return Prompt(f"p{number}", "hello", Tip.GREET, Task.CONNECTION, weight, "Hi.", "It greets.")


weights = st.lists(st.sampled_from(list(Weight)), min_size=1, max_size=14)
seeds = st.integers(min_value=0, max_value=2**32)


def posts(
    prompts: list[Prompt], count: int, seed: int, vetoed: set[str], used: list[str]
) -> list[str]:
    """Choose `count` times in a row, as a channel would see it."""
    used = list(used)
    for number in range(count):
        chosen = choose(Pool.of(prompts, vetoed), used, seed + number)
        assert chosen is not None
        used.append(chosen.id)
    return used[-count:]


@given(weights, seeds, st.data())
def test_no_prompt_comes_again_before_all_that_may_come_have_been_used(
    weights: list[Weight], seed: int, data: st.DataObject
) -> None:
    prompts = [prompt(number, weight) for number, weight in enumerate(weights)]
    vetoed = data.draw(st.sets(st.sampled_from([p.id for p in prompts])))
    may_come = {p.id for p in prompts} - vetoed
    if not may_come:
        assert choose(Pool.of(prompts, vetoed), [], seed) is None
        return
    posted = posts(prompts, 3 * len(may_come), seed, vetoed, [])
    for start in range(0, len(posted), len(may_come)):
        assert set(posted[start : start + len(may_come)]) == may_come


@given(weights, seeds, st.data())
def test_what_has_not_been_used_yet_comes_before_any_repeat_when_vetoes_change(
    weights: list[Weight], seed: int, data: st.DataObject
) -> None:
    prompts = [prompt(number, weight) for number, weight in enumerate(weights)]
    ids = [p.id for p in prompts]
    used: list[str] = []
    for number in range(2 * len(ids)):
        vetoed = data.draw(st.sets(st.sampled_from(ids), max_size=len(ids) - 1))
        chosen = choose(Pool.of(prompts, vetoed), used, seed + number)
        assert chosen is not None
        assert chosen.id not in vetoed
        assert chosen.id not in used or set(ids) - vetoed <= set(used)
        used.append(chosen.id)


@given(weights, seeds, st.lists(st.sampled_from(["p0", "p1", "p2", "p3", "elsewhere"])))
def test_any_history_leads_to_a_prompt_that_is_not_the_last_one(
    weights: list[Weight], seed: int, used: list[str]
) -> None:
    prompts = [prompt(number, weight) for number, weight in enumerate(weights)]
    chosen = choose(Pool.of(prompts), used, seed)
    assert chosen in prompts
    if used and len(prompts) > 1:
        assert chosen is None or chosen.id != used[-1]


@given(weights, seeds)
def test_deep_prompts_never_come_twice_in_a_row_while_they_are_half_at_most(
    weights: list[Weight], seed: int
) -> None:
    weights += [Weight.LIGHT] * max(2 * weights.count(Weight.DEEP) - len(weights), 0)
    prompts = [prompt(number, weight) for number, weight in enumerate(weights)]
    deep = {p.id for p in prompts if p.weight is Weight.DEEP}
    posted = posts(prompts, 4 * len(prompts), seed, set(), [])
    assert not any(first in deep and second in deep for first, second in pairwise(posted))


@given(st.integers(min_value=1, max_value=30), seeds)
def test_nothing_comes_back_within_half_of_the_prompts(size: int, seed: int) -> None:
    posted = posts([prompt(number) for number in range(size)], 4 * size, seed, set(), [])
    for place, prompt_id in enumerate(posted):
        assert prompt_id not in posted[max(place - size // 2, 0) : place]


@given(weights, seeds)
def test_the_same_arguments_give_the_same_prompt(weights: list[Weight], seed: int) -> None:
    prompts = [prompt(number, weight) for number, weight in enumerate(weights)]
    chosen = choose(Pool.of(prompts), ["p0"], seed)
    assert choose(Pool.of(list(reversed(prompts))), ["p0"], seed) == chosen


def test_another_seed_gives_another_order() -> None:
    prompts = [prompt(number) for number in range(20)]
    orders = {tuple(posts(prompts, 20, seed, set(), [])) for seed in (0, 100, 200, 300)}
    assert len(orders) == 4


def test_every_prompt_comes_first_about_equally_often() -> None:
    prompts = [prompt(number) for number in range(4)]
    first = [choose(Pool.of(prompts), [], seed) for seed in range(2000)]
    assert all(400 < first.count(p) < 600 for p in prompts)


def test_when_all_are_vetoed_nothing_is_chosen() -> None:
    prompts = [prompt(0), prompt(1)]
    assert choose(Pool.of(prompts, {"p0", "p1"}), ["p0"], 1) is None
    assert choose(Pool.of([]), [], 1) is None


def test_the_only_prompt_may_come_again() -> None:
    assert choose(Pool.of([prompt(0)]), ["p0"], 1) == prompt(0)


def test_a_deep_prompt_comes_after_a_deep_one_only_when_nothing_else_is_left() -> None:
    prompts = [prompt(0, Weight.DEEP), prompt(1, Weight.DEEP), prompt(2)]
    assert choose(Pool.of(prompts), ["p2", "p0"], 1) == prompts[1]
    assert choose(Pool.of(prompts), ["p0"], 1) == prompts[2]


def test_a_prompt_that_is_new_comes_before_the_old_ones_repeat() -> None:
    prompts = [prompt(number) for number in range(4)]
    assert choose(Pool.of(prompts), ["p0", "p1", "p2", "p0", "p1", "p2"], 5) == prompts[3]
