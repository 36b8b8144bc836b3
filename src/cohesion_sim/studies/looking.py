"""A finished study looked at: what matters for each outcome, and where a programme fails to help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.files import places_of
from cohesion_sim.measures import MEASURES
from cohesion_sim.parameters import InputError, nearest
from cohesion_sim.studies import design, sensitivity
from cohesion_sim.studies.conclude import headline
from cohesion_sim.studies.discovery import Discovery, discover
from cohesion_sim.studies.responses import Outcome, coordinates, ends, responses
from cohesion_sim.studies.runs import Plan
from cohesion_sim.studies.sensitivity import Sensitivity
from cohesion_sim.studies.store import Store

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
METHODS = {
    "morris": sensitivity.morris,
    "saltelli": sensitivity.sobol,
    "latin_hypercube": sensitivity.rbd_fast,
    "sobol": sensitivity.rbd_fast,
    "grid": sensitivity.grid,
}
"""By the design of the experiment."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """What matters for one outcome in one scenario; ``ranges`` tells from where to where each number varied."""

    scenario: str
    outcome: Outcome
    found: Sensitivity
    ranges: dict[str, str]


@dataclass(frozen=True, slots=True)
class Searched:
    """Where a programme fails to help; ``effects`` has shape (points, replications), counted so that more is better."""

    outcome: Outcome
    found: Discovery
    points: pd.DataFrame
    names: list[str]
    effects: Floats


def finished(folder: str) -> tuple[Store, Plan]:
    """Return a study and its plan. Raises `InputError` when there is none, or it is not finished."""
    store = Store.opened(folder)
    if not store.complete:
        raise InputError(f"{store.folder}: is not finished. Go on: cohesion-sim study resume {store.folder}")
    plan = store.plan()
    if "all" not in plan.experiment.keep.by:
        raise InputError(
            f'{store.folder}: keeps nothing of all residents. Add "all" to by in [keep], and run the study again'
        )
    return store, plan


def outcomes(plan: Plan, measures: Sequence[str], programme: str | None, *, level: bool = False) -> list[Outcome]:
    """Return what is to be looked at: of every programme, if none is named; the headline, if no measure is.

    Raises
    ------
    InputError
        For names that the study does not have.
    """
    found = [
        f"--measure {name}: the study keeps no measure of this name{nearest(name, plan.kept)}. Correct it"
        for name in measures
        if name not in plan.kept
    ]
    arms = [name for name in plan.arms if name != "nothing" or level]
    if programme is not None and programme not in arms:
        found.append(
            f"--programme {programme}: the study tried no programme of this name{nearest(programme, arms)}. Correct it"
        )
    if not arms:
        found.append(
            "the study tried no programme, so there are no effects. Look at levels: --level, or add programmes to it"
        )
    if found:
        raise InputError(*found)
    chosen = [programme] if programme is not None else arms
    return [Outcome(measure, arm, level) for arm in chosen for measure in measures or headline(plan)]


def weighed(store: Store, plan: Plan, wanted: Sequence[Outcome]) -> list[Weighed]:
    """Return what matters for each outcome in each scenario.

    Raises
    ------
    InputError
        If nothing varied, runs failed, or an outcome is constant (`responses.check`); outcomes that do vary are kept.
    """
    paths = design.moving(plan.experiment)
    if not paths:
        raise InputError("nothing varies in this study. Write what does under [vary], and run it again")
    whole = _ends(store, wanted)
    out, refused = [], []
    for name, points in plan.points.groupby("scenario", sort=False):
        varied = [path for path in paths if points[path].astype(str).nunique() > 1]
        stood = coordinates(points, paths, design.logs(plan.experiment))
        units = stood if plan.experiment.design == "grid" else design.units(plan.experiment, paths)
        more = {"where": stood} if plan.experiment.design == "morris" else {}
        known = {path: points[path].tolist() for path in varied}
        ranges = {path: _range(points[path]) for path in plan.paths}
        for outcome in wanted:
            values = responses(whole, outcome, points["point"].tolist(), plan.replications)
            try:
                found = METHODS[plan.experiment.design](
                    paths, units, values, seed=plan.experiment.seed, known=known, **more
                )
            except InputError as error:
                told = [message.removeprefix("the outcome: ") for message in error.messages]
                refused += [f"{name}, {in_words(outcome)}: {message}" for message in told]
                continue
            # What has one value only took its place in the design, and cannot matter.
            table = found.table[found.table["number"].isin(varied)].reset_index(drop=True)
            out.append(Weighed(str(name), outcome, replace(found, table=table), ranges))
    if refused and (not out or any("failed or are missing" in message for message in refused)):
        raise InputError(*refused)
    return out


def searched(store: Store, plan: Plan, outcome: Outcome, *, below: float = 0.0) -> Searched:
    """Return where an effect is not better than ``below`` (in units of the measure, in the good direction).

    Raises
    ------
    InputError
        If nothing varied, neither more nor less of the measure is better, or as `discovery.discover`.
    """
    names = [*(["scenario"] if len(plan.scenarios) > 1 else []), *plan.paths]
    names = [name for name in names if plan.points[name].astype(str).nunique() > 1]
    if not names:
        raise InputError("nothing varies in this study. Write what does under [vary], and run it again")
    if outcome.better == 0:
        good = [name for name in plan.kept if MEASURES[name].better]
        raise InputError(
            f"--measure {outcome.measure}: neither more nor less of it is better, so it cannot fail to help. "
            f"Name one of {', '.join(good)}"
        )
    values = responses(_ends(store, [outcome]), outcome, plan.points["point"].tolist(), plan.replications)
    effects = outcome.better * values
    found = discover(plan.points, names, effects, threshold=below, seed=plan.experiment.seed)
    return Searched(outcome, found, plan.points, names, effects)


def in_words(outcome: Outcome) -> str:
    """Return what an outcome is, e.g. the effect of project on cohesion index."""
    title = MEASURES[outcome.measure].title
    return f"{title} with {outcome.programme}" if outcome.level else f"the effect of {outcome.programme} on {title}"


def meaning(plan: Plan, path: str) -> tuple[str, str]:
    """Return meaning and unit of what varies; nothing where it has none."""
    scenario = next(iter(plan.scenarios.values()))
    if path == "scenario":
        return "the municipality that is modelled on", ""
    known = scenario.provenance.get(".".join(places_of(scenario, path)[0]))
    return ("", "") if known is None else (known.meaning, known.unit)


def _ends(store: Store, wanted: Sequence[Outcome]) -> pd.DataFrame:
    """Return all runs as rows, gathered some parts at a time."""
    import pandas as pd

    measures = list(dict.fromkeys(outcome.measure for outcome in wanted))
    columns = ["point", "replication", "programme", "week", "by", *measures]
    return pd.concat([ends(part.to_pandas(), measures) for part in store.batches(columns)])


def _range(column: pd.Series) -> str:
    """Return from where to where a number goes, or which values there are."""
    told = column.tolist()
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in told):
        return f"{min(told):.4g} to {max(told):.4g}"
    return ", ".join(dict.fromkeys(str(value) for value in told))
