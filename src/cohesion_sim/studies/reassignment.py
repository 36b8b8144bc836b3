"""Randomisation inference: what the estimate would have been, had other clusters been drawn (Fisher 1935).

All assignments with as many treated clusters in every stratum are tried when there are at most 5,000, else so many are
drawn. The p of two against two clusters is never below 1/3.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product
from math import comb, prod

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.parameters import InputError
from cohesion_sim.randomness import Luck
from cohesion_sim.studies.sandwich import Floats, Numbers, centred, numbered

ALL = 5_000
"""Up to so many assignments all of them are tried."""
_LUCK = Luck(1, "re-assignment")
Labels = NDArray[np.generic]


def assignments(
    treated: NDArray[np.bool_], stratum: Numbers, permutations: int, luck: Luck | None
) -> tuple[NDArray[np.bool_], bool]:
    """Return assignments of clusters, shape (assignments, clusters), and whether they are all there are."""
    inside = [np.flatnonzero(stratum == s) for s in range(int(stratum.max()) + 1)]
    take = [int(treated[rows].sum()) for rows in inside]
    if prod(comb(len(rows), t) for rows, t in zip(inside, take, strict=True)) <= ALL:
        each = [list(combinations(rows, t)) for rows, t in zip(inside, take, strict=True)]
        chosen = [np.concatenate(one).astype(np.int64) for one in product(*each)]
        out = np.zeros((len(chosen), len(treated)), np.bool_)
        out[np.arange(len(chosen))[:, None], np.array(chosen).reshape(len(chosen), -1)] = True
        return out, True
    draw = (luck or _LUCK).uniform("re-assigned", 0, np.arange(permutations * len(treated)))
    order = np.argsort(stratum + draw.astype(np.float64).reshape(permutations, -1), axis=1)
    flags = np.concatenate([np.arange(len(rows)) < t for rows, t in zip(inside, take, strict=True)])
    out = np.zeros((permutations, len(treated)), np.bool_)
    np.put_along_axis(out, order, np.broadcast_to(flags, order.shape), axis=1)
    return out, False


def _share(extreme: NDArray[np.bool_], *, every: bool) -> float:
    """Return p: the share of assignments as extreme as the one made, which is counted in when only some were drawn."""
    return float(extreme.mean()) if every else float((1 + extreme.sum()) / (1 + len(extreme)))


def of_means(
    y: Floats,
    treated: Floats,
    columns: Floats | None,
    cluster: Labels | None,
    stratum: Labels | None,
    permutations: int,
    luck: Luck | None,
    wave: Floats | None,
) -> tuple[float, float, float, float, float]:
    """Return value, error, low, high and p of a difference (with ``wave``: a difference in differences).

    The answers are freed of strata and ``columns`` (n, p), and the difference between arms of what is left is taken
    under every assignment. The interval holds the effects that would not be rejected at 5 % (inversion of the test;
    without end when no assignment could be significant); the error is the SD over assignments, the effect taken out.
    """
    n = len(y)
    group, s = numbered(cluster, n, apart=True), numbered(stratum, n)
    on = np.zeros(int(group.max()) + 1, np.bool_)
    on[group] = np.asarray(treated) > 0
    of_cluster = np.zeros(len(on), np.int64)
    of_cluster[group] = s
    if (on[group] != (np.asarray(treated) > 0)).any() or (of_cluster[group] != s).any():
        raise InputError("a cluster that is re-assigned must be in one arm and one stratum")
    drawn, every = assignments(on, of_cluster, permutations, luck)
    late = np.ones(n) if wave is None else wave
    rest, push = (_freed(values, columns, s) for values in (np.asarray(y, np.float64), on[group] * late))
    told = _statistic(group, of_cluster, wave)
    made = on[None, :]
    moved = float(told(made, push)[0])
    if not abs(moved) > 1e-9 or np.isnan(rest).any():
        return (float("nan"),) * 5
    value = float(told(made, rest)[0]) / moved
    base, shift = told(drawn, rest), told(drawn, push)

    def p(effect: float) -> float:
        """Return the p of the hypothesis that the effect is this."""
        seen = abs(moved * (value - effect))
        return _share(np.abs(base - effect * shift) >= seen - 1e-9 * (seen + abs(moved * value)), every=every)

    error = float((base - value * shift).std()) / abs(moved)
    if not error > 0:
        return value, float("nan"), float("nan"), float("nan"), p(0.0)
    return value, error, _end(p, value, -error), _end(p, value, error), p(0.0)


def _end(p: Callable[[float], float], value: float, step: float) -> float:
    """Return where p falls to 5 % on one side of the estimate; infinite when it never does."""
    far = 1.0
    while p(value + far * step) > 0.05:
        far *= 2
        if far > 1e6:
            return float(np.copysign(np.inf, step))
    near = 0.0
    for _ in range(20):
        middle = (near + far) / 2
        near, far = (middle, far) if p(value + middle * step) > 0.05 else (near, middle)
    return value + far * step


def _freed(values: Floats, columns: Floats | None, stratum: Numbers) -> Floats:
    """Return what strata and columns leave of the values."""
    rest = centred(values, stratum)
    if columns is None:
        return rest
    x = centred(np.asarray(columns, np.float64), stratum)
    return np.asarray(rest - x @ np.linalg.lstsq(x, rest, rcond=None)[0])


def _statistic(group: Numbers, stratum: Numbers, wave: Floats | None) -> Callable[[NDArray[np.bool_], Floats], Floats]:
    """Return a function from assignments (a, clusters) and values (n,) to differences within strata, (a,)."""
    known = np.eye(int(stratum.max()) + 1)[stratum]

    def at(drawn: NDArray[np.bool_], values: Floats, weight: Floats) -> Floats:
        size, total = np.bincount(group, weight), np.bincount(group, weight * values)
        within = known.T @ size
        share = (drawn * size) @ known / np.where(within > 0, within, 1.0)
        away = drawn - share @ known.T
        squares = (away**2) @ size
        return np.asarray((away @ total) / np.where(squares > 0, squares, np.nan))

    def told(drawn: NDArray[np.bool_], values: Floats) -> Floats:
        if wave is None:
            return at(drawn, values, np.ones(len(group)))
        return at(drawn, values, wave) - at(drawn, values, 1 - wave)

    return told


def of_rates(
    events: Floats,
    exposure: Floats,
    on: NDArray[np.bool_],
    cluster: Labels | None,
    stratum: Labels | None,
    permutations: int,
    luck: Luck | None,
) -> float:
    """Return the two-sided p of a ratio of rates: an arm without events is the most extreme there is."""
    n = len(events)
    group, s = numbered(cluster, n, apart=True), numbered(stratum, n)
    arm, of_cluster = np.zeros(int(group.max()) + 1, np.bool_), np.zeros(int(group.max()) + 1, np.int64)
    arm[group], of_cluster[group] = on, s
    drawn, every = assignments(arm, of_cluster, permutations, luck)
    count, time = np.bincount(group, events), np.bincount(group, exposure)

    def log(made: NDArray[np.bool_]) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            one = np.log((made @ count) / (made @ time))
            other = np.log((~made @ count) / (~made @ time))
        return np.asarray(np.abs(one - other))

    return _share(log(drawn) >= log(arm[None, :])[0] - 1e-9, every=every)
