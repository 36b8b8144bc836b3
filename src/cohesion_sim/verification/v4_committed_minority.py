"""V4: a committed minority tips a norm at about a quarter [CENTOLA18].

N = 1,000 people; a share p always acts, nobody else does at first, and all others do what the majority of the M people
did whom they remember (an even split is decided by a coin). Drives `encounters.act` and `encounters.sweep`: M random
pairings of everybody are the ties of a week, and with learning 1 the perceived norm is the share of these M who acted,
so the rule in its steep limit is the best reply with a memory of M. The published rule drops one memory at a time, this
one all M each week; where the norm rests and tips, x = p + (1 - p) P(majority of M | x), is the same for both.

The naming game [XIE11] needs people who hold two words at once; the norm rule has no such state.
"""

from __future__ import annotations

import numpy as np

from cohesion_sim import ties
from cohesion_sim.verification._place import STEEP, Bare, luck

QUICK = {"takeover at 20 %, memory 12": (0.20, 12), "takeover at 25 %, memory 12": (0.25, 12)}
FULL = QUICK | {
    "takeover at 15 %, memory 5": (0.15, 5),
    "takeover at 20 %, memory 5": (0.20, 5),
    "takeover at 25 %, memory 16": (0.25, 16),
    "takeover at 30 %, memory 16": (0.30, 16),
}
"""Share committed and memory of each number that is measured."""


def pairings(n: int, memory: int, seed: int, week: int) -> ties.TieTable:
    """Return the ties of a week: everybody is paired at random ``memory`` times."""
    draws = luck(seed).uniform("pairing", week, np.arange(memory * n)).reshape(memory, n)
    pairs = np.sort(np.argsort(draws, axis=1).astype(np.int32).reshape(-1, 2), axis=1)
    return ties.rows(n, pairs[:, 0], pairs[:, 1], np.zeros(len(pairs), np.uint8))


def takes_over(committed: float, memory: int, seed: int, n: int = 1000, weeks: int = 200) -> bool:
    """Return whether nine in ten of those who are not committed act in the end."""
    place = Bare(n)
    place.norm_rules = STEEP
    minority = round(committed * n)
    place.attitude[:, 0] = 0.5  # the norm alone decides …
    place.attitude[:minority, 0] = 1.0  # … except for those who act whatever others do
    for week in range(weeks):
        place.act_by_lot(STEEP, seed, week)
        if place.acts[minority:].mean() >= 0.9:
            return True
        place.tie(pairings(n, memory, seed, week))
        place.sweep()
    return False


def measure(quick: bool) -> dict[str, float]:
    """Return shares of runs in which the minority takes over, by share committed and memory."""
    runs = range(8 if quick else 24)
    return {
        name: float(np.mean([takes_over(committed, memory, seed) for seed in runs]))
        for name, (committed, memory) in (QUICK if quick else FULL).items()
    }
