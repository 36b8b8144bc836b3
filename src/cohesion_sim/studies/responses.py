"""What every run of a study answered, point by point and replication by replication, and whether all of it is there."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.measures import MEASURES
from cohesion_sim.parameters import InputError

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
FLAT = 1e-12
"""Outcomes whose spread is below this share of their size are constant."""
ENRICHED = 1.3
"""A range of two numbers is told only if failures are so many times denser in it than in the range of one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is looked at: the effect of a programme on a measure, or with ``level`` the measure under it."""

    measure: str
    programme: str
    level: bool = False

    @property
    def better(self) -> int:
        """1 when more is better, -1 when less is, 0 when neither."""
        return MEASURES[self.measure].better


def ends(rows: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """Return every run as a row: index (point, replication, programme), a column each measure.

    Of all residents; flows are added up over the run, states are those of its last kept week. ``rows`` is the tidy
    table of a study, or a part of it that holds whole runs.
    """
    keys = ["point", "replication", "programme"]
    rows = rows[rows["by"] == "all"]
    last = rows["week"] == rows.groupby(keys, sort=False)["week"].transform("max")
    whole = rows[last].set_index(keys)[list(measures)].astype(float)
    flows = [name for name in measures if MEASURES[name].flow]
    if flows:
        whole[flows] = rows.groupby(keys, sort=False)[flows].sum(min_count=1)
    return whole


def responses(whole: pd.DataFrame, outcome: Outcome, points: Sequence[int], replications: int) -> Floats:
    """Return the outcome of every run, shape (points, replications); NaN where a run failed or is missing."""
    column = whole[outcome.measure]

    def arm(name: str) -> Floats:
        mine = column[column.index.get_level_values("programme") == name].droplevel("programme")
        table = mine.unstack("replication").reindex(index=list(points), columns=range(replications))
        return table.to_numpy(float)

    if outcome.level:
        return arm(outcome.programme)
    return arm(outcome.programme) - arm("nothing")


def coordinates(points: pd.DataFrame, paths: Sequence[str], logs: Iterable[str] = ()) -> Floats:
    """Return where every point lies between the ends of what varies, shape (points, paths), 0 to 1.

    Numbers keep their distances, those of the paths in ``logs`` the distances of their logarithms; anything else is
    numbered in the order of its first appearance.
    """
    columns = []
    for path in paths:
        column = points[path]
        told = [value if isinstance(value, bool | str | int | float) else repr(value) for value in column.tolist()]
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in told):
            values = np.array(told, np.float64)
            values = np.log(values) if path in logs else values
        else:
            order = {value: number for number, value in enumerate(dict.fromkeys(told))}
            values = np.array([order[value] for value in told], np.float64)
        width = float(np.ptp(values))
        columns.append((values - values.min()) / width if width > 0 else np.full(len(values), 0.5))
    return np.column_stack(columns) if columns else np.empty((len(points), 0))


# ------------------------------------------------------------------------------------------ the guard


def check(values: Floats, known: Mapping[str, Iterable[object]], *, what: str = "the outcome", each: int = 1) -> None:
    """Refuse outcomes from which no index can be told; ``known`` holds what varies, a value a point.

    ``values`` has shape (points, replications); a design comes in blocks of ``each`` points.

    Raises
    ------
    InputError
        For failed or missing runs, with the region in which they lie; for a constant outcome; for points that are not
        whole blocks of the design. Every mistake is a message.
    """
    found = []
    if each > 1 and (len(values) % each or len(values) == 0):
        found.append(
            f"the design has {len(values)} points, and needs a multiple of {each}: a point for each of the "
            "numbers that vary, and those that every block begins and ends with. Analyse the study as it was planned"
        )
    lost = ~np.isfinite(values)
    if lost.any():
        somewhere = np.asarray(lost.any(axis=1), np.bool_)
        where = region(somewhere, known)
        found.append(
            f"{what}: {int(lost.sum()):,} of {values.size:,} runs failed or are missing, at {int(somewhere.sum()):,} "
            f"of {len(values):,} points; {where}. What is left says too little about what varies. See "
            "failures.parquet, mend the cause or take that region out of [vary], and run the study again"
        )
    else:
        means = values.mean(axis=1)
        if len(means) and np.ptp(means) <= FLAT * max(1.0, float(np.abs(means).max())):
            found.append(
                f"{what}: is {means[0]:.6g} at every point, so nothing that varies matters for it. "
                "Choose another (--measure)"
            )
    if found:
        raise InputError(*found)


def region(failed: Mask, known: Mapping[str, Iterable[object]]) -> str:
    """Return in words the narrowest range of one or two things that vary in which all ``failed`` points lie."""
    inside = {name: _span(name, list(column), failed) for name, column in known.items()}
    best: tuple[int, tuple[str, ...]] = (len(failed), ())
    for name, (mask, _) in inside.items():
        best = min(best, (int(mask.sum()), (name,)))
    for first, second in itertools.combinations(inside, 2):
        many = int((inside[first][0] & inside[second][0]).sum())
        if many * ENRICHED < best[0]:
            best = (many, (first, second))
    many, names = best
    if not names or many > 0.8 * len(failed):
        return "they are scattered over everything that varies"
    words = " and ".join(inside[name][1] for name in names)
    return f"all of these lie where {words} ({int(failed.sum())} of the {many} points there)"


def _span(name: str, column: list[object], failed: Mask) -> tuple[Mask, str]:
    """Return which points lie between the failed ones in one thing that varies, and that in words."""
    numbers = [value for value in column if isinstance(value, int | float | np.number) and not isinstance(value, bool)]
    if len(numbers) == len(column):
        values = np.array(numbers, np.float64)
        low, high = float(values[failed].min()), float(values[failed].max())
        words = f"{name} is from {low:.4g} to {high:.4g}" if low < high else f"{name} is {low:.4g}"
        return (values >= low) & (values <= high), words
    told = np.array([str(value) for value in column])
    kept = list(dict.fromkeys(told[failed].tolist()))
    return np.isin(told, kept), f"{name} is {' or '.join(kept)}"
