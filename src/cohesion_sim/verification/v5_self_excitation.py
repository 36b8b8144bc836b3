"""V5: violence that excites more violence is a Hawkes process [HAWKES71].

400 villages of 100 adults; every dispute is violent and excites ``branching`` more, spread over later weeks. Drives
`disputes.arise` and `disputes.end`. In the long run the weekly mean is m / (1 - n) and the ratio of variance to mean
over windows much longer than the memory 1 / (1 - n)^2; without excitation the weekly counts are Poisson.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.kernels import disputes
from cohesion_sim.verification._villages import Villages, quiet_disputes

RATE = 0.5
"""Disputes a village and week without excitation."""


def weekly_counts(branching: float, release: float, weeks: int) -> NDArray[np.int64]:
    """Return disputes (weeks, villages); ``release`` is the share of what violence still owes that comes each week."""
    villages, people = 400, 100
    place = Villages(villages, people)
    rules = quiet_disputes(excitation=branching, release=release)
    counts = np.empty((weeks, villages), np.int64)
    for week in range(weeks):
        place.events[:] = 0
        place.week(3, week, rules, RATE / people, violent=1.0)
        counts[week] = place.events[:, disputes.ARISEN]
    return counts


def excited(branching: float, release: float) -> tuple[float, float]:
    """Return mean and long-window ratio of variance to mean, each over what theory says."""
    # Disjoint windows much longer than the memory; ten of them in 400 villages know the ratio to 2.2 %.
    warm, window, windows = 60, 150, 10
    counts = weekly_counts(branching, release, warm + window * windows)[warm:]
    totals = counts.reshape(windows, window, counts.shape[1]).sum(axis=1).ravel()
    ratio = totals.var(ddof=1) / totals.mean()
    return float(counts.mean() * (1 - branching) / RATE), float(ratio * (1 - branching) ** 2)


def measure(quick: bool) -> dict[str, float]:
    """Return means and variances over what theory says, and how far the unexcited process is from Poisson."""
    del quick  # all of it takes seconds
    mean, variance = excited(0.4, 1.0)
    slow_mean, slow_variance = excited(0.5, 0.5)
    counts = weekly_counts(0.0, 1.0, 200).ravel()
    shares = np.array([(counts == k).mean() for k in range(3)])
    poisson = np.exp(-RATE) * np.array([1, RATE, RATE**2 / 2])
    return {
        "mean, n 0.4": mean,
        "variance, n 0.4": variance,
        "mean, n 0.5 over weeks": slow_mean,
        "variance, n 0.5 over weeks": slow_variance,
        "mean, n 0": float(counts.mean()),
        "variance, n 0": float(counts.var(ddof=1) / counts.mean()),
        "error of P(0), P(1), P(2), n 0": float(np.abs(shares - poisson).max()),
    }
