"""The places of one virtual trial: how they differ, and which arm each unit belongs to."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim import files, population
from cohesion_sim.consistency import full_path
from cohesion_sim.consistency_trial import arm_sizes
from cohesion_sim.designs import Participants, Trial, Variation
from cohesion_sim.fields import field_at, shape
from cohesion_sim.kernels.arithmetic import exp
from cohesion_sim.municipality import MEASURED_FROM, Municipality
from cohesion_sim.parameters import InputError
from cohesion_sim.place_table import plain, rows_of
from cohesion_sim.population import ROLES, attitude_to_others
from cohesion_sim.randomness import Luck
from cohesion_sim.scenario import Programme, Scenario
from cohesion_sim.studies.execute import replication_seed

Flags = NDArray[np.bool_]
MOST_MISTAKES = 5
"""Mistakes of places that are told at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place of a trial before it lives: its scenario and seed, its arm (-1: arms are inside) and block."""

    number: int
    scenario: Scenario
    seed: int
    arm: int
    block: int
    delay: int  # weeks by which a stepped wedge puts its programme off


def trial_of(scenario: Scenario) -> Trial:
    """Return the trial of a scenario that has one."""
    assert scenario.trial is not None
    return scenario.trial


def places(scenario: Scenario, seed: int, repetition: int) -> list[Place]:
    """Return the places of one virtual trial; the same for the same seed and repetition.

    Raises
    ------
    InputError
        If the numbers drawn for a place make no scenario.
    """
    trial = trial_of(scenario)
    luck = Luck(seed, "trial")
    number = np.arange(trial.places)
    values = _values(scenario, trial, luck, repetition)
    made = [files.with_values(scenario, row) if row else scenario for row in values]
    seeds = [replication_seed(seed, repetition * trial.places + k) for k in range(trial.places)]
    if trial.assignment.unit != "municipality":
        return [
            Place(number=k, scenario=made[k], seed=seeds[k], arm=-1, block=k, delay=0) for k in range(trial.places)
        ]
    draw = luck.uniform("assignment", repetition, number)
    block = _blocks(trial, made, seeds, draw)
    arm = np.zeros(trial.places, np.int64)
    weights = [one.share for one in trial.arms.values()]
    for rows in [np.flatnonzero(block == b) for b in np.unique(block)]:
        sizes = arm_sizes([1.0] * len(weights) if trial.assignment.matched_by != "nothing" else weights, len(rows))
        arm[rows[np.argsort(draw[rows], kind="stable")]] = np.repeat(np.arange(len(weights)), sizes)
    delay = _delays(trial, arm, luck.uniform("step", repetition, number))
    return [
        Place(number=k, scenario=made[k], seed=seeds[k], arm=int(arm[k]), block=int(block[k]), delay=int(delay[k]))
        for k in range(trial.places)
    ]


def try_places(scenario: Scenario) -> None:
    """Make the places whose numbers are written down, so that a mistake shows before anything starts.

    Numbers drawn by lot stand at their middle here.

    Raises
    ------
    InputError
        If the numbers of a place make no scenario; of several places, the first few.
    """
    trial = trial_of(scenario)
    rows = rows_of(trial.table) if trial.table else []
    lists = {v.number: v.values for v in trial.vary.values() if v.spread == "list"}
    middle = {v.number: _middle(scenario, v) for v in trial.vary.values() if v.spread != "list"}
    seen: set[tuple[object, ...]] = set()
    mistakes: list[str] = []
    for k in range(min(trial.places, max([1, len(rows), *map(len, lists.values())]))):
        row = {**(rows[k % len(rows)] if rows else {}), **middle}
        row |= {name: plain(values[k % len(values)]) for name, values in lists.items()}
        if row and tuple(row.values()) not in seen:
            seen.add(tuple(row.values()))
            try:
                files.with_values(scenario, row)
            except InputError as error:
                mistakes += [f"{scenario.name}: place {k + 1} of the trial: {words}" for words in error.messages]
    if mistakes:
        raise InputError(*mistakes[:MOST_MISTAKES])


def _middle(scenario: Scenario, variation: Variation) -> float | int:
    """Return the middle of what may be drawn."""
    middle = (variation.low + variation.high) / 2 if variation.spread == "uniform" else variation.mean
    return round(middle) if _whole(scenario, variation.number) else plain(middle)


def _whole(scenario: Scenario, path: str) -> bool:
    """Return whether a number of the scenario is a whole one."""
    return shape(field_at(scenario, Scenario, full_path(scenario, path))[1]).plain is int


def _values(scenario: Scenario, trial: Trial, luck: Luck, repetition: int) -> list[dict[str, object]]:
    """Return the numbers of the scenario that each place changes, by path."""
    out: list[dict[str, object]] = [{} for _ in range(trial.places)]
    if trial.table:
        rows = rows_of(trial.table)
        for k in range(trial.places):
            out[k].update(rows[k % len(rows)])
    for name, variation in trial.vary.items():
        whole = _whole(scenario, variation.number)
        drawn = _drawn(variation, luck, f"vary {name}", repetition, trial.places, whole=whole)
        for k in range(trial.places):
            out[k][variation.number] = plain(drawn[k])
    return out


def _drawn(
    variation: Variation, luck: Luck, name: str, repetition: int, n: int, *, whole: bool
) -> NDArray[np.float64]:
    """Return one value for each of n places."""
    entities = np.arange(n)
    if variation.spread == "list":
        return np.array([variation.values[k % len(variation.values)] for k in range(n)])
    if variation.spread == "uniform":
        share = luck.uniform(name, repetition, entities).astype(np.float64)
        drawn = variation.low + share * (variation.high - variation.low)
    else:
        z = luck.normal(name, repetition, entities)
        if variation.spread == "normal":
            drawn = variation.mean + variation.sd * z
        else:
            drawn = variation.mean * np.array([exp.py_func(variation.sd * one) for one in z])
    drawn = np.clip(drawn, variation.low, variation.high)
    return np.round(drawn) if whole else drawn


def _blocks(trial: Trial, made: list[Scenario], seeds: list[int], draw: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the block of each place: alike ones together, as many as there are arms; one block when not matched."""
    if trial.assignment.matched_by == "nothing":
        return np.zeros(trial.places, np.int64)
    if trial.assignment.matched_by == "size":
        key = np.array([float(one.people.size) for one in made])
    else:
        key = np.array([_mean_attitude(one, seed) for one, seed in zip(made, seeds, strict=True)])
    order = np.lexsort((draw, key))
    block = np.empty(trial.places, np.int64)
    block[order] = np.arange(trial.places) // len(trial.arms)
    return block


