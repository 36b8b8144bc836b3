"""Portfolios where something goes wrong or cannot be told: failed runs, ties, other worlds, stops, the front."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from cohesion_sim import files, portfolio_report
from cohesion_sim.cli import cli
from cohesion_sim.mixes import Mixes, prices
from cohesion_sim.parameters import InputError
from cohesion_sim.portfolio_answer import portfolio_answer
from cohesion_sim.randomness import Luck
from cohesion_sim.studies import engine
from cohesion_sim.studies.portfolio import run as runs
from cohesion_sim.studies.portfolio import uncertain
from cohesion_sim.studies.portfolio.kept import forget, kept
from cohesion_sim.studies.portfolio.race import race
from cohesion_sim.studies.portfolio.run import portfolio
from cohesion_sim.studies.portfolio.tables import mixes_table

TINY = """\
extends = "yuryevka"
weeks = 26

[people]
size = { value = 400, range = [400, 8000], mark = "A", source = "own" }

[portfolio]
budget = 4000
runs = 60
replications = 8
outcomes = ["cohesion"]

[portfolio.catalogue.platform]
from = "project.platform"
doses = { every = [2, 4] }

[portfolio.catalogue.debates]
kind = "public_meeting"
start = 5
until = 26
every = 6
seats = 60
price = 300
"""

QUAKE = '''\
from dataclasses import dataclass

from cohesion_sim.activities import NOTHING
from cohesion_sim.selection import chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Quake:
    """An earthquake that no run survives, in some replications, with and without a programme."""

    share: float

    def act(self, week, people, draws):
        if week == 3 and chance(draws, "quake", week) < self.share:
            raise ValueError("the earth opened")
        return NOTHING
'''

SHAKY = '''\
from dataclasses import dataclass

from cohesion_sim.activities import NOTHING
from cohesion_sim.selection import chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaky:
    """An activity that sometimes breaks down."""

    share: float

    def act(self, week, people, draws):
        if week == 3 and chance(draws, "breaks", week) < self.share:
            raise ValueError("the tent fell down")
        return NOTHING

    def planned_cost(self, weeks):
        return 100.0
'''


def _place(folder: Path, more: str = "") -> Path:
    for room, name, text in (("shocks", "quake", QUAKE), ("interventions", "shaky", SHAKY)):
        (folder / room).mkdir()
        (folder / room / f"{name}.py").write_text(text, encoding="utf-8")
    path = folder / "tiny.toml"
    path.write_text(TINY + more, encoding="utf-8")
    return path


def _quake(share: float) -> str:
    return f'\n[shocks.quake]\nkind = "quake"\nshare = {share}\n'


def _shaky(share: float) -> str:
    return f'\n[portfolio.catalogue.tent]\nkind = "shaky"\nshare = {share}\n'


# --------------------------------------------------------------------------------------------------- failed runs
def test_replications_whose_run_without_a_programme_failed_are_left_out_for_all(tmp_path: Path) -> None:
    found = portfolio(_place(tmp_path, _quake(0.3)), workers=0)
    void = set(found.failures.loc[found.failures["mix"] == 0, "replication"])
    assert 0 < len(void) < 8
    assert found.failures["message"].str.contains("the earth opened").all()
    assert set(found.failures["replication"]) == void
    assert found.mixes["replications"].max() == found.rounds["replications"].iloc[-1] - len(void)
    assert np.isfinite(found.mixes["cohesion"]).all()
    assert "failed" not in set(found.mixes["cohesion_state"])
    assert any("left out for all mixes" in sentence for sentence in portfolio_answer(found))


def test_a_mix_of_which_a_run_failed_is_called_failed_and_the_others_go_on(tmp_path: Path) -> None:
    path, out = _place(tmp_path, _shaky(0.3)), tmp_path / "out"
    done = CliRunner().invoke(cli, ["portfolio", str(path), "--workers", "1", "--out", str(out)])
    assert done.exit_code == 1, done.output
    assert "the tent fell down" in done.output
    table = pd.read_csv(out / "portfolios.csv")
    tent = table["words"].str.contains("tent")
    assert set(table.loc[tent, "cohesion_state"]) == {"failed"}
    assert not set(table.loc[~tent, "cohesion_state"]) & {"failed"}
    assert (table.loc[tent, "cohesion_rank"].min()) > table.loc[~tent, "cohesion_rank"].max()
    failures = pd.read_csv(out / "failures.csv")
    assert set(failures["mix"]) == set(table.loc[tent, "mix"])
    assert not list(tmp_path.glob(".*race"))


def test_when_every_run_fails_one_line_says_so(tmp_path: Path) -> None:
    path, out = _place(tmp_path, _quake(1.0)), tmp_path / "out"
    done = CliRunner().invoke(cli, ["portfolio", str(path), "--workers", "1", "--out", str(out)])
    assert done.exit_code == 2
    assert done.output.splitlines() == [
        "tiny: no mix could be lived through. The first run that failed says: ValueError: the earth opened"
    ]
    assert not out.exists()
    assert not list(tmp_path.glob(".*race"))  # what failed may not fail again


@pytest.mark.parametrize("what", ["world", "village"])
def test_a_world_that_is_refused_costs_one_replication(tmp_path: Path, monkeypatch, what: str) -> None:
    path = _place(tmp_path)
    path.write_text(TINY.replace("runs = 60", "runs = 60\nrobust = true"), encoding="utf-8")
    world, build = runs.another_world, runs.municipality.build
    refused = runs.execute.replication_seed(1, 0)

    def refusing(scenario, seed, replication):
        if replication == 0:
            raise InputError("contact.rate: is refused")
        return world(scenario, seed, replication)

    def unbuildable(scenario, seed):
        if seed == refused:
            raise ValueError("nobody lives here")
        return build(scenario, seed)

    if what == "world":
        monkeypatch.setattr(runs, "another_world", refusing)
    else:
        monkeypatch.setattr(runs.municipality, "build", unbuildable)
    found = portfolio(path, workers=0)
    assert set(found.failures["replication"]) == {0}
    assert 0 in set(found.failures["mix"])
    assert np.isfinite(found.mixes["cohesion"]).all()
    assert found.mixes["cohesion_state"].isin(["best", "tied", "worse", "not pursued"]).all()


def test_when_only_the_closing_runs_fail_the_race_is_told(tmp_path: Path, monkeypatch) -> None:
    close = runs.execute.run

    def failing(*asked, **options):
        def unbuildable(*_: object) -> None:
            raise ValueError("nobody lives here")

        with monkeypatch.context() as only_here:
            only_here.setattr(runs.municipality, "build", unbuildable)
            return close(*asked, **options)

    monkeypatch.setattr(runs.execute, "run", failing)
    found = portfolio(_place(tmp_path), workers=0)
    assert len(found.closely.failures) == 16
    page = (portfolio_report.write_portfolio(found, tmp_path / "out") / "report.html").read_text("utf-8")
    assert "no pair of runs was completed" in page
    assert "nobody lives here" in page


def test_a_race_counts_its_runs_also_where_replications_are_left_out() -> None:
    asked: list[int] = []

    def ask(rows: np.ndarray, replications: range) -> np.ndarray:
        open_still = [r for r in replications if r != 1 or not asked]  # that one fails once, and then it is known
        asked.append(len(rows) * len(open_still) + (0 if asked else len(replications)))
        luck = Luck(1, "gains")
        kept = [r for r in replications if r != 1]
        return np.stack([luck.normal("gain", r, rows) for r in kept], axis=1)[:, :, None]

    has = np.array([[bool(k >> bit & 1) for bit in range(8)] for k in range(1, 200)])
    done = race(ask, has, runs=200, most=4, luck=Luck(1, "race"))
    assert len(asked) > 2
    assert done.runs == sum(asked) <= 200
    assert {len(own) for own in done.gains.values()} == {3}


# ---------------------------------------------------------------------------------------------- what can be told
def _equal(seed: int):
    """Return what asks 20 mixes that are truly equal: only the luck of each replication differs."""
    luck = Luck(seed, "equal")

    def ask(rows: np.ndarray, replications: range) -> np.ndarray:
        return 0.05 + 0.006 * np.stack([luck.normal("own", r, rows) for r in replications], axis=1)[:, :, None]

    return ask


@pytest.mark.parametrize("budget", [600, 10_000])
def test_of_equal_mixes_at_most_one_race_in_twenty_calls_any_worse(budget: int) -> None:
    scenario = files.load_scenario("portfolio_zhazy")
    all_same = Mixes(tuple(scenario.portfolio.catalogue), np.zeros((21, 10), np.int16), np.full(21, 1000.0))
    wrong, seeds = 0, 200
    for seed in range(seeds):
        done = race(_equal(seed), np.eye(20, dtype=bool), runs=budget, most=24, luck=Luck(seed, "race"))
        gains = {row + 1: own for row, own in done.gains.items()}
        assert max(map(len, gains.values())) == 24
        spent = {mix: own[:, 0] for mix, own in gains.items()}
        table = mixes_table(scenario, all_same, done, gains, spent, ["cohesion"], ["cohesion"], Luck(seed, "table"))
        wrong += "worse" in set(table["cohesion_state"])
    assert wrong / seeds <= 0.05


def test_a_difference_that_is_the_same_in_every_one_of_few_replications_is_not_sure() -> None:
    """Counts often differ by the same in four replications; their spread is then not 0, but that of the others."""
    from cohesion_sim.studies.portfolio.race import behind

    gains = np.array([[3.0, 3.0, 3.0, 3.0], [2.0, 2.0, 2.0, 2.0], [3.0, 1.0, 0.0, 4.0], [3.0, 3.0, 3.0, 3.0]])
    lag, margin = behind(gains, 1)
    assert lag.tolist() == [0.0, 1.0, 1.0, 0.0]
    assert (margin[1:3] > 1).all()
    assert margin[[0, 3]].tolist() == [0.0, 0.0]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory):
    return portfolio(_place(tmp_path_factory.mktemp("tiny")), workers=0)


def _told(result, **columns: list[object]) -> str:
    """Return the answer about a result whose first mixes are changed so."""
    table = result.mixes.copy()
    for name, values in columns.items():
        table.loc[range(len(values)), name] = pd.Series(values)
    return " ".join(portfolio_answer(dataclasses.replace(result, mixes=table)))


def test_among_ties_the_best_mean_is_named_best_and_the_cheapest_beside_it(tiny) -> None:
    words, usd = ["dear", "middle", "cheap"], [3000.0, 2000.0, 1000.0]
    told = _told(tiny, words=words, usd=usd, cohesion_state=["best", "tied", "tied"])
    assert told.startswith("With USD 4,000, the best mix found for cohesion: dear, USD 3,000 (2 other mixes cannot ")
    assert "cannot be told apart from it, one of them for USD 1,000)" in told
    assert "cannot be told apart from 'middle' (USD 2,000) and 'cheap' (USD 1,000)" in told
    assert "The cheapest of those that cannot be told apart and clearly help is cheap, USD 1,000: cohesion" in told
    told = _told(tiny, words=words, usd=usd, cohesion_state=["best", "tied", "tied"], cohesion_low=[0.1, 0.1, -0.1])
    assert "The cheapest of those that cannot be told apart and clearly help is middle, USD 2,000: cohesion" in told
    told = _told(tiny, words=["best", "dear"], usd=[2000.0, 3000.0], cohesion_state=["best", "tied", "worse"])
    assert "None of those that cannot be told apart is cheaper." in told


def test_a_best_mix_that_does_not_clearly_help_is_not_praised(tiny) -> None:
    told = _told(tiny, cohesion_low=[-0.1])
    assert told.startswith("With USD 4,000, even the mix that comes first by cohesion is not clear of doing nothing.")


# ------------------------------------------------------------------------------------------------------- money
@pytest.mark.parametrize("name", ["zhazy", "yuryevka", "gulistan", "aleksandrovka"])
def test_no_dose_costs_more_in_any_world_than_is_planned(name: str) -> None:
    scenario = files.load_scenario(f"portfolio_{name}")
    planned = prices(scenario)
    for replication in range(30):
        assert prices(uncertain.another_world(scenario, 1, replication)) == planned


def test_facts_that_bear_on_no_cost_are_drawn_also_beside_those_that_do() -> None:
    scenario = files.load_scenario("portfolio_zhazy")
    worlds = [uncertain.another_world(scenario, 1, r).portfolio.catalogue["competition"].doses[0][1] for r in range(8)]
    assert len({made.failure for made in worlds}) == 8
    assert len({(made.own_budget, made.applications, made.award_rate, made.contribution) for made in worlds}) == 1


# -------------------------------------------------------------------------------------------------------- stops
def test_what_is_raced_stays_until_the_result_is_written(tmp_path: Path, monkeypatch) -> None:
    path, out = _place(tmp_path), tmp_path / "out"
    words = ["portfolio", str(path), "--workers", "1", "--out", str(out)]
    write = portfolio_report.write_portfolio

    def stopped(*_: object, **__: object) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(portfolio_report, "write_portfolio", stopped)
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 130, done.output
    rounds = tmp_path / ".out.race"
    assert str(rounds) in done.output
    assert list(rounds.glob("round-*.json"))
    monkeypatch.setattr(portfolio_report, "write_portfolio", write)

    def nothing_more(*_: object, **__: object) -> None:
        pytest.fail("a run of the race was done again")

    monkeypatch.setattr(engine.Engine, "each", nothing_more)
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    assert (out / "portfolios.csv").is_file()
    assert not rounds.exists()


def test_killed_after_the_race_it_goes_on(tmp_path: Path) -> None:
    """The last rounds are on disk, the closing runs are not done: no round is lived through again."""
    path, out, rounds = _place(tmp_path), tmp_path / "out", tmp_path / ".out.race"
    words = ["portfolio", str(path), "--workers", "1", "--out", str(out)]
    after = tmp_path / "after"
    late = (
        "import time; from cohesion_sim.studies import execute; from cohesion_sim.cli import main\n"
        f"execute.run = lambda *_, **__: (open({str(after)!r}, 'w').close(), time.sleep(600))\n"
        "main()"
    )
    first = subprocess.Popen([sys.executable, "-c", late, *words], start_new_session=True)
    deadline = time.monotonic() + 120
    while not after.exists() and first.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert after.exists()
    assert list(rounds.glob("round-*.json"))
    assert not out.exists()
    words = [sys.executable, "-m", "cohesion_sim", *words, "--format", "json"]
    done = subprocess.run(words, capture_output=True, check=True)
    assert json.loads(done.stdout)["failures"] == 0
    assert not rounds.exists()


def test_rounds_lived_with_another_kind_of_the_users_are_not_taken_up(tmp_path: Path) -> None:
    path, keep = _place(tmp_path, _shaky(0.0)), tmp_path / "kept"
    portfolio(path, workers=0, keep=keep)
    before = {one.name: one.read_bytes() for one in keep.glob("round-*.json")}
    assert portfolio(path, workers=0, keep=keep).kept == keep
    assert {one.name: one.read_bytes() for one in keep.glob("round-*.json")} == before
    kind = tmp_path / "interventions" / "shaky.py"
    kind.write_text(SHAKY.replace("the tent fell down", "it rained") + "# mended\n", encoding="utf-8")
    loaded = files.load_scenario(path)
    with kept(keep, loaded, 1, 60) as where:
        assert where == keep
        assert not list(keep.glob("round-*.json"))


def test_only_rounds_are_removed_from_a_folder_that_holds_more(tmp_path: Path, tiny) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "letters.json").write_text("{}", encoding="utf-8")
    for seed in (1, 2):
        with kept(folder, tiny.scenario, seed, 60) as where:
            assert not list(where.glob("round-*.json"))
            (where / "round-001.json").write_text("{}", encoding="utf-8")
    forget(folder)
    assert [one.name for one in folder.iterdir()] == ["letters.json"]


# ---------------------------------------------------------------------------------------------------- the front
def _rows(length: int, *means: float) -> np.ndarray:
    """Return the gains of a mix: the same luck in each replication for all, and one mean an outcome."""
    luck = Luck(1, "rows").normal("shared", 0, np.arange(24))[:length, None]
    return luck + np.array(means)


def test_the_front_compares_any_two_on_all_that_both_have_lived_through() -> None:
    from cohesion_sim.studies.portfolio.front import on_front

    late = _rows(24, 2.0)
    late[4:] -= 2.0  # ahead in its first four replications, behind over all
    gains = [_rows(24, 1.0), late, _rows(4, 0.5), _rows(8, 0.4), _rows(4, 0.1)]
    cost = np.array([900.0, 800.0, 300.0, 500.0, 950.0])
    front, share = on_front(cost, gains, [0], Luck(1, "front"))
    # 1 is a finalist and cheaper than the best; 3 is dearer than 2 and gains less; 4 is dearer than the best.
    assert front.tolist() == [True, True, True, False, False]
    assert share[0] == pytest.approx(1.0, abs=0.1)
    assert np.isnan(share[2])  # resamples of four replications say little
    # Where all are put on the four replications that all have, the best mix is beaten: the front of that is wrong.
    few, _ = on_front(cost, [own[:4] for own in gains], [1], Luck(1, "front"))
    assert not few[0]


def test_gains_of_those_that_left_early_are_put_on_the_footing_of_all_replications(tiny) -> None:
    """Where there is twice as much to gain in the first replications, a mix seen only there is told to gain half."""
    scale = np.where(np.arange(24) < 4, 2.0, 1.0)[:, None] + 0.01 * _rows(24, 0.0)
    # Outcome 2 of the finalists is not clear of zero, so nothing can be said of its footing.
    other = 0.2 * _rows(24, 0.0)
    finalists = {1: np.hstack([0.4 * scale, other]), 2: np.hstack([0.6 * scale, -other])}
    brief = np.hstack([0.3 * scale, other])[:4]
    done = race(_equal(1), np.eye(3, dtype=bool), runs=60, most=4, luck=Luck(1, "race"))
    gains = {**finalists, 3: brief}
    done.gains = {mix - 1: own for mix, own in gains.items()}
    found = Mixes(("platform", "debates"), np.zeros((4, 2), np.int16), np.full(4, 1000.0))
    spent = {mix: own[:, 0] for mix, own in gains.items()}
    both = ["cohesion", "trust"]
    table = mixes_table(tiny.scenario, found, done, gains, spent, both, both, Luck(1, "table")).set_index("mix")
    assert brief[:, 0].mean() == pytest.approx(0.6, abs=0.01)
    assert table["cohesion"][3] == pytest.approx(0.3 * scale.mean(), abs=1e-9)
    assert table["cohesion_low"][3] < table["cohesion"][3] < table["cohesion_high"][3]
    assert table["trust"][3] == brief[:, 1].mean()
    assert table["cohesion"][2] == pytest.approx(0.6 * scale.mean())


def test_the_best_mix_is_always_on_the_front(tiny) -> None:
    best = tiny.best["cohesion"]
    row = tiny.front.set_index("mix").loc[best]
    assert row["finalist"]
    assert row["replications"] == tiny.mixes.set_index("mix")["replications"][best] == tiny.mixes["replications"].max()
    whole = tiny.mixes.set_index("mix")
    for mix, shown in tiny.front.set_index("mix").iterrows():
        assert shown["cohesion"] == whole["cohesion"][mix]
        assert shown["finalist"] == (shown["replications"] == tiny.mixes["replications"].max())
