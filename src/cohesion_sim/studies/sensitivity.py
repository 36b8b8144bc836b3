"""Which of the numbers that vary matter: Morris, Sobol and RBD-FAST through SALib, luck taken out and told apart.

All look at outcomes of shape (points, replications) and at places of the points between 0 and 1. Indices are those of
the mean response: luck that is left in the means of replications makes variance-based indices too small, and every
number of a screening too large; both are corrected (`spread.without_luck`). Sources: [MORRIS91], [CAMPOLONGO07],
[SALTELLI10], [TISSOT12].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.parameters import InputError
from cohesion_sim.studies.responses import check
from cohesion_sim.studies.spread import (
    Spread,
    drawn_weights,
    luck_variance,
    resampled,
    resamples_for,
    spread,
    student,
    without_luck,
)

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Method = Literal["morris", "sobol", "rbd_fast", "grid"]
RESAMPLES = 200
FEWER = 100  # for RBD-FAST, which is slow
HARMONICS = 6  # RBD-FAST looks so fine at the shape of a response
LEAST = {"morris": 4, "sobol": 16, "rbd_fast": 64, "grid": 2}  # trajectories, base points, points, points
FIFTH = 0.2


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What matters for one outcome. ``table`` has a row a number, the weightiest first; columns by method.

    All methods: number, change, change_low, change_high (of the outcome when the number goes from the low to the high
    end of its range: the mean elementary effect, or the upper fifth of the points against the lower), size, size_low,
    size_high (what the rows are sorted by), clear (whether size or change is clear of nothing, beyond luck).
    morris: size is the root mean square elementary effect; mu, mu_star, sigma of SALib, sigma_response (luck taken
    out), idle (mu_star of a number that does nothing, by luck alone).
    sobol: size is the total index; first, first_low, first_high; naive_first, naive_total (of SALib, luck left in).
    rbd_fast: size is the first-order index; naive_first.
    grid: size is the total index; first; the points are all there are, so the ends tell of luck only.
    """

    method: Method
    table: pd.DataFrame
    spread: Spread