def _mean_attitude(scenario: Scenario, seed: int) -> float:
    people = population.build(scenario, seed)
    weights = population.out_weights(people.community, len(people.community_names))
    return float(attitude_to_others(people.attitude, people.community, weights).mean())


def _delays(trial: Trial, arm: NDArray[np.int64], draw: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return by how many weeks each place begins later; equally many places of an arm begin at each step."""
    delay = np.zeros(len(arm), np.int64)
    steps = trial.assignment.steps
    if steps:
        for a in range(1, len(trial.arms)):
            rows = np.flatnonzero(arm == a)
            rows = rows[np.argsort(draw[rows], kind="stable")]
            delay[rows] = np.arange(len(rows)) * steps // max(1, len(rows)) * trial.assignment.step_weeks
    return delay


# ------------------------------------------------------------------------------------------- inside one place


def together(scenario: Scenario, names: tuple[str, ...], prefix: str = "", delay: int = 0) -> dict[str, Any]:
    """Return the interventions of some programmes under labels of their own, all put off by ``delay`` weeks."""
    return {
        f"{prefix}{name}/{label}": _later(actor, delay)
        for name in names
        if name != "nothing"
        for label, actor in scenario.programmes[name].interventions.items()
    }


def _later(actor: Any, delay: int) -> Any:
    if not delay:
        return actor
    weeks = {f.name: getattr(actor, f.name) for f in fields(actor) if f.name in ("start", "until", "end", "week")}
    return replace(actor, **{name: week + delay for name, week in weeks.items() if week >= 0})


def programme_of(trial: Trial, place: Place) -> tuple[Programme, dict[str, int]]:
    """Return what a place lives through, and the arm of each label of it."""
    arms = list(trial.arms.items())
    if place.arm >= 0:
        given = together(place.scenario, arms[place.arm][1].programmes, delay=place.delay)
        return Programme(name=arms[place.arm][0], interventions=given), dict.fromkeys(given, place.arm)
    interventions: dict[str, Any] = {}
    arm_of: dict[str, int] = {}
    for number, (name, arm) in enumerate(arms):
        given = together(place.scenario, arm.programmes, prefix=f"{name}/")
        interventions |= given
        arm_of |= dict.fromkeys(given, number)
    return Programme(name="arms", interventions=interventions), arm_of


def participants(who: Participants | None, start: Municipality) -> Flags | None:
    """Return who would take part, (n,); None when the programmes invite whom they want."""
    if who is None:
        return None
    people = start.people
    eligible = (people.age >= max(who.youngest, 0)) & (people.age < who.oldest + 1)
    if who.roles:
        eligible &= np.isin(people.role, [ROLES.index(role) for role in who.roles])
    if who.communities:
        eligible &= np.isin(people.community, [people.community_names.index(name) for name in who.communities])
    rows = np.flatnonzero(eligible)
    n = round(who.share * len(rows))
    luck = Luck(start.seed, "trial/participants", people.key)
    score = luck.normal("comes forward", 0, rows)
    if who.rule != "random" and len(rows):
        drive = _drive(who.rule, start)[rows]
        spread = float(drive.std())
        score = score + who.strength * (drive - drive.mean()) / (spread if spread > 0 else 1.0)
    chosen = np.zeros(people.n, np.bool_)
    chosen[rows[np.argsort(-score, kind="stable")[:n]]] = True
    return chosen


def _drive(rule: str, start: Municipality) -> NDArray[np.float64]:
    """Return what makes people come forward under a rule, (n,)."""
    people = start.people
    if rule == "ties":
        return np.diff(start.ties.start).astype(np.float64)
    if rule == "norm":
        return people.norm.astype(np.float64)
    attitude = attitude_to_others(start.attitude, people.community, start.out_weights).astype(np.float64)
    if rule == "attitude":
        return attitude
    return start.norms.act_attitude * (attitude - 0.5) + start.norms.act_norm * (people.norm - 0.5)


def units(trial: Trial, place: Place, start: Municipality, taking_part: Flags | None) -> tuple[Any, Any]:
    """Return arm (n,) and unit (n,) of each resident; arm is -1 for who belongs to no unit of the trial.

    Inside a place, units with at least one participant are shared out between the arms by their weights.
    """
    people = start.people
    if place.arm >= 0:
        return np.full(people.n, place.arm, np.int64), np.full(people.n, place.number, np.int64)
    known_units: dict[str, NDArray[np.integer[Any]]] = {
        "person": np.arange(people.n),
        "household": people.household,
        "class": people.classroom,
        "quarter": people.quarter,
        "village": people.village,
    }
    unit = known_units[trial.assignment.unit].astype(np.int64)
    inside = (people.age >= MEASURED_FROM) if taking_part is None else taking_part
    known = np.unique(unit[inside & (unit >= 0)])
    order = known[np.argsort(Luck(place.seed, "trial/units").uniform("assignment", 0, known), kind="stable")]
    sizes = arm_sizes([arm.share for arm in trial.arms.values()], len(order))
    arm_of_unit = np.full(int(unit.max()) + 2, -1, np.int64)
    arm_of_unit[order] = np.repeat(np.arange(len(sizes)), sizes)
    return arm_of_unit[unit], unit
