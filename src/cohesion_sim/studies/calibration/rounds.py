"""The rounds of a calibration on disk: plan and points before the first run, batches complete or not at all.

::

    DIR/plan.json              the file, what it depends on as a hash, version
        runs/round-1/points.parquet, 000000.parquet, ...   points of the round; runs of a batch
        runs/check/...                                     runs at the result
        the result (`cohesion_sim.calibrate_report`), and manifest.json when all is done

Whatever is on disk is taken up again, so a calibration goes on after any end, and comes out the same bit for bit.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.folder import MADE_BY, PLAN, parquet_bytes, version, write_whole
from cohesion_sim.parameters import InputError
from cohesion_sim.studies.calibration.lived import Batch, Lived, lived
from cohesion_sim.studies.calibration.load import Problem
from cohesion_sim.studies.engine import Engine, Failed

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
BATCH = 8
MOST_FAILED = 0.2
"""Share of a round's runs that may fail: more, and what is left would tell of the facts that let runs live."""
Plan = dict[str, Any]
MEND = "Make room, then go on with --resume"


@dataclass(frozen=True, slots=True)
class Round:
    """Runs of one round: points, what they gave (rows of runs that failed left out), and why some failed."""

    unit: Floats
    found: Floats
    failures: list[tuple[int, str]]


def must_begin(plan: Plan, folder: Path, *, resume: bool, force: bool) -> bool:
    """Return whether the calibration is to begin anew in the folder, and not to go on with what is there.

    Raises
    ------
    InputError
        If the folder holds something else, or a calibration that is not to be resumed or replaced.
    """
    old = _plan(folder)
    if old is None or old.get("verb") != "calibrate":
        if resume:
            raise InputError(f"{folder}: there is no calibration to resume. Leave out --resume to begin one")
        if old is not None or (folder.is_dir() and any(folder.iterdir()) and not (folder / "runs").is_dir()):
            raise InputError(f"{folder}: holds something else than a calibration; choose another folder (--out)")
    elif resume:
        if {**old, "text": ""} != {**plan, "text": ""}:
            raise InputError(
                f"{folder}: was begun with another file, scenario, table or version, and old and new runs do not go "
                "together. Put them back, or begin anew with --force"
            )
        return False
    elif not force:
        state = "a finished" if (folder / "manifest.json").is_file() else "an unfinished"
        raise InputError(
            f"{folder}: {state} calibration is here. Go on with it: --resume; replace it: --force; or choose another "
            "folder (--out)"
        )
    return True


def begin(plan: Plan, folder: Path) -> None:
    """Put the plan in the folder, and away what an older calibration left there."""
    for name in ("runs", "figures"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "manifest.json").unlink(missing_ok=True)
    (folder / "runs").mkdir(parents=True, exist_ok=True)
    write_whole(folder / PLAN, json.dumps(plan, indent=2, ensure_ascii=False).encode(), "Choose another folder (--out)")


def plan_of(problem: Problem) -> Plan:
    """Return what a calibration depends on."""
    return {
        "made_by": MADE_BY,
        "verb": "calibrate",
        "version": version(),
        "fingerprint": problem.fingerprint(),
        "text": problem.file.text,
    }


def _plan(folder: Path) -> Plan | None:
    try:
        found = json.loads((folder / PLAN).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def run_round(
    problem: Problem,
    engine: Engine,
    folder: Path,
    first: int,
    points: Callable[[], Floats],
    progress: Callable[[int], None],
) -> Round:
    """Return a round's runs, taking those that are on disk and making the others.

    Parameters
    ----------
    folder
        Of the round.
    first
        Number of its first run.
    points
        Called for the points when they are not on disk.
    progress
        Called with the number of runs done now.

    Raises
    ------
    InputError
        If too many runs failed, or the disk is full.
    """
    unit = _points(problem, folder, points)
    batches = [Batch(first + at, unit[at : at + BATCH]) for at in range(0, len(unit), BATCH)]
    paths = {batch.first: folder / f"{batch.first:06}.parquet" for batch in batches}
    missing = [batch for batch in batches if not paths[batch.first].is_file()]
    progress(sum(len(batch.points) for batch in batches) - sum(len(batch.points) for batch in missing))
    waiting: dict[int, list[Lived]] = {batch.first: [] for batch in missing}
    for batch, answer in engine.each(lived, problem, missing, split=Batch.singly):
        rows = answer
        if isinstance(answer, Failed):
            rows = [Lived(batch.first + k, message=answer.message) for k in range(len(batch.points))]
        start = first + (batch.first - first) // BATCH * BATCH
        waiting[start] += rows
        if len(waiting[start]) == len(unit[start - first : start - first + BATCH]):
            write_whole(paths[start], parquet_bytes(_table(problem, waiting.pop(start))), MEND)
        progress(len(rows))
    return _gathered(problem, unit, first, [paths[batch.first] for batch in batches])


def _points(problem: Problem, folder: Path, points: Callable[[], Floats]) -> Floats:
    """Return the points of a round, which are on disk before its first run."""
    import pandas as pd

    path = folder / "points.parquet"
    if not path.is_file():
        table = pd.DataFrame(points(), columns=[fact.path for fact in problem.facts])
        write_whole(path, parquet_bytes(table), MEND)
    return np.ascontiguousarray(_read(path).to_numpy(np.float64))


def _read(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_parquet(path)
    except (OSError, ValueError):
        raise InputError(f"{path}: is broken. Remove it, and go on with --resume") from None


def _table(problem: Problem, rows: list[Lived]) -> pd.DataFrame:
    import pandas as pd

    names = [figure.name for figure in problem.figures]
    told = [
        {"run": row.run, **dict(zip(names, row.found or [np.nan] * len(names), strict=True)), "message": row.message}
        for row in sorted(rows, key=lambda row: row.run)
    ]
    return pd.DataFrame(told)


def _gathered(problem: Problem, unit: Floats, first: int, paths: list[Path]) -> Round:
    """Return all runs of a round from disk. Raises `InputError` when too many failed."""
    import pandas as pd

    table = pd.concat([_read(path) for path in paths], ignore_index=True)
    failed = table["message"].to_numpy() != ""
    failures = [(int(run), str(words)) for run, words in table.loc[failed, ["run", "message"]].itertuples(index=False)]
    if failed.mean() > MOST_FAILED:
        raise InputError(
            f"{len(failures)} of {len(table)} runs failed, the first with: {failures[0][1]}. "
            "Narrow the range of the fact that causes it in [fit]"
        )
    rows = table["run"].to_numpy()[~failed] - first
    found = table.loc[~failed, [figure.name for figure in problem.figures]].to_numpy(np.float64)
    return Round(unit[rows], found, failures)
