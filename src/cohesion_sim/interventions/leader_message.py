"""Leaders' message: religious leaders speak to those who attend [BLAIR21]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from cohesion_sim.activities import NOTHING, Activities, Cost, Departure, Draws, Harm, PeopleView, Rows, Voice
from cohesion_sim.interventions._shared import signal
from cohesion_sim.parameters import Choice, Fact
from cohesion_sim.selection import (
    ADULT,
    ANSWERS_FROM,
    RELIGIOUS_LEADER,
    aged,
    come,
    is_session,
    sessions,
    where,
    without,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderMessage:
    """Religious leaders speak to those who attend about the other communities, or about early marriage.

    Some followers turn away for good over the first message, and think less of the others for it.
    """

    start: Annotated[int, Choice("week", 0, 520, "first message")]
    messages: Annotated[int, Choice("number", 0, 520, "how many times")]
    every: Annotated[int, Choice("weeks", 1, 104, "time between messages")]
    leaders: Annotated[int, Choice("people", 0, 5000, "religious leaders who take part")]
    topic: Annotated[Literal["others", "marriage"], "what it is about: other communities, or early marriage"]
    hearing: Annotated[float, Fact("share", 0, 1, "of followers of 14 and older who hear a message")]
    signal: Annotated[float, Fact("share of the gap", 0, 1, "of the perceived norm, closed by one message")]
    attitude: Annotated[float, Fact("0-1", 0, 1, "attitude to the others the leaders speak with")]
    loss: Annotated[float, Fact("share", 0, 1, "of followers who turn away from the leader over it")]
    backfire: Annotated[
        float, Fact("share", 0, 1, "of the attitude to the others lost by those who turn away")
    ]
    price: Annotated[float, Choice("USD per message", 0, 100_000, "preparation")]

    def act(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        """Return this week's message: the leaders' voice, and the norm shown to followers who hear it."""
        if self.leaders == 0 or not is_session(week, self.start, self._until, self.every):
            return NOTHING
        leaders = self._speakers(people, draws)
        houses = np.unique(people.congregation[leaders])
        rows = where(aged(people, ANSWERS_FROM) & np.isin(people.listens_in, houses[houses >= 0]))
        first = week == self.start
        lost = come(rows, self.loss, draws, "turns away", week) if first else rows[:0]
        hearers = come(without(rows, lost), self.hearing, draws, "hears", week)
        others = self.topic == "others"
        hurt = others and len(lost) > 0 and self.backfire > 0
        return Activities(
            voices=(Voice(leaders=leaders, attitude=self.attitude),) if others and len(leaders) else (),
            signals=signal(hearers, self.topic, self.signal),
            harms=(Harm(people=lost, attitude=self.backfire),) if hurt else (),
            departures=(Departure(people=lost),) if len(lost) else (),
            reached=hearers,
            costs=(Cost(line="messages", usd=self.price),),
        )

    @property
    def _until(self) -> int:
        return self.start + self.messages * self.every

    def _speakers(self, people: PeopleView, draws: Draws) -> Rows:
        """Return the leaders who take part, the same every time."""
        rows = where((people.role == RELIGIOUS_LEADER) & (people.age >= ADULT))
        leaders = draws.shuffled("leaders", self.start, rows)[: self.leaders]
        return leaders[~people.away[leaders]]

    def planned_cost(self, weeks: int) -> float:
        """Return the USD spent at most in a run of ``weeks`` weeks."""
        return self.price * sessions(self.start, self._until, self.every, weeks) if self.leaders else 0.0
