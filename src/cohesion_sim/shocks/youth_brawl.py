"""Youth brawl: youths of two communities come to blows [C47-C49]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from cohesion_sim.activities import NOTHING, Activities, Draws, Incident, PeopleView
from cohesion_sim.parameters import Fact
from cohesion_sim.selection import YOUTH, aged, chance, where
from cohesion_sim.shocks._shared import Shock, harm, pressure


@dataclass(frozen=True, slots=True, kw_only=True)
class YouthBrawl(Shock):
    """A brawl between youths of two communities, in one village if it can be.

    Nothing happens where all youths are of one community.
    """

    group: Annotated[
        float, Fact("probability", 0, 1, "it is a group fight at once; otherwise a quarrel with blows")
    ]
    security: Annotated[float, Fact("share", 0, 1, "of felt security lost by pupils of the two schools")]
    factor: Annotated[float, Fact("ratio", 0, 50, "youth quarrels against before")]
    weeks: Annotated[int, Fact("weeks", 1, 104, "how long the tension lasts")]

    def act(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        """Return the brawl in its week, and the tension of the weeks after."""
        if not self.lately(week, self.weeks, draws):
            return NOTHING
        youths = where(aged(people, *YOUTH) & ~people.female)
        if len(np.unique(people.community[youths])) < 2:
            return NOTHING
        tension = pressure(("youth",), self.factor)
        if not self.happens(week, draws):
            return Activities(pressures=tension)
        boys = draws.shuffled("youth", week, youths)
        first = boys[0]
        others = boys[people.community[boys] != people.community[first]]
        second = others[np.argmin(people.village[others] != people.village[first])]
        level = 1 if chance(draws, "group", week) < self.group else 0
        schools = people.school[[first, second]]
        pupils = where(np.isin(people.school, schools[schools >= 0]))
        incident = Incident(first=int(first), second=int(second), kind="youth", level=level)
        return Activities(
            incidents=(incident,), harms=harm(pupils, security=self.security), pressures=tension
        )
