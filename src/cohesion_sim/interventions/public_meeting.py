"""Public meeting: the municipality answers a large audience [A2]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cohesion_sim.activities import NOTHING, Activities, Cost, Draws, PeopleView
from cohesion_sim.interventions._shared import Sessions, service, signal
from cohesion_sim.parameters import Choice, Fact
from cohesion_sim.selection import ADULT, aged, in_village, invited, is_session, sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicMeeting(Sessions):
    """Large meetings in which the municipality answers residents; others are invited every time.

    A meeting that goes wrong is a bad experience with the municipality.
    """

    start: Annotated[int, Choice("week", 0, 520, "first meeting")]
    until: Annotated[int, Choice("week", 0, 1040, "first week without it")]
    every: Annotated[int, Choice("weeks", 1, 104, "time between meetings")]
    seats: Annotated[int, Choice("people", 0, 20_000, "invited to each meeting")]
    balance: Annotated[float, Choice("0-1", 0, 1, "1: as many from each community; 0: as in the population")]
    good: Annotated[
        float, Fact("events", 0, 10, "good experiences with the municipality in a meeting that goes well")
    ]
    signal: Annotated[float, Fact("share of the gap", 0, 1, "of the perceived norm, closed by one meeting")]
    price: Annotated[float, Choice("USD per meeting", 0, 100_000, "hall, sound, speakers")]
    village: Annotated[str, "who is invited (empty: all villages)"] = ""

    def act(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        """Return this week's meeting."""
        if self.seats == 0 or not is_session(week, self.start, self.until, self.every):
            return NOTHING
        adults = aged(people, ADULT) & in_village(people, self.village)
        session = self.hold(
            week, people, draws, invited(people, draws, week, adults, self.seats, balance=self.balance)
        )
        return Activities(
            meetings=session.meetings,
            services=service(session.came, self.good if session.well else -self.good),
            signals=signal(session.came, "others", self.signal) if session.well else (),
            harms=session.harms,
            attended=session.came,
            costs=(Cost(line="meetings", usd=self.price),),
        )

    def planned_cost(self, weeks: int) -> float:
        """Return the USD spent at most in a run of ``weeks`` weeks."""
        return self.price * sessions(self.start, self.until, self.every, weeks) if self.seats else 0.0
