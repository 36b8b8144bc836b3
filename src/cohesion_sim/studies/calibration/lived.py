"""Runs of a calibration: the figures that a scenario with these facts shows, each run a municipality of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cohesion_sim import files, municipality
from cohesion_sim.model import CohesionModel
from cohesion_sim.parameters import InputError
from cohesion_sim.studies.calibration.load import Problem
from cohesion_sim.studies.engine import in_one_line
from cohesion_sim.studies.execute import replication_seed

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Batch:
    """Runs that are made and written together: the number of the first, and a point (0-1) for each."""

    first: int
    points: Floats

    def singly(self) -> list[Batch]:
        """Return the batch run by run."""
        return [Batch(self.first + k, self.points[k : k + 1]) for k in range(len(self.points))]


@dataclass(frozen=True, slots=True)
class Lived:
    """One run: its figures, or why there are none."""

    run: int
    found: tuple[float, ...] = ()
    message: str = ""


def lived(problem: Problem, batch: Batch) -> list[Lived]:
    """Return the runs of a batch; what fails in one is told and the others go on."""
    return [_lived(problem, batch.first + number, point) for number, point in enumerate(batch.points)]


def _lived(problem: Problem, run: int, point: Floats) -> Lived:
    seed = replication_seed(problem.file.seed, run)
    try:
        scenario = files.with_values(problem.scenario, problem.values(point))
        start = municipality.build(scenario, seed)
        model = CohesionModel(scenario, problem.file.programme, rng=seed, weeks=problem.weeks, start=start)
        model.run_model()
        table = model.record.table()
        found = tuple(
            figure.logged(figure.read(table, start.groups.names), seed) for figure in problem.figures
        )
        model.__dict__.clear()  # Mesa's wrapped step makes a cycle: let go of the arrays now
    except InputError as error:
        return Lived(run, message=str(error))
    except Exception as error:
        return Lived(run, message=in_one_line(error))
    nothing = [figure.name for figure, value in zip(problem.figures, found, strict=True) if not np.isfinite(value)]
    if nothing:
        return Lived(run, message=f"{', '.join(nothing)}: has no value in this run (nobody of that group was asked)")
    return Lived(run, found)
