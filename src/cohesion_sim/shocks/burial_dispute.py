"""Burial or conversion dispute: a village is torn over a grave or a convert [C50-C54]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from cohesion_sim.activities import NOTHING, Activities, Draws, Incident, PeopleView
from cohesion_sim.parameters import Fact
from cohesion_sim.selection import ADULT, ANSWERS_FROM, RELIGIOUS_LEADER, aged, chance, come, where
from cohesion_sim.shocks._shared import Shock, harm, pressure


@dataclass(frozen=True, slots=True, kw_only=True)
class BurialDispute(Shock):
    """A burial or conversion dispute: a family of a small confession against the largest one.

    Nothing happens where nobody of a small confession lives beside the largest.
    """

    crowd: Annotated[float, Fact("probability", 0, 1, "it draws a crowd; otherwise it stays a quarrel")]
    witnesses: Annotated[
        float, Fact("share", 0, 1, "of the village's residents of 14 and older who take sides")
    ]
    attitude: Annotated[float, Fact("share", 0, 1, "to the small community lost by those who take sides")]
    security: Annotated[
        float, Fact("share", 0, 1, "of felt security lost by the small community in the village")
    ]
    factor: Annotated[float, Fact("ratio", 0, 50, "religious disputes against before")]
    weeks: Annotated[int, Fact("weeks", 1, 104, "how long the tension lasts")]

    def act(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        """Return the dispute and who is hurt by it in its week, and the tension of the weeks after."""
        if not self.lately(week, self.weeks, draws):
            return NOTHING
        largest = people.confession == np.bincount(people.confession).argmax()
        grown = aged(people, ADULT)
        families = where(
            grown & ~largest & np.isin(people.village, np.unique(people.village[grown & largest]))
        )
        if len(families) == 0:
            return NOTHING
        tension = pressure(("religious",), self.factor)
        if not self.happens(week, draws):
            return Activities(pressures=tension)
        family = draws.shuffled("family", week, families)[0]
        village = people.village == people.village[family]
        opponents = draws.shuffled("opponent", week, where(grown & largest & village))
        # The imam speaks for the village where there is one [C51].
        opponents = opponents[np.argsort(people.role[opponents] != RELIGIOUS_LEADER, kind="stable")]
        level = 2 if chance(draws, "crowd", week) < self.crowd else 0
        small = int(people.community[family])
        asked = village & aged(people, ANSWERS_FROM)
        sides = come(
            where(asked & largest & (people.community != small)), self.witnesses, draws, "takes sides", week
        )
        harms = harm(sides, attitude=self.attitude, community=small)
        harms += harm(where(asked & ~largest & (people.community == small)), security=self.security)
        incident = Incident(first=int(family), second=int(opponents[0]), kind="religious", level=level)
        return Activities(incidents=(incident,), harms=harms, pressures=tension)
