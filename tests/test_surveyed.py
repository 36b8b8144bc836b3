"""Surveys at the end of runs: as uncertain as computed, apart in both arms, told in sentences and tables."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import synthetic
from cohesion_sim import report, run
from cohesion_sim.municipality import Municipality
from cohesion_sim.randomness import Luck
from cohesion_sim.scenario import Scenario
from cohesion_sim.studies import surveyed
from cohesion_sim.studies.effects import SCALE_SD, survey_error
from cohesion_sim.studies.results import Result


@pytest.fixture(scope="module")
def town(municipality_of: Callable[..., Municipality]) -> Municipality:
    return municipality_of("zhazy", {"people.size": 4000}, 3)


def asked_of(town: Municipality, **facts: Any) -> Municipality:
    """Return the municipality with another [measurement]."""
    measurement = dataclasses.replace(town.scenario.measurement, **facts)
    return dataclasses.replace(town, scenario=dataclasses.replace(town.scenario, measurement=measurement))


def state(town: Municipality, number: int, shift: float = 0.0, between: float = 0.0) -> Mapping[str, np.ndarray]:
    """Return states with the SD that surveys are computed with, this share of the variance between quarters."""
    people, luck = town.people, Luck(number, "state")
    out = {"here": np.ones(people.n, np.bool_)}
    for name in ("attitude", "trust", "security", "norm"):
        quarter, own = luck.normal(f"{name} q", 0, people.quarter), luck.normal(f"{name} p", 0, np.arange(people.n))
        out[name] = 0.5 + shift + SCALE_SD * (between**0.5 * quarter + (1 - between) ** 0.5 * own)
    return out


def table_of(town: Municipality, pairs: int, shift: float, between: float) -> pd.DataFrame:
    """Return many pairs of surveys of new states."""
    rows = []
    for number in range(pairs):
        none = surveyed.survey(town, state(town, 2 * number, 0.0, between), "nothing", number + 1)
        some = surveyed.survey(town, state(town, 2 * number + 1, shift, between), "with", number + 1)
        rows += surveyed.compared("with", number, none, some)
    return pd.DataFrame(rows, columns=list(surveyed.COLUMNS))


def test_surveys_are_as_uncertain_as_computed(town: Municipality) -> None:
    # Reliable answers, so that few reach the ends of the scale.
    place = asked_of(town, survey=400, cluster=20, icc=0.1, reliability=0.9, desirability=0.0)
    table = table_of(place, 300, 0.0, 0.0)
    for name in ("attitude", "trust", "security", "norm"):
        found = table[table["measure"] == name]["difference"]
        assert found.std() == pytest.approx(survey_error(name, 0.5, 0.5, place.scenario.measurement), rel=0.12), name
        assert abs(found.mean()) < 4 * found.std() / 300**0.5
    size = table[table["measure"] != "acceptance"]["significant"].mean()
    assert 0.035 < size < 0.065


def test_a_large_change_is_found_and_its_interval_holds_it(town: Municipality) -> None:
    place = asked_of(town, desirability=0.0)
    table = table_of(place, 100, 0.15, 0.05)
    trust = table[table["measure"] == "trust"]
    assert trust["significant"].mean() > 0.9
    assert ((trust["low"] < 0.15) & (trust["high"] > 0.15)).mean() > 0.88
    assert (trust["with"] - trust["nothing"]).to_numpy() == pytest.approx(trust["difference"].to_numpy())


def test_both_arms_are_surveyed_apart(town: Municipality) -> None:
    same = state(town, 1)
    one, two = (surveyed.survey(town, same, arm, 52) for arm in ("nothing", "project"))
    assert len(one.cluster) == len(two.cluster) == town.scenario.measurement.survey
    assert set(np.unique(one.cluster)) != set(np.unique(two.cluster))
    both = np.intersect1d(one.answers["trust"], two.answers["trust"])
    assert set(both) <= {0.0, 1.0}  # nobody gives the same noisy answer twice, but for the ends of the scale
    again = surveyed.survey(town, same, "nothing", 52)
    assert (again.answers["trust"] == one.answers["trust"]).all()
    assert set(np.unique(one.answers["acceptance"])) <= {0.0, 1.0}


def test_who_is_away_is_not_asked(town: Municipality) -> None:
    away = {**state(town, 1), "here": np.zeros(town.people.n, np.bool_)}
    none = surveyed.survey(town, away, "nothing", 52)
    assert len(none.cluster) == 0
    assert surveyed.compared("p", 0, none, surveyed.survey(town, state(town, 1), "p", 52)) == []


def test_summary_by_hand() -> None:
    found = [-0.10, 0.00, 0.01, 0.02, 0.09]
    surveys = pd.DataFrame(
        {"programme": "p", "measure": "trust", "difference": found, "significant": [True, False, False, False, True]}
    )
    effects = pd.DataFrame(
        [("p", "trust", "all", 0.01), ("p", "trust", "sex", -1.0)], columns=["programme", "measure", "by", "effect"]
    )
    (row,) = surveyed.summary(surveys, effects).to_dict("records")
    assert (row["surveys"], row["middle"], row["significant"], row["wrong"]) == (5, 0.01, 2, 1)
    assert (row["low"], row["high"], row["effect"]) == pytest.approx((-0.08, 0.076, 0.01))


# ---------------------------------------------------------------------------------------------- in a study


@pytest.fixture(scope="module")
def result(scenario_of: Callable[..., Scenario]) -> Result:
    return run(scenario_of(), programmes=["project"], weeks=8, replications=3, workers=1)


def test_every_pair_of_runs_is_surveyed(result: Result) -> None:
    assert list(result.survey.columns) == list(surveyed.COLUMNS)
    assert len(result.survey) == 3 * len(surveyed.MEASURES)
    assert result.survey["difference"].notna().all()
    assert result.survey["difference"].abs().max() < 0.3


def test_surveys_take_less_than_ten_milliseconds(result: Result, town: Municipality) -> None:
    final = state(town, 1)
    start = time.thread_time()
    for week in range(1, 21):
        pair = [surveyed.survey(town, final, arm, week) for arm in ("nothing", "project")]
        surveyed.compared("project", 0, *pair)
    assert (time.thread_time() - start) / 20 < 0.02  # 0.01 on the machine it was written on


def test_survey_is_in_the_report(tmp_path: Path) -> None:
    made = synthetic.result(weeks=30, replications=8)
    folder = report.write(made, tmp_path / "out")
    assert len(pd.read_csv(folder / "survey.csv")) == len(made.survey)
    text = (folder / "report.html").read_text("utf-8")
    assert "What surveys of 400 would have shown" in text
    assert text.count("of these with the wrong sign") >= 1


def test_sentence_counts_what_surveys_would_have_called_significant() -> None:
    from cohesion_sim.answer import answer

    text = " ".join(answer(synthetic.result({"p": {"trust": 0.02}}, weeks=60, replications=20)))
    assert "would most likely not see it: of 20 pairs of surveys " in text
    assert "called the difference in trust in the municipality significant" in text
    assert "5 in 100 are called significant by pure chance" in text
