"""Facts drawn from their evidence ranges: another world that the evidence allows, for every replication."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from cohesion_sim import files
from cohesion_sim.fields import hints, shape
from cohesion_sim.layers import CATALOGUE
from cohesion_sim.parameters import Provenance
from cohesion_sim.portfolio_design import Offer
from cohesion_sim.randomness import Luck
from cohesion_sim.scenario import Scenario

SECTIONS = (
    *("contact", "influence", "norms", "disputes", "institutions"),
    *("marriage", "skills", "harm", "attitudes"),
)
"""Sections of a scenario whose facts are drawn; people and places stay as they are."""
TOGETHER = ("disputes.mix",)
"""Shares that add up to 1 and cannot be drawn one by one."""


def another_world(scenario: Scenario, seed: int, replication: int) -> Scenario:
    """Return the scenario with every fact of behaviour drawn evenly from its range; the same for every mix.

    Facts that an intervention tells its cost from stay as planned: mixes are admitted by what they cost, and one within
    the budget must not leave it in some worlds.
    """
    luck = Luck(seed, "facts")

    def drawn(name: str, origin: Provenance, *, whole: bool) -> float:
        low, high = origin.range or (origin.value, origin.value)
        value = low + (high - low) * float(luck.uniform(name, 0, np.array([replication]))[0])
        return round(value) if whole else value

    values: dict[str, object] = {}
    inside: dict[str, float] = {}
    catalogue = ".".join(CATALOGUE)
    for path, origin in scenario.provenance.items():
        if origin.range is None or origin.kind != "fact" or path.startswith(TOGETHER):
            continue
        whole = isinstance(origin.value, int)
        if path.startswith(f"{catalogue}."):
            inside[path] = drawn(path, origin, whole=whole)
        elif path.partition(".")[0] in SECTIONS:
            values[path] = drawn(path, origin, whole=whole)
    return _with_offers(files.with_values(scenario, values), inside)


def _with_offers(scenario: Scenario, values: dict[str, float]) -> Scenario:
    """Return the scenario with other facts in the interventions of its catalogue."""
    portfolio = scenario.portfolio
    if portfolio is None or not values:
        return scenario
    offers: dict[str, Offer] = {}
    for label, offer in portfolio.catalogue.items():
        place = ".".join((*CATALOGUE, label, ""))
        fixed = set().union(*(_priced_by(made, scenario.weeks) for _, made in offer.doses))
        given = {path.removeprefix(place): value for path, value in values.items() if path.startswith(place)}
        given = {name: value for name, value in given.items() if name not in fixed}
        doses = tuple((dose, _changed(made, given, dose)) for dose, made in offer.doses)
        offers[label] = dataclasses.replace(offer, doses=doses)
    return dataclasses.replace(scenario, portfolio=dataclasses.replace(portfolio, catalogue=offers))


def _changed(made: Any, given: dict[str, float], dose: Any) -> Any:
    cls: type = type(made)
    known = hints(cls)
    own = {name: v for name, v in given.items() if name in known and name not in dose}
    return dataclasses.replace(made, **{n: int(v) if shape(known[n]).plain is int else v for n, v in own.items()})


def _priced_by(made: Any, weeks: int) -> set[str]:
    """Return the fields that an intervention looks at when it is made and when it tells its cost.

    While these stay, it goes the same way to the same cost, whatever becomes of the others.
    """
    seen: set[str] = set()
    cls: type = type(made)

    def look(self: object, name: str) -> object:
        seen.add(name)
        return object.__getattribute__(self, name)

    watched: Any = type(cls.__name__, (cls,), {"__getattribute__": look, "__slots__": ()})
    given = {field.name: getattr(made, field.name) for field in dataclasses.fields(cls) if field.init}
    watched(**given).planned_cost(weeks)
    return seen
