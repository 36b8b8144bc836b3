"""Youth club: sport, forum theatre and peer mediation for youths of different communities [C68, C74]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.activities import (
    NOTHING,
    Activities,
    Cost,
    Draws,
    Harm,
    Lesson,
    Meeting,
    PeopleView,
    Rows,
    Watch,
    no_rows,
)
from cohesion_sim.interventions._shared import Sessions, signal
from cohesion_sim.parameters import Choice, Fact
from cohesion_sim.selection import aged, come, in_village, invited, is_session, sessions, stay


@dataclass(frozen=True, slots=True, kw_only=True)
class YouthClub(Sessions):
    """Clubs whose members, youths of different communities, meet regularly, and open events for many.

    Adults of the club are about when members quarrel; some members learn peer mediation in the first session.
    """

    start: Annotated[int, Choice("week", 0, 520, "first session")]
    until: Annotated[int, Choice("week", 0, 1040, "first week without it")]
    every: Annotated[int, Choice("weeks", 1, 52, "time between sessions")]
    clubs: Annotated[int, Choice("clubs", 0, 200, "at the same time")]
    places: Annotated[int, Choice("people per club", 0, 200, "members")]
    youngest: Annotated[int, Choice("years", 10, 28, "age from which one may join")]
    oldest: Annotated[int, Choice("years", 10, 28, "last age at which one may join")]
    peer_mediators: Annotated[
        int, Choice("people", 0, 1000, "members taught peer mediation in the first session")
    ]
    events_every: Annotated[
        int, Choice("weeks", 0, 104, "time between open events such as forum theatre (0: none)")
    ]
    audience: Annotated[int, Choice("people per event", 0, 20_000, "youths invited to an open event")]
    balance: Annotated[float, Choice("0-1", 0, 1, "1: as many from each community; 0: as in the population")]
    drop_out: Annotated[float, Fact("share a year", 0, 0.95, "members who stop coming")]
    skill: Annotated[float, Fact("0-1", 0, 1, "mediation skill of a peer mediator")]
    presence: Annotated[
        float, Fact("chance", 0, 1, "a trusted adult is there when a quarrel of members starts")
    ]
    signal: Annotated[float, Fact("share of the gap", 0, 1, "of the perceived norm, closed by an open event")]
    price: Annotated[float, Choice("USD per session and club", 0, 100_000, "room, coach, kit")]
    event_price: Annotated[float, Choice("USD per event", 0, 100_000, "an open event")]
    village: Annotated[str, "whose youths are invited (empty: all villages)"] = ""

    def act(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        """Return the clubs' sessions and open events of this week, and the watch over members."""
        if not self.start <= week < self.until or self._members + self._audience == 0:
            return NOTHING
        first = week == self.start
        meeting = self._members > 0 and is_session(week, self.start, self.until, self.every)
        event = self._is_event(week)
        enrolled = self._enrol(people, draws) if first else people.enrolled
        if len(enrolled) == 0 and not (meeting or event):
            return NOTHING
        members = stay(enrolled, self.drop_out, draws, self.start, week)
        meetings: list[Meeting] = []
        harms: list[Harm] = []
        came = no_rows()
        if meeting:
            for number, club in enumerate(
                np.array_split(draws.shuffled("club", self.start, enrolled), self.clubs)
            ):
                here = stay(club, self.drop_out, draws, self.start, week)
                session = self.hold(week, people, draws, here, f"club {number}")
                meetings += session.meetings
                harms += session.harms
                came = np.concatenate((came, session.came))
        lessons: tuple[Lesson, ...] = ()
        if first and self.skill > 0 and len(came) and self.peer_mediators:
            taught = draws.shuffled("peer mediators", week, came)[: self.peer_mediators]
            lessons = (Lesson(people=taught, skill=self.skill),)
        audience = self._show(people, draws, week) if event else no_rows()
        watched = len(members) > 0 and self.presence > 0
        costs: tuple[Cost, ...] = (Cost(line="youth", usd=self.clubs * self.price),) if meeting else ()
        costs += (Cost(line="youth", usd=self.event_price),) if event else ()
        return Activities(
            meetings=tuple(meetings),
            harms=tuple(harms),
            lessons=lessons,
            watches=(Watch(people=members, presence=self.presence),) if watched else (),
            signals=signal(audience, "others", self.signal),
            attended=came,
            reached=audience,
            enrol=enrolled if first else no_rows(),
            costs=costs,
        )

    @property
    def _members(self) -> int:
        return self.clubs * self.places

    @property
    def _audience(self) -> int:
        return self.audience if self.events_every else 0

    def _is_event(self, week: int) -> bool:
        if self._audience == 0:
            return False
        return is_session(week, self.start + self.events_every, self.until, self.events_every)

    def _youths(self, people: PeopleView) -> NDArray[np.bool_]:
        return aged(people, self.youngest, self.oldest) & in_village(people, self.village)

    def _enrol(self, people: PeopleView, draws: Draws) -> Rows:
        return invited(
            people,
            draws,
            self.start,
            self._youths(people),
            self._members,
            balance=self.balance,
            name="members",
        )

    def _show(self, people: PeopleView, draws: Draws, week: int) -> Rows:
        """Return the youths who come to an open event."""
        rows = invited(people, draws, week, self._youths(people), self._audience, name="event")
        return come(rows, self.turnout, draws, "event turnout", week)

    def planned_cost(self, weeks: int) -> float:
        """Return the USD spent at most in a run of ``weeks`` weeks."""
        cost = 0.0
        if self._members:
            cost += self.clubs * self.price * sessions(self.start, self.until, self.every, weeks)
        if self._audience:
            first = self.start + self.events_every
            cost += self.event_price * sessions(first, self.until, self.events_every, weeks)
        return cost
