"""Rounds of runs that close in on the facts: where to run next, and what is known in the end.

The first round fills the prior. Each later round is drawn from what is known by then, with the figures taken half as
seriously as they are, so that it also covers the edges. In the end the emulator knows the region that matters.
What a round has clearly ruled out stays ruled out: there the later emulators have seen nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.randomness import Luck
from cohesion_sim.studies.calibration import emulator as emulators
from cohesion_sim.studies.calibration.emulator import Emulator
from cohesion_sim.studies.calibration.sampling import DRAWS, Weighted, posterior, spread_out

Floats = NDArray[np.float64]
RULED_OUT = 1e-6  # chance beyond which a point of an earlier round's posterior is left out for good
HALF = 0.5  # how seriously figures are taken when points for the next round are drawn
WEEK = np.array([-1])


@dataclass(frozen=True, slots=True)
class Figures:
    """What was observed, on the scale on which luck is about normal, and the variance of measuring it, (targets,)."""

    observed: Floats
    noise: Floats


@dataclass(frozen=True, slots=True)
class Known:
    """What is known after some rounds."""

    figures: Figures
    stages: tuple[tuple[Emulator, float], ...]  # an emulator a round, and the log likelihood below which it rules out

    def log_likelihood(self, unit: Floats) -> Floats:
        """Return how likely the figures are at each point; minus infinity where an earlier round ruled it out."""
        *before, (last, _) = self.stages
        told = emulators.log_likelihood(last, unit, *self._figures())
        for stage, least in before:
            told = np.where(emulators.log_likelihood(stage, unit, *self._figures()) < least, -np.inf, told)
        return told

    def _figures(self) -> tuple[Floats, Floats]:
        return self.figures.observed, self.figures.noise


def first_points(facts: int, number: int, seed: int) -> Floats:
    """Return the points of the first round, (number, facts) on 0-1."""
    return spread_out(facts, number, seed)


def learned(figures: Figures, rounds: list[tuple[Floats, Floats]], seed: int) -> Known:
    """Return what is known after ``rounds`` of (points, what the runs there gave); runs that failed are left out."""
    unit = np.concatenate([points for points, _ in rounds])
    found = np.concatenate([values for _, values in rounds])
    of_round = np.repeat(np.arange(len(rounds)), [len(points) for points, _ in rounds])
    known = Known(figures, ())
    for number in range(len(rounds)):
        here = of_round <= number
        inside = _near(known, unit[here]) if known.stages else np.ones(int(here.sum()), np.bool_)
        emulator = emulators.fitted(unit[here][inside], found[here][inside])
        known = Known(figures, (*known.stages, (emulator, -np.inf)))
        if number < len(rounds) - 1:
            known = Known(figures, (*known.stages[:-1], (emulator, _least(known, unit.shape[1], seed + number))))
    return known


def _least(known: Known, facts: int, seed: int) -> float:
    """Return the log likelihood below which a point is ruled out: far below the best, for so many facts."""
    from scipy.special import chdtri

    best = known.log_likelihood(spread_out(facts, 4096, seed)).max()
    return float(best - 0.5 * chdtri(facts, RULED_OUT))


def _near(known: Known, unit: Floats) -> NDArray[np.bool_]:
    """Return which points to fit: those not ruled out, or at least enough of the most likely ones."""
    _, least = known.stages[-1]
    told = known.log_likelihood(unit)
    enough = 2 * emulators.SPARE * emulators.terms_of(unit.shape[1], 2)
    worst = np.sort(told)[::-1][min(enough, len(told)) - 1]
    return np.asarray(told >= min(least, worst))


def next_points(known: Known, facts: int, number: int, seed: int, draws: int = DRAWS) -> Floats:
    """Return the points of the next round, (number, facts) on 0-1."""
    wide = posterior(known.log_likelihood, facts, seed, power=HALF, draws=draws)
    return wide.resampled(number, start_of(seed))


def concluded(known: Known, facts: int, seed: int, draws: int = DRAWS) -> Weighted:
    """Return draws from the posterior."""
    return posterior(known.log_likelihood, facts, seed, draws=draws)


def start_of(seed: int) -> float:
    """Return a number in [0, 1) that belongs to the seed."""
    return float(Luck(seed, "calibration").uniform("start", 0, WEEK)[0])


def searched(
    simulate: Callable[[Floats, int], Floats],
    figures: Figures,
    facts: int,
    *,
    runs: int,
    rounds: int,
    seed: int,
    draws: int = DRAWS,
) -> tuple[Known, Weighted]:
    """Return what is known, and the posterior, of any ``simulate(points, number of the round)``."""
    done: list[tuple[Floats, Floats]] = []
    points = first_points(facts, runs, seed)
    for number in range(rounds):
        done.append((points, simulate(points, number)))
        known = learned(figures, done, seed)
        if number < rounds - 1:
            points = next_points(known, facts, runs, seed + number + 1, draws)
    return known, concluded(known, facts, seed, draws)
