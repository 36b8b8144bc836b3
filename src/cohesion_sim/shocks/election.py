"""Election: a contested campaign for the local council [B3]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cohesion_sim.activities import NOTHING, Activities, Draws, Harm, PeopleView, Service, no_rows
from cohesion_sim.parameters import Fact
from cohesion_sim.selection import ADULT, aged, come, where
from cohesion_sim.shocks._shared import Shock, harm, pressure


@dataclass(frozen=True, slots=True, kw_only=True)
class Election(Shock):
    """An election, the vote being in ``week``: a campaign that divides, a result some do not believe."""

    campaign: Annotated[int, Fact("weeks", 1, 52, "length of the campaign before the vote")]
    factor: Annotated[float, Fact("ratio", 0, 50, "all disputes during the campaign against before")]
    attitude: Annotated[float, Fact("share", 0, 1, "to all others lost by those whom the campaign stirs")]
    stirred: Annotated[float, Fact("share", 0, 1, "of adults whom the campaign stirs against the others")]
    losers: Annotated[float, Fact("share", 0, 1, "of adults who feel cheated of the result")]
    bad: Annotated[
        float, Fact("events", 0, 10, "bad experiences with the municipality of those who feel cheated")
    ]

    def act(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        """Return the campaign's pressure, whom it stirs at first, and who feels cheated at the vote."""
        campaigning = self._votes_within(week + 1, week + self.campaign, draws)
        voting = self.happens(week, draws)
        if not (campaigning or voting):
            return NOTHING
        harms: tuple[Harm, ...] = ()
        services: tuple[Service, ...] = ()
        opening = self.happens(week + self.campaign, draws) or (
            week == 0 and self._votes_within(1, self.campaign, draws)
        )
        adults = where(aged(people, ADULT)) if opening or voting else no_rows()
        if opening:
            harms = harm(come(adults, self.stirred, draws, "stirred", week), attitude=self.attitude)
        if voting and self.bad > 0:
            cheated = come(adults, self.losers, draws, "cheated", week)
            services = (Service(people=cheated, good=-self.bad),) if len(cheated) else ()
        tension = pressure(("all",), self.factor) if campaigning else ()
        return Activities(harms=harms, services=services, pressures=tension)

    def _votes_within(self, first: int, last: int, draws: Draws) -> bool:
        """Return whether there is a vote in a week from ``first`` to ``last``."""
        if self.chance == 0:
            return first <= self.week <= last
        return any(self.happens(week, draws) for week in range(first, last + 1))
