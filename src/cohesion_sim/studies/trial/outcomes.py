"""What a person of a trial can be asked: the true values behind the answers, 0-1, one a resident."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.designs import TrialOutcome
from cohesion_sim.kernels.trust import expected
from cohesion_sim.model import CohesionModel
from cohesion_sim.population import attitude_to_others
from cohesion_sim.randomness import Luck
from cohesion_sim.scenario import Scenario
from cohesion_sim.studies.survey import SCALE_SD

Values = NDArray[np.float64]
RECALL = 4
"""Weeks that a question about contact looks back."""
OF_OTHERS = ("attitude", "acceptance", "willingness", "trust_met")
"""Measures whose answers lean to what people like me approve (social desirability)."""


def truth(model: CohesionModel, name: str, recalled: NDArray[np.int64]) -> Values:
    """Return the true value of a measure of `designs.PERSON_MEASURES` for every resident, shape (n,).

    ``recalled`` (n,) counts the weeks with an encounter across communities among the last `RECALL`.
    """
    own: dict[str, Callable[[CohesionModel], Any]] = {
        "attitude": _attitude,
        "acceptance": _attitude,
        "willingness": _willingness,
        "trust_met": _trust_met,
        "trust": lambda one: expected.py_func(one.state.good, one.state.bad),
        "approval": lambda one: one.state.approval[one.start.people.household],
        "language": lambda one: one.state.speaks & 1,
        "placebo": _placebo,
        "contact": lambda _: recalled / RECALL,
    }
    value = own[name](model) if name in own else getattr(model.state, name)
    return np.asarray(value, np.float64)


def cut_of(outcome: TrialOutcome, scenario: Scenario) -> float | None:
    """Return from which value on an outcome counts as a yes; None where its mean is compared."""
    if outcome.cut is None and outcome.measure == "acceptance":
        return scenario.attitudes.acceptance_cut
    return outcome.cut


def _willingness(model: CohesionModel) -> Values:
    """Return everybody's chance to act across the line this week."""
    rules = model.start.norms
    drive = rules.act_attitude * (_attitude(model) - 0.5) + rules.act_norm * (model.state.norm - 0.5)
    return np.asarray(1.0 / (1.0 + np.exp(-(rules.act_base + drive))))


def _placebo(model: CohesionModel) -> Values:
    """Return a fixed opinion of everybody that nothing moves, as wide as attitudes are."""
    people = model.start.people
    drawn = Luck(model.seed, "placebo", people.key).normal("view", 0, np.arange(people.n))
    return np.clip(0.5 + SCALE_SD * drawn, 0, 1)


def _attitude(model: CohesionModel) -> Values:
    start = model.start
    own = attitude_to_others(model.state.attitude, start.people.community, start.out_weights)
    return np.asarray(own, np.float64)


def across(model: CohesionModel) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return both ends of all acquaintances made in activities, and which are between communities."""
    n, community = model.start.people.n, model.start.people.community
    low, high = model.state.acquaintances // n, model.state.acquaintances % n
    return low, high, community[low] != community[high]


def _trust_met(model: CohesionModel) -> Values:
    """Return each resident's mean trust in those met in activities across the line; who met nobody: her attitude."""
    low, high, apart = across(model)
    n = model.start.people.n
    total, number = np.zeros(n), np.zeros(n)
    for end in (low[apart], high[apart]):
        np.add.at(total, end, model.state.acquaintance_trust[apart])
        np.add.at(number, end, 1)
    return np.where(number > 0, total / np.maximum(number, 1), _attitude(model))


def has_met(model: CohesionModel) -> NDArray[np.bool_]:
    """Return who came to know somebody of another community in an activity, shape (n,)."""
    low, high, apart = across(model)
    met = np.zeros(model.start.people.n, np.bool_)
    met[low[apart]] = met[high[apart]] = True
    return met
