"""Looking at finished studies by the verbs: words, page, tables and pictures, there complete or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from matplotlib.figure import Figure

from cohesion_sim import figures, looking_answer, looking_figures
from cohesion_sim.cli import cli
from cohesion_sim.studies import conduct
from cohesion_sim.studies.boxes import Box, Limit

HEAD = """question = "What matters?"
scenarios = ["yuryevka"]
programmes = ["project"]
weeks = 8
seed = 5
design = "{design}"
points = {points}
replications = {replications}
[vary]
"people.size" = [200]
"contact.good" = "range"
"ties.acquaintance.chance" = "range"
[keep]
measures = ["attitude", "cohesion", "gatherings", "disputes"]
"""


def studied(folder: Path, design: str, points: int, replications: int) -> Path:
    file = folder / f"{design}.toml"
    file.write_text(HEAD.format(design=design, points=points, replications=replications), encoding="utf-8")
    conduct.conduct(file, folder / design, workers=0)
    return folder / design


@pytest.fixture(scope="module")
def screening(tmp_path_factory):
    return studied(tmp_path_factory.mktemp("morris"), "morris", 4, 3)


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return studied(tmp_path_factory.mktemp("sample"), "latin_hypercube", 64, 2)


def said(*arguments: object, code: int = 0) -> str:
    done = CliRunner().invoke(cli, ["study", *map(str, arguments)])
    assert done.exit_code == code, done.output
    return " ".join(done.output.split())


def test_sensitivity_leaves_words_page_tables_and_pictures(screening) -> None:
    words = said("sensitivity", screening, "--measure", "attitude", "--measure", "cohesion")
    assert "the effect of project on attitude to others" in words
    assert "Luck:" in words
    folder = screening / "sensitivity"
    table = pd.read_csv(folder / "sensitivity.csv")
    assert set(table["number"]) == {"contact.good", "ties.acquaintance.chance"}  # the size has one value
    assert set(table["measure"]) == {"attitude", "cohesion"}
    luck = pd.read_csv(folder / "luck.csv")
    assert luck["luck_share_of_a_run"].between(0, 1).all()
    page = (folder / "report.html").read_text("utf-8")
    assert page.count("<svg") == 3
    assert "modelled on yuryevka" in page
    assert "built-in" not in page
    names = {path.name for path in (folder / "figures").iterdir()}
    assert {"heat-map.png", "heat-map.svg", "tornado-1.png", "tornado-2.svg"} <= names
    assert json.loads((folder / "manifest.json").read_text("utf-8"))["made_by"] == "cohesion-sim"
    assert "--force" in said("sensitivity", screening, code=2)
    again = json.loads(
        CliRunner().invoke(
            cli, ["study", "sensitivity", str(screening), "--measure", "attitude", "--force", "--format", "json"]
        ).stdout
    )
    assert {row["method"] for row in again["sensitivity"]} == {"morris"}


def test_mistakes_are_refused_all_at_once_and_nothing_is_written(screening, sample, tmp_path) -> None:
    words = said("sensitivity", sample, "--measure", "cohesoin", "--programme", "projekt", code=2)
    assert "did you mean 'cohesion'" in words
    assert "did you mean 'project'" in words
    assert not (sample / "sensitivity").exists()
    assert "there is no study here" in said("discover", tmp_path, code=2)
    assert "at every point" in said("sensitivity", sample, "--measure", "gatherings", "--level", code=2)
    assert "neither more nor less" in said("discover", sample, "--measure", "disputes", code=2)
    assert "at least 40" in said("discover", screening, code=2)
    assert not (screening / "discovery").exists()


def test_a_sample_is_weighed_and_searched(sample) -> None:
    words = said("sensitivity", sample, "--measure", "attitude", "--level", "--programme", "nothing")
    assert "attitude to others with nothing" in words
    words = said("discover", sample, "--measure", "attitude", "--below", "0.0005")
    assert "points" in words
    folder = sample / "discovery"
    points = pd.read_csv(folder / "points.csv")
    assert len(points) == 64
    assert ((points["gain"] <= 0.0005) == (points["fails"] == 1)).all()
    assert (folder / "boxes.csv").is_file()
    assert "Where it fails to help" in (folder / "report.html").read_text("utf-8")


def test_a_study_that_is_not_finished_is_refused(sample, tmp_path) -> None:
    copy = tmp_path / "half"
    copy.mkdir()
    for path in sample.iterdir():
        if path.is_file() and path.name != "manifest.json":
            (copy / path.name).write_bytes(path.read_bytes())
    assert "is not finished" in said("sensitivity", copy, code=2)


@pytest.mark.parametrize(
    ("box", "words"),
    [
        (Box({"x": Limit(low=0.31), "seats": Limit(high=13.5)}, {}), "x is above 0.31 and seats is at most 13"),
        (Box({"x": Limit(0.1, 0.2)}, {}), "x is between 0.1 and 0.2"),
        (Box({"seats": Limit(4.5, 5.5)}, {}), "seats is 5"),
        (Box({"mood": Limit(values=("calm", "tense"))}, {}), "mood is calm or tense"),
    ],
)
def test_boxes_in_words(box: Box, words: str) -> None:
    points = pd.DataFrame({"x": [0.15, 0.4], "seats": [5, 20], "mood": ["calm", "tense"]})
    assert looking_answer.limits_in_words(box, points) == words


TABLE = pd.DataFrame(
    {
        "outcome": ["a"] * 3, "number": ["x", "y", "z"], "share": [1.0, 0.4, 0.1], "change": [2.0, -1.0, 0.1],
        "change_low": [1.5, -1.4, -0.2], "change_high": [2.5, -0.6, 0.4], "clear": [True, True, False],
    }
)  # fmt: skip


@pytest.mark.parametrize(
    "draw",
    [
        lambda axes: looking_figures.tornado(TABLE, axes, unit="0-1"),
        lambda axes: looking_figures.heat_map(TABLE, axes),
        lambda axes: looking_figures.places(
            np.arange(9.0), np.arange(9.0), np.arange(9) > 5, axes, names=["x", "y"], box=((5, np.inf), (5, np.inf))
        ),
    ],
)
def test_figures_return_their_axes_and_change_no_settings(draw) -> None:
    before = dict(mpl.rcParams)
    axes = Figure().subplots()
    assert draw(axes) is axes
    assert axes.has_data()
    first = figures.svg(axes.figure)
    assert dict(mpl.rcParams) == before
    assert first == figures.svg(axes.figure)
    ElementTree.fromstring(first)


def test_a_tornado_says_without_colour_what_is_clear_and_which_way() -> None:
    axes = looking_figures.tornado(TABLE, Figure().subplots(), unit="0-1")
    bars = axes.patches[:3]
    assert [bar.get_hatch() or "" for bar in bars] == ["", "///", ""]
    assert bars[2].get_facecolor()[:3] == (1, 1, 1)
    words = {text.get_text() for text in looking_figures.heat_map(TABLE, Figure().subplots()).texts}
    assert words == {"+100", "−40", "·"}
