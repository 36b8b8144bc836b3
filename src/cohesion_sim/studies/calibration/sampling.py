"""Draws from a posterior whose density is cheap: adaptive importance sampling with quasi-random numbers from SciPy.

Facts live on 0-1 with an even prior; on the scale of normal quantiles that prior is the standard normal. A Student t
is moved in steps from the prior onto the posterior [CAPPE04]; the weights of the last step make the draws exact but for
their number, and their effective number says how well that went.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DRAWS = 8192  # a power of two, as Sobol sequences want it
DEGREES = 5.0  # of freedom: tails heavier than any posterior's
STEPS = 40


@dataclass(frozen=True, slots=True)
class Weighted:
    """Draws of the facts, (draws, facts) on 0-1, with weights that sum to one."""

    unit: Floats
    weights: Floats

    @property
    def effective(self) -> float:
        """How many equally weighted draws these are worth."""
        return 1 / float((self.weights**2).sum())

    def resampled(self, number: int, start: float) -> Floats:
        """Return ``number`` draws of equal weight (systematic resampling); ``start`` in [0, 1) is the luck in it."""
        at = (start + np.arange(number)) / number
        rows = np.searchsorted(np.cumsum(self.weights), at * self.weights.sum())
        return np.asarray(self.unit[np.minimum(rows, len(self.unit) - 1)])


def posterior(
    log_likelihood: Callable[[Floats], Floats], facts: int, seed: int, *, power: float = 1.0, draws: int = DRAWS
) -> Weighted:
    """Return draws from prior times likelihood to the ``power``; the same for the same seed.

    Parameters
    ----------
    log_likelihood
        Takes points on 0-1, (n, facts), and returns (n,); minus infinity where a point is ruled out.
    """
    from scipy.special import logsumexp, ndtr

    standard = _student(_sobol(facts + 1, draws, seed))
    mean, covariance, reached, settled = np.zeros(facts), np.eye(facts), 0.0, 0
    for _ in range(STEPS):
        at, log_density = _moved(standard, mean, covariance)
        unit = np.clip(ndtr(at), 1e-12, 1 - 1e-12)
        told = log_likelihood(unit)
        # What is ruled out weighs nothing from the start.
        even = np.where(np.isfinite(told), -0.5 * (at**2).sum(axis=1) - log_density, -np.inf)
        told = np.where(np.isfinite(told), told, 0.0)
        reached = _next(even, told, reached, power)
        log_weights = even + reached * told
        weights = np.exp(log_weights - logsumexp(log_weights))
        if reached >= power:
            settled += 1
            if settled == 3:  # moved twice onto the whole posterior
                break
        mean = weights @ at
        covariance = ((at - mean) * weights[:, None]).T @ (at - mean) + 1e-8 * np.eye(facts)
    return Weighted(unit, weights)


def _next(even: Floats, told: Floats, reached: float, power: float) -> float:
    """Return the highest power of the likelihood that leaves a third of the draws effective."""
    from scipy.optimize import brentq
    from scipy.special import logsumexp

    def spare(at: float) -> float:
        log_weights = even + at * told
        return float(2 * logsumexp(log_weights) - logsumexp(2 * log_weights) - np.log(len(even) / 3))

    if spare(power) >= 0 or spare(reached) <= 0:
        return power if spare(power) >= 0 else min(power, reached + 0.02 * power)
    return float(brentq(spare, reached, power, xtol=1e-6))


def _sobol(columns: int, rows: int, seed: int) -> Floats:
    from scipy.stats import qmc

    numbers: Floats = qmc.Sobol(columns, seed=seed % 2**32).random(rows)
    return np.clip(numbers, 1e-10, 1 - 1e-10)


def spread_out(facts: int, number: int, seed: int) -> Floats:
    """Return ``number`` points that fill the prior evenly, (number, facts) on 0-1."""
    return _sobol(facts, 2 ** int(np.ceil(np.log2(max(number, 2)))), seed)[:number]


def _student(base: Floats) -> Floats:
    """Return draws of a standard multivariate t; the last column of ``base`` makes its tail."""
    from scipy.special import chdtri, ndtri

    standard: Floats = ndtri(base[:, :-1]) * np.sqrt(DEGREES / chdtri(DEGREES, base[:, -1:]))
    return standard


def _moved(standard: Floats, mean: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Return draws of a t with this mean and shape, and the logarithm of their density, but for a constant."""
    root = np.linalg.cholesky(covariance)
    size = np.log(np.diag(root)).sum()
    away = (standard**2).sum(axis=1) / DEGREES
    return mean + standard @ root.T, -size - 0.5 * (DEGREES + len(mean)) * np.log1p(away)
