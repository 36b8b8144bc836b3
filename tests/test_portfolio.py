"""Portfolios: what can be bought, a race that finds the best on few runs, and the answer of a real one."""

from __future__ import annotations

import dataclasses
import itertools
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

from cohesion_sim import files
from cohesion_sim.cli import cli
from cohesion_sim.mixes import described, mixes, prices, programme_of
from cohesion_sim.parameters import InputError
from cohesion_sim.randomness import Luck
from cohesion_sim.scenario import Scenario
from cohesion_sim.studies import execute
from cohesion_sim.studies.effects import gains
from cohesion_sim.studies.portfolio.front import on_front
from cohesion_sim.studies.portfolio.race import race
from cohesion_sim.studies.portfolio.run import BEST, portfolio
from cohesion_sim.studies.portfolio.uncertain import another_world

SMALL = """\
extends = "yuryevka"
weeks = 26

[people]
size = { value = 400, range = [400, 8000], mark = "A", source = "own" }

[portfolio]
budget = 4000
runs = 100
replications = 12
outcomes = ["violent", "cohesion"]

[portfolio.staff]
facilitators = 1

[portfolio.catalogue.platform]
from = "project.platform"
doses = { seats = [20, 40], every = [2, 4] }
staff = { facilitators = 1 }

[portfolio.catalogue.training]
kind = "training"
start = 4
topic = "mediation"
who = "leaders"
seats = 20
days = 2
refreshers = 0
refresher_every = 16
on_duty = true
price = 500
excludes = ["messages"]

[portfolio.catalogue.messages]
kind = "leader_message"
start = 6
messages = 3
every = 4
leaders = 7
topic = "others"
price = 100
needs = ["platform"]

[portfolio.catalogue.debates]
kind = "public_meeting"
start = 5
until = 26
every = 6
seats = 60
price = 300
staff = { facilitators = 1 }
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return path


# ------------------------------------------------------------------------------------------- what can be bought
def test_mixes_are_all_that_budget_staff_and_terms_allow(small: Path) -> None:
    scenario = files.load_scenario(small)
    found = mixes(scenario)
    price = prices(scenario)
    allowed = set()
    for platform, training, messages, debates in itertools.product(range(5), (0, 1), (0, 1), (0, 1)):
        chosen = zip(price, (platform, training, messages, debates), strict=True)
        cost = sum(usd[dose - 1] for usd, dose in chosen if dose)
        fits = (
            cost <= 4000 and not (platform and debates) and not (training and messages) and (platform or not messages)
        )
        if fits:
            allowed.add((platform, training, messages, debates))
    assert {tuple(row) for row in found.dose.tolist()} == allowed
    assert len(allowed) == len(found) > 10
    assert found.cost[0] == 0
    assert not found.dose[0].any()
    assert described(scenario, (4, 0, 1, 0)) == "platform (seats 40, every 4) + messages"


def test_a_dose_is_the_intervention_with_other_values_and_the_rest_from_the_programme(small: Path) -> None:
    scenario = files.load_scenario(small)
    made = programme_of(scenario, (2, 0, 0, 0), "mix").interventions["platform"]
    original = scenario.programmes["project"].interventions["platform"]
    assert (made.seats, made.every) == (20, 4)
    assert (made.price, made.turnout, made.officials) == (original.price, original.turnout, original.officials)


WRONG = [
    ("budget = 4000", "budget = 100", "100 USD buys nothing: messages, the cheapest entry", "Raise it, or add"),
    (
        'from = "project.platform"',
        'from = "project.platfrom"',
        'no intervention "project.platfrom"',
        "did you mean 'project.platform'",
    ),
    (
        "doses = { seats = [20, 40], every = [2, 4] }",
        "doses = { seat = [20] }",
        "unknown name 'seat'",
        "did you mean 'seats'",
    ),
    (
        "doses = { seats = [20, 40], every = [2, 4] }",
        "doses = { seats = 20 }",
        "20 is not a list of values",
        "Write seats = [20]",
    ),
    (
        "doses = { seats = [20, 40], every = [2, 4] }",
        "doses = { seats = [20, 9000] }",
        "9000 is above the limit 500",
        "from 0 to 500",
    ),
    ('excludes = ["messages"]', 'excludes = ["message"]', 'no other entry "message"', "did you mean 'messages'"),
    (
        'needs = ["platform"]',
        'needs = ["platform"]\nexcludes = ["platform"]',
        "is needed and excluded",
        "Remove it from one",
    ),
    (
        "facilitators = 1\n\n[portfolio.catalogue.platform]",
        "drivers = 1\n\n[portfolio.catalogue.platform]",
        "says nobody how many facilitators",
        "Write facilitators = 2",
    ),
    (
        'outcomes = ["violent", "cohesion"]',
        'outcomes = ["violence"]',
        'no measure with a better side "violence"',
        "did you mean 'violent'",
    ),
    (
        'outcomes = ["violent", "cohesion"]',
        'outcomes = ["violent", "cohesion"]\nweights = { violent = 1 }',
        "cohesion has no weight",
        "Give one to every outcome",
    ),
    ("runs = 100", "runs = 30", "30 runs are too few", "Write runs ="),
    ('kind = "training"', 'kind = "trainings"', "unknown kind of intervention 'trainings'", "did you mean 'training'"),
    ("start = 4", "start = 40", "week 40 lies after the end of the run", "Write start = 25 or less"),
]


@pytest.mark.parametrize(("old", "new", "what", "mend"), WRONG, ids=[case[1][:40] for case in WRONG])
def test_mistakes_are_named_with_line_and_mend(small: Path, old: str, new: str, what: str, mend: str) -> None:
    assert SMALL.count(old) >= 1
    small.write_text(SMALL.replace(old, new, 1), encoding="utf-8")
    done = CliRunner().invoke(cli, ["check", str(small)])
    assert done.exit_code == 2
    assert what in done.output
    assert mend in done.output
    assert all(line.startswith(f"{small}:") and line.split(":")[1].isdigit() for line in done.output.splitlines())


# --------------------------------------------------------------------------------------------------- the race
ENTRIES, MOST = 6, 40
COMMON, OWN = 0.0125, 0.006
"""SD of what all mixes share in a replication, and of each one's own luck: those of cohesion in 17 mixes of a small
Yuryevka over 60 weeks, whose gains reach from .02 to .11."""


def _instance(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what each affordable mix has, and its true gain: entries add up, and pairs help or disturb each other."""
    luck = Luck(seed, "instance")
    cost = 2 + 4 * luck.uniform("cost", 0, np.arange(ENTRIES)).astype(float)
    worth = 0.005 + 0.03 * luck.uniform("worth", 0, np.arange(ENTRIES)).astype(float)
    pairs = 0.01 * (luck.uniform("pairs", 0, np.arange(ENTRIES**2)).reshape(ENTRIES, ENTRIES).astype(float) - 0.5)
    rows = [row for row in itertools.product((0, 1), repeat=ENTRIES) if any(row) and np.dot(row, cost) <= 14]
    has = np.array(rows, bool)
    return has, has @ worth + np.einsum("ni,ij,nj->n", has * 1.0, np.triu(pairs, 1), has * 1.0)


