"""The verbs trial and power: what they print, write, refuse, and leave behind when they are stopped."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from matplotlib.figure import Figure

import cohesion_sim
import trials
from cohesion_sim import trial_figures, trial_report
from cohesion_sim.cli import cli
from cohesion_sim.randomness import Luck
from cohesion_sim.studies.trial import run as running
from cohesion_sim.trial_answer import expected_table, published, trial_answer

EXPECTED = """
[trial.outcomes.disputes]
measure = "disputes"
over = 12

[trial.expected.wide]
outcome = "attitude"
low = -5
high = 5
text = "somewhere"
source = "LOWE25"

[trial.expected.never]
outcome = "attitude"
low = 40
text = "more than there is"
"""
POWER = """
[trial.power]
outcome = "attitude"
places = [4, 6]
people = [10, 30]
place_cost = 100
treated_cost = 1000
interview_cost = 2
"""
SHORT = trials.TRIAL.replace("[0, 12]", "[0, 4]")


def call(*words: object):
    return CliRunner().invoke(cli, [str(word) for word in words])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("trial")


@pytest.fixture(scope="module")
def file(folder):
    path = folder / "small.toml"
    path.write_text(trials.text(SHORT + EXPECTED + POWER.replace("[4, 6]", "[4]")), "utf-8")
    return path


@pytest.fixture(scope="module")
def told(file, folder):
    done = call("trial", file, "--workers", 1, "--seed", 3, "--out", folder / "first")
    assert done.exit_code == 0, done.output
    return done


def test_trial_prints_the_sentences_and_published_against_came_out(told, folder):
    text = " ".join(told.stdout.split())
    assert "2 virtual trials of 4 places each; by lot to each municipality: control (nothing), club (club)." in text
    assert "Of 2 published numbers 1 is met." in text
    assert re.search(r"PASS somewhere; band -5 to 5; came out -?[\d.e-]+ \[LOWE25\]", text)
    assert re.search(r"MISS more than there is; band 40 or more; came out -?[\d.e-]+ Report", text)
    assert told.stdout.endswith(f"Report: {folder / 'first' / 'report.html'}\n")


def test_the_folder_holds_everything_and_the_page_needs_no_network(told, folder):
    names = {path.relative_to(folder / "first").as_posix() for path in (folder / "first").rglob("*") if path.is_file()}
    assert names == {
        "report.html", "estimates.csv", "summary.csv", "likeness.csv", "expected.csv", "manifest.json",
        "figures/estimates.png", "figures/estimates.svg",
    }  # fmt: skip
    page = (folder / "first" / "report.html").read_text("utf-8")
    assert page.count("<figure>") == 1
    assert "Published against came out" in page
    assert "@media print" in page
    assert not re.findall(r'(?:src|href)="(?!#)[^"]*"', re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL))
    assert "{{" not in page
    assert "nan" not in re.sub(r"<[^>]+>", " ", page).split()
    estimates = pd.read_csv(folder / "first" / "estimates.csv")
    assert len(estimates) == 4  # two trials, two outcomes
    manifest = json.loads((folder / "first" / "manifest.json").read_text("utf-8"))
    wanted = {"made_by": "cohesion-sim", "verb": "trial", "seed": 3, "repetitions": 2, "twins": 1, "failures": 0}
    assert {name: manifest[name] for name in wanted} == wanted
    assert "[trial.arms.club]" in manifest["scenario_text"]
    assert len(manifest["scenario_sha256"]) == 64
    assert manifest["seconds"] > 0


def test_a_second_result_is_refused_before_the_trials_and_force_replaces_it(told, file, folder, monkeypatch):
    before = (folder / "first" / "manifest.json").read_bytes()

    def never(*_, **__):
        raise AssertionError

    with monkeypatch.context() as patch:
        patch.setattr(running, "run_trial", never)
        done = call("trial", file, "--out", folder / "first")
    assert done.exit_code == 2
    assert "--force" in done.stderr
    assert (folder / "first" / "manifest.json").read_bytes() == before
    again = call("trial", file, "--out", folder / "first", "--seed", 4, "--workers", 1, "--force")
    assert again.exit_code == 0
    assert json.loads((folder / "first" / "manifest.json").read_text("utf-8"))["seed"] == 4


def test_the_folder_is_named_by_file_and_seed_and_json_is_json(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ("--repetitions", 1, "--twins", 0, "--workers", 1, "--seed", 9, "--set", "people.size=220")
    told = json.loads(call("trial", file, *words, "--format", "json").stdout)
    assert set(told) == {"answer", "report", "failures", "summary", "expected"}
    assert told["report"] == str(tmp_path / "out" / "small-trial-seed9" / "report.html")
    assert [row["verdict"] for row in told["expected"]] == ["pass", "miss"]
    manifest = json.loads((tmp_path / "out" / "small-trial-seed9" / "manifest.json").read_text("utf-8"))
    assert manifest["set_by_the_user"] == {"people.size": 220}
    assert (manifest["repetitions"], manifest["twins"]) == (1, 0)


def test_trials_that_fail_are_told_and_end_with_one(file, tmp_path, monkeypatch):
    whole = running.world

    def sometimes(scenario, seed, repetition):
        if repetition == 1:
            message = "deep inside"
            raise ZeroDivisionError(message)
        return whole(scenario, seed, repetition)

    monkeypatch.setattr(running, "world", sometimes)
    done = call("trial", file, "--workers", 1, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "1 trials failed, the first with: ZeroDivisionError: deep inside" in " ".join(done.stdout.split())
    assert pd.read_csv(tmp_path / "out" / "failures.csv")["repetition"].tolist() == [1]
    assert "ZeroDivisionError: deep inside" in (tmp_path / "out" / "report.html").read_text("utf-8")

    def never(*_):
        message = "never"
        raise ZeroDivisionError(message)

    monkeypatch.setattr(running, "world", never)
    done = call("trial", file, "--workers", 1, "--out", tmp_path / "none")
    assert done.exit_code == 1, done.output
    assert (tmp_path / "none" / "report.html").is_file()
    assert "Traceback" not in done.output


def test_options_with_mistakes_are_refused(file, tmp_path):
    for words, says in (
        (("--repetitions", "0"), "Write a whole number from 1 to 100000."),
        (("--twins", "-1"), "Write a whole number from 0 to 100000."),
        (("--set", "people.size=300", "--set", "people.size=400"), "given more than once"),
        (("--out", " "), "--out: names no folder"),
    ):
        for verb in ("trial", "power"):
            done = call(verb, file, *words)
            assert done.exit_code == 2
            assert says in done.stderr
    missing = call("trial", tmp_path / "none.toml")
    assert missing.exit_code == 2
    assert "no such file" in missing.stderr


def test_the_same_seed_writes_the_same_tables_on_one_worker_and_on_two(file, tmp_path):
    for workers in (1, 2):
        assert call("trial", file, "--workers", workers, "--out", tmp_path / f"w{workers}").exit_code == 0
    for name in ("estimates.csv", "summary.csv", "likeness.csv", "expected.csv", "figures/estimates.svg"):
        assert (tmp_path / "w1" / name).read_bytes() == (tmp_path / "w2" / name).read_bytes()


# --------------------------------------------------------------------------------------------------- power


def test_power_tells_the_cheapest_design_or_that_none_is_enough(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(trials.text(SHORT.replace("places = 4", "places = 6") + POWER), "utf-8")
    done = call("power", path, "--workers", 1, "--out", tmp_path / "p", "--repetitions", 3)
    assert done.exit_code == 0, done.output
    table = pd.read_csv(tmp_path / "p" / "power.csv")
    assert len(table) == 8  # two numbers of places, two of people, without and with a baseline
    row = table.set_index(["places", "people", "baseline"]).loc[(6, 30, "with")]
    assert row["treated"] == 3
    assert row["cost"] == 6 * 100 + 3 * 1000 + 6 * 30 * 2 * 2
    assert table["power"].isin([0, 1 / 3, 2 / 3, 1]).sum() >= 4
    assert ((table["low"] <= table["power"]) & (table["power"] <= table["high"])).all()
    text = " ".join(done.stdout.split())
    enough = table[table["enough"]]
    if len(enough):
        assert f"USD {enough['cost'].min():,.0f}" in text
    else:
        assert "No design looked at reaches a power of 0.8. The largest, 6 places with 30 people asked in each" in text
    names = {path.name for path in (tmp_path / "p").iterdir()}
    assert names == {"report.html", "power.csv", "figures", "manifest.json"}
    assert "Power by design" in (tmp_path / "p" / "report.html").read_text("utf-8")
    # A wanted power that anything reaches: the cheapest of all designs is told.
    sets = ("--set", "trial.power.target=0.05", "--set", "trial.outcomes.attitude.inference=robust")
    words = ("--workers", 1, "--repetitions", 8, "--out", tmp_path / "q", *sets, "--format", "json")
    told = json.loads(call("power", path, *words).stdout)
    if any(row["enough"] for row in told["designs"]):
        cheapest = min(row["cost"] for row in told["designs"] if row["enough"])
        assert told["cheapest"][0]["cost"] == cheapest
        assert any("The cheapest design" in sentence for sentence in told["answer"])


# ------------------------------------------------------------------------------------------------ stopped


WITH_CTRL_C = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from cohesion_sim.cli import main; main()"
)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")
@pytest.mark.parametrize("whole_terminal", [False, True])
def test_ctrl_c_stops_all_processes_and_leaves_nothing(tmp_path, whole_terminal):
    path = tmp_path / "long.toml"
    path.write_text(trials.text(trials.TRIAL), "utf-8")
    package = str(cohesion_sim.__path__[0] + "/..")
    process = subprocess.Popen(
        # A shell's background jobs ignore Ctrl-C, and so would what they start.
        [sys.executable, "-c", WITH_CTRL_C, "trial", str(path), "--repetitions", "5000", "--workers", "2",
         "--out", str(tmp_path / "out" / "result")],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": package}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while len(_session(process.pid)) < 4 and time.monotonic() < deadline:  # it, a tracker, two workers
            time.sleep(0.2)
        assert len(_session(process.pid)) >= 4
        time.sleep(2)
        (os.killpg if whole_terminal else os.kill)(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == "Stopped. No half-written result is left behind."
    assert "Traceback" not in err
    deadline = time.monotonic() + 20
    while _session(process.pid) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert _session(process.pid) == []
    assert [entry.name for entry in tmp_path.iterdir()] == ["long.toml"]


def _session(leader: int) -> list[int]:
    """Return the processes of a session that still live."""
    found = subprocess.run(["ps", "-o", "pid=,stat=", "-s", str(leader)], capture_output=True, text=True, check=False)
    lines = [line.split() for line in found.stdout.splitlines()]
    return [int(pid) for pid, state, *_ in lines if not state.startswith("Z")]


def test_a_result_that_cannot_be_finished_leaves_nothing(told, file, folder, tmp_path, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(trial_report, "manifest", stop)
    done = call("trial", file, "--workers", 1, "--repetitions", 1, "--out", tmp_path / "out" / "x")
    assert done.exit_code == 130
    assert list((tmp_path / "out").iterdir()) == []


# ----------------------------------------------------------------------------------- words and pictures


def test_bands_are_told_in_the_unit_of_the_estimates(tmp_path):
    rows = {
        "a": "low = 0.1\nhigh = 0.4\nreduction = true",
        "b": "high = 0.1\nsize = true",
        "c": "low = 0.02",
        "d": "low = 3\nhidden = true",
    }
    for row, band in (("a", (0.6, 0.9)), ("b", (-0.1, 0.1)), ("c", (0.02, np.inf)), ("d", None)):
        text = trials.TRIAL + f'[trial.expected.x]\noutcome = "attitude"\n{rows[row]}\n'
        scenario = trials.load(tmp_path, trials.text(text))
        found = published(scenario.trial, "attitude", "club")
        assert found == (pytest.approx(band) if band else None)
        assert published(scenario.trial, "attitude", "words") is None


def test_one_end_of_a_band_may_be_missing():
    table = pd.DataFrame(
        {
            "name": ["some_row", "b", "c"], "text": ["", "x", "y"], "low": [np.nan, 0.5, 1], "high": [2, np.nan, 3],
            "got": [np.nan, 1.23456, 4], "verdict": ["miss", "pass", "miss"], "source": ["", "A1", ""],
        }
    )  # fmt: skip
    rows = expected_table(table)
    assert [row["band"] for row in rows] == ["2 or less", "0.5 or more", "1 to 3"]
    assert [row["got"] for row in rows] == ["not known", "1.23", "4"]
    assert [row["verdict"] for row in rows] == ["MISS", "PASS", "MISS"]
    assert rows[0]["published"] == "some row"


def made_up(values: np.ndarray, p: np.ndarray, unit: str = "d") -> pd.DataFrame:
    return pd.DataFrame({"outcome": "o", "arm": "a", "unit": unit, "estimate": values, "p": p})


@pytest.mark.parametrize("n", [5, 60, 900])
def test_every_trial_is_in_the_picture_filled_when_significant(n):
    z = Luck(1, "picture").normal("x", 0, np.arange(n)).astype(float)
    table = made_up(0.1 + 0.05 * z, np.where(z > 0.5, 0.01, 0.5))
    axes = Figure().add_subplot()
    assert trial_figures.estimates(table, axes, outcome="o", arm="a", true=0.12, band=(0.0, np.inf)) is axes
    seen = int((z > 0.5).sum())
    if n > trial_figures.MOST_DOTS:
        heights = [patch.get_height() for patch in axes.patches[:-1]]
        half = len(heights) // 2
        assert (sum(heights[:half]), sum(heights[half:])) == (seen, n - seen)
    else:
        filled, hollow = axes.lines[0], axes.lines[1]
        assert (len(filled.get_xdata()), len(hollow.get_xdata())) == (seen, n - seen)
        assert filled.get_markerfacecolor() != hollow.get_markerfacecolor()
        places = np.column_stack([np.r_[filled.get_xdata(), hollow.get_xdata()],
                                  np.r_[filled.get_ydata(), hollow.get_ydata()]])  # fmt: skip
        assert len(np.unique(places, axis=0)) == n  # no dot hides another
    lines = [line.get_xdata()[0] for line in axes.lines[-3:]]
    assert lines == [0, 0.12, 0.12]
    assert axes.get_xlim()[1] > table["estimate"].max()


def test_ratios_are_drawn_on_a_scale_of_ratios_and_none_is_one():
    table = made_up(np.array([0.5, 0.8, 1.0, 2.0, np.nan, 0.0]), np.full(6, 0.5), "rate ratio")
    axes = trial_figures.estimates(table, Figure().add_subplot(), outcome="o", arm="a")
    assert axes.get_xscale() == "log"
    assert sum(len(line.get_xdata()) for line in axes.lines[:2]) == 4
    assert axes.lines[2].get_xdata()[0] == 1
    assert axes.get_xlabel() == "rate ratio"


def test_power_curves_have_a_line_a_number_of_people_and_the_formula_dashed():
    rows = [
        {"places": k, "people": m, "baseline": b, "power": 0.1, "low": 0.05, "high": 0.2, "closed_power": 0.15}
        for k in (4, 8) for m in (10, 20, 30) for b in ("with", "without")
    ]  # fmt: skip
    axes = trial_figures.power(pd.DataFrame(rows), Figure().add_subplot(), baseline="with", target=0.8)
    handles, labels = axes.get_legend_handles_labels()
    assert labels == [f"{m} people a place" for m in (10, 20, 30)]
    assert len({(line.get_color(), line.get_marker()) for line in handles}) == 3
    dashed = [line for line in axes.lines if line.get_linestyle() == "--" and line not in handles]
    assert len(dashed) == 4  # three formulas and the target
    assert axes.get_ylim() == (0, 1.02)


def test_an_effect_that_cannot_be_estimated_is_said(tmp_path):
    scenario = trials.load(tmp_path, trials.text(SHORT))
    result = running.run_trial(scenario, repetitions=1, workers=1)
    summary = result.summary.assign(trials=0)
    told = trial_answer(dataclasses.replace(result, summary=summary))
    assert told[1].endswith("could not be estimated.")


@pytest.mark.parametrize("verb", ["trial", "power"])
def test_help_is_complete_and_every_option_is_on_the_page(verb):
    assert "130 stopped with Ctrl-C" in " ".join(call(verb, "--help").output.split())
    options = [option for option in cli.commands[verb].params if isinstance(option, click.Option)]
    assert all(option.help for option in options)
    page = (Path(__file__).resolve().parents[1] / "docs" / "cli.md").read_text("utf-8")
    section = page.split("## trial and power")[1].split("\n## ")[0]
    assert set(re.findall(r"(?m)^\| `(--\w+)", section)) == {option.opts[0] for option in options}
    assert f"| `{verb} FILE` |" in page


def test_the_python_names_are_the_verbs(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(trials.text(SHORT), "utf-8")
    result = cohesion_sim.trial(path, repetitions=1, twins=0, workers=1, sets={"trial.places": 6})
    assert result.trial.places == 6
    assert list(result.summary["outcome"]) == ["attitude"]
    with pytest.raises(cohesion_sim.InputError, match=r"trial\.power"):
        cohesion_sim.power(path)
