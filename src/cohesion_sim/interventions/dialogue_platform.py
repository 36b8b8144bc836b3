"""Dialogue platform: officials, religious leaders, activists and residents talk regularly [A3, C65]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from cohesion_sim.activities import NOTHING, Activities, Cost, Draws, PeopleView, Rows, no_rows
from cohesion_sim.interventions._shared import Sessions
from cohesion_sim.parameters import Choice, Fact
from cohesion_sim.selection import (
    ACTIVIST,
    ADULT,
    OFFICIAL,
    RELIGIOUS_LEADER,
    RESIDENT,
    aged,
    balanced,
    invited,
    is_session,
    sessions,
    stay,
    where,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DialoguePlatform(Sessions):
    """Regular sessions of officials, religious leaders of several confessions, activists and residents.

    Shares of seats that no such person can fill go to residents. A session that goes well, with people who
    speak for at least two communities, strengthens the channel between leaders.
    """

    start: Annotated[int, Choice("week", 0, 520, "first session")]
    until: Annotated[int, Choice("week", 0, 1040, "first week without it")]
    every: Annotated[int, Choice("weeks", 1, 104, "time between sessions")]
    seats: Annotated[int, Choice("people", 0, 500, "invited to each session")]
    officials: Annotated[float, Choice("share of seats", 0, 1, "for officials")]
    religious_leaders: Annotated[float, Choice("share of seats", 0, 1, "for religious leaders")]
    activists: Annotated[
        float, Choice("share of seats", 0, 1, "for activists; what is left goes to residents")
    ]
    regulars: Annotated[float, Choice("share of seats", 0, 1, "for the same people every time")]
    balance: Annotated[float, Choice("0-1", 0, 1, "1: as many from each community; 0: as in the population")]
    drop_out: Annotated[float, Fact("share a year", 0, 0.95, "regulars who stop coming")]
    price: Annotated[float, Choice("USD per session", 0, 100_000, "room, tea, facilitator")]

    def act(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        """Return this week's session: regulars who stayed, and guests on the seats left."""
        if self.seats == 0 or not is_session(week, self.start, self.until, self.every):
            return NOTHING
        first = week == self.start
        if first:
            n = round(self.regulars * self.seats)
            regulars = self._seat(people, draws, week=week, n=n, name="regulars", taken=no_rows())
        else:
            regulars = stay(people.enrolled, self.drop_out, draws, self.start, week)
            regulars = regulars[~people.away[regulars]]
        n = self.seats - len(regulars)
        guests = self._seat(people, draws, week=week, n=n, name="guests", taken=regulars)
        session = self.hold(week, people, draws, np.concatenate((regulars, guests)))
        return Activities(
            meetings=session.meetings,
            harms=session.harms,
            attended=session.came,
            enrol=regulars if first else no_rows(),
            costs=(Cost(line="dialogue", usd=self.price),),
        )

    def _seat(self, people: PeopleView, draws: Draws, *, week: int, n: int, name: str, taken: Rows) -> Rows:
        """Return ``n`` adults not ``taken``: its share of each role while there are any, then residents.

        Religious leaders come in equal numbers from each confession.
        """
        if n <= 0:
            return no_rows()
        free = aged(people, ADULT)
        free[taken] = False
        chosen = [no_rows()]
        left = n
        for role, share in (
            (OFFICIAL, self.officials),
            (RELIGIOUS_LEADER, self.religious_leaders),
            (ACTIVIST, self.activists),
        ):
            mask, seats = free & (people.role == role), min(left, round(share * n))
            if role == RELIGIOUS_LEADER:
                rows = where(mask)
                luck = draws.uniform(name, week, rows)
                chosen.append(balanced(rows, luck, people.confession[rows], seats, 1.0))
            else:
                chosen.append(invited(people, draws, week, mask, seats, balance=self.balance, name=name))
            left -= len(chosen[-1])
        mask = free & (people.role == RESIDENT)
        chosen.append(invited(people, draws, week, mask, left, balance=self.balance, name=name))
        return np.concatenate(chosen)

    def planned_cost(self, weeks: int) -> float:
        """Return the USD spent at most in a run of ``weeks`` weeks."""
        if self.seats == 0:
            return 0.0
        return self.price * sessions(self.start, self.until, self.every, weeks)
