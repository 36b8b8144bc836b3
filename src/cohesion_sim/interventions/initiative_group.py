"""Initiative group: the most active participants of mixed roles write and run local projects [A1]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from cohesion_sim.activities import NOTHING, Activities, Cost, Draws, PeopleView, Rows, no_rows
from cohesion_sim.interventions._shared import LocalProjects, combined, grievance
from cohesion_sim.parameters import Choice, Fact
from cohesion_sim.selection import (
    ACTIVIST,
    ADULT,
    OFFICIAL,
    RELIGIOUS_LEADER,
    aged,
    in_body,
    is_session,
    most_active,
    sessions,
    stay,
)

YOUNG_MEMBERS = (16, 28)
"""First and last age of the youths in the group (assumption)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InitiativeGroup(LocalProjects):
    """The most active participants of mixed roles, accompanied while they write and run their projects.

    Members are chosen by what they did so far, so earlier activities decide who is in. Projects run one after
    another.
    """

    start: Annotated[int, Choice("week", 0, 520, "the group is formed")]
    officials: Annotated[int, Choice("people", 0, 50, "officials in the group")]
    religious_leaders: Annotated[int, Choice("people", 0, 50, "religious leaders in the group")]
    activists: Annotated[int, Choice("people", 0, 50, "activists in the group")]
    youth: Annotated[int, Choice("people", 0, 50, "residents of 16-28 in the group")]
    womens_council: Annotated[int, Choice("people", 0, 50, "of the women's council in the group")]
    writing: Annotated[int, Choice("weeks", 0, 52, "from the forming of the group to its first project")]
    projects: Annotated[int, Choice("number", 0, 20, "local projects, one after another")]
    grant: Annotated[float, Choice("USD per project", 0, 1_000_000, "cost of a project")]
    local_share: Annotated[float, Choice("share of the grant", 0, 1, "paid by the municipality itself")]
    shared: Annotated[bool, "projects are for all quarters alike"]
    drop_out: Annotated[float, Fact("share a year", 0, 0.95, "members who leave")]
    price: Annotated[float, Choice("USD per session", 0, 10_000, "accompaniment of the group")]

    def act(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        """Return the group's meeting while it writes, then the project that runs this week."""
        first = self.start + self.writing
        if self._size == 0 or not self.start <= week < first + self.projects * self.weeks:
            return NOTHING
        formed = week == self.start
        group = self._form(people, draws, week) if formed else people.enrolled
        group = stay(group, self.drop_out, draws, self.start, week)
        enrol = group if formed else no_rows()
        if week < first:
            if not is_session(week, self.start, first, self.every):
                return Activities(enrol=enrol) if formed else NOTHING
            session = self.hold(week, people, draws, group)
            return Activities(
                meetings=session.meetings,
                harms=session.harms,
                attended=session.came,
                enrol=enrol,
                costs=(Cost(line="accompaniment", usd=self.price),),
            )
        number, since = divmod(week - first, self.weeks)
        award = week - since
        work = self._work(week, people, draws, award=award, number=number, group=group)
        costs: tuple[Cost, ...] = ()
        if since % self.every == 0:
            costs += (Cost(line="accompaniment", usd=self.price),)
        if since == 0:
            costs += (Cost(line="grants", usd=self.grant, own=self.grant * self.local_share),)
        return combined(work, Activities(costs=costs, enrol=enrol) if costs else NOTHING)

    def _work(
        self, week: int, people: PeopleView, draws: Draws, *, award: int, number: int, group: Rows
    ) -> Activities:
        """Return this week of the project with this number, run by the group."""
        if not self._busy(week, award):
            return NOTHING
        place, left_out = self._places(people, draws, award, shared=self.shared)
        work = self._project(
            week, people, draws, award=award, name=f"project {number}", place=place, organisers=group
        )
        if week == award and not self.shared:
            work = combined(work, Activities(harms=grievance(left_out, self.favouritism)))
        return work

    @property
    def _size(self) -> int:
        return self.officials + self.religious_leaders + self.activists + self.youth + self.womens_council

    def _form(self, people: PeopleView, draws: Draws, week: int) -> Rows:
        """Return the members: in each role those who joined most activities, then those most active."""
        free = aged(people, ADULT)
        women, young = in_body(people, "womens_council"), aged(people, *YOUNG_MEMBERS)
        group = no_rows()
        for n, mask in (
            (self.womens_council, free & women),
            (self.officials, free & (people.role == OFFICIAL)),
            (self.religious_leaders, free & (people.role == RELIGIOUS_LEADER)),
            (self.activists, free & (people.role == ACTIVIST)),
            (self.youth, young),
        ):
            mask[group] = False
            group = np.concatenate((group, most_active(people, draws, week, mask, n)))
        return group

    def planned_cost(self, weeks: int) -> float:
        """Return the USD spent at most in a run of ``weeks`` weeks."""
        if self._size == 0:
            return 0.0
        first = self.start + self.writing
        awards = [
            award for award in range(first, first + self.projects * self.weeks, self.weeks) if award < weeks
        ]
        meetings = sessions(self.start, first, self.every, weeks)
        meetings += sum(sessions(award, award + self.weeks, self.every, weeks) for award in awards)
        return self.price * meetings + self.grant * len(awards)
