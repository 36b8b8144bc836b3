"""Power: how often designs of several sizes would see what the simulated world holds, with the closed form beside it.

Every virtual trial is lived through once in the largest design; smaller ones are parts of it: the first places of each
arm, the first respondents of each place. So designs differ by their size alone.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cohesion_sim.consistency_trial import COUNTS, arm_sizes
from cohesion_sim.designs import Power, Trial, TrialOutcome
from cohesion_sim.parameters import MOST_SEED, InputError, whole
from cohesion_sim.randomness import Luck
from cohesion_sim.scenario import Scenario
from cohesion_sim.studies import planning
from cohesion_sim.studies.engine import in_one_line
from cohesion_sim.studies.survey import icc
from cohesion_sim.studies.trial import analysis, worlds
from cohesion_sim.studies.trial.analysis import Respondents, Row
from cohesion_sim.studies.trial.run import ALPHA, loaded_trial, repeated, world

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True, eq=False)
class PowerResult:
    """What the designs are worth.

    Attributes
    ----------
    table
        places, people, baseline (with, without): treated (places), power (share of virtual trials with p < .05), low,
        high (its 95 % interval, Wilson), smallest_effect (d seen with the wanted power, from the spread of the
        estimates), closed_power, closed_smallest_effect (formula with the world's own ICC and correlation), cost (USD),
        enough (reaches the wanted power).
    cheapest
        The cheapest row that is enough; empty when none is.
    failures
        repetition, message.
    d, icc, community_r
        True effect in SD of the answers, likeness within places, correlation of place means with the baseline (NaN when
        there is none).
    """

    scenario: Scenario
    seed: int
    repetitions: int
    seconds: float
    table: pd.DataFrame = field(repr=False)
    cheapest: pd.DataFrame = field(repr=False)
    failures: pd.DataFrame = field(repr=False)
    d: float
    icc: float
    community_r: float


def power(
    scenario: str | Path | Scenario,
    *,
    repetitions: int | None = None,
    seed: int = 1,
    workers: int | None = None,
    sets: dict[str, object] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PowerResult:
    """Return what the designs of a file's section [trial.power] are worth.

    Raises
    ------
    InputError
        If the file has no such section, or its outcome is a count.
    """
    import pandas as pd

    started = time.perf_counter()
    whole("seed", seed, 0, MOST_SEED)
    loaded = loaded_trial(scenario, sets, repetitions=repetitions)
    trial = worlds.trial_of(loaded)
    asked = trial.power
    if asked is None:
        raise InputError(f"{loaded.name}: has no section [trial.power]. docs/trials.md shows one")
    if trial.outcomes[asked.outcome].measure in COUNTS:
        words = f"trial.power.outcome: '{asked.outcome}' is a count. Name an outcome asked of people"
        raise InputError(f"{loaded.name}: {words}")
    most = max(asked.people)
    name = trial.outcomes[asked.outcome].sample or next(iter(trial.samples))
    sample = replace(trial.samples[name], n=most, each="place", cluster=0)
    trial = replace(trial, samples={**trial.samples, name: sample}, twins=trial.repetitions)
    loaded = replace(loaded, trial=trial)
    rows: list[Row] = []
    facts: list[Row] = []
    failures: list[Row] = []
    done = repeated(functools.partial(_one_world, loaded, seed), trial.repetitions, workers)
    for number, (found, fact, failed) in enumerate(done, 1):
        rows += found
        facts += fact
        failures += failed
        if progress is not None:
            progress(number, trial.repetitions)
    if not rows:
        raise InputError(f"{loaded.name}: no virtual trial could be lived through. {failures[0]['message']}")
    told = pd.DataFrame(facts).mean()
    table = _table(pd.DataFrame(rows), asked, trial, told["d"], told["icc"], told["community_r"])
    enough = table[table["enough"]].sort_values(["cost", "places", "people"], kind="stable")
    return PowerResult(
        scenario=loaded,
        seed=seed,
        repetitions=trial.repetitions,
        seconds=time.perf_counter() - started,
        table=table,
        cheapest=enough.head(1),
        failures=pd.DataFrame(failures, columns=["repetition", "message"]),
        d=float(told["d"]),
        icc=float(told["icc"]),
        community_r=float(told["community_r"]),
    )


def _one_world(scenario: Scenario, seed: int, repetition: int) -> tuple[list[Row], list[Row], list[Row]]:
    """Return the designs' estimates in one simulated world, the facts the closed form needs, and what failed."""
    try:
        rows, facts = _designs(scenario, seed, repetition)
    except Exception as error:
        return [], [], [{"repetition": repetition, "message": in_one_line(error)}]
    return rows, [facts], []


def _designs(scenario: Scenario, seed: int, repetition: int) -> tuple[list[Row], Row]:
    """Return the estimate of every design in one simulated world, and the facts the closed form needs."""
    trial = worlds.trial_of(scenario)
    assert trial.power is not None
    outcome = trial.outcomes[trial.power.outcome]
    wave = analysis.wave_of(trial, outcome)
    lived = world(scenario, seed, repetition)
    end = analysis.respondents(scenario, trial, lived, outcome, wave)
    arms = (end.arm == 0) | (end.arm == 1)
    end = end.only(arms)
    first = None
    if wave > trial.waves[0]:
        first = analysis.respondents(scenario, trial, lived, outcome, trial.waves[0])
        first = first.only((first.arm == 0) | (first.arm == 1))
    rows = []
    for places in trial.power.places:
        for people in trial.power.people:
            for baseline in trial.power.baseline:
                if baseline == "with" and first is None:
                    continue
                found = _estimate(trial, outcome, end, first if baseline == "with" else None, places, people)
                rows.append({"places": places, "people": people, "baseline": baseline, **found})
    control = end.only(end.arm == 0)
    treated = (end.arm == 1) & np.isfinite(end.twin)
    sd = float(control.y.std(ddof=1))
    means = analysis.means_r(first.only(first.arm == 0), control) if first is not None else np.nan
    d = float((end.y - end.twin)[treated].mean()) / sd
    return rows, {"d": d, "icc": icc(control.y, control.place), "community_r": means}


def _estimate(
    trial: Trial, outcome: TrialOutcome, end: Respondents, first: Respondents | None, places: int, people: int
) -> Row:
    """Return estimate (d) and p of one design, a part of the simulated world."""
    some = part(trial, end, places, people)
    before = None if first is None else part(trial, first, places, people)
    design = replace(outcome, estimator="difference" if first is None else "adjusted")
    found = analysis.compared(trial, design, some, before, 1, Luck(0, f"power/{places}/{people}"))
    sd = float(some.y[some.arm == 0].std(ddof=1))
    return {"estimate": found.value / sd, "p": found.p}


def part(trial: Trial, all_of_them: Respondents, places: int, people: int) -> Respondents:
    """Return the first ``people`` respondents of the first places of each arm, ``places`` in all."""
    shares = [arm.share for arm in trial.arms.values()][:2]
    inside = trial.assignment.unit != "municipality"
    known = np.unique(all_of_them.place)
    chosen: list[int] = []
    if inside:
        chosen = known[:places].tolist()
    elif trial.assignment.matched_by != "nothing":
        blocks = np.unique(all_of_them.block)[: places // len(shares)]
        chosen = np.unique(all_of_them.place[np.isin(all_of_them.block, blocks)]).tolist()
    else:
        for arm, size in enumerate(arm_sizes(shares, places)):
            chosen += np.unique(all_of_them.place[all_of_them.arm == arm])[:size].tolist()
    order = np.argsort(all_of_them.place, kind="stable")
    ordered = all_of_them.place[order]
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    return all_of_them.only(np.isin(all_of_them.place, chosen) & (rank < people))


def _table(found: pd.DataFrame, asked: Power, trial: Trial, d: float, likeness: float, r: float) -> pd.DataFrame:
    """Return one row a design."""
    import pandas as pd
    from scipy.special import stdtrit

    shares = [arm.share for arm in trial.arms.values()][:2]
    rows = []
    for _, group in found.groupby(["places", "people", "baseline"], sort=False):
        places, people, baseline = (group[name].iloc[0] for name in ("places", "people", "baseline"))
        places, people = int(places), int(people)
        seen = float((group["p"] < ALPHA).mean())
        low, high = _wilson(seen, len(group))
        spread = float(group["estimate"].std(ddof=1))
        treated = arm_sizes(shares, places)[1]
        explained = r**2 if baseline == "with" and np.isfinite(r) else 0.0
        closed = {"r2": explained, "treated_share": treated / places}
        waves = 2 if baseline == "with" else 1
        degrees = max(places - 2, 1)
        rows.append(
            {
                "places": places,
                "people": people,
                "baseline": baseline,
                "treated": treated,
                "power": seen,
                "low": low,
                "high": high,
                "smallest_effect": float((stdtrit(degrees, 1 - ALPHA / 2) + stdtrit(degrees, asked.target)) * spread),
                "closed_power": planning.power_closed_form(places, people, max(likeness, 0.0), abs(d), **closed),
                "closed_smallest_effect": planning.smallest_effect(
                    places, people, max(likeness, 0.0), power=asked.target, **closed
                ),
                "cost": places * asked.place_cost
                + treated * asked.treated_cost
                + places * people * waves * asked.interview_cost,
                "enough": seen >= asked.target,
            }
        )
    return pd.DataFrame(rows)


def _wilson(share: float, n: int) -> tuple[float, float]:
    """Return the ends of the 95 % interval of a share (Wilson)."""
    z = 1.959964
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    # Rounding must not put the ends on the wrong side of none and all.
    return (middle - half if share > 0 else 0.0), (middle + half if share < 1 else 1.0)
