"""What the model would say at values it was not run at: a polynomial of the facts for every target.

Runs are noisy and smooth in the facts, so least squares over many single runs is the natural emulator: it says how
targets move with facts, and its residuals are the luck of a run, with all targets of a run together. The likelihood of
figures under it is that of a synthetic likelihood [WOOD10].
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SPARE = 3  # runs for each term, so that luck can be told from shape


@dataclass(frozen=True, slots=True)
class Emulator:
    """Mean and luck of all targets as a function of the facts (each 0-1)."""

    degree: int
    centre: Floats
    scale: Floats
    coefficients: Floats  # (terms, targets)
    precision: Floats  # (terms, terms): inverse of the sums of products of the terms
    luck: Floats  # (targets, targets): covariance of single runs around the mean

    def mean(self, unit: Floats) -> tuple[Floats, Floats]:
        """Return the mean (points, targets), and how unsure it is (points,) as a multiple of ``luck``."""
        terms = _terms((unit - self.centre) / self.scale, self.degree)
        return terms @ self.coefficients, ((terms @ self.precision) * terms).sum(axis=1)


def terms_of(facts: int, degree: int) -> int:
    """Return how many terms a polynomial has."""
    return len(list(_powers(facts, degree)))


def fitted(unit: Floats, found: Floats) -> Emulator:
    """Return the polynomial of degree 1 to 3 that foretells runs left out best.

    Parameters
    ----------
    unit
        Where the runs were made, (runs, facts).
    found
        What they gave, (runs, targets).
    """
    centre = (unit.max(axis=0) + unit.min(axis=0)) / 2
    scale = np.maximum((unit.max(axis=0) - unit.min(axis=0)) / 2, 1e-9)
    best: tuple[float, Emulator] | None = None
    for degree in (1, 2, 3):
        terms = _terms((unit - centre) / scale, degree)
        if best is not None and len(unit) < SPARE * terms.shape[1]:
            break
        precision = np.asarray(np.linalg.pinv(terms.T @ terms), np.float64)
        coefficients = precision @ (terms.T @ found)
        residuals = found - terms @ coefficients
        left_out = residuals / np.maximum(1 - ((terms @ precision) * terms).sum(axis=1), 1e-6)[:, None]
        # A target that never moves and has no luck says nothing about the degree.
        score = float(np.log(np.maximum((left_out**2).mean(axis=0), 1e-30)).sum())
        luck = (residuals.T @ residuals / max(len(unit) - terms.shape[1], 1)).astype(np.float64)
        if best is None or score < best[0]:
            best = score, Emulator(degree, centre, scale, coefficients, precision, luck)
    assert best is not None
    return best[1]


def _powers(facts: int, degree: int) -> list[tuple[int, ...]]:
    return [which for order in range(degree + 1) for which in combinations_with_replacement(range(facts), order)]


def _terms(at: Floats, degree: int) -> Floats:
    return np.stack([at[:, list(which)].prod(axis=1) for which in _powers(at.shape[1], degree)], axis=1)


def log_likelihood(emulator: Emulator, unit: Floats, observed: Floats, noise: Floats) -> Floats:
    """Return how likely the figures are at each point, (points,).

    The figures are normal around the emulated mean, with the luck of a run, the doubt about the mean, and the noise of
    measurement (variances, (targets,)) together.
    """
    mean, doubt = emulator.mean(unit)
    # In the axes of luck against noise the targets fall apart, so no matrix has to be solved at every point.
    each = np.sqrt(noise + 1e-12 * (1 + observed**2))
    strength, axes = np.linalg.eigh(emulator.luck / np.outer(each, each))
    away = ((observed - mean) / each) @ axes
    spread = 1 + (1 + doubt)[:, None] * np.maximum(strength, 0)
    likelihood: Floats = -0.5 * (away**2 / spread + np.log(spread)).sum(axis=1)
    return likelihood
