"""Figures take a table and an axes, return the axes, and leave Matplotlib as it was."""

from __future__ import annotations

import re
import subprocess
import sys
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import synthetic
from cohesion_sim import figures
from cohesion_sim.studies.ranking import ranking


@pytest.fixture(scope="module")
def made():
    return synthetic.result({"project": synthetic.PROJECT, "other": {"spending": 500.0}}, weeks=40, replications=4)


@pytest.fixture
def axes():
    return Figure().subplots()


DRAWN = {
    "fan": lambda made, axes: figures.fan(made.weekly, axes, measure="violent", programme="project"),
    "fan of a stock": lambda made, axes: figures.fan(
        made.weekly, axes, measure="trust", programme="project", by="community", group="uzbek"
    ),
    "fan of money": lambda made, axes: figures.fan(made.weekly, axes, measure="spending", programme="project"),
    "forest": lambda made, axes: figures.forest(made.effects(), axes, measure="cohesion", programme="project"),
    "disputes": lambda made, axes: figures.disputes(made.disputes, axes, programmes=["project"], weeks=40),
    "money": lambda made, axes: figures.money(made.money, axes, programmes=made.programmes),
    "targets": lambda made, axes: figures.targets(made.people, axes),
    "ranking": lambda made, axes: figures.ranking(ranking(made.weekly, made.money), axes, outcome="cohesion"),
}


@pytest.mark.parametrize("name", DRAWN)
def test_figure_returns_its_axes_and_changes_no_settings(name, made, axes):
    before = dict(mpl.rcParams)
    assert DRAWN[name](made, axes) is axes
    assert axes.has_data()
    first = figures.svg(axes.figure)
    assert dict(mpl.rcParams) == before
    assert first == figures.svg(axes.figure)
    ElementTree.fromstring(first)


@pytest.mark.parametrize("name", DRAWN)
def test_same_table_same_bytes(name, made):
    texts = set()
    for _ in range(2):
        axes = Figure().subplots()
        DRAWN[name](made, axes)
        texts.add(figures.svg(axes.figure))
    assert len(texts) == 1
    assert "<dc:date>" not in texts.pop()


def test_no_pyplot_is_needed():
    code = "import sys, cohesion_sim.figures as f; f.sheet(3, 2); print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_fan_shows_the_running_rate(made, axes):
    figures.fan(made.weekly, axes, measure="violent", programme="project", window=13)
    lines = {line.get_label(): line for line in axes.get_lines()}
    rows = made.weekly[(made.weekly["by"] == "all") & (made.weekly["programme"] == "project")]
    last = rows[rows["week"] > 40 - 13].groupby("replication")
    rate = last["violent"].sum() * 52 / 13  # a year, in the whole municipality
    assert lines["with"].get_ydata()[-1] == pytest.approx(rate.median())
    assert lines["with"].get_xdata()[0] == 13


def test_arms_differ_without_colour():
    assert figures.WITH["linestyle"] != figures.WITHOUT["linestyle"]
    filled = [colour for _, colour, hatch in figures.ENDINGS.values() if not hatch]
    grey = [float(np.dot(to_rgb(colour), (0.299, 0.587, 0.114))) for colour in filled]
    assert abs(grey[0] - grey[1]) > 0.2
    hatches = [hatch for *_, hatch in figures.ENDINGS.values() if hatch]
    assert len(set(hatches)) == len(hatches)


def test_disputes_stack_to_all_that_arose(made, axes):
    figures.disputes(made.disputes, axes, programmes=["project"], weeks=40)
    family = made.disputes.query("kind == 'family' and programme == 'nothing'")["arisen"].mean() * 52 / 40
    tops = [bar.get_y() + bar.get_height() for bar in axes.patches]
    assert max(tops) == pytest.approx(family)


def test_forest_marks_harm_by_shape(axes):
    table = synthetic.result({"bad": {"security": -0.05}}, weeks=40, replications=4).effects()
    figures.forest(table, axes, measure="security", programme="bad")
    markers = {line.get_marker() for line in axes.get_lines()}
    assert "s" in markers
    assert "o" not in markers


def test_inline_ids_are_unique_and_nothing_is_loaded(made, axes):
    DRAWN["disputes"](made, axes)
    texts = [figures.inline(figures.svg(axes.figure), name, 'what "it" shows') for name in ("a", "b")]
    ids = [set(re.findall(r'\bid="([^"]+)"', text)) for text in texts]
    assert ids[0]
    assert not ids[0] & ids[1]
    for text, known in zip(texts, ids, strict=True):
        used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', text))
        assert used <= known
        assert "<style" not in text
        assert text.startswith("<svg")
        assert 'aria-label="what &quot;it&quot; shows"' in text


def test_save_writes_both_forms(made, axes, tmp_path):
    DRAWN["money"](made, axes)
    texts = figures.save({"money": axes.figure}, tmp_path / "figures")
    assert (tmp_path / "figures" / "money.svg").read_text(encoding="utf-8") == texts["money"]
    assert (tmp_path / "figures" / "money.png").read_bytes().startswith(b"\x89PNG")


def test_fan_of_a_group_is_per_1000_and_lines_that_are_one_are_said(axes):
    made = synthetic.result({"idle": {}}, weeks=40, replications=4)
    figures.fan(made.weekly, axes, measure="violent", programme="idle", by="sex", group="women", window=13)
    rows = made.weekly[(made.weekly["group"] == "women") & (made.weekly["programme"] == "idle")]
    last = rows[rows["week"] > 40 - 13].groupby("replication")
    rate = last["violent"].sum() / last["residents"].sum() * 52 * 1000
    assert axes.get_lines()[-1].get_ydata()[-1] == pytest.approx(rate.median())
    assert [text.get_text() for text in axes.texts] == ["the two lines are one"]
