"""How prompts are read, and which one comes next."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content import parse_yaml
from bot.errors import ContentError
from cogs.checkins.model import History
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
NOTHING = History(10, 100, None, {})


def post(pool: Pool, seen: History, seed: int) -> tuple[str, History]:
    """Choose once, and note it, as a channel would see it."""
    chosen = choose(pool, seen.posts, seed)
    assert chosen is not None
    return chosen.id, seen.with_post(chosen.id)


def posts(prompts: list[Prompt], count: int, seed: int) -> list[str]:
    """Choose so often in a row."""
    seen, found = NOTHING, list[str]()
    for number in range(count):
        chosen, seen = post(Pool.of(prompts), seen, seed + number)
        found.append(chosen)
    return found


@st.composite
def changing_pools(draw: st.DrawFn) -> list[tuple[list[Prompt], set[str]]]:
    """What schedules of one channel choose from, post after post, while people change it.

    Each schedule has categories of its own; vetoes, and prompts that moderators wrote, come and go.
    """
    shipped = [prompt(n, w) for n, w in enumerate(draw(weights))]
    schedules = [
        draw(st.sets(st.sampled_from([p.id for p in shipped]), min_size=1))
        for _ in range(draw(st.integers(1, 4)))
    ]
    written = [prompt(100 + n) for n in range(3)]
    found: list[tuple[list[Prompt], set[str]]] = []
    vetoed: set[str] = set()
    own: list[Prompt] = []
    for _ in range(draw(st.integers(1, 60))):
        match draw(st.integers(0, 9)):
            case 0:
                vetoed = draw(st.sets(st.sampled_from([p.id for p in shipped])))
            case 1:
                own = draw(st.lists(st.sampled_from(written), unique=True))
            case _:
                fitting = draw(st.sampled_from(schedules))
                found.append(([*(p for p in shipped if p.id in fitting), *own], vetoed))
    return found


@given(changing_pools(), st.sets(st.integers(0, 60), max_size=6), seeds)
def test_no_prompt_comes_again_before_all_that_a_schedule_may_use_have_come_since(
    pools: list[tuple[list[Prompt], set[str]]], not_sent: set[int], seed: int
) -> None:
    shown: list[str] = []
    seen = NOTHING
    for number, (prompts, vetoed) in enumerate(pools):
        may_come = {p.id for p in prompts} - vetoed
        if not may_come:
            assert choose(Pool.of(prompts, vetoed), seen.posts, seed) is None
            continue
        chosen, after = post(Pool.of(prompts, vetoed), seen, seed + number)
        assert chosen in may_come
        if chosen in shown:
            since = shown[len(shown) - shown[::-1].index(chosen) :]
            assert may_come - {chosen} <= set(since)
        if number in not_sent:
            assert after.without_post(chosen, after.latest, seen.posts.get(chosen, 0)) == seen
            continue
        shown.append(chosen)
        seen = after


@given(weights, seeds)
def test_any_as_many_posts_as_there_are_prompts_are_all_of_them(
    weights: list[Weight], seed: int
) -> None:
    prompts = [prompt(number, weight) for number, weight in enumerate(weights)]
    shown = posts(prompts, 3 * len(prompts), seed)
    for start in range(2 * len(prompts) + 1):
        assert set(shown[start : start + len(prompts)]) == {p.id for p in prompts}


@given(weights, seeds)
def test_deep_prompts_never_come_twice_in_a_row_while_they_are_half_at_most(
    weights: list[Weight], seed: int
) -> None:
    weights += [Weight.LIGHT] * max(2 * weights.count(Weight.DEEP) - len(weights), 0)
    prompts = [prompt(number, weight) for number, weight in enumerate(weights)]
    deep = {p.id for p in prompts if p.weight is Weight.DEEP}
    shown = posts(prompts, 4 * len(prompts), seed)
    assert not any(first in deep and second in deep for first, second in pairwise(shown))


@given(weights, seeds)
def test_the_same_arguments_give_the_same_prompt(weights: list[Weight], seed: int) -> None:
    prompts = [prompt(number, weight) for number, weight in enumerate(weights)]
    chosen = choose(Pool.of(prompts), {"p0": 1}, seed)
    assert choose(Pool.of(list(reversed(prompts))), {"p0": 1}, seed) == chosen


def test_another_seed_gives_another_order() -> None:
    prompts = [prompt(number) for number in range(20)]
    orders = {tuple(posts(prompts, 20, seed)) for seed in (0, 100, 200, 300)}
    assert len(orders) == 4


def test_every_prompt_comes_first_about_equally_often() -> None:
    prompts = [prompt(number) for number in range(4)]
    first = [choose(Pool.of(prompts), {}, seed) for seed in range(2000)]
    assert all(400 < first.count(p) < 600 for p in prompts)


def test_when_all_are_vetoed_nothing_is_chosen() -> None:
    prompts = [prompt(0), prompt(1)]
    assert choose(Pool.of(prompts, {"p0", "p1"}), {"p0": 1}, 1) is None
    assert choose(Pool.of([]), {}, 1) is None


def test_the_only_prompt_may_come_again() -> None:
    assert choose(Pool.of([prompt(0)]), {"p0": 1}, 1) == prompt(0)


def test_a_deep_prompt_comes_after_a_deep_one_only_when_nothing_else_is_left() -> None:
    prompts = [prompt(0, Weight.DEEP), prompt(1, Weight.DEEP), prompt(2)]
    assert choose(Pool.of(prompts), {"p2": 1, "p0": 2}, 1) == prompts[1]
    assert choose(Pool.of(prompts), {"p0": 1}, 1) == prompts[2]


def test_a_prompt_that_is_new_comes_before_the_old_ones_repeat() -> None:
    prompts = [prompt(number) for number in range(4)]
    assert choose(Pool.of(prompts), {"p0": 4, "p1": 5, "p2": 6}, 5) == prompts[3]
