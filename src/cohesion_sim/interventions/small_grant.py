"""Small grant: organisers of several communities run one local project [C24, C25]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cohesion_sim.activities import NOTHING, Activities, Cost, Draws, PeopleView
from cohesion_sim.interventions._shared import LocalProjects, combined, grievance
from cohesion_sim.parameters import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallGrant(LocalProjects):
    """One local project paid by a small grant, of which the municipality may carry a share [C22].

    Organisers, as many from each community, work together; the theme says what the project does for those it
    reaches.
    """

    start: Annotated[int, Choice("week", 0, 520, "the grant is paid")]
    organisers: Annotated[int, Choice("people", 0, 100, "who run the project")]
    grant: Annotated[float, Choice("USD", 0, 1_000_000, "cost of the project")]
    local_share: Annotated[float, Choice("share of the grant", 0, 1, "paid by the municipality itself")]
    shared: Annotated[bool, "the project is for all quarters alike"]

    def act(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        """Return the grant in its first week, and what the project does this week."""
        if self.organisers + self.reached == 0 or not self._busy(week, self.start):
            return NOTHING
        place, left_out = self._places(people, draws, self.start, shared=self.shared)
        work = self._project(
            week, people, draws, award=self.start, name="project", place=place, organisers=self.organisers
        )
        if week > self.start:
            return work
        paid = Cost(line="grants", usd=self.grant, own=self.grant * self.local_share)
        harms = () if self.shared else grievance(left_out, self.favouritism)
        return combined(work, Activities(costs=(paid,), harms=harms))

    def planned_cost(self, weeks: int) -> float:
        """Return the USD spent at most in a run of ``weeks`` weeks."""
        return self.grant if self.organisers + self.reached and self.start < weeks else 0.0
