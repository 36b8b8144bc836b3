"""How long an experiment will take, and what room it needs, from a short probe of this machine."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import numpy as np

from cohesion_sim import municipality
from cohesion_sim.model import CohesionModel
from cohesion_sim.studies.execute import Announce, replication_seed, warm_up
from cohesion_sim.studies.lived import KEYS, scenario_at
from cohesion_sim.studies.runs import Plan

PROBE = 12  # weeks
START = 6.0  # seconds until processes are ready


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to be expected; ``most_`` when every point needs as many replications as are allowed."""

    points: int
    runs: int
    most_runs: int
    resident_weeks: float
    workers: int
    seconds: float
    most_seconds: float
    disk_mb: float
    memory_mb: float


def forecast(plan: Plan, workers: int | None = None, announce: Announce | None = None) -> Forecast:
    """Return what a plan will take on so many processes of this machine; one run is begun, nothing is written."""
    import psutil

    count = workers or os.cpu_count() or 1
    seed = replication_seed(plan.experiment.seed, 0)
    costs = plan.resident_weeks()
    middle = int(np.argsort(costs, kind="stable")[len(costs) // 2])
    scenario = scenario_at(plan, middle)
    warm_up(scenario, seed, announce)
    started = time.perf_counter()
    start = municipality.build(scenario, seed)
    build = time.perf_counter() - started
    weeks = min(PROBE, plan.weeks(middle))
    started = time.perf_counter()
    for arm in plan.arms:
        CohesionModel(scenario, arm, rng=seed, weeks=weeks, start=start).run_model()
    lived = time.perf_counter() - started
    size = start.people.n
    one = plan.sizes()[0] * build / size + costs * lived / (size * weeks * len(plan.arms))
    mean = float(one.mean())
    groups = sum(by in plan.experiment.keep.by for by, _ in start.groups.names)
    rows = len(plan.arms) * len(plan.kept_weeks(plan.weeks(middle))) * groups
    row = 8 * (len(KEYS) + len(plan.paths) + len(plan.kept))
    memory = psutil.Process().memory_info().rss
    return Forecast(
        points=len(plan.points),
        runs=plan.first,
        most_runs=plan.most,
        resident_weeks=float(costs.mean()) * plan.first,
        workers=count,
        seconds=START + mean * plan.first / count,
        most_seconds=START + mean * plan.most / count,
        disk_mb=2 * plan.most * rows * row / 1e6,  # parts, and the table
        memory_mb=(count + 1) * memory / 1e6,
    )
