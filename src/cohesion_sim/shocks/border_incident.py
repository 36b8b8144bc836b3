"""Border incident: shooting or closure nearby makes people fear and blame [C46, C48]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cohesion_sim.activities import NOTHING, Activities, Draws, PeopleView
from cohesion_sim.parameters import Fact
from cohesion_sim.selection import ADULT, ANSWERS_FROM, aged, index, where
from cohesion_sim.shocks._shared import Shock, harm, pressure


@dataclass(frozen=True, slots=True, kw_only=True)
class BorderIncident(Shock):
    """An incident at a border nearby: fear for all, grievance for adults, blame for one community."""

    security: Annotated[float, Fact("share", 0, 1, "of felt security lost by all residents")]
    grievance: Annotated[float, Fact("0-1", 0, 1, "added to the grievance of all adults")]
    attitude: Annotated[float, Fact("share", 0, 1, "to the blamed community lost by the others")]
    factor: Annotated[float, Fact("ratio", 0, 50, "inter-community disputes against before")]
    weeks: Annotated[int, Fact("weeks", 1, 104, "how long the tension lasts")]
    against: Annotated[str, "the community that is blamed (empty: none)"] = ""

    def act(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        """Return fear and blame in the week of the incident, and the tension of the weeks after."""
        if not self.lately(week, self.weeks, draws):
            return NOTHING
        tension = pressure(("inter_community",), self.factor)
        if not self.happens(week, draws):
            return Activities(pressures=tension)
        asked = aged(people, ANSWERS_FROM)
        harms = harm(where(asked), security=self.security)
        harms += harm(where(aged(people, ADULT)), grievance=self.grievance)
        if self.against:
            blamed = index(self.against, people.community_names, "community")
            harms += harm(
                where(asked & (people.community != blamed)), attitude=self.attitude, community=blamed
            )
        return Activities(harms=harms, pressures=tension)
