"""V1: influence alone leaves as many camps as bounded confidence should [DEFFUANT00].

N = 1,000 people, opinions uniform on [0, 1], random pairs of the week meet half-way (mu = 1/2) if they are nearer than
the confidence. Drives `encounters.strangers` and `encounters.sweep`. Counted at rest are clusters of at least 5 % of
all. A week pairs everybody once, where the published rule takes one pair after another: pairs of a week share nobody,
so their order does not matter.

Hegselmann and Krause's batch rule [HEGSELMANN02] cannot be had from `sweep`. There each person takes the mean of all
within the confidence of her opinion at the start; here she listens to one after another, and whom she still listens to
depends on where the earlier ones moved her. No choice of weights or order removes that, unless the case itself picks
the partners, and then it would test its own copy of the rule.
"""

from __future__ import annotations

import numpy as np

from cohesion_sim.kernels.encounters import ALIKE
from cohesion_sim.verification._place import Attitudes, Bare, f32, luck


def majors(opinions: Attitudes) -> int:
    """Return the number of clusters with at least 5 % of all; a cluster ends where a gap of 0.02 begins."""
    x = np.sort(opinions)
    sizes = np.diff(np.concatenate([[0], np.flatnonzero(np.diff(x) > 0.02) + 1, [x.size]]))
    return int((sizes >= 0.05 * x.size).sum())


def clusters(confidence: float, seed: int, n: int = 1000, weeks: int = 800) -> int:
    """Return the number of major clusters at rest."""
    place = Bare(n)
    place.confidence = f32(confidence)
    place.stranger_weight[ALIKE] = 0.5
    place.attitude[:, 0] = luck(seed).uniform("opinion", 0, np.arange(n))
    for week in range(weeks):
        before = place.attitude[:, 0].copy()
        place.pair(seed, week)
        place.sweep()
        if week % 20 == 19 and np.abs(place.attitude[:, 0] - before).max() < 1e-4:
            break
    return majors(place.attitude[:, 0])


def measure(quick: bool) -> dict[str, float]:
    """Return mean numbers of camps, and shares of runs with the number that is published."""
    del quick  # a hundred runs take seconds
    found = {e: np.array([clusters(e, seed) for seed in range(100)]) for e in (0.10, 0.20, 0.30, 0.35)}
    return {
        "camps at 0.10": float(found[0.10].mean()),
        "camps at 0.20": float(found[0.20].mean()),
        "camps at 0.30": float(found[0.30].mean()),
        "two camps at 0.20": float((found[0.20] == 2).mean()),
        "one camp at 0.30": float((found[0.30] == 1).mean()),
        "one camp at 0.35": float((found[0.35] == 1).mean()),
    }
