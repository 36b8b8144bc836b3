"""Where does a programme fail to help? Boxes found in one half of the points, believed only if the other half agrees.

The other half is also other luck where there are replications enough: at every point replication 3 is the same luck,
so a region in which the programme failed by that luck fails in all its points. A box counts only if (1) its points of
the other half fail more often than those outside it (Fisher's exact test), and (2) the effect there is worse in
replications that the search has not seen (t over replications). Boxes are tried one after the other at 5 %, until one
is not confirmed, so that the chance of any false one is 5 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.parameters import InputError
from cohesion_sim.randomness import Luck
from cohesion_sim.studies.boxes import WHOLE, Box, Columns, columns_of, of_tree, peeled
from cohesion_sim.studies.responses import check

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
LEVEL = 0.05
MOST_BOXES = 4
LEAST_POINTS = 40
LEAST_CASES = 5  # of each sort in each half
SPLIT_LUCK = 6  # from so many replications on, the search sees one half of them


@dataclass(frozen=True, slots=True)
class Found:
    """A box and what is known of it.

    ``inside``, ``failing``: points in it and those of them that fail, in the half the search has not seen; ``overall``:
    share that fails in that half. ``coverage``: which share of the failing points there lie in it. ``worse``: by how
    much the effect is worse in it than outside, there, with 95 % ends (NaN with few replications). ``unclear``: share
    of its points, of all, whose interval holds the threshold. ``everywhere``: points and failing points in both halves.
    """

    box: Box
    inside: int
    failing: int
    overall: float
    coverage: float
    worse: float
    worse_low: float
    worse_high: float
    p: float
    p_luck: float
    unclear: float
    everywhere: tuple[int, int]
    confirmed: bool

    @property
    def density(self) -> float:
        """Which share of the points in it fail, in the half that the search has not seen."""
        return self.failing / self.inside if self.inside else np.nan


@dataclass(frozen=True, slots=True)
class Discovery:
    """Where an effect, counted so that more is better, is not above ``threshold``.

    ``unclear`` is the share of points whose 95 % interval holds the threshold. ``boxes`` are the confirmed ones,
    ``refused`` those that the other half did not confirm, ``tree`` the leaves of the tree, each with its test. ``luck``
    tells whether the other half was also other luck. ``why`` is set when nothing could be searched.
    """

    threshold: float
    points: int
    replications: int
    failing: int
    unclear: float
    boxes: tuple[Found, ...] = ()
    refused: tuple[Found, ...] = ()
    tree: tuple[Found, ...] = ()
    luck: bool = False
    why: str = ""
    cases: Mask = field(default_factory=lambda: np.zeros(0, np.bool_), repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class _Halves:
    """What the search sees, and what the test sees."""

    columns: Columns
    search: Mask  # of the points
    search_values: Floats  # points x replications of the search, all points
    test_values: Floats
    threshold: float

    def cases(self, values: Floats) -> Mask:
        return np.asarray(values.mean(axis=1) <= self.threshold, np.bool_)


def discover(
    points: pd.DataFrame, names: Sequence[str], effects: Floats, *, threshold: float = 0.0, seed: int = 1
) -> Discovery:
    """Return where effects, shape (points, replications) and counted so that more is better, are not above a size.

    Raises
    ------
    InputError
        If runs failed or are missing, the effect is the same everywhere, or there are too few points.
    """
    columns = columns_of(points, names)
    check(effects, {name: column.tolist() for name, column in columns.items()}, what="the effect")
    many, luck = effects.shape
    if many < LEAST_POINTS:
        raise InputError(
            f"the study has {many} points, and at least {LEAST_POINTS} are needed to search half of them. "
            'Write design = "latin_hypercube" and points = 200 in the experiment, and run it again'
        )
    case = effects.mean(axis=1) <= threshold
    unclear = _unclear(effects, threshold)
    told: dict[str, Any] = {
        "threshold": threshold, "points": many, "replications": luck, "failing": int(case.sum()),
        "unclear": float(unclear.mean()), "luck": luck >= SPLIT_LUCK, "cases": case,
    }  # fmt: skip
    halves = _halved(columns, effects, threshold, seed)
    for values, mask in ((halves.search_values, halves.search), (halves.test_values, ~halves.search)):
        seen = int(halves.cases(values)[mask].sum())
        if min(seen, int(mask.sum()) - seen) < LEAST_CASES:
            why = "it fails to help almost nowhere" if 2 * seen < mask.sum() else "it fails to help almost everywhere"
            return Discovery(**told, why=why)
    boxes, refused = _confirmed(halves, unclear, effects)
    tree = [
        _tested(halves, box, np.ones(many, np.bool_), unclear, effects)
        for box in of_tree(_rows(columns, halves.search), halves.cases(halves.search_values)[halves.search], seed=seed)
    ]
    return Discovery(**told, boxes=tuple(boxes), refused=tuple(refused), tree=tuple(tree))


def _halved(columns: Columns, effects: Floats, threshold: float, seed: int) -> _Halves:
    """Return the points dealt into two halves, and the replications too when there are enough."""
    many, luck = effects.shape
    order = Luck(seed, "discovery").shuffled("half", 0, np.arange(many))
    search = np.zeros(many, np.bool_)
    search[order[: many // 2]] = True
    if luck < SPLIT_LUCK:
        return _Halves(columns, search, effects, effects, threshold)
    return _Halves(columns, search, effects[:, ::2], effects[:, 1::2], threshold)


def _confirmed(halves: _Halves, unclear: Mask, effects: Floats) -> tuple[list[Found], list[Found]]:
    """Return the boxes that the other half confirms, one after the other, and the first that it does not."""
    left = np.ones(len(effects), np.bool_)
    boxes: list[Found] = []
    for _ in range(MOST_BOXES):
        seen = left & halves.search
        case = halves.cases(halves.search_values)[seen]
        if min(case.sum(), (~case).sum()) < LEAST_CASES:
            break
        box = peeled(_rows(halves.columns, seen), case)
        if box == WHOLE:
            break
        found = _tested(halves, box, left, unclear, effects)
        if not found.confirmed:
            return boxes, [found]
        boxes.append(found)
        left &= ~box.holds(halves.columns)
    return boxes, []


def _tested(halves: _Halves, box: Box, left: Mask, unclear: Mask, effects: Floats) -> Found:
    """Return a box with what the half that the search has not seen says of it, among the points that are ``left``."""
    from scipy.stats import hypergeom, ttest_1samp

    inside = box.holds(halves.columns) & left
    test = ~halves.search & left
    case = halves.cases(halves.test_values)
    here, other = inside & test, ~inside & test
    k, n = int(case[here].sum()), int(here.sum())
    p = float(hypergeom.sf(k - 1, int(test.sum()), int(case[test].sum()), n)) if n else 1.0
    worse = low = high = p_luck = np.nan
    if here.any() and other.any():
        each = halves.test_values[here].mean(axis=0) - halves.test_values[other].mean(axis=0)
        worse = float(each.mean())
        if len(each) >= SPLIT_LUCK // 2 and effects.shape[1] >= SPLIT_LUCK and np.ptp(each) > 0:
            told = ttest_1samp(each, 0.0)
            p_luck = float(told.pvalue / 2 if worse < 0 else 1 - told.pvalue / 2)
            low, high = (float(end) for end in told.confidence_interval(0.95))
    confirmed = p <= LEVEL and (p_luck <= LEVEL or not np.isfinite(p_luck))
    all_cases = effects.mean(axis=1) <= halves.threshold
    return Found(
        box, n, k, float(case[~halves.search].mean()), k / max(int(case[~halves.search].sum()), 1), worse, low, high,
        p, p_luck, float(unclear[inside].mean()) if inside.any() else np.nan,
        (int(inside.sum()), int(all_cases[inside].sum())), bool(confirmed),
    )  # fmt: skip


def _rows(columns: Columns, rows: Mask) -> dict[str, NDArray[Any]]:
    return {name: column[rows] for name, column in columns.items()}


def _unclear(effects: Floats, threshold: float) -> Mask:
    """Return at which points the 95 % interval of the mean holds the threshold; everywhere with one replication."""
    from scipy.stats import t

    luck = effects.shape[1]
    if luck == 1:
        return np.ones(len(effects), np.bool_)
    half = t.ppf(0.975, luck - 1) * effects.std(axis=1, ddof=1) / np.sqrt(luck)
    return np.asarray(np.abs(effects.mean(axis=1) - threshold) <= half, np.bool_)
