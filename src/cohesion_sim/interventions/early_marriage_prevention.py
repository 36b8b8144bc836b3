"""Early-marriage prevention: awareness, an incentive to stay at school, refusal of the rite [C35-C37]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from cohesion_sim.activities import (
    NOTHING,
    Activities,
    Cost,
    Draws,
    Incentive,
    PeopleView,
    Refusal,
    Rows,
    no_rows,
)
from cohesion_sim.interventions._shared import grievance, signal
from cohesion_sim.parameters import Choice, Fact
from cohesion_sim.selection import (
    ADULT,
    GIRLS,
    RELIGIOUS_LEADER,
    aged,
    come,
    is_session,
    joined,
    sessions,
    where,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyMarriagePrevention:
    """Awareness for households with girls of 14-17, an incentive for them, and refusal by religious leaders.

    Each of the three can be switched off. Awareness alone moves the norm and hardly marriages
    [BUCHMANN23, MALHOTRA21].
    """

    start: Annotated[int, Choice("week", 0, 520, "first week")]
    until: Annotated[int, Choice("week", 0, 1040, "first week without it")]
    households: Annotated[int, Choice("households", 0, 100_000, "with girls of 14-17, reached")]
    awareness: Annotated[bool, "awareness sessions are held for these households"]
    every: Annotated[int, Choice("weeks", 1, 104, "time between awareness sessions")]
    incentive: Annotated[bool, "an incentive to stay at school is paid for their girls"]
    refusal: Annotated[bool, "religious leaders are asked to refuse the rite"]
    turnout: Annotated[float, Fact("share", 0, 1, "of the invited who come")]
    signal: Annotated[
        float, Fact("share of the gap", 0, 1, "of perceived approval, closed by one awareness session")
    ]
    refuses: Annotated[float, Fact("probability", 0, 1, "a leader who was asked refuses the rite")]
    resentment: Annotated[float, Fact("share", 0, 1, "of those who come who resent the first session")]
    grievance: Annotated[float, Fact("0-1", 0, 1, "added to the grievance of those who resent it")]
    price: Annotated[float, Choice("USD per session", 0, 100_000, "an awareness session")]
    stipend: Annotated[float, Choice("USD per girl and month", 0, 10_000, "the incentive")]
    leaders_price: Annotated[float, Choice("USD", 0, 100_000, "work with religious leaders, once")]

    def act(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        """Return this week's awareness session, incentives and refusals, as far as they are switched on."""
        if not self.start <= week < self.until or not (self._homes or self.refusal):
            return NOTHING
        first = week == self.start
        enrolled = self._enrol(people, draws) if first else people.enrolled
        leading = people.role[enrolled] == RELIGIOUS_LEADER
        leaders, family = enrolled[leading], enrolled[~leading]
        costs: tuple[Cost, ...] = ()
        came = no_rows()
        if self._homes and self.awareness and is_session(week, self.start, self.until, self.every):
            adults = family[(people.age[family] >= ADULT) & ~people.away[family]]
            came = come(adults, self.turnout, draws, "session", week)
            costs += (Cost(line="awareness", usd=self.price),)
        girls = no_rows()
        if self._homes and self.incentive:
            girls = self._girls(people, draws, family)
            costs += (Cost(line="incentives", usd=len(girls) * self.stipend * 12 / 52),)
        if first and self.refusal:
            costs += (Cost(line="awareness", usd=self.leaders_price),)
        resent = come(came, self.resentment, draws, "resents", self.start) if first else no_rows()
        return Activities(
            signals=signal(came, "marriage", self.signal),
            harms=grievance(resent, self.grievance),
            incentives=(Incentive(people=girls),) if len(girls) else (),
            refusals=(Refusal(leaders=leaders, probability=self.refuses),)
            if self.refusal and len(leaders)
            else (),
            reached=joined(came, girls),
            enrol=enrolled if first else no_rows(),
            costs=costs,
        )

    @property
    def _homes(self) -> int:
        """Households reached by what is switched on."""
        return self.households if self.awareness or self.incentive else 0

    def _enrol(self, people: PeopleView, draws: Draws) -> Rows:
        """Return all members of the households chosen, and the religious leaders who are asked.

        Younger sisters are in, so they count once they are fourteen.
        """
        at_risk = where(people.female & aged(people, *GIRLS) & ~people.married)
        homes = people.household[draws.shuffled("households", self.start, at_risk)]
        _, first = np.unique(homes, return_index=True)
        chosen = np.zeros(int(people.household.max()) + 1, np.bool_)
        chosen[homes[np.sort(first)[: self._homes]]] = True
        leaders = people.role == RELIGIOUS_LEADER
        return where((chosen[people.household] & ~leaders) | (leaders & self.refusal))

    def _girls(self, people: PeopleView, draws: Draws, family: Rows) -> Rows:
        """Return the girls for whom the incentive is paid: at most as many as households."""
        age = people.age[family]
        girls = family[
            people.female[family] & (age >= GIRLS[0]) & (age < GIRLS[1] + 1) & ~people.married[family]
        ]
        if len(girls) <= self._homes:
            return girls
        return draws.shuffled("incentive", self.start, girls)[: self._homes]

    def planned_cost(self, weeks: int) -> float:
        """Return the USD spent at most in a run of ``weeks`` weeks."""
        cost = 0.0
        if self._homes and self.awareness:
            cost += self.price * sessions(self.start, self.until, self.every, weeks)
        if self._homes and self.incentive:
            paid = sessions(self.start, self.until, 1, weeks)
            cost += paid * (self._homes * self.stipend * 12 / 52)
        if self.refusal and self.start < min(self.until, weeks):
            cost += self.leaders_price
        return cost
