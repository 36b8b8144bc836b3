"""Variance that comes from what varies, and variance that is luck, told apart; without any assumption about the luck.

A study looks at every point with the same replications: replication 3 is the same village in the same weeks
everywhere, so luck is alike at points that are alike. The usual correction (variance of luck / replications) takes it
for independent. Here only products of *different* replications are used: for r != s the mean of Y_r(x) Y_s(x') is
m(x) m(x') however luck is alike within a replication, so every quadratic form of the outcomes is corrected without bias
for the mean response m (a U-statistic over replications).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.randomness import Luck

Floats = NDArray[np.float64]
Form = Callable[[Floats], Floats]
"""Several quadratic forms of outcomes: takes shape (points,), returns shape (forms,) or more."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Variances of one outcome. ``response``: between points, of the mean response; ``luck``: of one run at a point.

    ``means`` is the variance between the means of the replications: ``response`` and the luck that is left in them.
    ``low`` and ``high`` bound ``response`` (95 %); all but ``means`` are NaN for a single replication.
    """

    response: float
    luck: float
    means: float
    low: float
    high: float
    points: int
    replications: int

    @property
    def luck_share(self) -> float:
        """Which share of the variance of single runs is luck."""
        whole = max(self.response, 0.0) + self.luck
        return self.luck / whole if whole > 0 else np.nan

    @property
    def left(self) -> float:
        """Which share of the variance between means of replications is luck."""
        return min(max(1 - self.response / self.means, 0.0), 1.0)

    @property
    def clear(self) -> bool:
        """Whether the points differ by more than luck."""
        return self.low > 0 or self.replications == 1


def spread(values: Floats, *, seed: int = 1, resamples: int = 200) -> Spread:
    """Return the variances of outcomes, shape (points, replications)."""
    points, replications = values.shape
    means = float(values.mean(axis=1).var(ddof=1))
    if replications == 1:
        return Spread(np.nan, np.nan, means, np.nan, np.nan, points, 1)

    def variance(y: Floats) -> Floats:
        return np.array([y.var(ddof=1)])

    response = float(without_luck(variance, values)[0])
    luck = float(values.var(axis=1, ddof=1).mean())
    weights = drawn_weights(resampled(points, resamples_for(points, resamples), seed))

    def again_variance(y: Floats) -> Floats:
        centred = y - y.mean()
        return np.asarray((centred**2) @ weights - (centred @ weights) ** 2)

    again = without_luck(again_variance, values)
    error = np.sqrt(again.var(ddof=1) + luck_variance(variance, values)[0])
    return Spread(response, luck, means, response - 1.96 * error, response + 1.96 * error, points, replications)


def without_luck(form: Form, values: Floats) -> Floats:
    """Return quadratic forms of the mean response, unbiased by luck; ``values`` has shape (points, replications).

    With a single replication nothing can be taken out.
    """
    many = values.shape[1]
    whole = form(values.mean(axis=1))
    if many == 1:
        return whole
    each = np.mean([form(values[:, k]) for k in range(many)], axis=0)
    return np.asarray((many * whole - each) / (many - 1))


def luck_variance(form: Form, values: Floats, combine: Form | None = None) -> Floats:
    """Return the variance that few replications leave in `without_luck`, by leaving each out; 0 for fewer than three.

    ``combine`` makes of the corrected forms what is told, such as indices.
    """
    many = values.shape[1]
    combine = combine or np.asarray
    if many < 3:
        return np.asarray(0.0 * combine(without_luck(form, values)))
    each = np.array([form(values[:, k]) for k in range(many)])
    total, whole = values.sum(axis=1), each.sum(axis=0)
    out = []
    for k in range(many):
        mean = form((total - values[:, k]) / (many - 1))
        out.append(combine(((many - 1) * mean - (whole - each[k]) / (many - 1)) / (many - 2)))
    told = np.array(out)
    return np.asarray((many - 1) / many * ((told - told.mean(axis=0)) ** 2).sum(axis=0))


def resampled(n: int, resamples: int, seed: int) -> NDArray[np.int64]:
    """Return rows drawn with replacement, shape (n, resamples), the same for the same seed."""
    drawn = Luck(seed, "resampled").uniform("row", 0, np.arange(n * resamples)).astype(np.float64)
    return np.minimum((drawn * n).astype(np.int64), n - 1).reshape(n, resamples)


def resamples_for(n: int, most: int) -> int:
    """Return how often to draw rows: less often when they are many, as each time says more then."""
    return min(most, max(400_000 // n, 50))


def drawn_weights(rows: NDArray[np.int64]) -> Floats:
    """Return the weight of each row in each resample, same shape, from the rows drawn."""
    return np.array([np.bincount(drawn, minlength=len(rows)) for drawn in rows.T]).T / len(rows)


def student(variances: tuple[Floats, Floats], counts: tuple[int, int]) -> Floats:
    """Return half a 95 % interval of a mean whose variance is a sum of two, known from so many numbers each."""
    from scipy.stats import t

    total = variances[0] + variances[1]
    parts = [one**2 / max(count - 1, 1) for one, count in zip(variances, counts, strict=True)]
    below = parts[0] + parts[1]
    degrees = np.where(below > 0, total**2 / np.where(below > 0, below, 1.0), 1.0)
    return np.asarray(np.sqrt(total) * t.ppf(0.975, np.maximum(degrees, 1.0)))