def _asker(truth: np.ndarray, seed: int, *, paired: bool = True):
    luck = Luck(seed, "world")

    def ask(rows: np.ndarray, replications: range) -> np.ndarray:
        found = np.empty((len(rows), len(replications), 1))
        for k, replication in enumerate(replications):
            shared = luck.normal("shared", replication, rows if not paired else np.zeros(1, np.int64))
            found[:, k, 0] = truth[rows] + COMMON * shared + OWN * luck.normal("own", replication, rows)
        return found

    return ask


def _best(gains: dict[int, np.ndarray]) -> int:
    longest = max(len(own) for own in gains.values())
    return max((mix for mix, own in gains.items() if len(own) == longest), key=lambda mix: gains[mix].mean())


def _good_seeds(choose, seeds: range = range(100)) -> int:
    """Return in how many seeds the chosen mix is within 1 % of the truly best, against doing nothing."""
    good = 0
    for seed in seeds:
        has, truth = _instance(seed)
        good += truth[choose(has, truth, seed)] >= 0.99 * truth.max()
    return good


def _raced(has: np.ndarray, truth: np.ndarray, seed: int, *, paired: bool = True) -> int:
    runs = int(0.2 * len(has) * MOST)
    done = race(_asker(truth, seed, paired=paired), has, runs=runs, most=MOST, luck=Luck(seed, "race"))
    assert done.runs <= runs
    return _best(done.gains)


def test_a_race_finds_the_best_in_95_of_100_seeds_on_a_fifth_of_the_runs_of_enumeration() -> None:
    assert _good_seeds(_raced) >= 95


def test_without_pairing_or_without_a_race_the_same_runs_do_not_do() -> None:
    def spread_evenly(has: np.ndarray, truth: np.ndarray, seed: int) -> int:
        replications = int(0.2 * MOST)
        gains = _asker(truth, seed)(np.arange(len(has)), range(replications))
        return int(gains.mean(axis=(1, 2)).argmax())

    assert _good_seeds(lambda *asked: _raced(*asked, paired=False)) < 90
    assert _good_seeds(spread_evenly) < 90


def test_with_too_many_mixes_to_try_them_all_the_promising_ones_are_found() -> None:
    entries = 12
    luck = Luck(3, "many")
    worth = 0.03 * luck.uniform("worth", 0, np.arange(entries)).astype(float)
    has = np.array([row for row in itertools.product((0, 1), repeat=entries) if 0 < sum(row) <= 5], bool)
    truth = has @ worth
    done = race(_asker(truth, 3), has, runs=1200, most=MOST, luck=Luck(3, "race"))
    assert len(done.gains) < len(has) / 8
    assert truth[_best(done.gains)] >= 0.97 * truth.max()


