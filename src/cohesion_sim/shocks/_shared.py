"""Pieces shared by several kinds of shock: when it happens, and what people feel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from cohesion_sim.activities import Draws, Harm, Pressure, Rows
from cohesion_sim.parameters import Fact
from cohesion_sim.selection import chance as number


@dataclass(frozen=True, slots=True, kw_only=True)
class Shock:
    """Something that happens in a scheduled week, or by chance in any week, or both."""

    week: Annotated[int, Fact("week", -1, 520, "when it happens (-1: not scheduled)")]
    chance: Annotated[float, Fact("events a year", 0, 52, "how often it happens besides")]

    def happens(self, week: int, draws: Draws) -> bool:
        """Return whether it happens this week; by chance as a Poisson process, at most once a week."""
        if week < 0:
            return False
        if week == self.week:
            return True
        return self.chance > 0 and number(draws, "happens", week) < 1 - math.exp(-self.chance / 52)

    def lately(self, week: int, weeks: int, draws: Draws) -> bool:
        """Return whether it happened this week or in the ``weeks`` - 1 weeks before."""
        if self.chance == 0:
            return self.week >= 0 and self.week <= week < self.week + weeks
        return any(self.happens(past, draws) for past in range(week, week - weeks, -1))


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
