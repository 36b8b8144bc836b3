"""The front of a race: what can be had for how much money, and how sure it is that nothing else is better.

Mixes have lived through different numbers of replications. Any two are compared on those that both have, so that what
is compared are paired differences here too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.randomness import Luck
from cohesion_sim.studies.portfolio.race import Floats, resampled


def on_front(
    cost: Floats, gains: Sequence[Floats], best: Collection[int], luck: Luck, resamples: int = 400
) -> tuple[NDArray[np.bool_], Floats]:
    """Return which mixes are on the front, and in what share of resamples no other beats each of those.

    On it are the finalists (those that lived longest), and mixes that left the race earlier where they are cheaper than
    the dearest of ``best``, if no other mix beats them. The share is that in which no other finalist does, and is told
    for finalists only: in a few replications, resamples look alike.

    Parameters
    ----------
    cost, gains
        Of each mix; gains have shape (replications, outcomes), and the replications of all begin alike.
    best
        Rows of the best mixes; they are on the front whatever is found.
    """
    pairs = _Pairs(cost, gains)
    longest = int(pairs.lengths.max())
    finalist = pairs.lengths == longest
    within = max(cost[list(best)])
    means = pairs.means({length: np.full(length, 1.0 / length) for length in pairs.stacks})
    front = np.zeros(len(cost), np.bool_)
    for mix in range(len(cost)):
        looked_at = finalist[mix] or cost[mix] < within
        front[mix] = mix in best or (looked_at and not pairs.beaten(mix, means))
    weights = resampled(longest, luck, resamples)
    share = np.where(finalist, 0.0, np.nan)
    for k in range(resamples):
        means = pairs.means({longest: weights[:, k]})
        for mix in np.flatnonzero(front & finalist).tolist():
            share[mix] += not pairs.beaten(mix, means)
    return front, share / resamples


class _Pairs:
    """Any two mixes on the replications that both have."""

    def __init__(self, cost: Floats, gains: Sequence[Floats]) -> None:
        self.cost = cost
        self.lengths = np.array([len(own) for own in gains])
        self.stacks = {
            int(length): np.stack([own[:length] for own in gains if len(own) >= length])
            for length in np.unique(self.lengths)
        }

    def means(self, weights: Mapping[int, Floats]) -> dict[int, Floats]:
        """Return by number of replications the mean gains over the first so many; NaN for mixes with fewer."""
        out: dict[int, Floats] = {}
        for length, weight in weights.items():
            out[length] = np.full((len(self.cost), self.stacks[length].shape[2]), np.nan)
            out[length][self.lengths >= length] = np.einsum("mro,r->mo", self.stacks[length], weight)
        return out

    def beaten(self, mix: int, means: Mapping[int, Floats]) -> bool:
        """Return whether another mix is as cheap and as good by everything, and better in something."""
        longest = int(self.lengths[mix])
        for length, level in means.items():
            if length > longest:
                continue
            # Those with as many or more are compared on all that the mix has, the others on what they have.
            rivals = self.lengths >= length if length == longest else self.lengths == length
            rivals = rivals & (self.cost <= self.cost[mix])
            other, own = level[rivals], level[mix]
            better = (other > own).any(axis=1) | (self.cost[rivals] < self.cost[mix])
            if ((other >= own).all(axis=1) & better).any():
                return True
        return False