def test_the_front_by_hand() -> None:
    cost = np.array([1.0, 2.0, 2.0, 3.0])
    gains = np.array([[1.0, 0.0], [2.0, 0.0], [1.0, 0.0], [2.0, 5.0]])[:, None, :].repeat(4, axis=1)
    front, chance = on_front(cost, gains, [3], Luck(1, "front"))
    assert front.tolist() == [True, True, False, True]
    assert chance.tolist() == [1.0, 1.0, 0.0, 1.0]


# ------------------------------------------------------------------------------------------------ a real one
def full_enumeration(scenario: Scenario) -> dict[int, float]:
    """Return the mean gain in cohesion of every mix, all in 12 replications, by `run` itself."""
    found = mixes(scenario)
    programmes = {f"mix{k}": programme_of(scenario, found.dose[k], f"mix{k}") for k in range(1, len(found))}
    asked = dataclasses.replace(scenario, programmes=programmes)
    result = execute.run(asked, replications=12, seed=1)
    gain = gains(result.weekly, "cohesion").mean()
    return {k: float(gain[f"mix{k}"]) for k in range(1, len(found))}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("portfolio") / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return portfolio(path, workers=0)


def test_the_race_chooses_what_full_enumeration_chooses(real, small: Path) -> None:
    """Every mix in as many replications as the race gives its finalists: the same choice, or as good to 1 %."""
    scenario = files.load_scenario(small)
    every = dataclasses.replace(
        scenario, portfolio=dataclasses.replace(scenario.portfolio, runs=10**6, outcomes=("cohesion",), replications=12)
    )
    whole = full_enumeration(every)
    chosen = whole[real.best["cohesion"]]
    assert chosen >= max(whole.values()) - 0.01 * abs(max(whole.values()))
    assert real.runs <= 100 < 0.55 * 13 * real.possible


def test_no_run_spends_more_than_was_planned_or_than_the_budget(real) -> None:
    assert (real.mixes["spent_most"] <= real.mixes["usd"] + 1e-6).all()
    assert (real.mixes["usd"] <= 4000).all()
    assert (real.mixes["spent"] > 0).all()
    assert real.runs <= 100


def test_robust_draws_one_world_for_all_mixes_and_another_for_each_replication(small: Path) -> None:
    scenario = files.load_scenario(small)
    worlds = [another_world(scenario, 1, replication) for replication in range(3)]
    assert worlds[0] != worlds[1] != worlds[2]
    assert another_world(scenario, 1, 1).contact == worlds[1].contact
    for world in worlds:
        for path, origin in scenario.provenance.items():
            if origin.range is not None and path.startswith("contact."):
                assert origin.range[0] <= world.provenance[path].value <= origin.range[1]
        doses = world.portfolio.catalogue["platform"].doses
        assert len({made.turnout for _, made in doses}) == 1
        assert [made.seats for _, made in doses] == [20, 20, 40, 40]
    small.write_text(SMALL.replace("runs = 100", "runs = 100\nrobust = true"), encoding="utf-8")
    found = portfolio(small, workers=0)
    assert found.mixes["cohesion_loss_90"].dropna().ge(0).all()
    assert not found.failures.size


# ------------------------------------------------------------------------------------------------- the verb
def test_the_folder_answers_and_its_programme_can_be_pasted(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(cli, ["portfolio", str(small), "--workers", "1", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("With USD 4,000, ")
    page = (out / "report.html").read_text("utf-8")
    assert "Mixes that no other beats" in done.output
    assert page.count("<svg") >= 4
    assert json.loads((out / "manifest.json").read_text("utf-8"))["runs"] <= 100
    pasted = tmp_path / "pasted.toml"
    pasted.write_text(f'extends = "small"\n\n{(out / "programme.toml").read_text("utf-8")}', encoding="utf-8")
    scenario = files.load_scenario(pasted)
    best = scenario.programmes[BEST]
    planned = sum(made.planned_cost(26) for made in best.interventions.values())
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    mix = manifest["best"]["violent"]
    original = files.load_scenario(small)
    expected = programme_of(original, mixes(original).dose[mix], BEST)
    assert best.interventions == expected.interventions
    assert 0 < planned <= 4000
    assert not list(tmp_path.glob(".*race"))


def test_killed_half_way_it_goes_on_and_ends_as_without_processes(small: Path, tmp_path: Path, real) -> None:
    out = tmp_path / "killed"
    words = [sys.executable, "-m", "cohesion_sim", "portfolio", str(small), "--workers", "2", "--out", str(out)]
    first = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    kept = tmp_path / ".killed.race"
    deadline = time.monotonic() + 120
    while not list(kept.glob("round-*.json")) and first.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert not out.exists()
    before = {path.name: path.read_bytes() for path in kept.glob("round-*.json")}
    assert before
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, timeout=300)
    mine = real.mixes.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    assert (out / "portfolios.csv").read_text("utf-8") == mine  # that one had no other process
    assert not kept.exists()


def test_a_file_without_a_portfolio_says_what_to_add() -> None:
    with pytest.raises(InputError, match=r"Add a section \[portfolio\]"):
        portfolio("yuryevka", workers=0)
