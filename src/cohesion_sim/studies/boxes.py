"""Boxes: ranges of a few things that vary; grown around cases by peeling (PRIM), or read off a tree.

Peeling is that of Friedman and Fisher [FRIEDMAN99] as scenario discovery uses it [BRYANT10]: from the whole, a thin
slice at one end of one thing is cut off again and again, always that which raises the share of cases most for what it
takes away. Written here because every published implementation is GPL, or asks for a GPL package or for two solvers.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Mask = NDArray[np.bool_]
SLICE = 0.05  # of the points of a box are cut off at a time
THINNEST = 0.05  # of all points lie in the smallest box
MOST_TOGETHER = 130  # peelings of two, or of three, of what varies
NEEDLESS = 0.05
"""A limit stays only if chance would make so dense a box without it more rarely than this (its quasi-p-value)."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Where one thing that varies must lie: between two numbers (infinite: no end), or among ``values``."""

    low: float = -np.inf
    high: float = np.inf
    values: tuple[Any, ...] | None = None

    def holds(self, column: NDArray[Any]) -> Mask:
        """Return where a column lies inside."""
        if self.values is not None:
            return np.array([value in self.values for value in column.tolist()], np.bool_)
        return np.asarray((column > self.low) & (column < self.high), np.bool_)


@dataclass(frozen=True, slots=True)
class Box:
    """Limits by the name of what varies; none: everything. ``p`` holds the quasi-p-value of each limit."""

    limits: Mapping[str, Limit]
    p: Mapping[str, float]

    def holds(self, columns: Columns) -> Mask:
        """Return which points lie inside."""
        inside = np.ones(len(next(iter(columns.values()))), np.bool_)
        for name, limit in self.limits.items():
            inside &= limit.holds(columns[name])
        return inside


Columns = Mapping[str, NDArray[Any]]
"""What varies, a value a point; numbers as float64, anything else as objects."""
WHOLE = Box({}, {})


