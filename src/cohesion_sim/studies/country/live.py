"""One municipality of the country, lived through without the programme and with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim import municipality
from cohesion_sim.measures import MEASURES
from cohesion_sim.model import CohesionModel
from cohesion_sim.population import dissimilarity
from cohesion_sim.scenario import Programme, Scenario
from cohesion_sim.studies.country.places import Loaded, Place, scenario_of
from cohesion_sim.studies.trial.worlds import together

YEAR = 52
LAST = 13
"""States are the mean of so many weeks, as in `studies.effects`."""
MONTH = 4
KEPT = (
    *("violent", "disputes", "blows", "group_fights", "marriages", "cohesion", "attitude", "acceptance", "contact"),
    *("trust", "security", "participation", "grievance", "norm", "language"),
)
"""Measures that are kept of every municipality, beside those that the file puts first."""


def live(loaded: Loaded, place: Place) -> dict[str, Any]:
    """Return what became of a municipality, as one row of plain values; `studies.country.run` says which.

    Flows are events per 1,000 residents a year from the start of its district on, over a year or until the end;
    states the mean of the last 13 weeks of that time. With and without, the people, weeks and luck are the same.
    """
    scenario = scenario_of(loaded, place)
    start = municipality.build(scenario, place.seed)
    without, _ = _lived(loaded, scenario, place, start, Programme(name="nothing"))
    given = without
    money: dict[tuple[str, str], tuple[float, float]] = {}
    if place.start >= 0:
        given, money = _lived(loaded, scenario, place, start, programme_of(loaded, place, scenario))
    begin = place.start if place.start >= 0 else max(0, loaded.design.country.weeks - YEAR)
    window = slice(begin, min(begin + YEAR, loaded.design.country.weeks))
    row: dict[str, Any] = {
        "number": place.number, "region": place.region, "district": place.district, "type": place.type,
        "tense": place.tense, "start": place.start, "residents": start.people.n,
        "diversity": 1 - sum(share**2 for _, share in place.shares),
        "segregation": _divided(start),
        "usd": float(sum(usd for usd, _ in money.values())),
        "own_usd": float(sum(own for _, own in money.values())),
        "reached": _last(given, "reached"), "took_part": _last(given, "attended"),
    }  # fmt: skip
    for name in dict.fromkeys((*loaded.design.country.headline, *KEPT)):
        row[f"{name} without"] = _level(without, name, window, start.people.n)
        row[f"{name} with"] = _level(given, name, window, start.people.n)
    return {**row, "months": _months(loaded, without, given)}


def programme_of(loaded: Loaded, place: Place, scenario: Scenario) -> Programme:
    """Return the programme of a place, begun when its district begins; a share of the budget is one of its own."""
    name = loaded.design.country.programme
    ratio = place.residents / loaded.scenario(place.type, tense=place.tense).people.size
    given = together(scenario, (name,), delay=place.start)
    for label, actor in given.items():
        if hasattr(actor, "own_budget"):
            given[label] = replace(actor, own_budget=actor.own_budget * ratio)
    return Programme(name=name, interventions=given)


def _lived(
    loaded: Loaded, scenario: Scenario, place: Place, start: municipality.Municipality, programme: Programme
) -> tuple[NDArray[np.float64], dict[tuple[str, str], tuple[float, float]]]:
    """Return all measures of all residents, (weeks, measures), and the money by line."""
    model = CohesionModel(scenario, programme, rng=place.seed, weeks=loaded.design.country.weeks, start=start)
    model.run_model()
    table, money = model.record.table()[:, 0, :], dict(model.state.money)
    model.__dict__.clear()  # Mesa's wrapped step makes a cycle: let go of the arrays now
    return table, money


def _divided(start: municipality.Municipality) -> float:
    """Return the dissimilarity that was reached; a small place cannot be as divided as its scenario may want."""
    people = start.people
    table = np.zeros((int(people.quarter.max()) + 1, len(people.community_names)), np.int64)
    np.add.at(table, (people.quarter, people.community), 1)
    return dissimilarity(table)


def _column(table: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    return table[:, list(MEASURES).index(name)]


def _last(table: NDArray[np.float64], name: str) -> float:
    return float(_column(table, name)[-1])


def _level(table: NDArray[np.float64], name: str, window: slice, residents: int) -> float | None:
    """Return a measure over a window; None where it is not defined."""
    values = _column(table, name)[window]
    if MEASURES[name].flow:
        level = float(values.sum()) * YEAR / len(values)
        return level / (residents / 1000) if MEASURES[name].unit == "count" else level
    known = values[-LAST:][np.isfinite(values[-LAST:])]
    return float(known.mean()) if known.size else None


def _months(loaded: Loaded, without: NDArray[np.float64], given: NDArray[np.float64]) -> dict[str, list[float | None]]:
    """Return the headline and the spending by month (four weeks): counts as sums, states as means."""
    weeks = loaded.design.country.weeks
    out: dict[str, list[float | None]] = {}
    for name in (*loaded.design.country.headline, "spending", "reached"):
        for arm, table in (("without", without), ("with", given)):
            column = _column(table, name)
            cut = [column[week : week + MONTH] for week in range(0, weeks, MONTH)]
            told = [float(part.sum() if MEASURES[name].flow else part.mean()) for part in cut]
            out[f"{name} {arm}"] = [value if np.isfinite(value) else None for value in told]
    return out
