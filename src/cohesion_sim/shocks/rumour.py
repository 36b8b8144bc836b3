"""Rumour or provocation against one community [C46, C47]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cohesion_sim.activities import NOTHING, Activities, Draws, PeopleView
from cohesion_sim.parameters import Fact
from cohesion_sim.selection import ANSWERS_FROM, aged, chance, come, index, where
from cohesion_sim.shocks._shared import Shock, harm, pressure


@dataclass(frozen=True, slots=True, kw_only=True)
class Rumour(Shock):
    """A rumour or provocation against one community: some others believe it, its members are afraid."""

    hearing: Annotated[
        float, Fact("share", 0, 1, "of the other residents of 14 and older who hear and believe it")
    ]
    attitude: Annotated[
        float, Fact("share", 0, 1, "of the attitude to the community lost by those who believe it")
    ]
    security: Annotated[float, Fact("share", 0, 1, "of felt security lost by the community it is about")]
    factor: Annotated[float, Fact("ratio", 0, 50, "inter-community disputes against before")]
    weeks: Annotated[int, Fact("weeks", 1, 104, "how long the tension lasts")]
    against: Annotated[str, "the community it is about (empty: drawn)"] = ""

    def act(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        """Return what is believed and feared in the week of the rumour, then the tension after it."""
        if not self.lately(week, self.weeks, draws):
            return NOTHING
        tension = pressure(("inter_community",), self.factor)
        if not self.happens(week, draws):
            return Activities(pressures=tension)
        if self.against:
            target = index(self.against, people.community_names, "community")
        else:
            target = int(chance(draws, "against", week) * len(people.community_names))
        old_enough, theirs = aged(people, ANSWERS_FROM), people.community == target
        believers = come(where(old_enough & ~theirs), self.hearing, draws, "believes", week)
        harms = harm(believers, attitude=self.attitude, community=target)
        return Activities(
            harms=harms + harm(where(old_enough & theirs), security=self.security), pressures=tension
        )
