"""V3: the norm rule in its steep limit is a crowd of thresholds [GRANOVETTER78].

Everyone sees everyone, and acts once the share who act reaches her threshold. Drives `encounters.act` and
`encounters.sweep` for a hundred people, and `encounters.act` and `norms.learn` for 200,000 whose thresholds are the
quantiles of a normal distribution around 25 of 100: nearly the infinite crowd in which the jump is sharp.
"""

from __future__ import annotations

import numpy as np

from cohesion_sim.kernels.norms import learn
from cohesion_sim.verification._place import STEEP, Bare, attitude_of, everyone_knows_everyone, f32


def joined(thresholds: list[int]) -> int:
    """Return how many act in the end when everyone sees everyone, from nobody, by thresholds in people."""
    n = len(thresholds)
    place = Bare(n, table=everyone_knows_everyone(n))
    place.norm_rules = STEEP
    # Half a person below the threshold: shares are whole numbers of others over n - 1.
    thresholds_as_attitude = attitude_of((np.array(thresholds) - 0.5) / (n - 1))
    for _ in range(3 * n):
        place.attitude[:, 0] = thresholds_as_attitude
        place.act(STEEP)
        place.sweep()
    return int(place.acts.sum())


def share_joined(sigma: float, n: int = 200_000, weeks: int = 4000) -> float:
    """Return the share who act in the end under normal thresholds; nan if the crowd has not come to rest."""
    from scipy.special import ndtri

    place = Bare(n)
    place.attitude[:, 0] = attitude_of((25 + sigma * ndtri((np.arange(n) + 0.5) / n)) / 100)
    for _ in range(weeks):
        before = int(place.acts.sum())
        place.act(STEEP)
        acting = int(place.acts.sum())
        if acting == before:
            return acting / n
        place.norm[:] = learn(f32(0), acting, n, f32(1))
    return float("nan")


def jump(low: float = 11.0, high: float = 13.0, width: float = 0.005) -> float:
    """Return the spread of thresholds above which nearly all join, by halving an interval."""
    while high - low > width:
        middle = (low + high) / 2
        low, high = (low, middle) if share_joined(middle) > 0.5 else (middle, high)
    return (low + high) / 2


def measure(quick: bool) -> dict[str, float]:
    """Return how many of a hundred join, and where the crowd with normal thresholds jumps."""
    found = {
        "thresholds 0 to 99": float(joined(list(range(100)))),
        "threshold 1 moved to 2": float(joined([0, 2, *range(2, 100)])),
        "share at sigma 12.2": share_joined(12.2),
        "share at sigma 12.3": share_joined(12.3),
    }
    return found if quick else {**found, "sigma of the jump": jump()}
