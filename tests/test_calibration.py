"""Calibration: a posterior that keeps what it promises, files looked through, runs that survive being killed."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import stats

import cohesion_sim
from cohesion_sim import files
from cohesion_sim.calibrate_answer import calibrate_answer
from cohesion_sim.calibrate_report import write_calibration
from cohesion_sim.cli import cli
from cohesion_sim.folder import alone_in
from cohesion_sim.measures import MEASURES
from cohesion_sim.parameters import InputError
from cohesion_sim.studies.calibration import emulator, result, sampling, search
from cohesion_sim.studies.calibration.conduct import calibrate
from cohesion_sim.studies.calibration.facts import FittedFact
from cohesion_sim.studies.calibration.figures import WHOLE
from cohesion_sim.studies.calibration.lived import Batch, lived
from cohesion_sim.studies.calibration.load import load_calibration

# ----------------------------------------------------------------------------------------- the method, on known answers
NOISE = np.array([0.03**2, 0.0])
SIMULATIONS, RANKS = 200, 99


def _toy(u, luck, *, measured=False):
    """Return a survey and a count of a place whose two facts are ``u``, crooked and entangled, with luck of its own."""
    share = 0.3 + 0.4 * u[:, 0] ** 1.5 + 0.01 * luck.normal(size=len(u))
    share = share + 0.03 * luck.normal(size=len(u)) * measured
    count = luck.poisson(3 + 30 * u[:, 1] * (0.5 + u[:, 0]))
    return np.stack([share, 2 * np.sqrt(count + 0.375)], axis=1)


def _posteriors():
    """Yield true facts, (1, 2), and draws of the posterior that their figures lead to."""
    for k in range(SIMULATIONS):
        true = np.random.default_rng([1, k]).random((1, 2))
        seen = _toy(true, np.random.default_rng([2, k]), measured=True)[0]
        _, found = search.searched(
            lambda points, number, k=k: _toy(points, np.random.default_rng([3, k, number])),
            search.Figures(seen, NOISE), 2, runs=80, rounds=2, seed=k, draws=2048,
        )  # fmt: skip
        yield true, found.resampled(RANKS, search.start_of(k))


def _uniform(ranks):
    """Return the p-value of ranks 0-99 being uniform, ten bins."""
    return stats.chisquare(np.histogram(ranks, np.linspace(-0.5, RANKS + 0.5, 11))[0]).pvalue


def test_ranks_of_true_facts_are_uniform_and_those_of_a_narrow_posterior_are_not() -> None:
    told = list(_posteriors())
    ranks = np.array([(draws < true).sum(axis=0) for true, draws in told])
    for column in range(2):
        assert _uniform(ranks[:, column]) > 0.01
        assert stats.kstest((ranks[:, column] + 0.5) / (RANKS + 1), "uniform").pvalue > 0.01
    # The same draws, a third nearer to their mean: the test sees it.
    nearer = [(true, draws.mean(axis=0) + 0.67 * (draws - draws.mean(axis=0))) for true, draws in told]
    narrow = np.array([(draws < true).sum(axis=0) for true, draws in nearer])
    assert min(_uniform(narrow[:, column]) for column in range(2)) < 0.001


def test_draws_agree_with_a_posterior_known_in_closed_form() -> None:
    # On the scale of normal quantiles the prior is normal, and so is the posterior of one normal observation each.
    seen, error = np.array([1.2, -0.4, 0.0]), np.array([0.3, 0.05, 2.0])

    def log_likelihood(unit):
        return -0.5 * (((stats.norm.ppf(unit) - seen) / error) ** 2).sum(axis=1)

    found = sampling.posterior(log_likelihood, 3, seed=4)
    at = stats.norm.ppf(found.unit)
    mean = found.weights @ at
    assert mean == pytest.approx(seen / (1 + error**2), abs=0.02)
    assert found.weights @ (at - mean) ** 2 == pytest.approx(error**2 / (1 + error**2), rel=0.06)
    assert found.effective > sampling.DRAWS / 4
    again = sampling.posterior(log_likelihood, 3, seed=4)
    assert again.weights.tobytes() == found.weights.tobytes()


def test_an_emulator_knows_shape_and_luck() -> None:
    luck = np.random.default_rng(5)
    unit = luck.random((400, 3))
    shape = np.stack([unit[:, 0] ** 2 + unit[:, 1], 3 * unit[:, 0] * unit[:, 2]], axis=1)
    shared = luck.normal(size=400)
    found = shape + 0.1 * np.stack([shared, shared + luck.normal(size=400)], axis=1)
    fitted = emulator.fitted(unit, found)
    assert fitted.degree == 2
    mean, doubt = fitted.mean(unit)
    assert np.abs(mean - shape).max() < 0.08
    assert fitted.luck == pytest.approx(0.01 * np.array([[1, 1], [1, 2]]), abs=0.003)
    assert 0 < doubt.mean() < 0.05


def test_priors_are_those_that_the_file_names() -> None:
    unit = np.linspace(0.001, 0.999, 200)

    def fact(prior, low, high):
        return FittedFact("a.b", 0.3, prior, low, high, "share", "").at(unit)

    assert fact("uniform", 0.2, 0.6) == pytest.approx(0.2 + 0.4 * unit)
    assert fact("triangular", 0.2, 0.6) == pytest.approx(stats.triang(0.25, 0.2, 0.4).ppf(unit))
    assert fact("log_uniform", 0.1, 10) == pytest.approx(stats.loguniform(0.1, 10).ppf(unit))


def test_verdicts_by_how_much_was_taken_away_or_moved() -> None:
    assert result.verdict(0.8, 0.0) == "learned"
    assert result.verdict(0.4, 0.0) == "weak"
    assert result.verdict(0.1, -0.7) == "weak"
    assert result.verdict(0.1, 0.2) == "not learned"


# ----------------------------------------------------------------------------------------------------------- the file
SCENARIO = """
extends = "yuryevka"
title = { en = "Small" }
[people]
size = { value = 400, range = [300, 500], unit = "people", mark = "A", source = "own" }
"""
TRUE = {"institutions.trust": 0.59, "attitudes.other_ethnicity": 0.46, "disputes.quarrels": 230.0}
FILE = """
scenario = "small"
weeks = 26
seed = 3
runs = 60
rounds = 2
check = 40

