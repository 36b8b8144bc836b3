"""Drought: irrigation water runs short [B14]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cohesion_sim.activities import NOTHING, Activities, Draws, PeopleView
from cohesion_sim.parameters import Fact
from cohesion_sim.selection import ADULT, aged, where
from cohesion_sim.shocks._shared import Shock, harm, pressure


@dataclass(frozen=True, slots=True, kw_only=True)
class Drought(Shock):
    """A drought: more disputes over land and water while it lasts, and adults are aggrieved once."""

    factor: Annotated[float, Fact("ratio", 0, 50, "land and water disputes against before")]
    weeks: Annotated[int, Fact("weeks", 1, 104, "how long it lasts")]
    grievance: Annotated[float, Fact("0-1", 0, 1, "added to the grievance of all adults")]

    def act(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        """Return the pressure while the drought lasts, and the grievance in its first week."""
        if not self.lately(week, self.weeks, draws):
            return NOTHING
        harms = (
            harm(where(aged(people, ADULT)), grievance=self.grievance) if self.happens(week, draws) else ()
        )
        return Activities(harms=harms, pressures=pressure(("land_water",), self.factor))
