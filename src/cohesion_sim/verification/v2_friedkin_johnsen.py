"""V2: influence along ties ends where the matrix solution says [FRIEDKIN90, DEGROOT74].

x* = (I - A W)^-1 (I - A) x(0) for any row-stochastic W and diagonal susceptibilities A; with A = I everybody ends at
the mean of the start by the left eigenvector of W. Drives `encounters.sweep` on a complete graph in double precision.
Partners are listened to one after another, so a weighted mean is had by breaking a stick: each partner takes her weight
as a share of what those after her leave.
"""

from __future__ import annotations

import numpy as np

from cohesion_sim import ties
from cohesion_sim.kernels.lanes import LANES
from cohesion_sim.verification._place import Bare, Floats, everyone_knows_everyone, luck


def by_stick_breaking(table: ties.TieTable, weights: Floats) -> Floats:
    """Return the shares at which listening to one partner after another gives the weighted mean ``weights`` (n, n)."""
    shares = np.zeros(2 * table.m)
    for i in range(weights.shape[0]):
        left = 1.0
        for h in range(table.start[i + 1] - 1, table.start[i] - 1, -1):
            shares[h] = weights[i, table.partner[h]] / left
            left -= weights[i, table.partner[h]]
    return shares


def random_weights(n: int, seed: int) -> Floats:
    """Return a full row-stochastic matrix (n, n)."""
    weights = luck(seed).uniform("weights", 0, np.arange(n * n)).reshape(n, n).astype(float) + 0.01
    return weights / weights.sum(axis=1, keepdims=True)


def random_opinions(n: int, seed: int) -> Floats:
    """Return opinions (n, 8)."""
    return luck(seed).uniform("opinion", 0, np.arange(n * LANES)).reshape(n, LANES).astype(float)


def unequal_error(seed: int, n: int = 12, weeks: int = 2500) -> float:
    """Return the largest error where everyone has a susceptibility of her own.

    The start is one more partner, met last, with weight 1 - a_i, who never moves.
    """
    weights = random_weights(n, seed)
    a = luck(seed).uniform("susceptible", 0, np.arange(n)).astype(float) * 0.98
    start = random_opinions(n, seed)
    first, second = np.triu_indices(n, 1)
    table = ties.rows(
        2 * n,
        np.concatenate([first, np.arange(n)]).astype(np.int32),
        np.concatenate([second, np.arange(n) + n]).astype(np.int32),
        np.zeros(first.size + n, np.uint8),
    )
    place = Bare(2 * n, np.float64, table)
    inner = by_stick_breaking(everyone_knows_everyone(n), weights).reshape(n, n - 1)
    for i in range(n):
        last = table.start[i + 1] - 1  # ties stand in the order of the pairs, so the start is met last
        place.weight[table.start[i] : last] = inner[i]
        place.weight[last] = 1 - a[i]
    place.attitude[:] = np.concatenate([start, start])
    for _ in range(weeks):
        place.sweep()
    rest = np.linalg.solve(np.eye(n) - a[:, None] * weights, (1 - a)[:, None] * start)
    return float(np.abs(place.attitude[:n] - rest).max())


def anchor_error(susceptible: float, n: int = 15, weeks: int = 600) -> float:
    """Return the largest error where all return to their anchors at the same rate."""
    weights = random_weights(n, 7)
    place = Bare(n, np.float64, everyone_knows_everyone(n))
    place.weight[:] = by_stick_breaking(place.table, weights)
    place.anchor[:] = random_opinions(n, 7)
    place.attitude[:] = 0.5
    place.return_rate = np.float64(1 - susceptible)
    for _ in range(weeks):
        place.sweep()
    rest = np.linalg.solve(np.eye(n) - susceptible * weights, (1 - susceptible) * place.anchor)
    return float(np.abs(place.attitude - rest).max())


def consensus_error(seed: int, n: int = 20, weeks: int = 400) -> float:
    """Return the largest error where nobody returns to anything: DeGroot."""
    weights = random_weights(n, seed)
    place = Bare(n, np.float64, everyone_knows_everyone(n))
    place.weight[:] = by_stick_breaking(place.table, weights)
    start = random_opinions(n, seed)
    place.attitude[:] = start
    for _ in range(weeks):
        place.sweep()
    values, vectors = np.linalg.eig(weights.T)
    left = np.real(vectors[:, np.argmax(np.real(values))])
    return float(np.abs(place.attitude - (left / left.sum()) @ start).max())


def measure(quick: bool) -> dict[str, float]:
    """Return the largest errors against the matrix solutions, over several random networks."""
    seeds = range(1, 4 if quick else 21)
    return {
        "own susceptibilities": max(unequal_error(seed) for seed in seeds),
        "through the anchor": max(anchor_error(a) for a in (0.2, 0.7, 0.95)),
        "consensus": max(consensus_error(seed) for seed in (5, *seeds)),
    }