[fit]
institutions.trust = "uniform"
attitudes.other_ethnicity = "triangular"
disputes.quarrels = { prior = "log_uniform", low = 40, high = 300 }
harm.girls = "uniform"

[targets.trust]
measure = "trust"
value = TRUST
n = 900
design_effect = 1.5
mark = "F"
source = "a survey"
"""
TABLE = """name,measure,value,count,n,discrepancy,weeks,source,mark
neighbours,acceptance,ACCEPTANCE,,900,0.01,,a survey,F
fights,blows,,BLOWS,,,1-26,a log,F
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a calibration file whose figures were read off one run with the facts of `TRUE`."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "small.toml").write_text(SCENARIO, "utf-8")
    path = folder / "local.toml"
    blank = {"TRUST": "0.5", "ACCEPTANCE": "0.5", "BLOWS": "5"}
    for _ in range(2):  # once to know where figures are read, once with what was read
        text, table = 'table = "local.csv"\n' + FILE, TABLE
        for name, value in blank.items():
            text, table = text.replace(name, value), table.replace(name, value)
        path.write_text(text, "utf-8")
        (folder / "local.csv").write_text(table, "utf-8")
        problem = load_calibration(path)
        unit = [np.interp(TRUE.get(f.path, 1.5), f.at(GRID), GRID) for f in problem.facts]
        (true,) = lived(problem, Batch(10**6, np.array([unit])))  # luck that no run of the fit has
        blank = dict(zip(blank, (str(round(value, 4)) for value in true.found), strict=True))
        blank["BLOWS"] = blank["BLOWS"].removesuffix(".0")
    return path


GRID = np.linspace(0, 1, 2001)


@pytest.fixture(scope="module")
def found(place: Path) -> result.CalibrationResult:
    found = calibrate(place, place.parent / "out", workers=0)
    write_calibration(found, place.parent / "out")
    return found


