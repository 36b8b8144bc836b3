"""Pieces shared by several kinds of shock: when it happens, and what people feel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import numpy as np

from cohesion_sim.activities import Draws, Harm, Pressure, Rows
from cohesion_sim.kernels.arithmetic import exp
from cohesion_sim.parameters import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Shock:
    """Something that happens in a scheduled week, or by chance in any week, or both."""

    week: Annotated[int, Fact("week", -1, 520, "when it happens (-1: not scheduled)")]
    chance: Annotated[float, Fact("events a year", 0, 52, "how often it happens besides")]

    def happens(self, week: int, draws: Draws) -> bool:
        """Return whether it happens this week; by chance as a Poisson process, at most once a week."""
        return self.lately(week, 1, draws)

    def lately(self, week: int, weeks: int, draws: Draws) -> bool:
        """Return whether it happened this week or in the ``weeks`` - 1 weeks before."""
        if self.week >= 0 and self.week <= week < self.week + weeks:
            return True
        return self.chance > 0 and len(self.events(week, weeks, draws)) > 0

    def events(self, week: int, weeks: int, draws: Draws) -> list[int]:
        """Return in which of this week and the ``weeks`` - 1 weeks before it happened, ascending."""
        past = range(max(0, week - weeks + 1), week + 1)
        if self.chance <= 0:
            return [event for event in past if event == self.week]
        # A week has its number whoever asks and when: it is an entity of its own (below 0: no resident).
        luck = draws.uniform("happens", 0, np.arange(-1 - past.start, -1 - past.stop, -1, dtype=np.int32))
        happened = (luck < _weekly_chance(self.chance)).tolist()
        return [event for event, by_chance in zip(past, happened, strict=True) if by_chance or event == self.week]


@lru_cache(maxsize=256)
def _weekly_chance(events: float) -> float:
    """Return the chance of at least one in a week, of so many events a year."""
    chance: float = 1 - exp.py_func(-events / 52)
    return chance


def pressure(kinds: tuple[str, ...], factor: float) -> tuple[Pressure, ...]:
    """Return the pressure on these kinds of dispute; none when the factor is one."""
    return tuple(Pressure(kind=kind, factor=factor) for kind in kinds) if factor != 1 else ()


def harm(
    rows: Rows, *, security: float = 0.0, attitude: float = 0.0, grievance: float = 0.0, community: int = -1
) -> tuple[Harm, ...]:
    """Return the harm to ``rows``; none when it is nothing or nobody's."""
    if len(rows) == 0 or not (security or attitude or grievance):
        return ()
    return (
        Harm(people=rows, security=security, attitude=attitude, grievance=grievance, community=community),
    )
