"""Alerts and dashboard are read by Prometheus' own tool, and ask for figures that there are."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.outside.figures import Figure, Figures
from tests.rules import ROOT
from tests.stores import NOW

FOLDER = ROOT / "deploy" / "monitoring"
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "grafana.json").read_text("utf-8"))
ALERTS: dict[str, Any] = yaml.safe_load((FOLDER / "alerts.yaml").read_text("utf-8"))

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed"
)


def promtool(*arguments: str | Path, given: bytes | None = None) -> str:
    """Run it; gives all that it said, and fails when it finds fault."""
    ran = subprocess.run(  # noqa: S603
        ["promtool", *map(str, arguments)],  # noqa: S607
        cwd=FOLDER,
        input=given,
        capture_output=True,
        check=False,
    )
    said = (ran.stdout + ran.stderr).decode()
    assert ran.returncode == 0, said
    return said


def shown() -> bytes:
    """Every figure that there is, with something in it."""
    figures = Figures(lambda: NOW)
    figures.begin()
    figures.handled("command", "about", 0.1)
    figures.refused("errors.store")
    figures.unanswered("expired")
    figures.settled("checkins.prompt", "sent")
    figures.register(Figure("faq_indexed_entries", "Entries.", lambda: 1))
    now = ("due_lag_seconds", "last_commit_age_seconds", "servers", "store_up")
    return figures.taken(dict.fromkeys(now, 1.0), {}, {0: 1.0})()


def asked() -> list[str]:
    """Every question that the dashboard asks, as Prometheus gets it."""
    return [
        target["expr"].replace("$__rate_interval", "5m")
        for panel in DASHBOARD["panels"]
        for target in panel["targets"]
    ]


def named(question: str) -> set[str]:
    """The figures in a question."""
    return set(re.findall(r"\b(?:alongside|process)_\w+", question))


@needs_promtool
def test_the_figures_are_as_prometheus_wants_them() -> None:
    promtool("check", "metrics", given=shown())


@needs_promtool
def test_prometheus_takes_the_configuration_and_the_alerts() -> None:
    rules = len(ALERTS["groups"][0]["rules"])
    said = promtool("check", "config", "prometheus.yaml")
    assert f"SUCCESS: {rules} rules found" in said


@needs_promtool
def test_each_alert_speaks_in_trouble_and_none_when_all_is_well() -> None:
    cases = ROOT / "tests" / "deploy" / "alerts.yaml"
    assert "SUCCESS" in promtool("test", "rules", cases)
    alerts = {rule["alert"] for rule in ALERTS["groups"][0]["rules"]}
    assert alerts == set(re.findall(r'alertname="(\w+)"', cases.read_text("utf-8")))


@needs_promtool
def test_prometheus_understands_every_question_of_the_dashboard(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{n}", "expr": expr} for n, expr in enumerate(asked())]
    file = tmp_path / "dashboard.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"SUCCESS: {len(rules)} rules found" in promtool("check", "rules", file)


def test_alerts_and_dashboard_ask_for_figures_that_there_are() -> None:
    text = shown().decode()
    there = set(re.findall(r"^(\w+)(?:\{| )", text, re.M))
    alerts = [rule["expr"] for rule in ALERTS["groups"][0]["rules"]]
    for question in (*asked(), *alerts):
        assert named(question) <= there, question
        assert named(question) or question.startswith("up{")


def test_the_memory_that_is_usual_is_what_the_measurements_allow() -> None:
    [alert] = [each for each in ALERTS["groups"][0]["rules"] if each["alert"] == "AlongsideMemory"]
    said = [int(figure) for figure in re.findall(r"\d+", alert["annotations"]["description"])]
    readme = (ROOT / "README.md").read_text("utf-8")
    rows = [
        line for line in readme.splitlines() if re.match(r"\| Memory(?:, ready| a server \()", line)
    ]
    assert said == [int(re.findall(r"≤ (\d+)", row)[0]) for row in rows]
    most, each = re.findall(r"> (\d+)e6 \+ (\d+)e3 \*", alert["expr"])[0]
    assert (int(most), int(each)) == (said[1] + 100, said[2])


def test_the_page_for_hosts_names_every_figure_of_ours() -> None:
    page = (ROOT / "docs" / "hosting.md").read_text("utf-8")
    figures = set(re.findall(r"^# TYPE (alongside_\w+) ", shown().decode(), re.M))
    assert figures
    assert {figure for figure in figures if f"`{figure}" not in page} == set()


def test_the_dashboard_is_whole() -> None:
    panels = DASHBOARD["panels"]
    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
    for panel in panels:
        assert panel["datasource"]["uid"] == "${datasource}"
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len(set(places)) == len(places)