def test_planted_facts_are_found_again_and_what_no_figure_hangs_on_is_not_learned(found) -> None:
    rows = found.summary.set_index("fact")
    for path, true in TRUE.items():
        assert rows.loc[path, "q05"] <= true <= rows.loc[path, "q95"], path
    assert rows.loc["institutions.trust", "verdict"] == "learned"
    assert rows.loc["attitudes.other_ethnicity", "verdict"] == "learned"
    assert rows.loc["harm.girls", "verdict"] == "not learned"
    assert (found.predictive["p"] > result.MISSED).all()
    assert (found.predictive["emulator_off"].abs() < 0.5).all()
    assert found.effective > result.POOR
    sentences = calibrate_answer(found)
    assert sentences[0].startswith("2 of 4 facts are learned from 3 figures")
    assert any("do not tell" in words and "harm.girls" in words for words in sentences)


def test_the_fitted_scenario_can_be_run_and_says_where_its_numbers_come_from(place, found) -> None:
    out = place.parent / "out"
    assert json.loads((out / "manifest.json").read_text("utf-8"))["verb"] == "calibrate"
    page = (out / "report.html").read_text("utf-8")
    assert "institutions.trust" in page
    assert "not data of the place" in page
    fitted = files.load_scenario(out / "fitted.toml")
    number = fitted.provenance["institutions.trust"]
    assert (number.mark, number.source) == ("D", "FITTED")
    assert number.value == pytest.approx(found.draws["institutions.trust"].median(), abs=1e-3)
    assert fitted.people.size == 400
    assert fitted.provenance["harm.girls"].source != "FITTED"


def test_killed_and_resumed_gives_the_same_bytes_on_any_number_of_workers(place, found) -> None:
    out = place.parent / "killed"
    package = str(Path(cohesion_sim.__file__).parents[1])
    command = [sys.executable, "-m", "cohesion_sim", "calibrate", str(place), "--out", str(out), "--workers", "2"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([package, os.environ.get("PYTHONPATH", "")])}
    first = subprocess.Popen(command, env=environment, start_new_session=True, stderr=subprocess.DEVNULL)
    parts = out / "runs"
    while len(list(parts.glob("round-*/[0-9]*.parquet"))) < 3 and first.poll() is None:
        time.sleep(0.02)
    assert first.poll() is None, "it ended before it could be killed"
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    kept = {path: path.stat().st_mtime_ns for path in parts.glob("round-*/[0-9]*.parquet")}
    assert kept
    with pytest.raises(InputError, match="an unfinished calibration is here"):
        calibrate(place, out, workers=0)
    for again in ({"resume": True}, {"force": True}):  # nobody is let in while somebody is at work
        with alone_in(out, ""), pytest.raises(InputError, match="somebody is at work on this calibration already"):
            calibrate(place, out, workers=0, **again)
    whole = min(kept).read_bytes()
    stamp = min(kept).stat()
    min(kept).write_bytes(b"half")
    with pytest.raises(InputError, match=r"parquet: is broken\. Remove it, and go on with --resume"):
        calibrate(place, out, workers=0, resume=True)
    min(kept).write_bytes(whole)
    os.utime(min(kept), ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    write_calibration(calibrate(place, out, workers=0, resume=True), out)  # the rest in this process
    assert {path: path.stat().st_mtime_ns for path in kept} == kept  # nothing done is done again
    for name in ("posterior.csv", "predictive.csv", "summary.csv", "runs.csv"):
        mine, other = (
            hashlib.sha256((folder / name).read_bytes()).hexdigest() for folder in (out, place.parent / "out")
        )
        assert mine == other, name


def test_a_changed_file_is_not_resumed(place, found) -> None:
    text = place.read_text("utf-8")
    other = place.with_name("changed.toml")
    other.write_text(text.replace("seed = 3", "seed = 4"), "utf-8")
    with pytest.raises(InputError, match="another file"):
        calibrate(other, place.parent / "out", workers=0, resume=True)
    with pytest.raises(InputError, match="no calibration to resume"):
        calibrate(place, place.parent / "nowhere", workers=0, resume=True)
    with pytest.raises(InputError, match="something else"):
        calibrate(place, place.parent, workers=0, force=True)


def test_too_many_failed_runs_stop_it_with_the_reason(place) -> None:
    other = place.with_name("nobody.toml")
    text = place.read_text("utf-8").replace('measure = "trust"', 'measure = "trust"\nby = "age"\ngroup = "0-13"')
    other.write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"60 of 60 runs failed.*trust: has no value"):
        calibrate(other, place.parent / "nobody", workers=0)