def columns_of(points: pd.DataFrame, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Return what varies as columns; truth values and lists are no numbers."""
    out: dict[str, NDArray[Any]] = {}
    for name in names:
        told = points[name].tolist()
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in told):
            out[name] = np.array(told, np.float64)
        else:
            out[name] = np.array([value if isinstance(value, bool | str) else str(value) for value in told], object)
    return out


def peeled(columns: Columns, case: Mask) -> Box:
    """Return the box that tells most cases from the rest, without needless limits; `WHOLE` if there is none.

    Peeling follows chance when many things vary and cases are few, so it is done with all, and with every two and three
    of them; boxes are compared by their share of all points times their gain in density (weighted relative accuracy),
    so neither a needle nor the whole is best.
    """
    names = list(columns)
    together = [size for size in (2, 3) if size < len(names) and math.comb(len(names), size) <= MOST_TOGETHER]
    subsets = [tuple(names), *(subset for size in together for subset in itertools.combinations(names, size))]
    boxes = (_needed(columns, case, _on_the_way(columns, case, subset)) for subset in subsets)
    return max(boxes, key=lambda box: _worth(case, box.holds(columns)))


def _on_the_way(columns: Columns, case: Mask, names: Sequence[str]) -> Box:
    """Return the best box on the way of one peeling, down to the smallest."""
    best, box = (0.0, WHOLE), WHOLE
    inside = np.ones(len(case), np.bool_)
    least = max(THINNEST * len(case), 5)
    while True:
        choices = []
        for name, limit in _slices(columns, names, inside, box):
            after = inside & limit.holds(columns[name])
            if after.sum() >= least:
                choices.append((_gain(case, inside, after), name, limit, after))
        if not choices:
            return best[1]
        # Also when nothing gains: a slice that helps may lie behind one that does not.
        _, name, limit, inside = max(choices, key=lambda choice: choice[0])
        box = Box({**box.limits, name: limit}, {})
        worth = _worth(case, inside)
        if worth > best[0]:
            best = worth, box


def _worth(case: Mask, inside: Mask) -> float:
    """Return the weighted relative accuracy of a box; 0 for everything."""
    return float(case[inside].sum() - inside.sum() * case.mean()) / len(case)


def _gain(case: Mask, before: Mask, after: Mask) -> float:
    """Return how much denser a box becomes for each point that is cut off."""
    gone = int(before.sum() - after.sum())
    return float((case[after].mean() - case[before].mean()) / gone) if gone else -np.inf


def _slices(columns: Columns, names: Sequence[str], inside: Mask, box: Box) -> Iterator[tuple[str, Limit]]:
    """Yield every limit that cuts a slice off a box: at either end of a number, or one of other values."""
    for name in names:
        column = columns[name]
        here, old = column[inside], box.limits.get(name, Limit())
        if column.dtype == object:
            kept = list(dict.fromkeys(here.tolist()))
            if len(kept) > 1:
                for value in kept:
                    yield name, Limit(values=tuple(other for other in kept if other != value))
            continue
        known = np.unique(here)
        if len(known) < 2:
            continue
        # Limits stand half-way between a value that is cut off and the next that stays; equal values go together.
        first = int(np.searchsorted(known, np.quantile(here, SLICE, method="lower")))
        last = int(np.searchsorted(known, np.quantile(here, 1 - SLICE, method="higher")))
        if first < len(known) - 1:
            yield name, replace(old, low=float(known[first : first + 2].mean()))
        if last > 0:
            yield name, replace(old, high=float(known[last - 1 : last + 1].mean()))


def _needed(columns: Columns, case: Mask, box: Box) -> Box:
    """Return the box without the limits that chance would make: each is taken away in turn, the least needed first."""
    from scipy.stats import binom

    limits = dict(box.limits)
    while limits:
        p = {}
        inside = Box(limits, {}).holds(columns)
        for name in limits:
            wider = Box({other: limit for other, limit in limits.items() if other != name}, {}).holds(columns)
            p[name] = float(binom.sf(case[inside].sum() - 1, inside.sum(), case[wider].mean()))
        worst = max(p, key=lambda name: p[name])
        if p[worst] <= NEEDLESS:
            return Box(limits, p)
        del limits[worst]
    return WHOLE


def of_tree(columns: Columns, case: Mask, *, depth: int = 3, seed: int = 1) -> list[Box]:
    """Return the leaves of a tree (scikit-learn) that hold more cases than the whole, the densest first."""
    from sklearn.tree import DecisionTreeClassifier

    features, splits = _indicators(columns)
    least = max(int(THINNEST * len(case)), 5)
    tree = DecisionTreeClassifier(max_depth=depth, min_samples_leaf=least, random_state=seed % 2**32)
    grown = tree.fit(features, case).tree_
    if grown.node_count == 1:
        return []
    found: list[tuple[float, Box]] = []

    def down(node: int, limits: dict[str, Limit]) -> None:
        left, right = int(grown.children_left[node]), int(grown.children_right[node])
        if left < 0:
            box = Box(limits, {})
            density = float(case[box.holds(columns)].mean())
            if density > case.mean():
                found.append((density, box))
            return
        name, value = splits[int(grown.feature[node])]
        at, old = float(grown.threshold[node]), limits.get(name, Limit())
        if value is None:
            down(left, {**limits, name: replace(old, high=min(old.high, at))})
            down(right, {**limits, name: replace(old, low=max(old.low, at))})
            return
        kept = old.values or tuple(dict.fromkeys(columns[name].tolist()))
        down(left, {**limits, name: Limit(values=tuple(other for other in kept if other != value))})
        down(right, {**limits, name: Limit(values=(value,))})

    down(0, {})
    return [box for _, box in sorted(found, key=lambda one: -one[0])]


def _indicators(columns: Columns) -> tuple[NDArray[np.float64], list[tuple[str, Any]]]:
    """Return numbers as they are and 0/1 for each other value, and what each column stands for."""
    features, splits = [], []
    for name, column in columns.items():
        if column.dtype != object:
            features.append(column.astype(np.float64))
            splits.append((name, None))
            continue
        for value in dict.fromkeys(column.tolist()):
            features.append(np.array([other == value for other in column.tolist()], np.float64))
            splits.append((name, value))
    return np.column_stack(features), splits
