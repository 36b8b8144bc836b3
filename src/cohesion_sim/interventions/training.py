"""Training in mediation, conflict analysis, tolerance, or religion and law [A2, C65]."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.activities import (
    NOTHING,
    Activities,
    Cost,
    Draws,
    Duty,
    Lesson,
    Meeting,
    PeopleView,
    Refusal,
    Rows,
    Signal,
    Voice,
)
from cohesion_sim.interventions._shared import Sessions, meeting, signal
from cohesion_sim.kernels.arithmetic import power
from cohesion_sim.parameters import Choice, Fact
from cohesion_sim.selection import (
    ACTIVIST,
    ADULT,
    OFFICIAL,
    RELIGIOUS_LEADER,
    RESIDENT,
    YOUTH_BY_LAW,
    aged,
    come,
    invited,
    joined,
    stay,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Training(Sessions):
    """A training of some days for one circle of people, with refreshers, and what the trained do afterwards.

    Mediation and conflict analysis give skill, tolerance shows a norm, religion and law makes religious
    leaders refuse under-age rites and speak for the others from the next week on, for some time. Who drops out is no
    longer on call and comes to no refresher, but keeps what she learned, as long as it lasts.
    """

    start: Annotated[int, Choice("week", 0, 520, "the training")]
    topic: Annotated[
        Literal["mediation", "conflict_analysis", "tolerance", "religion_and_law"], "what is taught"
    ]
    who: Annotated[
        Literal["leaders", "officials", "religious_leaders", "activists", "residents", "youth"],
        "who is trained; leaders: all three",
    ]
    seats: Annotated[int, Choice("people", 0, 20_000, "trained")]
    days: Annotated[int, Choice("days", 0, 10, "length")]
    refreshers: Annotated[int, Choice("number", 0, 40, "one-day refreshers")]
    refresher_every: Annotated[int, Choice("weeks", 1, 104, "time to the next refresher")]
    on_duty: Annotated[bool, "the trained are on call as mediators afterwards"]
    balance: Annotated[float, Choice("0-1", 0, 1, "1: as many from each community; 0: as in the population")]
    skill: Annotated[
        float, Fact("0-1", 0, 1, "mediation skill after three good days of mediation or conflict analysis")
    ]
    signal: Annotated[
        float, Fact("share of the gap", 0, 1, "of the perceived norm, closed by a day on tolerance")
    ]
    refusal: Annotated[
        float, Fact("probability", 0, 1, "a leader trained in the law refuses an under-age rite")
    ]
    voice: Annotated[
        float, Fact("0-1", 0, 1, "attitude to the others a leader trained in the law speaks with")
    ]
    speaks_for: Annotated[
        int, Fact("weeks", 0, 520, "how long a leader trained in the law speaks and refuses as taught")
    ]
    drop_out: Annotated[float, Fact("share a year", 0, 0.95, "of the trained who leave and are no longer on call")]
    price: Annotated[float, Choice("USD per day", 0, 1_000_000, "trainers, room, meals")]

    def act(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        """Return the training in its week, then refreshers, duty, refusals and voices of those who stayed."""
        if self.seats == 0 or self.days == 0 or week < self.start:
            return NOTHING
        if week == self.start:
            return self._train(week, people, draws)
        if len(people.enrolled) == 0:
            return self._paid(1, week) if self._refreshes(week) else NOTHING
        trained = stay(people.enrolled, self.drop_out, draws, self.start, week)
        trained = trained[~people.away[trained]]
        if self._refreshes(week):
            came = come(trained, self.turnout, draws, "refresher", week)
            taught = self._teach(people, draws, week=week, came=came, days=1, setting=self.quality)
            return replace(
                taught, costs=self._paid(1, week).costs, **self._standing(week, people, draws, trained)
            )
        standing = self._standing(week, people, draws, trained)
        return Activities(**standing) if standing else NOTHING

    def _refreshes(self, week: int) -> bool:
        past, rest = divmod(week - self.start, self.refresher_every)
        return rest == 0 and 1 <= past <= self.refreshers

    def _paid(self, days: int, week: int) -> Activities:
        return Activities(costs=(Cost(line="training", usd=self.price * days),))

    def _eligible(self, people: PeopleView) -> NDArray[np.bool_]:
        """Return who may be invited, shape (n,)."""
        if self.who == "youth":
            return aged(people, *YOUTH_BY_LAW)
        roles = {
            "leaders": (OFFICIAL, RELIGIOUS_LEADER, ACTIVIST),
            "officials": (OFFICIAL,),
            "religious_leaders": (RELIGIOUS_LEADER,),
            "activists": (ACTIVIST,),
            "residents": (RESIDENT,),
        }[self.who]
        return aged(people, ADULT) & np.isin(people.role, roles)

    def _train(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        """Return the training itself; those who came are enrolled."""
        rows = invited(people, draws, week, self._eligible(people), self.seats, balance=self.balance)
        session = self.hold(week, people, draws, rows)
        quality = self.quality if session.well else -abs(self.quality)
        came = session.came
        taught = self._teach(people, draws, week=week, came=came, days=self.days, setting=quality)
        return replace(taught, harms=session.harms, enrol=came, costs=self._paid(self.days, week).costs)

    def _teach(
        self,
        people: PeopleView,
        draws: Draws,
        *,
        week: int,
        came: Rows,
        days: int,
        setting: float,
    ) -> Activities:
        """Return so many days with those who came: new neighbours every day, and what the topic gives.

        What is taught is taught even when the mood is bad: knowledge rose where belonging fell [C74].
        """
        meetings: list[Meeting] = []
        for day in range(days):
            meetings += meeting(
                people, draws.shuffled(f"day {day}", week, came), self.partners, self.mixing, setting
            )
        lessons: tuple[Lesson, ...] = ()
        signals: tuple[Signal, ...] = ()
        if self.topic in {"mediation", "conflict_analysis"}:
            skill = self.skill * max(self.quality, 0.0) * min(self.days, 3) / 3
            lessons = (Lesson(people=came, skill=skill),) if len(came) and skill > 0 else ()
        elif self.topic == "tolerance" and setting > 0:
            signals = signal(came, "others", 1 - power(1 - self.signal, days))
        return Activities(meetings=tuple(meetings), lessons=lessons, signals=signals, attended=came)

    def _fresh(self, week: int, draws: Draws, trained: Rows) -> Rows:
        """Return those of ``trained`` whose last day of training was at most ``speaks_for`` weeks ago."""
        if self.start >= week - self.speaks_for:
            return trained
        # Who came to an earlier refresher follows from the same draws.
        came = [
            come(trained, self.turnout, draws, "refresher", past)
            for past in range(week - self.speaks_for, week)
            if self._refreshes(past)
        ]
        return joined(*came) if came else trained[:0]

    def _standing(self, week: int, people: PeopleView, draws: Draws, trained: Rows) -> dict[str, Any]:
        """Return what the trained do in every later week, by channel."""
        if len(trained) == 0:
            return {}
        standing: dict[str, Any] = {"duties": (Duty(people=trained),)} if self.on_duty else {}
        if self.topic == "religion_and_law":
            leaders = self._fresh(week, draws, trained[people.role[trained] == RELIGIOUS_LEADER])
            if len(leaders):
                standing["refusals"] = (Refusal(leaders=leaders, probability=self.refusal),)
                standing["voices"] = (Voice(leaders=leaders, attitude=self.voice),)
        return standing

    def planned_cost(self, weeks: int) -> float:
        """Return the USD spent at most in a run of ``weeks`` weeks."""
        if self.seats == 0 or self.days == 0 or self.start >= weeks:
            return 0.0
        refreshers = min(self.refreshers, (weeks - 1 - self.start) // self.refresher_every)
        return self.price * (self.days + refreshers)
