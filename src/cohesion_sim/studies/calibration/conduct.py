"""A calibration from file to result: rounds of runs on the engine, a posterior, runs at it as a check."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from cohesion_sim.folder import alone_in
from cohesion_sim.parameters import InputError
from cohesion_sim.studies import engine as engines
from cohesion_sim.studies.calibration import search
from cohesion_sim.studies.calibration.load import Problem, load_calibration
from cohesion_sim.studies.calibration.result import CalibrationResult, result
from cohesion_sim.studies.calibration.rounds import Round, begin, must_begin, plan_of, run_round
from cohesion_sim.studies.execute import replication_seed

MOST_RUNS = 2**40  # a number that no run has: the seed of the quasi-random points
Progress = Callable[[int, int], None]


def calibrate(
    calibration: str | Path | Problem,
    out: str | Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    resume: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> CalibrationResult:
    """Return what local figures say about the facts of a scenario.

    Parameters
    ----------
    calibration
        A calibration file, or what `load_calibration` returned.
    out
        Folder in which runs are kept as they are made; the report is written there by `calibrate_report.write`.
    workers, scheduler
        As in `studies.engine.opened`. The result does not depend on them.
    resume
        Go on with what is in the folder.
    force
        Replace what is in the folder.
    progress
        Called with (runs done, runs in all).

    Raises
    ------
    InputError
        If the file, the folder, or too many runs are wrong.
    """
    problem = calibration if isinstance(calibration, Problem) else load_calibration(calibration)
    folder = Path(out).expanduser().absolute()
    started = time.perf_counter()
    plan = plan_of(problem)
    anew = must_begin(plan, folder, resume=resume, force=force)
    file = problem.file
    total, done = file.runs * file.rounds + file.check, 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(done, total)

    figures, facts, seed = problem.observed(), len(problem.facts), replication_seed(file.seed, MOST_RUNS)
    rounds: list[Round] = []
    with _alone(folder), engines.opened(workers, scheduler) as engine, _one_thread():
        if anew:
            begin(plan, folder)
        points = partial(search.first_points, facts, file.runs, seed)
        for number in range(file.rounds):
            place = folder / "runs" / f"round-{number + 1}"
            rounds.append(run_round(problem, engine, place, number * file.runs, points, count))
            known = search.learned(figures, [(one.unit, problem.scaled(one.found)) for one in rounds], seed)
            points = partial(search.next_points, known, facts, file.runs, seed + number + 1)
        found = search.concluded(known, facts, seed)
        check = run_round(
            problem,
            engine,
            folder / "runs" / "check",
            file.rounds * file.runs,
            partial(found.resampled, file.check, search.start_of(seed + 1)),
            count,
        )
    return result(problem, known, found, rounds, check, time.perf_counter() - started)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let linear algebra use one thread: sums split over threads differ in the last bit."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let nobody else calibrate in the folder, which is made when it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror or error}); choose another (--out)") from None
    with alone_in(folder, "somebody is at work on this calibration already. Wait, or choose another --out"):
        yield
