"""A race of many mixes on the same luck: replications are spent where the choice is still open.

All mixes live through the same replications, so what is compared are paired differences. After each round the mixes
that are surely worse than the leader drop out, and those left live through more replications [KARNIN13, BIRATTARI10].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.randomness import Luck

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Ask = Callable[[Rows, range], Floats]
"""Gains of some mixes in some replications, shape (mixes, replications, outcomes); NaN: the run failed.

A replication in which nothing can be compared, for its run without a programme failed, is left out for all mixes.
"""

FIRST = 4
"""Replications of the first round."""
ERROR = 0.05
"""Chance, over the whole race, that any mix is called surely worse than one that is no better.

It is shared out over all looks, outcomes and pairs of mixes: the leader is chosen from the same gains as it is compared
on, so it could have been any of them.
"""
SAME = 0.01
"""Mixes that differ by less than this share of the leader's gain are as good."""
PRIOR = 4.0
"""Degrees of freedom that the spread of all mixes lends to the spread of one [SMYTH04]."""

ROUNDING = 1e-9  # of the largest mean: less than this is no difference


@dataclass(slots=True)
class Race:
    """What is known of the mixes so far.

    Attributes
    ----------
    looks
        How often the race is looked at, at most.
    gains
        By mix: shape (replications lived through, outcomes).
    alive
        Mixes that may still be the best by some outcome.
    runs
        Runs spent, those without a programme included.
    worse
        Mixes that dropped out because they are surely worse than the leader, by every outcome.
    failed
        Mixes that dropped out because a run of them failed.
    rounds
        After each round: replications, mixes that took part, mixes left.
    """

    looks: int
    gains: dict[int, Floats] = field(default_factory=dict)
    alive: Rows = field(default_factory=lambda: np.zeros(0, np.int64))
    runs: int = 0
    worse: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    rounds: list[tuple[int, int, int]] = field(default_factory=list)
    lived: int = 0  # replications that some mix has lived through

    def add(self, ask: Ask, mixes: Rows, replications: range) -> None:
        """Let some mixes live through more replications."""
        found = ask(mixes, replications)
        for mix, gains in zip(mixes.tolist(), found, strict=True):
            before = self.gains.get(mix)
            self.gains[mix] = gains if before is None else np.concatenate([before, gains])
        new = replications.stop > self.lived
        # Where it is known that nothing can be compared, nothing is run; where it only turns out, all have been.
        self.runs += len(mixes) * (len(replications) if new else found.shape[1]) + (len(replications) if new else 0)
        self.lived = max(self.lived, replications.stop)

    def of(self, mixes: Rows) -> Floats:
        """Return the gains of mixes that lived through the same replications, shape (mixes, replications, outcomes)."""
        return np.stack([self.gains[mix] for mix in mixes.tolist()])

    def look(self) -> None:
        """Let those mixes go of which a run failed, and those that are surely worse than the leader."""
        gains = self.of(self.alive)
        sound = np.isfinite(gains).all(axis=(1, 2))
        stay = in_the_race(gains[sound], self.looks)
        self.failed |= set(self.alive[~sound].tolist())
        self.worse |= set(self.alive[sound][~stay].tolist())
        self.alive = self.alive[sound][stay]


