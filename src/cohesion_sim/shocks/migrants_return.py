"""Migrants' return: those who work abroad come home at once; share and time are assumptions [own]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cohesion_sim.activities import NOTHING, Activities, Draws, PeopleView, Return, no_rows
from cohesion_sim.parameters import Fact
from cohesion_sim.selection import come, joined, where
from cohesion_sim.shocks._shared import Shock, harm, pressure


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrantsReturn(Shock):
    """Those who work abroad come home at once, for some time: families and neighbours make room.

    Nothing happens in weeks when nobody is abroad.
    """

    share: Annotated[float, Fact("share", 0, 1, "of those abroad who come home")]
    weeks: Annotated[int, Fact("weeks", 1, 104, "how long their stay lasts")]
    factor: Annotated[float, Fact("ratio", 0, 50, "family and neighbour disputes against before")]
    grievance: Annotated[float, Fact("0-1", 0, 1, "added to the grievance of those who come home")]

    def act(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        """Return who is at home this week because of the return, and the pressure while they are."""
        events = self.events(week, self.weeks, draws)
        if not events:
            return NOTHING
        home = no_rows()
        if events[-1] == week:
            home = come(where(people.away), self.share, draws, "returns", week)
        # Each return lasts its own time: of all who ever came home, those whom a recent one brought.
        earlier = [
            come(people.enrolled, self.share, draws, "returns", event) for event in events if event < week
        ]
        back = joined(home, *earlier)
        if len(back) == 0:
            return NOTHING
        return Activities(
            returns=(Return(people=back),),
            harms=harm(home, grievance=self.grievance),
            pressures=pressure(("family", "neighbour"), self.factor),
            enrol=home,
        )
