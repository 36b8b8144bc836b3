"""Prevention centre: the dispute centre works, with elders' court and women's council on call [B11, C20]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cohesion_sim.activities import (
    NOTHING,
    Activities,
    Centre,
    Cost,
    Draws,
    Duty,
    Lesson,
    PeopleView,
    Rows,
    no_rows,
)
from cohesion_sim.parameters import Choice, Fact
from cohesion_sim.selection import ADULT, aged, in_body, sessions, stay, where


@dataclass(frozen=True, slots=True, kw_only=True)
class PreventionCentre:
    """The crime-prevention centre at work: it takes up disputes, with members of local bodies on call.

    Members on call are a help only as far as they have skill, which the opening may teach them.
    """

    start: Annotated[int, Choice("week", 0, 520, "the centre opens")]
    until: Annotated[int, Choice("week", 0, 1040, "first week without it")]
    activity: Annotated[float, Choice("0-1", 0, 1, "how far the centre works")]
    elders_court: Annotated[bool, "elders are on call"]
    womens_council: Annotated[bool, "the women's council is on call"]
    youth_committee: Annotated[bool, "the youth committee is on call"]
    members: Annotated[int, Choice("people", 0, 500, "on call at most")]
    skill: Annotated[float, Fact("0-1", 0, 1, "mediation skill taught to members at the opening (0: none)")]
    drop_out: Annotated[float, Fact("share a year", 0, 0.95, "members who are no longer on call")]
    opening: Annotated[float, Choice("USD", 0, 1_000_000, "room, furniture, teaching")]
    price: Annotated[float, Choice("USD per month", 0, 100_000, "running the centre")]

    def act(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        """Return the centre's activity, its members on call, and the month's cost in weekly parts."""
        if not self.start <= week < self.until or self._idle:
            return NOTHING
        first = week == self.start
        enrolled = self._enrol(people, draws) if first else people.enrolled
        on_call = stay(enrolled, self.drop_out, draws, self.start, week)
        on_call = on_call[~people.away[on_call]]
        teaching = first and self.skill > 0 and len(on_call) > 0
        costs = (Cost(line="centre", usd=self.price * 12 / 52),)
        return Activities(
            centres=(Centre(activity=self.activity),) if self.activity else (),
            duties=(Duty(people=on_call),) if len(on_call) else (),
            lessons=(Lesson(people=on_call, skill=self.skill),) if teaching else (),
            attended=on_call if teaching else no_rows(),
            enrol=enrolled if first else no_rows(),
            costs=(Cost(line="centre", usd=self.opening), *costs) if first else costs,
        )

    @property
    def _idle(self) -> bool:
        return self.activity == 0 and (self.members == 0 or not self._bodies)

    @property
    def _bodies(self) -> tuple[str, ...]:
        names = ("elders_court", "womens_council", "youth_committee")
        return tuple(name for name in names if getattr(self, name))

    def _enrol(self, people: PeopleView, draws: Draws) -> Rows:
        """Return the members: adults of the chosen bodies."""
        rows = where(aged(people, ADULT) & in_body(people, *self._bodies))
        return draws.shuffled("members", self.start, rows)[: self.members]

    def planned_cost(self, weeks: int) -> float:
        """Return the USD spent at most in a run of ``weeks`` weeks."""
        active = 0 if self._idle else sessions(self.start, self.until, 1, weeks)
        return self.opening + active * (self.price * 12 / 52) if active else 0.0
