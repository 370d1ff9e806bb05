"""What is counted, and that nothing is where nobody asked for it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.outside.figures import Figure, Figures
from tests.rules import ROOT
from tests.stores import NOW


def counting() -> Figures:
    figures = Figures(lambda: NOW)
    figures.begin()
    return figures


def read(figures: Figures) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Each figure by its name and labels, as Prometheus reads it."""
    text = figures.taken({"due_lag_seconds": 3.0}, {"waiting": 2}, {0: 1.5})().decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def figure(figures: Figures, what: str, /, **labels: str) -> float | None:
    return read(figures).get((f"alongside_{what}", frozenset(labels.items())))


def test_what_happens_is_counted_by_what_it_was() -> None:
    figures = counting()
    figures.handled("command", "faq ask", 0.02)
    figures.handled("command", "faq ask", 2.5)
    figures.refused("errors.store")
    figures.unanswered("expired")
    figures.requested(429)
    figures.committed(0.004)
    figures.settled("checkins.prompt", "sent")
    asked = {"kind": "command", "name": "faq ask"}
    assert figure(figures, "interaction_seconds_count", **asked) == 2
    assert figure(figures, "interaction_seconds_sum", **asked) == pytest.approx(2.52)
    assert figure(figures, "interaction_seconds_bucket", **asked, le="0.025") == 1
    assert figure(figures, "refusals_total", key="errors.store") == 1
    assert figure(figures, "unanswered_total", reason="expired") == 1
    assert figure(figures, "discord_requests_total", status="429") == 1
    assert figure(figures, "commit_seconds_bucket", le="0.005") == 1
    assert figure(figures, "promises_settled_total", kind="checkins.prompt", state="sent") == 1


def test_what_is_so_now_is_shown_as_it_is_now() -> None:
    figures = counting()
    assert figure(figures, "due_lag_seconds") == 3
    assert figure(figures, "outbox_messages", state="waiting") == 2
    assert figure(figures, "outbox_messages", state="sending") == 0
    assert figure(figures, "gateway_age_seconds", shard="0") == 1.5


def test_a_feature_gives_a_figure_that_is_read_when_somebody_looks() -> None:
    figures = counting()
    held = [4.0]
    figures.register(Figure("faq_held_entries", "Entries held.", lambda: held[0]))
    assert figure(figures, "faq_held_entries") == 4
    held[0] = 5
    assert figure(figures, "faq_held_entries") == 5
    with pytest.raises(ValueError, match="given already"):
        figures.register(Figure("faq_held_entries", "Entries held.", lambda: 0))
    with pytest.raises(ValueError, match="no name for a figure"):
        Figure("Faq-entries", "Entries.", lambda: 0)


def test_memory_is_among_them() -> None:
    samples = {name for name, _ in read(counting())}
    assert {"process_resident_memory_bytes", "process_cpu_seconds_total"} <= samples


def test_who_asked_for_no_figures_pays_for_none() -> None:
    program = """
import sys
from bot.client import Alongside
from bot.clock import system_clock
from bot.outside.figures import Figures
figures = Figures(system_clock)
figures.handled("command", "about", 1)
figures.committed(1)
assert not figures.counting and figures.committed_at is None
assert "prometheus_client" not in sys.modules and "aiohttp.web" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)  # noqa: S603