def morris(
    names: Sequence[str],
    units: Floats,
    values: Floats,
    *,
    seed: int = 1,
    known: Mapping[str, Any] | None = None,
    where: Floats | None = None,
) -> Sensitivity:
    """Return the elementary effects of a Morris design.

    ``units``, shape (points, names), is SALib's sample between 0 and 1, and ``where`` how far between its ends each
    number really stood, when that is not the same (listed values, whole numbers); ``values`` has shape (points,
    replications).

    Raises
    ------
    InputError
        If outcomes failed, are missing or constant, or the points are not whole trajectories (`responses.check`).
    """
    check(values, known or _known(names, units), each=len(names) + 1)
    _enough("morris", len(values) // (len(names) + 1), "trajectories")
    effects = elementary(units, values, where)  # trajectories x numbers x replications
    naive = effects.mean(axis=2)
    many, _, luck = effects.shape
    rows = resampled(many, RESAMPLES, seed)
    flat = effects.reshape(-1, luck)

    def squares(y: Floats) -> Floats:
        return np.asarray((y.reshape(many, -1) ** 2).mean(axis=0))

    def squares_again(y: Floats) -> Floats:
        return np.asarray((y.reshape(many, -1) ** 2)[rows].mean(axis=0))

    size = without_luck(squares, flat)
    error = np.sqrt(without_luck(squares_again, flat).var(axis=0, ddof=1) + luck_variance(squares, flat))
    mu = effects.mean(axis=(0, 2))
    sigma2 = np.maximum(without_luck(lambda y: y.reshape(many, -1).var(axis=0, ddof=1), flat), 0.0)
    by_luck = effects.mean(axis=0).var(axis=1, ddof=1) / luck if luck > 1 else np.zeros(len(names))
    half = student((sigma2 / many, by_luck), (many, luck))
    noise = effects.var(axis=2, ddof=1).mean(axis=0) / luck if luck > 1 else np.full(len(names), np.nan)
    columns = {
        "change": mu, "change_low": mu - half, "change_high": mu + half,
        "size": _root(size), "size_low": _root(size - 1.96 * error), "size_high": _root(size + 1.96 * error),
        # SALib's mu, mu_star and sigma (a test compares them), but by the steps that were really made.
        "mu": naive.mean(axis=0), "mu_star": np.abs(naive).mean(axis=0),
        "sigma": naive.std(axis=0, ddof=1), "sigma_response": np.sqrt(sigma2),
        "idle": np.sqrt(2 / np.pi * noise),
    }  # fmt: skip
    return _sorted("morris", names, columns, spread(values, seed=seed))


def elementary(units: Floats, values: Floats, where: Floats | None = None) -> Floats:
    """Return the change of the outcome a whole range of each number, shape (trajectories, numbers, replications).

    Steps are those of ``where``, as in `morris`; a number that did not move changed nothing.
    """
    numbers = units.shape[1]
    moved = np.abs(np.diff(units.reshape(-1, numbers + 1, numbers), axis=1)).argmax(axis=2)
    steps = np.diff((units if where is None else where).reshape(-1, numbers + 1, numbers), axis=1)
    step = np.take_along_axis(steps, moved[:, :, None], axis=2)
    change = np.diff(values.reshape(-1, numbers + 1, values.shape[1]), axis=1)
    each = np.divide(change, step, out=np.zeros_like(change), where=step != 0)
    out = np.empty_like(each)
    np.put_along_axis(out, moved[:, :, None], each, axis=1)
    return out


def sobol(
    names: Sequence[str], units: Floats, values: Floats, *, seed: int = 1, known: Mapping[str, Any] | None = None
) -> Sensitivity:
    """Return first-order and total indices of a Saltelli design without second order; arguments as in `morris`.

    Raises
    ------
    InputError
        As `morris`.
    """
    from SALib.analyze import sobol as salib

    each = len(names) + 2
    check(values, known or _known(names, units), each=each)
    base = len(values) // each
    _enough("sobol", base, "base points")
    naive = salib.analyze(
        _problem(names), values.mean(axis=1), calc_second_order=False, num_resamples=2, seed=max(seed, 1)
    )
    weights = drawn_weights(resampled(base, resamples_for(base, RESAMPLES), seed))
    many = len(names)
    told = _indices(without_luck(lambda y: _quadratic(y, many), values))
    again = _indices(without_luck(lambda y: _quadratic_again(y, many, weights), values))
    by_luck = luck_variance(lambda y: _quadratic(y, many), values, _indices)
    error = np.sqrt(np.nanvar(again, axis=1, ddof=1) + by_luck)
    edges = np.isin(np.arange(len(values)) % each, (0, each - 1))  # the two samples that are independent
    first, total = np.split(told, 2)
    first_error, total_error = np.split(1.96 * error, 2)
    columns = {
        **_changes(units[edges], values[edges]),
        "size": total, "size_low": total - total_error, "size_high": total + total_error,
        "first": first, "first_low": first - first_error, "first_high": first + first_error,
        "naive_first": np.asarray(naive["S1"], float), "naive_total": np.asarray(naive["ST"], float),
    }  # fmt: skip
    return _sorted("sobol", names, columns, spread(values[edges], seed=seed))


def _quadratic(y: Floats, numbers: int) -> Floats:
    """Return numerators of first-order and total indices and their denominator, by SALib's estimators."""
    from SALib.analyze.sobol import first_order, separate_output_values, total_order

    centred = y - y.mean()
    a, b, ab, _ = separate_output_values(centred, numbers, len(y) // (numbers + 2), calc_second_order=False)
    both = np.concatenate([a, b])
    if np.ptp(both) == 0:  # SALib warns of these
        return np.zeros(2 * numbers + 1)
    variance = both.var()
    told = [first_order(a, ab[:, j], b) for j in range(numbers)]
    told += [total_order(a, ab[:, j], b) for j in range(numbers)]
    return np.array([*(np.array(told) * variance), variance])


def _quadratic_again(y: Floats, numbers: int, weights: Floats) -> Floats:
    """Return the same of resampled rows, shape (2 x numbers + 1, resamples), from how often each row was drawn."""
    a, *mixed, b = (y - y.mean()).reshape(-1, numbers + 2).T
    ab = np.array(mixed)
    means = np.vstack([b * (ab - a), 0.5 * (a - ab) ** 2, (a + b) / 2, (a**2 + b**2) / 2]) @ weights
    return np.vstack([means[:-2], means[-1] - means[-2] ** 2])


def _indices(parts: Floats) -> Floats:
    """Return indices of numerators and, last, their denominator; NaN where no variance is left without luck."""
    below = np.where(parts[-1] > 0, parts[-1], np.nan)
    return np.asarray(parts[:-1] / below)


def rbd_fast(
    names: Sequence[str], units: Floats, values: Floats, *, seed: int = 1, known: Mapping[str, Any] | None = None
) -> Sensitivity:
    """Return first-order indices from any space-filling sample (Latin hypercube, Sobol sequence); else as `morris`.

    Raises
    ------
    InputError
        As `morris`.
    """
    from SALib.analyze import rbd_fast as salib

    check(values, known or _known(names, units))
    _enough("rbd_fast", len(values), "points")
    problem = _problem(names)

    def first(y: Floats, resamples: int = 2) -> dict[str, Any]:
        found: dict[str, Any] = salib.analyze(problem, units, y, M=HARMONICS, num_resamples=resamples, seed=seed)
        return found

    def form(y: Floats) -> Floats:
        if np.ptp(y) == 0:
            return np.zeros(len(names) + 1)
        return np.append(np.asarray(first(y)["S1"], float) * y.var(), y.var())

    naive = first(values.mean(axis=1), FEWER)
    told = _indices(without_luck(form, values))
    # SALib draws half as many points as there are: the error of all is smaller by the root of two.
    rows_error = np.asarray(naive["S1_conf"], float) / 1.96 / np.sqrt(2)
    widened = told / np.where(np.asarray(naive["S1"]) != 0, naive["S1"], np.nan)
    rows_error = rows_error * np.clip(np.nan_to_num(np.abs(widened), nan=1.0), 1.0, 10.0)
    error = 1.96 * np.sqrt(rows_error**2 + luck_variance(form, values, _indices))
    columns = {
        **_changes(units, values),
        "size": told, "size_low": told - error, "size_high": told + error,
        "naive_first": np.asarray(naive["S1"], float),
    }  # fmt: skip
    return _sorted("rbd_fast", names, columns, spread(values, seed=seed))


def grid(
    names: Sequence[str], units: Floats, values: Floats, *, seed: int = 1, known: Mapping[str, Any] | None = None
) -> Sensitivity:
    """Return first-order and total indices of a whole grid, by analysis of variance; arguments as in `morris`.

    Raises
    ------
    InputError
        As `morris`.
    """
    check(values, known or _known(names, units))
    _enough("grid", len(values), "points")
    alone = [np.unique(column, return_inverse=True)[1] for column in units.T]
    others = [np.unique(np.delete(units, j, axis=1), axis=0, return_inverse=True)[1] for j in range(len(names))]

    def form(y: Floats) -> Floats:
        first = [_between(y, level).var() for level in alone]
        total = [y.var() - _between(y, cell).var() for cell in others]
        return np.array([*first, *total, y.var()])

    first, total = np.split(_indices(without_luck(form, values)), 2)
    error = 1.96 * np.sqrt(luck_variance(form, values, _indices))[len(names) :]
    if values.shape[1] < 3:
        error = np.full(len(names), np.nan)
    columns = {
        **_changes(units, values, whole=True),
        "size": total, "size_low": total - error, "size_high": total + error, "first": first,
    }  # fmt: skip
    return _sorted("grid", names, columns, spread(values, seed=seed))


def _between(y: Floats, group: NDArray[np.int64]) -> Floats:
    """Return every point's mean over its group."""
    group = group.reshape(-1)
    return np.asarray((np.bincount(group, y) / np.bincount(group))[group])


# ------------------------------------------------------------------------------------------ shared


def _changes(units: Floats, values: Floats, *, whole: bool = False) -> dict[str, Floats]:
    """Return the mean outcome of the upper fifth of the points less that of the lower, by number, with 95 % ends.

    With ``whole`` the points are all there are, not a sample of them.
    """
    many, luck = values.shape
    fifth = max(int(FIFTH * many), 2)
    middle, half = [], []
    for column in units.T:
        order = column.argsort(kind="stable")
        # Points with the same value as the last one of a fifth belong to it.
        low = column <= column[order[fifth - 1]]
        high = column >= column[order[-fifth]]
        each = values[high].mean(axis=0) - values[low].mean(axis=0)
        by_points = 0.0 if whole else sum(values[side].mean(axis=1).var(ddof=1) / side.sum() for side in (low, high))
        by_luck = each.var(ddof=1) / luck if luck > 1 else 0.0
        middle.append(each.mean())
        half.append(float(student((np.asarray(by_points), np.asarray(by_luck)), (2 * fifth - 1, luck))))
    change, wide = np.array(middle), np.array(half)
    return {"change": change, "change_low": change - wide, "change_high": change + wide}


def _sorted(method: Method, names: Sequence[str], columns: Mapping[str, Floats], variances: Spread) -> Sensitivity:
    """Return the result, the weightiest number first; nothing is clear where the points do not differ beyond luck."""
    import pandas as pd

    table = pd.DataFrame({"number": list(names), **columns})
    moves = (table["change_low"] > 0) | (table["change_high"] < 0)
    table["clear"] = ((table["size_low"] > 0) | moves) & variances.clear
    table = table.sort_values(["size", "number"], ascending=[False, True], ignore_index=True, na_position="last")
    return Sensitivity(method, table, variances)


def _problem(names: Sequence[str]) -> dict[str, Any]:
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


def _known(names: Sequence[str], units: Floats) -> dict[str, Any]:
    return {name: column.tolist() for name, column in zip(names, units.T, strict=True)}


def _root(squares: Floats) -> Floats:
    return np.sqrt(np.maximum(squares, 0.0))


def _enough(method: Method, found: int, what: str) -> None:
    """Refuse a design that is too small to say anything."""
    if found < LEAST[method]:
        raise InputError(
            f"the design has {found} {what}, and at least {LEAST[method]} are needed. "
            f"Write points = {max(LEAST[method], 64)} in the experiment, and run it again"
        )