def race(ask: Ask, features: NDArray[np.bool_], *, runs: int, most: int, luck: Luck) -> Race:
    """Return a finished race.

    Parameters
    ----------
    ask
        Lets mixes live and returns their gains.
    features
        What each mix has, shape (mixes, features): from it the promising ones are guessed where there are too many
        mixes to try them all.
    runs
        Runs to spend at most, those without a programme included.
    most
        Replications of one mix at most.
    luck
        Which mixes are tried first where not all can be.
    """
    first = min(FIRST, most)
    steps = _steps(first, most)
    state = Race(len(steps))
    # Half is kept for the rounds to come, where there are any.
    room = max(2, ((runs if most <= first else runs // 2) - first) // first)
    everybody = np.arange(len(features))
    if len(features) <= room:
        state.add(ask, everybody, range(first))
    else:
        _scouted(state, ask, features, room, first, luck)
    state.alive = np.array(sorted(state.gains), np.int64)
    for number, more in enumerate([*steps[1:], None]):
        took_part = len(state.alive)
        done = steps[number]
        state.look()
        if more is not None:
            # What is left is spent in equal parts on the rounds to come.
            share = (runs - state.runs) / (len(steps) - 1 - number)
            state.alive = _leaders(state, int(share // (more - done)) - 1)
        state.rounds.append((done, took_part, len(state.alive)))
        if more is None or len(state.alive) < 2 or runs - state.runs < 3 * (more - done):
            break
        if as_good(state.of(state.alive), state.looks):
            break
        state.add(ask, state.alive, range(done, more))
    return state


def _steps(first: int, most: int) -> list[int]:
    """Return the replications after each round: twice as many each time."""
    steps = [first]
    while steps[-1] < most:
        steps.append(min(most, 2 * steps[-1]))
    return steps


def _scouted(
    state: Race, ask: Ask, features: NDArray[np.bool_], room: int, first: int, luck: Luck
) -> None:
    """Try some mixes at random, guess from them what each feature adds, and try those that promise most."""
    n = len(features)
    order = luck.shuffled("scouts", 0, np.arange(n)).astype(np.int64)
    state.add(ask, np.sort(order[: room // 2]), range(first))
    while len(state.gains) < room:
        tried = np.array(sorted(state.gains), np.int64)
        guess = _guessed(features, tried, _means(state.of(tried)))
        guess[tried] = -np.inf
        batch = min(max(2, room // 4), room - len(tried))
        ranked = np.argsort(-guess, axis=0, kind="stable")
        fresh: dict[int, None] = {}
        for mix in ranked.ravel():  # outcome by outcome, the most promising of each first
            if len(fresh) == batch:
                break
            if np.isfinite(guess[mix]).all():
                fresh[int(mix)] = None
        if not fresh:
            break
        state.add(ask, np.array(sorted(fresh), np.int64), range(first))


def _guessed(features: NDArray[np.bool_], tried: Rows, gains: Floats) -> Floats:
    """Return the gain of every mix if each feature added its own (ridge regression), shape (mixes, outcomes)."""
    known = np.isfinite(gains).all(axis=1)
    design = np.column_stack([np.ones(len(features)), features]).astype(np.float64)
    ridge = np.sqrt(0.1) * np.eye(design.shape[1])
    ridge[0, 0] = 0.0
    rows = np.concatenate([design[tried[known]], ridge])
    answers = np.concatenate([gains[known], np.zeros((len(ridge), gains.shape[1]))])
    weights, *_ = np.linalg.lstsq(rows, answers, rcond=None)
    return np.asarray(design @ weights)


def in_the_race(gains: Floats, looks: int) -> NDArray[np.bool_]:
    """Return which mixes are not surely worse than the leader by every outcome.

    ``gains`` has shape (mixes, replications, outcomes); ``looks`` is how often the race is looked at.
    """
    stays = np.zeros(len(gains), np.bool_)
    for outcome in range(gains.shape[2] if len(gains) else 0):
        lag, margin = behind(gains[:, :, outcome], looks * gains.shape[2])
        stays |= lag <= margin
    return stays


def as_good(gains: Floats, looks: int) -> bool:
    """Return whether all mixes are surely within `SAME` of the leader's gain, by every outcome."""
    for outcome in range(gains.shape[2]):
        lag, margin = behind(gains[:, :, outcome], looks * gains.shape[2])
        allowed = SAME * abs(float(_means(gains)[:, outcome].max()))
        if (lag + margin > allowed).any():
            return False
    return True


def behind(gains: Floats, tests: int) -> tuple[Floats, Floats]:
    """Return how far each mix is behind the leader, and how far that must be to be sure; shapes (mixes,).

    ``gains`` has shape (mixes, replications); ``tests`` is how often the same mixes are compared, over looks and
    outcomes.
    """
    from scipy.special import stdtrit

    means = _means(gains)
    difference = gains[int(means.argmax())] - gains
    mixes, count = gains.shape
    if count < 2:
        return np.zeros(mixes), np.full(mixes, np.inf)
    spread = difference.var(axis=1, ddof=1)
    usual = float(np.median(spread[spread > 0])) if (spread > 0).any() else 0.0
    held = (PRIOR * usual + (count - 1) * spread) / (PRIOR + count - 1)
    held[(difference == 0).all(axis=1)] = 0.0  # the leader itself, and its doubles
    quantile = -float(stdtrit(PRIOR + count - 1, ERROR / tests / max(1, mixes * (mixes - 1))))
    return difference.mean(axis=1), quantile * np.sqrt(held / count)


def _means(gains: Floats) -> Floats:
    """Return the mean over replications, the second axis; 0 when there is none yet."""
    return gains.mean(axis=1) if gains.shape[1] else np.zeros((len(gains), *gains.shape[2:]))


def _leaders(state: Race, room: int) -> Rows:
    """Return the mixes in the race, or the ``room`` best of them, outcome by outcome in turn."""
    alive = state.alive
    if len(alive) <= max(2, room):
        return alive
    means = _means(state.of(alive))
    ranked = np.argsort(-means, axis=0, kind="stable")
    kept = list(dict.fromkeys(ranked.ravel().tolist()))[: max(2, room)]
    return np.sort(alive[kept])


def chances(gains: Floats, luck: Luck, resamples: int = 2000) -> tuple[Floats, Floats]:
    """Return the chance of each mix that no other is better, and how much it would lose on average against the best.

    Both by resampling the replications, all mixes together; shapes (mixes,). ``gains`` has shape (mixes, replications).
    """
    means = gains @ resampled(gains.shape[1], luck, resamples)
    behind_first = means.max(axis=0) - means
    first = behind_first <= ROUNDING * np.abs(means).max(axis=0)
    return first.mean(axis=1), np.where(first, 0.0, behind_first).mean(axis=1)


def resampled(count: int, luck: Luck, resamples: int) -> Floats:
    """Return how often each replication is in each resample, over their number; shape (replications, resamples)."""
    drawn = luck.uniform("resamples", count, np.arange(count * resamples)).reshape(resamples, count)
    index = (drawn * count).astype(np.int64)
    weights = np.zeros((resamples, count))
    np.add.at(weights, (np.arange(resamples)[:, None], index), 1.0 / count)
    return weights.T


def regrets(gains: Floats) -> Floats:
    """Return, for each mix and replication, how much less it gains than the best mix there; shape of ``gains``."""
    lost: Floats = gains.max(axis=0) - gains
    return lost


def scores(gains: Floats, weights: Sequence[float]) -> Floats:
    """Return one weighted score a mix and replication where weights are given, else the gains; last axis outcomes."""
    return gains if not weights else (gains @ np.asarray(weights, np.float64))[..., None]
