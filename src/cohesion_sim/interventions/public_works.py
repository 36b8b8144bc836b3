"""Public works: people of different communities build something both need, such as a canal [C26, C69]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.activities import NOTHING, Activities, Cost, Draws, Harm, PeopleView, Rows, Service, no_rows
from cohesion_sim.interventions._shared import Sessions, grievance, service
from cohesion_sim.parameters import Choice, Fact
from cohesion_sim.selection import (
    ADULT,
    aged,
    chance,
    favoured,
    in_village,
    invited,
    is_session,
    where,
    without,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicWorks(Sessions):
    """Something built together that several communities need: working days, then a service.

    When it is not shared, the quarters of one community get it, and those left out feel it.
    """

    start: Annotated[int, Choice("week", 0, 520, "work begins")]
    weeks: Annotated[int, Choice("weeks", 1, 104, "length of the work")]
    every: Annotated[int, Choice("weeks", 1, 52, "time between working days")]
    organisers: Annotated[int, Choice("people", 0, 100, "who plan and lead, the same throughout")]
    workers: Annotated[int, Choice("people", 0, 20_000, "residents called to each working day")]
    shared: Annotated[bool, "all quarters get the work"]
    coverage: Annotated[float, Choice("share of quarters", 0, 1, "that get it when it is not shared")]
    balance: Annotated[float, Choice("0-1", 0, 1, "1: as many from each community; 0: as in the population")]
    good: Annotated[
        float, Fact("events", 0, 10, "good experiences with the municipality when the work is done")
    ]
    failure: Annotated[
        float, Fact("probability", 0, 1, "the work is not finished: the experience is a bad one")
    ]
    favouritism: Annotated[float, Fact("0-1", 0, 1, "grievance added in quarters left out")]
    price: Annotated[float, Choice("USD", 0, 10_000_000, "material and machines")]
    local_share: Annotated[float, Choice("share of the price", 0, 1, "paid by the municipality itself")]
    village: Annotated[str, "where (empty: the whole municipality)"] = ""

    def act(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        """Return this week's working day; price and favour in the first week, the service in the last."""
        last = self.start + self.weeks - 1
        if self.organisers + self.workers == 0 or not self.start <= week <= last:
            return NOTHING
        first, working = week == self.start, is_session(week, self.start, last + 1, self.every)
        if not (working or week == last):
            return NOTHING
        place = in_village(people, self.village)
        getting, left_out = place, no_rows()
        if not self.shared and (first or week == last):
            getting, others = favoured(people, draws, self.start, place, self.coverage)
            left_out = where(others)
        harms: tuple[Harm, ...] = grievance(left_out, self.favouritism) if first else ()
        services: tuple[Service, ...] = ()
        served = no_rows()
        if week == last:
            failed = chance(draws, "fails", self.start) < self.failure
            served = where(getting)
            services = service(served, -self.good if failed else self.good)
        if not working:
            return Activities(services=services, reached=served)
        grown = place & aged(people, ADULT)
        organisers = self._organisers(people, draws, grown) if first else people.enrolled
        workers = without(
            invited(people, draws, week, grown, self.workers, balance=self.balance, name="workers"),
            organisers,
        )
        session = self.hold(week, people, draws, np.concatenate((organisers, workers)))
        paid = Cost(line="works", usd=self.price, own=self.price * self.local_share)
        return Activities(
            meetings=session.meetings,
            services=services,
            harms=harms + session.harms,
            attended=session.came,
            reached=served,
            enrol=organisers if first else no_rows(),
            costs=(paid,) if first else (),
        )

    def _organisers(self, people: PeopleView, draws: Draws, grown: NDArray[np.bool_]) -> Rows:
        """Return the organisers, as many from each community."""
        return invited(people, draws, self.start, grown, self.organisers, balance=1.0, name="organisers")

    def planned_cost(self, weeks: int) -> float:
        """Return the USD spent at most in a run of ``weeks`` weeks."""
        return self.price if self.organisers + self.workers and self.start < weeks else 0.0