def test_measures_of_the_whole_municipality_are_known_as_such(finished) -> None:
    model = finished()
    table = model.record.table()[-1]
    known = np.isfinite(table)
    names = list(MEASURES)
    assert {names[k] for k in range(len(names)) if known[0, k] and not known[1:, k].any()} == set(WHOLE)


WRONG = """
scenario = "small"
weeks = 26
runs = 20
[fit]
institutions.trust = "flat"
institutions.trusst = "uniform"
project.platform.seats = "uniform"
harm.girls = { low = 2, high = 1 }
people.ages = "uniform"
[targets.a]
measure = "trust"
count = 3
mark = "F"
source = "x"
[targets.b]
measure = "acceptance"
value = 58
week = 30
mark = "F"
source = "x"
[targets.c]
measure = "blows"
count = 3
weeks = [5, 60]
group = "men"
mark = "Z"
source = "x"
"""


def test_every_mistake_of_a_file_is_told_at_once_with_its_line(place) -> None:
    path = place.with_name("wrong.toml")
    path.write_text(WRONG, "utf-8")
    with pytest.raises(InputError) as error:
        load_calibration(path)
    assert len(error.value.messages) == 1  # a mark that does not exist: nothing else can be looked at yet
    path.write_text(WRONG.replace('"Z"', '"F"'), "utf-8")
    with pytest.raises(InputError) as error:
        load_calibration(path)
    told = {message.split(":")[1]: message for message in error.value.messages}
    expected = {
        "6": "no prior", "7": "did you mean 'trust'", "8": "is a choice", "9": "leaves nothing", "10": "row of numbers",
        "13": "is not counted", "18": "Write a number from 0 to 1, e.g. 0.58", "19": "after the end",
        "25": "first and a last week", "26": "of whom",
    }  # fmt: skip
    for line, words in expected.items():
        assert words in told[line], (line, error.value.messages)
    assert any("'n'" in message or ".n: is missing" in message for message in error.value.messages)


def test_every_mistake_of_a_table_is_told_at_once_with_its_line(place) -> None:
    path = place.with_name("tabled.toml")
    path.write_text('table = "bad.csv"\n' + FILE.replace("TRUST", "0.5"), "utf-8")
    place.with_name("bad.csv").write_text(
        "name,measure,value,count,n,source,mark\n"
        "trust,trust,0.5,,100,s,F\nx,trusst,0.5,,100,s,F\ny,blows,,3.5,,s,F\nz,blows,,3,,,F\n", "utf-8"
    )  # fmt: skip
    with pytest.raises(InputError) as error:
        load_calibration(path)
    told = "\n".join(error.value.messages)
    for words in (
        "bad.csv:2: column name: 'trust' stands twice", "bad.csv:3: column measure: unknown measure",
        "bad.csv:4: column count: 3.5 is not a whole number", "bad.csv:5: column source: the cell is empty",
    ):  # fmt: skip
        assert words in told
    place.with_name("bad.csv").write_text("name,measur\nx,y\n", "utf-8")
    with pytest.raises(InputError, match="column measur: unknown column"):
        load_calibration(path)


def test_the_example_is_in_order_and_says_that_it_is_invented() -> None:
    problem = load_calibration("calibrate_example")
    assert "INVENTED" in problem.file.text
    assert all(figure.target.mark == "A" for figure in problem.figures)
    shown = CliRunner().invoke(cli, ["calibrate", "--help"])
    assert shown.exit_code == 0
    assert "--resume" in shown.output
